import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkTrace, traceOptions, type FlushVerdict } from './flush-trace.ts';
import { inside, makePlace, type Place } from './place.ts';
import { attach, noStrace } from './strace.ts';

/** One client with one message in flight and one with twenty, under strace; what the trace says. */
async function traced(place: Place): Promise<FlushVerdict> {
  const output = join(place.folder, 'trace');
  const detach = await attach(place.server.process.pid!, [...traceOptions, '-o', output]);
  const markers = new Map<string, string>();
  await Promise.all(
    [
      { id: 'bin-0000', window: 1, messages: 20 },
      { id: 'bin-0001', window: 20, messages: 100 },
    ].map(async ({ id, window, messages }) => {
      const client = await place.server.connect(id, place.tokens.get(id)!);
      const { localPort } = client.stream as { localPort?: number };
      client.on('packetsend', (packet) => {
        if (packet.cmd !== 'publish') return;
        const { ts } = JSON.parse(String(packet.payload)) as { ts: number };
        markers.set(`${localPort}:${packet.messageId}`, `"ts":${ts},"from":"${id}"`);
      });
      const base = Date.now() - messages;
      for (let seq = 0; seq < messages; seq += window) {
        await Promise.all(
          Array.from({ length: window }, (_, i) => {
            const body = { ts: base + seq + i, from: id, values: { distance: seq + i } };
            const topic = `city/v1/kupang/bin/${id}/telemetry`;
            return client.publishAsync(topic, JSON.stringify(body), { qos: 1 });
          }),
        );
      }
      await client.endAsync();
    }),
  );
  await detach();
  return checkTrace(output, markers);
}

const skipped = noStrace === undefined ? '' : ` (skipped: ${noStrace})`;
describe.skipIf(noStrace !== undefined)(`each PUBACK${skipped}`, { timeout: 120_000 }, () => {
  let place: Place | undefined;
  afterEach(() => place?.end());

  describe('with the flush', () => {
    beforeEach(async () => {
      place = await makePlace();
      await place.register(2);
    }, 60_000);

    test('leaves after a finished flush of its record when strace watches', async () => {
      const { pubacks, flushes, violations } = await traced(place!);
      expect({ pubacks, violations }).toEqual({ pubacks: 120, violations: [] });
      // At least one for each message of the client that has one in flight.
      expect(flushes).toBeGreaterThanOrEqual(20);
    });
  });

  describe('without the flush', () => {
    beforeEach(async () => {
      place = await makePlace({ preload: `${inside}?flush=none` });
      await place.register(2);
    }, 60_000);

    test('is told of by the same check when the flush is removed', async () => {
      const { pubacks, violations } = await traced(place!);
      expect(pubacks).toBe(120);
      expect(violations).toHaveLength(120);
    });
  });
});
