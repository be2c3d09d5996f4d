import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { readLists, type RevocationList } from './revocation.ts';

/** PEM files of a TLS listener; with `ca`, clients may be known by certificates that it signed. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string | undefined;
  /** Lists of certificates that the authorities in `ca` have revoked. */
  readonly crl?: string | readonly string[] | undefined;
}

/** What is in them. */
export interface Secrets {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly crl?: string[];
}

/** Secrets, and until when (epoch ms) their lists of revoked certificates hold. */
export interface Read {
  readonly secrets: Secrets;
  readonly until: number;
}

/** How often the files are looked at, ms: certificates are renewed days before they end. */
const interval = 2_000;

/**
 * Reads the files at `now` (the machine's clock, epoch ms); throws when one is missing, when key and
 * certificate do not belong together, or a list of revoked certificates is of no use.
 */
export function readSecrets(files: TlsFiles, now: number): Read {
  const { cert, key, ca } = files;
  const lists = listsOf(files, now);
  const secrets = {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(lists.length > 0 && { crl: lists.map(({ pem }) => pem) }),
  };
  createSecureContext(secrets); // throws here, and not at the first client
  return { secrets, until: Math.min(...lists.map(({ until }) => until)) };
}

function listsOf(files: TlsFiles, now: number): RevocationList[] {
  const names = namesOf(files);
  if (names.length === 0) return [];
  if (files.ca === undefined) throw new Error('crl needs ca: whose certificates are revoked');
  return readLists(
    names.map((name) => [name, readFileSync(name)] as const),
    readFileSync(files.ca),
    now,
  );
}

function namesOf({ crl }: TlsFiles): readonly string[] {
  return crl === undefined ? [] : [crl].flat();
}

export interface FollowDeps {
  /** The machine's clock, epoch ms: OpenSSL goes by no other. */
  readonly now: () => number;
  readonly onChange: (secrets: Secrets) => void;
  readonly onProblem: (reason: string) => void;
}

/**
 * Calls back with new secrets, after the `first`, once files have changed and fit together; returns what ends that. A
 * renewal writes one file after the other: what does not fit is told of and looked at again. So is a list of
 * revoked certificates that ends: without a newer one OpenSSL refuses all that its authority has signed.
 */
export function followFiles(
  files: TlsFiles,
  first: Read,
  { now, onChange, onProblem }: FollowDeps,
): () => void {
  let seen = stampOf(files);
  let told = '';
  let { until } = first;
  const look = (): void => {
    try {
      const stamp = stampOf(files);
      if (stamp === seen && now() < until) return;
      const read = readSecrets(files, now());
      onChange(read.secrets);
      until = read.until;
      seen = stamp;
      told = '';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== told) onProblem(reason);
      told = reason;
    }
  };
  const timer = setInterval(look, interval).unref();
  return () => clearInterval(timer);
}

/** By polling: a renewed certificate is often another file behind a link, which watchers miss. */
function stampOf(files: TlsFiles): string {
  const { cert, key, ca } = files;
  return [cert, key, ...(ca === undefined ? [] : [ca]), ...namesOf(files)]
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? '-' : `${stat.ino}/${stat.size}/${stat.mtimeMs}`;
    })
    .join(' ');
}
