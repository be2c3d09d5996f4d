import { expect, test } from 'vitest';
import { readPayload } from '../../../ingest/decoders/sparkplug-payload.ts';

test('a compressed payload of Sparkplug is refused, and not taken for an empty one', () => {
  const uuid = Buffer.from('SPBV1.0_COMPRESSED');
  const head = Buffer.from([8, 1, 24, 1, 34, uuid.length]);
  const payload = Buffer.concat([head, uuid, Buffer.from([42, 3, 1, 2, 3])]);
  expect(readPayload(payload)).toMatchObject({ code: 'ingest.body_invalid', field: 'body' });
});
