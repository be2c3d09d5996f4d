import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';

/** A certificate authority in a folder of its own, which goes with the test. */
export interface Authority {
  /** File of its certificate. */
  readonly ca: string;
  /** Issues a certificate for a name, valid for loopback; the files are overwritten when it is issued again. */
  issue(name: string): { readonly cert: string; readonly key: string };
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
  return {
    ca,
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
