import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRejection } from '#model';
import { readFrame } from '../../../ingest/frame.ts';
import type { Grammar } from '../../../ingest/grammar.ts';
import { profiles } from './city.ts';

describe('the grammars that ship', () => {
  const grammars = [...profiles.values()].flatMap(({ bytes }) =>
    bytes === undefined ? [] : [bytes],
  );
  const starts = [0x02, 0x80, 0x1c, 0xa2, 0x01, 0x03, 0x20, 0xff, 0x0b];

  /** Whether any bytes give a frame or one reason; a throw fails the property. */
  function isWhole(one: Grammar, port: number, bytes: Uint8Array): boolean {
    const frame = readFrame(one, port, bytes);
    if (frame === undefined) return true;
    if (isRejection(frame)) return frame.code === 'ingest.frame_invalid' && frame.reason !== '';
    return frame.said.length > 0 && frame.refused.every(({ rejection }) => isRejection(rejection));
  }

  test('read any bytes, or say why not, and never throw', () => {
    expect(grammars.length).toBeGreaterThan(12);
    const bytes = fc
      .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 254 }))
      .map(([first, rest]) => Uint8Array.from([first, ...rest]));
    const property = fc.property(
      fc.constantFrom(...grammars),
      fc.constantFrom(1, 3, 13, 85),
      bytes,
      isWhole,
    );
    expect(fc.check(property, { numRuns: 5_000 })).toMatchObject({
      failed: false,
      counterexample: null,
    });
  });
});
