import { createHash } from 'node:crypto';
import type { Packet } from '#model';
import type { Origin } from './decoders/envelope.ts';

const nanos = 1_000_000;

/** The origin of a message that counts nothing: who says what, and where. Many devices share ThingsBoard's topics. */
export function contentOrigin({ principal, topic, payload }: Packet): Origin {
  const hash = createHash('sha256').update(`${principal}\0${topic}\0`).update(payload);
  return { scope: `sha256/${hash.digest('base64url')}` };
}

/** The key under which a message is remembered, to know it again. */
export function duplicateKey({ scope, counter }: Origin): string {
  return counter === undefined ? scope : `${scope}/${counter}`;
}

/**
 * Nanoseconds within the millisecond (0 to 999,999) of the reading at a place in its packet. The
 * counter is added to the scope's hash, not hashed with it, so that messages that follow each other
 * never meet: hashes of 5,000 would meet a dozen times. Without an origin the packet's number counts.
 */
export function nanoOf(origin: Origin | undefined, packet: number, place: number): number {
  const scope = origin === undefined ? 0 : fnv1a(origin.scope);
  const counter = origin === undefined ? packet : (origin.counter ?? 0);
  return ((scope % nanos) + (counter % nanos) + place) % nanos;
}

/** FNV-1a over UTF-16 code units, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
