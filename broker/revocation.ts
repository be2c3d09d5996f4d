import { verify, X509Certificate } from 'node:crypto';
import { readItems, type Item } from './der.ts';

/** A list of revoked certificates [RFC 5280, section 5]. */
export interface RevocationList {
  /** Node reads the first list of a text only: each is one of its own. */
  readonly pem: string;
  /** Epoch ms from which OpenSSL takes no certificate of this authority, for want of a newer list. */
  readonly until: number;
}

const begin = '-----BEGIN X509 CRL-----';
const end = '-----END X509 CRL-----';

/** Digests of RFC 4055 and RFC 5758, by the last bytes of their object identifiers. */
const digests = new Map([
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
]);

/**
 * Reads files of lists, PEM or DER, for the authorities in `ca` (PEM), at `now` (the machine's clock, epoch
 * ms). Throws when one is damaged, out of date or of nobody, and when an authority has none: OpenSSL
 * would refuse every certificate then.
 */
export function readLists(
  files: readonly (readonly [name: string, content: Buffer])[],
  ca: Buffer,
  now: number,
): RevocationList[] {
  const authorities = certificatesOf(ca);
  const listed = new Set<X509Certificate>();
  const lists = files.flatMap(([name, content]) =>
    bytesOf(name, content).map((bytes) => {
      const { issuer, from, until, ...signed } = parse(name, bytes);
      const known = authorities.filter(({ raw }) => subjectOf(raw).equals(issuer));
      if (known.length === 0) throw new Error(`${name} is the list of no authority in ca`);
      const signer = known.find(({ publicKey }) => isSigned(signed, publicKey));
      if (signer === undefined) throw new Error(`${name} is damaged, or another authority's`);
      if (now < from) throw new Error(`${name} begins to hold at ${iso(from)}`);
      if (now >= until) throw new Error(`${name} has been out of date since ${iso(until)}`);
      listed.add(signer);
      return { pem: toPem(bytes), until };
    }),
  );
  const missing = authorities.find((each) => !listed.has(each));
  if (missing === undefined) return lists;
  throw new Error(`crl has no list of ${missing.subject.replaceAll('\n', ', ')}`);
}

interface Signed {
  readonly body: Buffer;
  readonly algorithm: string;
  readonly signature: Buffer;
}

function isSigned(
  { body, algorithm, signature }: Signed,
  key: X509Certificate['publicKey'],
): boolean {
  const digest = digests.get(algorithm);
  // Of what we don't know OpenSSL is the judge, at each handshake.
  return digest === undefined || verify(digest, body, key, signature);
}

/** The parts that we look at: who issued the list, and while it holds. */
function parse(
  name: string,
  bytes: Buffer,
): Signed & { readonly issuer: Buffer; readonly from: number; readonly until: number } {
  try {
    const [all] = readItems(bytes);
    const [tbs, algorithm, signature] = readItems(all!.body);
    const fields = readItems(tbs!.body).filter(({ tag }) => tag !== 0x02); // the version
    const [same, issuer, from, until] = fields;
    if (!same!.whole.equals(algorithm!.whole)) throw new Error('two algorithms');
    return {
      body: tbs!.whole,
      algorithm: readItems(algorithm!.body)[0]!.body.toString('hex'),
      signature: bytesIn(signature!),
      issuer: issuer!.whole,
      from: timeOf(from)!,
      until: timeOf(until) ?? Infinity,
    };
  } catch {
    throw new Error(`${name} is no list of revoked certificates (PEM or DER)`);
  }
}

/** The bytes of a bit string, which says first how many bits the last of them lacks. */
function bytesIn({ body }: Item): Buffer {
  if (body[0] !== 0) throw new Error('no whole bytes');
  return body.subarray(1);
}

/** UTCTime, of 1950 to 2049, or GeneralizedTime, as RFC 5280 has them: to the second, ending in Z. */
function timeOf(item: Item | undefined): number | undefined {
  if (item === undefined || (item.tag !== 0x17 && item.tag !== 0x18)) return undefined;
  const text = item.body.toString('latin1');
  const full = item.tag === 0x18 ? text : `${text < '50' ? '20' : '19'}${text}`;
  const [, date, ...clock] = /^(\d{8})(\d\d)(\d\d)(\d\d)Z$/.exec(full)!;
  const day = date!.replace(/(....)(..)(..)/, '$1-$2-$3');
  return Date.parse(`${day}T${clock.join(':')}Z`);
}

/** The subject of a certificate, as it stands there: its lists repeat it byte by byte (RFC 5280, 4.1.2.6). */
function subjectOf(raw: Buffer): Buffer {
  const [all] = readItems(raw);
  const [tbs] = readItems(all!.body);
  const fields = readItems(tbs!.body).filter(({ tag }) => tag !== 0xa0); // the version
  return fields[4]!.whole; // behind serial, algorithm, issuer, validity
}

function certificatesOf(pem: Buffer): X509Certificate[] {
  const blocks = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
  return (pem.toString('latin1').match(blocks) ?? []).map((block) => new X509Certificate(block));
}

function bytesOf(name: string, content: Buffer): Buffer[] {
  if (content[0] === 0x30) return [content];
  const blocks = content.toString('latin1').split(begin).slice(1);
  if (blocks.length === 0) {
    throw new Error(`${name} is no list of revoked certificates (PEM or DER)`);
  }
  return blocks.map((block) => Buffer.from(block.split(end, 1)[0]!, 'base64'));
}

function toPem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [begin, ...lines, end, ''].join('\n');
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
