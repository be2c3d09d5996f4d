import { isRejection, type Device, type Rejection } from '#model';
import type { Count, Envelope, Origin, Who } from './decoders/envelope.ts';

/** A message's place in a device's own counting. */
export interface Counted extends Omit<Count, 'who'> {
  readonly device: string;
}

/**
 * What of a packet was counted by its sender: the whole, or each of the messages that were made apart.
 * `device` speaks for it, if anybody known does; `find` knows who counts in its place.
 */
export function countedIn(
  envelope: Exclude<Envelope, { says: 'nothing' }>,
  device: Device | undefined,
  find: (who: Who) => Device | Rejection,
): Counted | readonly Counted[] | undefined {
  if (envelope.count !== undefined) {
    const { who, ...count } = envelope.count;
    const counts = who === undefined ? device : find(who);
    if (counts === undefined || isRejection(counts)) return undefined;
    return { ...count, device: counts.id };
  }
  if (envelope.says === 'presence' || device === undefined) return undefined;
  if (envelope.origin !== undefined) return countedBy(envelope.origin, device);
  const own = envelope.messages.flatMap(({ origin }) =>
    origin === undefined ? [] : (countedBy(origin, device) ?? []),
  );
  return own.length === 0 ? undefined : own;
}

function countedBy({ scope, session, counter }: Origin, { id }: Device): Counted | undefined {
  if (counter === undefined) return undefined;
  return { device: id, session: session ?? scope, value: counter };
}
