import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { connectAsync, type MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, test, vi, type TestContext } from 'vitest';
import { readSecrets } from '../../broker/certificate.ts';
import { makeAuthority, needOpenssl, type Authority } from '../support/certificates.ts';
import { openBroker, topics } from './wire.ts';

const hour = 3_600_000;
const now = Date.now();

/** An authority's files, its list among them. */
function makeFiles(context: TestContext) {
  needOpenssl(context);
  const authority = makeAuthority();
  const crl = join(dirname(authority.ca), 'revoked.crl');
  writeFileSync(crl, authority.list());
  const files = { ...authority.issue('server'), ca: authority.ca, crl };
  return { authority, crl, files };
}

/** A broker that reads them, and what comes with a certificate of the authority. */
async function open(context: TestContext) {
  const { authority, crl, files } = makeFiles(context);
  const bench = await openBroker(undefined, { tls: { host: '127.0.0.1', port: 0, ...files } });
  const ca = readFileSync(authority.ca);
  const shown = (name: string) => {
    const { cert, key } = authority.issue(name);
    return { cert: readFileSync(cert), key: readFileSync(key), file: cert };
  };
  const dial = async (options: object): Promise<MqttClient> => {
    const url = `mqtts://127.0.0.1:${bench.broker.tlsPort}`;
    const client = await connectAsync(url, { ca, reconnectPeriod: 0, ...options });
    onTestFinished(() => client.endAsync(true));
    return client;
  };
  return { authority, crl, bench, ca, shown, dial };
}

describe('a list of revoked certificates', () => {
  test('refuses a certificate that is in it, and takes the others', async (context) => {
    const { authority, crl, bench, shown, dial } = await open(context);
    const [lost, kept] = [shown('bin-1'), shown('bin-2')];
    const inside = await dial({ ...lost, clientId: 'bin-1:inside' });
    authority.revoke(lost.file);
    writeFileSync(crl, authority.list());
    await vi.waitFor(
      () => expect(dial({ ...lost, username: 'bin-1' })).rejects.toThrow(/Bad User|authorized/i),
      { timeout: 10_000, interval: 200 },
    );
    expect(bench.codes()).toEqual(['broker.login_failed']);
    await dial(kept);
    // With its token it is let in all the same: the list is about certificates.
    await dial({ ...lost, username: 'bin-1', password: 'token of bin-1' });
    await inside.publishAsync(topics.own, '{}', { qos: 1 }); // who is inside stays
    expect(bench.problems).toEqual([]);
  });

  test('refuses a session that is resumed under a certificate that is in it by now', async (context) => {
    const { authority, crl, bench, ca, shown } = await open(context);
    const { file, ...lost } = shown('bin-1');
    const come = async (session?: Buffer): Promise<TLSSocket> => {
      const port = bench.broker.tlsPort!;
      // TLS 1.2 says in the handshake whether it was resumed.
      const options = { host: '127.0.0.1', port, ca, ...lost, maxVersion: 'TLSv1.2' } as const;
      const socket = connectTls({ ...options, ...(session && { session }) });
      onTestFinished(() => void socket.destroy());
      await once(socket, 'secureConnect');
      return socket;
    };
    const first = await come();
    const session = first.getSession()!;
    expect((await come(session)).isSessionReused()).toBe(true);
    authority.revoke(file);
    writeFileSync(crl, authority.list());
    await vi.waitFor(async () => expect((await come(session)).isSessionReused()).toBe(false), {
      timeout: 10_000,
      interval: 200,
    });
  });

  test('that is of no use is told of, and the one before it stays', async (context) => {
    const { authority, crl, bench, shown, dial } = await open(context);
    const lost = shown('bin-1');
    authority.revoke(lost.file);
    writeFileSync(crl, authority.list(now - 2 * hour, now - hour));
    await vi.waitFor(() => expect(bench.problems).toHaveLength(1), 10_000);
    expect(bench.problems[0]).toMatch(/revoked\.crl has been out of date since 20/);
    await dial(lost); // as the list before has it
    writeFileSync(crl, authority.list());
    await vi.waitFor(() => expect(dial(lost)).rejects.toThrow(/Bad User|authorized/i), {
      timeout: 10_000,
      interval: 200,
    });
  });

  test('that ends under a broker is told of', async (context) => {
    const { files, crl, authority } = makeFiles(context);
    writeFileSync(crl, authority.list(now - hour, Date.now() + 3_000));
    const bench = await openBroker(undefined, { tls: { host: '127.0.0.1', port: 0, ...files } });
    expect(bench.problems).toEqual([]);
    await vi.waitFor(() => expect(bench.problems).toHaveLength(1), 15_000);
    expect(bench.problems[0]).toMatch(/out of date/);
  });
});

describe('the files of revoked certificates', () => {
  const secretsOf = (files: Parameters<typeof readSecrets>[0]) => readSecrets(files, now);

  test('may be PEM or DER, several in one or each for itself', (context) => {
    const { files, crl, authority } = makeFiles(context);
    const other = makeAuthority('the city of Ende');
    const ca = join(dirname(crl), 'both.pem');
    writeFileSync(ca, readFileSync(authority.ca, 'utf8') + readFileSync(other.ca, 'utf8'));
    const [one, two] = [authority.list(), other.list(now - hour, now + 5 * hour)];
    writeFileSync(crl, one);
    const der = join(dirname(crl), 'list.der');
    writeFileSync(der, Buffer.from(two.replaceAll(/-----[^-]+-----/g, ''), 'base64'));
    const apart = secretsOf({ ...files, ca, crl: [crl, der] });
    writeFileSync(crl, one + two);
    const together = secretsOf({ ...files, ca, crl });
    expect(apart.secrets.crl).toHaveLength(2);
    expect(together).toEqual(apart);
    expect(apart.until).toBe(Math.floor((now + 5 * hour) / 1_000) * 1_000);
  });

  test.for([
    ['no file', () => undefined, /no such file/],
    ['no list', () => 'nothing', /revoked\.crl is no list of revoked certificates/],
    ['a list that is cut off', (own) => Buffer.from(own.list().slice(0, 200)), /is no list/],
    ['one of another authority', () => makeAuthority('x').list(), /list of no authority in ca/],
    ['one that a namesake has signed', () => makeAuthority().list(), /damaged, or another/],
    ['one that is over', (own) => own.list(now - 2 * hour, now - hour), /out of date since/],
    ['one of tomorrow', (own) => own.list(now + hour), /begins to hold at/],
  ] as [string, (own: Authority) => string | Buffer | undefined, RegExp][])(
    'are refused by name: %s',
    ([, make, reason], context) => {
      const { files, crl, authority } = makeFiles(context);
      const content = make(authority);
      if (content !== undefined) writeFileSync(crl, content);
      const file = content === undefined ? `${crl}.gone` : crl;
      expect(() => secretsOf({ ...files, crl: file })).toThrow(reason);
    },
  );

  test('are refused where an authority has none, or where there is no authority', (context) => {
    const { files, crl, authority } = makeFiles(context);
    const ca = join(dirname(crl), 'both.pem');
    const other = readFileSync(makeAuthority('the city of Ende').ca, 'utf8');
    writeFileSync(ca, readFileSync(authority.ca, 'utf8') + other);
    expect(() => secretsOf({ ...files, ca })).toThrow(/no list of CN=the city of Ende/);
    expect(() => secretsOf({ cert: files.cert, key: files.key, crl })).toThrow(/crl needs ca/);
  });

  test('with one bit turned are never taken', (context) => {
    const { files, crl, authority } = makeFiles(context);
    const bytes = Buffer.from(authority.list().replaceAll(/-----[^-]+-----/g, ''), 'base64');
    for (let at = 0; at < bytes.length * 8; at++) {
      const bad = Buffer.from(bytes);
      bad[at >> 3]! ^= 1 << (at & 7);
      writeFileSync(crl, bad);
      expect(() => secretsOf(files), `bit ${at}`).toThrow(/revoked\.crl|parse CRL/);
    }
  });
});
