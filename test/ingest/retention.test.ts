import { readdirSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { parseConfig } from '#app/config.ts';
import { retain } from '#app/retention.ts';
import type { ServiceError } from '#model';
import { FolderReader } from '../../ingest/log-reader.ts';
import { segmentBases } from '../../ingest/segment.ts';
import { appendTexts, entry, newFolder, openLog, readTexts } from './logs.ts';

/** A log of 40 records, about four to a segment of 1 KiB. */
async function fullLog() {
  const folder = newFolder();
  const log = await openLog(folder, { segmentBytes: 1_024 });
  const texts = Array.from({ length: 40 }, (_, i) => String(i + 1).padEnd(200));
  for (const text of texts) await appendTexts(log, text);
  const segments = () => readdirSync(folder).filter((name) => name.endsWith('.log')).length;
  return { folder, log, segments };
}

describe('log retention', () => {
  test('keeps everything that a consumer has still to pass, however large it is', async () => {
    const { folder, log, segments } = await fullLog();
    const before = segments();
    await log.trim(0, 0);
    expect(segments()).toBe(before);
    await log.trim(20, 0);
    expect(segments()).toBeLessThan(before);
    const left = await readTexts(folder, log.head, 20);
    expect(left.map((text) => Number(text))).toEqual(Array.from({ length: 20 }, (_, i) => i + 21));
    await log.close();
  });

  test('keeps what fits, and always the segment that is written', async () => {
    const { folder, log, segments } = await fullLog();
    const all = segments();
    await log.trim(log.head, Number.MAX_SAFE_INTEGER);
    expect(segments()).toBe(all);
    const left = await log.trim(log.head, 3_000);
    expect(left).toBeLessThanOrEqual(3_000);
    await log.trim(log.head, 0);
    expect(segments()).toBe(1);
    await log.close();
    const again = await openLog(folder, { segmentBytes: 1_024 });
    expect(again.head).toBe(40);
    await appendTexts(again, 'more');
    expect(await readTexts(folder, 41, 40)).toEqual(['more']);
    await again.close();
  });

  test('lets go of what is too old, by the receive time of its newest record', async () => {
    const folder = newFolder();
    const log = await openLog(folder, { segmentBytes: 1_024 });
    for (let n = 1; n <= 40; n++)
      await log.appendAll([{ ...entry(n, 200), receivedAt: n * 1_000 }]);
    const bases = () => segmentBases(readdirSync(folder));
    const before = bases();
    const third = before[2]!;
    // The newest record of the second segment is one second older than the first of the third.
    await log.trim(log.head, Infinity, third * 1_000);
    expect(bases()).toEqual(before.slice(1));
    await log.trim(log.head, Infinity, third * 1_000 + 1);
    expect(bases()).toEqual(before.slice(2));
    expect(log.oldest).toBe(third);
    await log.trim(third, Infinity, Infinity);
    expect(bases()).toEqual(before.slice(2)); // a consumer is still there
    await log.trim(log.head, Infinity, Infinity);
    expect(bases()).toEqual(before.slice(-1));
    await log.close();
  });

  test('follows the clock that stamps the records', async () => {
    const { log, segments } = await fullLog();
    const newest = 1_764_000_000_000;
    const retainAt = async (now: number): Promise<void> => {
      const stop = new AbortController();
      await retain(log, {
        keep: Infinity,
        keepFor: 60_000,
        now: () => {
          stop.abort();
          return now;
        },
        passed: async () => log.head,
        logger: { warn: () => undefined },
        signal: stop.signal,
      });
    };
    const before = segments();
    await retainAt(newest - 3_600_000); // set back an hour
    await retainAt(newest + 60_000);
    expect(segments()).toBe(before);
    await retainAt(newest + 60_001);
    expect(segments()).toBe(1);
    await log.close();
  });

  test('tells the oldest record that is left, also after a start', async () => {
    const { folder, log } = await fullLog();
    expect(log.oldest).toBe(1);
    await log.trim(20, 0);
    const { oldest } = log;
    expect(oldest).toBeGreaterThan(10);
    expect(oldest).toBeLessThanOrEqual(21);
    await log.close();
    const again = await openLog(folder, { segmentBytes: 1_024 });
    expect(again.oldest).toBe(oldest);
    const reader = new FolderReader(folder, again.head);
    expect(await reader.oldest()).toBe(oldest);
    expect((await reader.read(oldest - 1, 1))[0]!.number).toBe(oldest);
    await reader.close();
    await again.close();
  });

  test('removes nothing while nobody can say how far the consumers are', async () => {
    const { log, segments } = await fullLog();
    const before = segments();
    const stop = new AbortController();
    const passed = async (): Promise<undefined> => {
      stop.abort();
      return undefined;
    };
    await retain(log, {
      keep: 0,
      keepFor: 0,
      now: () => Infinity,
      passed,
      logger: { warn: () => undefined },
      signal: stop.signal,
    });
    expect(segments()).toBe(before);
    await log.close();
  });
});

describe('a log at its limit', () => {
  test('acknowledges nothing more, says so, and goes on when consumers have passed', async () => {
    const folder = newFolder();
    const states: (ServiceError | undefined)[] = [];
    const log = await openLog(folder, {
      segmentBytes: 1_024,
      limitBytes: 4_096,
      onState: (problem) => states.push(problem),
    });
    let done = 0;
    const filling = (async () => {
      for (; done < 40; done++) await log.appendAll([entry(done + 1, 200)]);
    })();
    await vi.waitFor(() => expect(states.length).toBeGreaterThan(0));
    expect(states[0]).toMatchObject({ code: 'ingest.log_full' });
    expect(states[0]!.message).toContain('log.limit');
    const held = done;
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(20);
    expect(await log.trim(0, 0)).toBeLessThanOrEqual(4_096); // nobody has passed anything
    expect(done).toBe(held);

    const catchUp = async (): Promise<void> => {
      await log.trim(log.head, 0);
      expect(done).toBe(40);
    };
    await vi.waitFor(catchUp, { timeout: 15_000 });
    await filling;
    await vi.waitFor(() => expect(states.at(-1)).toBeUndefined());
    expect(log.head).toBe(40);
    const left = await readTexts(folder, 40, log.oldest - 1);
    expect(left.at(-1)).toBe('40');
    await log.close();
  });

  test('still opens, cuts back and reads', async () => {
    const folder = newFolder();
    const log = await openLog(folder, { segmentBytes: 1_024 });
    for (let n = 1; n <= 20; n++) await log.appendAll([entry(n, 200)]);
    await log.close();
    const full = await openLog(folder, { segmentBytes: 1_024, limitBytes: 1_024 });
    await full.cutAfter(18);
    expect(full.head).toBe(18);
    expect((await readTexts(folder, 18)).length).toBe(18);
    await full.close();
  });
});

describe('the configuration of logs', () => {
  const logOf = (text: string) => parseConfig(`log: { ${text} }`, 'siaga.yaml', {});

  test('keeps a week, and leaves room for the segment that lets a full log go on', () => {
    expect(logOf('')).toMatchObject({
      log: { keep: 4_096, keepFor: 7 * 86_400_000, limit: 32_768 },
    });
    expect(logOf('keep: 16, segment: 64, limit: 128')).toMatchObject({ log: { limit: 128 } });
    expect(logOf('keep: 16, segment: 64, limit: 127')).toMatchObject([
      { code: 'config.invalid', field: 'siaga.yaml: log.limit' },
    ]);
  });
});
