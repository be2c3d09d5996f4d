import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { retain } from '#app/retention.ts';
import { appendTexts, newFolder, openLog, readTexts } from './logs.ts';

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

  test('removes nothing while nobody can say how far the consumers are', async () => {
    const { log, segments } = await fullLog();
    const before = segments();
    const stop = new AbortController();
    const passed = async (): Promise<undefined> => {
      stop.abort();
      return undefined;
    };
    await retain(log, { keep: 0, passed, logger: { warn: () => undefined }, signal: stop.signal });
    expect(segments()).toBe(before);
    await log.close();
  });
});
