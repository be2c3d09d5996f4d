import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** What a client is connected by: a socket, plain or TLS, or the stream of a WebSocket. */
export interface Wire extends Duplex {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Told the largest packet that may come from now on, where it collects packets itself. */
  readonly expect?: (bytes: number) => void;
}

/**
 * The name in the client certificate that the wire was opened with, verified against the listener's
 * authority; undefined where there is none.
 */
export function certificateName(wire: Wire): string | undefined {
  if (!(wire instanceof TLSSocket) || !wire.authorized) return undefined;
  const { CN: name } = wire.getPeerCertificate().subject ?? {};
  return typeof name === 'string' ? name : undefined;
}
