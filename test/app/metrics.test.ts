import { Registry } from 'prom-client';
import { describe, expect, test, vi } from 'vitest';
import { ServiceError, type LogRecord } from '#model';
import type { Consumer } from '#app/consumer.ts';
import { Histogram } from '#app/metrics/histogram.ts';
import { distribute, measure } from '#app/metrics/instruments.ts';
import { measureStages } from '#app/metrics/stage.ts';

test('counts values into the bucket whose bound they do not pass, as Prometheus has it', async () => {
  const histogram = new Histogram([1, 5]);
  for (const value of [0.5, 1, 1.1, 5, 6]) histogram.observe(value);
  const registry = new Registry();
  distribute(registry, { name: 'siaga_wait_seconds', help: 'Waits' }, () => [
    [{ log: 'packets' }, histogram],
  ]);
  expect((await registry.metrics()).trim().split('\n')).toEqual([
    '# HELP siaga_wait_seconds Waits',
    '# TYPE siaga_wait_seconds histogram',
    'siaga_wait_seconds_bucket{le="1",log="packets"} 2',
    'siaga_wait_seconds_bucket{le="5",log="packets"} 4',
    'siaga_wait_seconds_bucket{le="+Inf",log="packets"} 5',
    'siaga_wait_seconds_sum{log="packets"} 13.6',
    'siaga_wait_seconds_count{log="packets"} 5',
  ]);
});

test('tells the other metrics when one of them can not be asked', async () => {
  const registry = new Registry();
  measure(registry, { name: 'siaga_a', help: 'A', type: 'gauge' }, () => {
    throw new Error('away');
  });
  measure(registry, { name: 'siaga_b', help: 'B', type: 'gauge' }, () => [{ value: 2 }]);
  expect(await registry.metrics()).toMatch(/^siaga_b 2$/m);
});

describe('the lag of a stage', () => {
  let time = 10_000;
  let head = 0;
  const inner = {
    name: 'store',
    log: { head: () => head } as Consumer['log'],
    limit: 10,
    every: 0,
    take: vi.fn<Consumer['take']>(() => false),
    commit: vi.fn<Consumer['commit']>(async () => undefined),
  };
  const record = (number: number, receivedAt: number) =>
    ({ number, receivedAt, principal: 'p', topic: 't', bytes: Buffer.alloc(0) }) as LogRecord;

  test('is the age of the oldest record not passed, and 0 when all are', async () => {
    const meters = measureStages(new Registry(), () => time);
    const stage = meters.watch(inner);
    expect(meters.lag('store')).toBe(0);
    head = 3;
    stage.take([record(1, 4_000), record(2, 9_000)]);
    expect(meters.lag('store')).toBe(6);
    inner.commit.mockRejectedValueOnce(new ServiceError('store.unreachable', 'away'));
    await expect(stage.commit(0, 2)).rejects.toThrow('away');
    time = 12_000;
    expect(meters.lag('store')).toBe(8); // what waits grows older
    await stage.commit(0, 2);
    expect(meters.lag('store')).toBe(3); // record 3 is no older than record 2
    stage.take([record(3, 9_500)]);
    await stage.commit(2, 3);
    expect(meters.lag('store')).toBe(0);
  });
});
