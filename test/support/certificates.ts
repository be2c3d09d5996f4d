import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';

/** A certificate authority in a folder of its own, which goes with the test. */
export interface Authority {
  /** File of its certificate. */
  readonly ca: string;
  /** Issues a certificate for a name, valid for loopback; the files are overwritten when it is issued again. */
  issue(name: string): { readonly cert: string; readonly key: string };
  /** Revokes a certificate that it issued: the lists made from now on say so. */
  revoke(cert: string): void;
  /** Makes a list of what it has revoked, as PEM, that holds between two times (epoch ms). */
  list(from?: number, until?: number): string;
}

/** Skips a test where no openssl is. */
export function needOpenssl({ skip }: TestContext): void {
  skip(spawnSync('openssl', ['version']).status !== 0, 'no openssl on PATH');
}

/** Makes an authority; real certificates, since what we test is what is made of them. */
export function makeAuthority(name = 'Siaga test authority'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'siaga-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = (base: string): string => join(folder, base);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const [ca, caKey] = [file('ca.pem'), file('ca.key')];
  openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', ca, '-subj', `/CN=${name}`);
  const database = file('ca.cnf');
  writeFileSync(
    database,
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${file('index')}\ndefault_md=sha256\ncertificate=${ca}\nprivate_key=${caKey}\n`,
  );
  writeFileSync(file('index'), '');
  const hour = 3_600_000;
  return {
    ca,
    revoke: (cert) => openssl('ca', '-config', database, '-revoke', cert),
    list(from = Date.now() - hour, until = from + 24 * hour) {
      const at = (time: number): string =>
        new Date(time).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
      const times = ['-crl_lastupdate', at(from), '-crl_nextupdate', at(until)];
      openssl('ca', '-config', database, '-gencrl', ...times, '-out', file('list.pem'));
      return readFileSync(file('list.pem'), 'utf8');
    },
    issue(subject) {
      const [cert, key, request] = ['pem', 'key', 'csr'].map((end) => file(`${subject}.${end}`));
      const extensions = file('extensions');
      writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
      openssl('req', ...newKey, '-keyout', key!, '-out', request!, '-subj', `/CN=${subject}`);
      const from = ['-in', request!, '-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '1'];
      openssl('x509', '-req', ...from, '-extfile', extensions, '-out', cert!);
      return { cert: cert!, key: key! };
    },
  };
}
