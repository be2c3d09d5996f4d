import { reject, type Rejection } from '#model';
import type { RefusedPart } from './decoders/envelope.ts';

/** The one reason of a packet of which no part could be used. */
export function summarise(first: RefusedPart, refused: readonly RefusedPart[]): Rejection {
  if (refused.length === 1) return first.rejection;
  const reasons = refused
    .slice(0, 3)
    .map(({ part, rejection }) =>
      part === '' ? rejection.reason : `${part}: ${rejection.reason}`,
    );
  const more = refused.length > 3 ? `; and ${refused.length - 3} more` : '';
  return reject(first.rejection.code, `nothing usable: ${reasons.join('; ')}${more}`);
}

/** Each refused part is kept with the packet's bytes: a broken device must not fill the disk. */
const maxRefused = 32;

/** The refused parts that are kept one by one, and what stands for the rest. */
export function limit(refused: readonly RefusedPart[]): readonly RefusedPart[] {
  if (refused.length <= maxRefused) return refused;
  const { rejection } = refused[maxRefused - 1]!;
  const reason = `${refused.length - maxRefused + 1} more parts were refused`;
  const rest = { part: '…', rejection: reject(rejection.code, reason) };
  return [...refused.slice(0, maxRefused - 1), rest];
}
