import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** PEM files of a TLS listener; with `ca`, clients may be known by certificates that it signed. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string | undefined;
}

/** What is in them. */
export interface Secrets {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** How often the files are looked at, ms: certificates are renewed days before they end. */
const interval = 2_000;

/** Reads the files; throws when one is missing, or when key and certificate do not belong together. */
export function readSecrets({ cert, key, ca }: TlsFiles): Secrets {
  const secrets = {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(ca !== undefined && { ca: readFileSync(ca) }),
  };
  createSecureContext(secrets); // throws here, and not at the first client
  return secrets;
}

/**
 * Calls back with the new secrets once files have changed and fit together; returns what ends that. A
 * renewal writes one file after the other: what does not fit is told of and looked at again.
 */
export function followFiles(
  files: TlsFiles,
  onChange: (secrets: Secrets) => void,
  onProblem: (reason: string) => void,
): () => void {
  let seen = stampOf(files);
  let told = '';
  const look = (): void => {
    try {
      const stamp = stampOf(files);
      if (stamp === seen) return;
      onChange(readSecrets(files));
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
function stampOf({ cert, key, ca }: TlsFiles): string {
  return [cert, key, ...(ca === undefined ? [] : [ca])]
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? '-' : `${stat.ino}/${stat.size}/${stat.mtimeMs}`;
    })
    .join(' ');
}
