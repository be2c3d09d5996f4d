import { expect, test } from 'vitest';
import { hires } from '../../../ingest/decoders/hires.ts';

test('a log’s span is from its earliest to its latest time, in whatever order its rows are', () => {
  const rows = ['08:02:00', '08:01:00', '08:00:00'].map((at) => `2026-11-24T${at}Z,1,82,5`);
  const payload = Buffer.from(rows.join('\n'));
  const receivedAt = Date.parse('2026-11-24T08:03:00Z');
  expect(
    hires.read({ topic: 'hires/1', payload, receivedAt, number: 1, principal: 'x' }),
  ).toMatchObject({
    messages: expect.arrayContaining([
      expect.objectContaining({ values: { vehicle_count: 3, period: 120 } }),
    ]),
  });
});
