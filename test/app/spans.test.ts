import { expect, onTestFinished, test, vi } from 'vitest';
import type { Mark } from '#model';
import { createMessageSpans } from '#app/message-spans.ts';
import { openSpans, sampleCommits, spanOfCommit } from '#app/spans.ts';
import { startCollector, type Collector } from '../support/collector.ts';

async function collector(): Promise<Collector> {
  const started = await startCollector();
  onTestFinished(() => started.close());
  return started;
}

test('loads nothing when no endpoint is configured', async () => {
  expect(await openSpans(undefined, 'main')).toBeUndefined();
});

test('sends commits as spans with what they carried', async () => {
  const { endpoint, spans, paths } = await collector();
  const opened = (await openSpans(endpoint, 'pipeline'))!;
  const commit = { consumer: 'rules', from: 10, to: 15, ms: 4 };
  opened.add(spanOfCommit(commit, () => 1_764_000_000_010));
  const flushed = sampleCommits(opened, 'packets', () => 1_764_000_000_000);
  for (let n = 0; n < 5; n++) flushed({ records: 3, bytes: 900, ms: 2 });
  await opened.close();
  expect(paths).toEqual(['/v1/traces']);
  expect(spans.map(({ name }) => name)).toEqual(['commit rules', 'flush packets']); // one a second
  expect(spans[0]!.startTimeUnixNano).toBe('1764000000006000000');
  expect(spans[0]!.endTimeUnixNano).toBe('1764000000010000000');
  expect(spans[0]!.attributes.map(({ key }) => key)).toEqual(['consumer', 'records', 'from', 'to']);
});

test('sends a traced message as one trace with a span for each station', async () => {
  const { endpoint, spans } = await collector();
  const opened = (await openSpans(endpoint, 'main'))!;
  const messages = createMessageSpans(opened, () => 2_000);
  const received: { -readonly [K in keyof Mark]: Mark[K] } = {
    device: 'bin-1',
    stop: 'received',
    at: 1_000,
  };
  messages.onMark(received);
  received.packet = 7;
  messages.onMark({ device: 'bin-1', stop: 'acknowledged', at: 1_003, packet: 7 });
  messages.onMark({ device: 'bin-1', stop: 'decoded', at: 1_010, packet: 7, class: 'decoded' });
  messages.onMark({ device: 'bin-1', stop: 'stored', at: 1_500, packet: 7, reading: 1 });
  messages.onMark({ device: 'bin-1', stop: 'judged', at: 1_100, packet: 7, reading: 1 });
  messages.close();
  await opened.close();
  const root = spans.find(({ name }) => name === 'message')!;
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([root.traceId]));
  const children = spans.filter(({ parentSpanId }) => parentSpanId === root.spanId);
  const ms = (nanos: string) => Number(BigInt(nanos) / 1_000_000n);
  expect(
    children.map((span) => [span.name, ms(span.startTimeUnixNano), ms(span.endTimeUnixNano)]),
  ).toEqual([
    ['acknowledged', 1_000, 1_003],
    ['decoded', 1_003, 1_010],
    ['judged', 1_010, 1_100],
    ['stored', 1_010, 1_500],
  ]);
  expect([ms(root.startTimeUnixNano), ms(root.endTimeUnixNano)]).toEqual([1_000, 1_500]);
});

test('holds nobody up and grows no further when the collector is away', async () => {
  const away = await collector();
  away.close();
  const opened = (await openSpans(away.endpoint, 'main'))!;
  const add = (count: number): void => {
    for (let n = 0; n < count; n++) {
      opened.add(spanOfCommit({ consumer: 'rules', from: n, to: n + 1, ms: 1 }, () => 1_000 + n));
    }
  };
  add(20_000);
  const before = process.memoryUsage().heapUsed;
  add(200_000);
  await vi.waitFor(() => {
    globalThis.gc?.();
    // 200,000 spans kept would take 200 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  });
  const from = performance.now();
  await opened.close();
  expect(performance.now() - from).toBeLessThan(2_000);
});
