import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { FolderReader } from '../../ingest/log-reader.ts';
import { recordLength } from '../../ingest/record.ts';
import { firstRecord, segmentName } from '../../ingest/segment.ts';
import { appendTexts, entry, newFolder, openLog, readTexts, textOf } from './logs.ts';

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Ten records of 500 bytes, a commit each: seven to a segment. */
async function tenRecords() {
  const folder = newFolder();
  const log = await openLog(folder);
  for (const i of range(1, 10)) await log.appendAll([entry(i, 500)]);
  return { folder, log };
}

async function numbersOf(read: ReturnType<FolderReader['read']>): Promise<number[]> {
  return (await read).map(({ number }) => number);
}

function damage(folder: string, base: number, ...numbers: number[]): void {
  const file = join(folder, segmentName(base));
  const bytes = readFileSync(file);
  for (const number of numbers) {
    bytes[firstRecord + (number - base) * recordLength(entry('', 500)) + 50]! ^= 1;
  }
  writeFileSync(file, bytes);
}

describe('log reader', () => {
  test('reads on over segments, no more than asked for, no further than announced', async () => {
    const { folder, log } = await tenRecords();
    const reader = new FolderReader(folder, 8);
    expect(reader.head()).toBe(8);
    expect(await numbersOf(reader.read(0, 3))).toEqual([1, 2, 3]);
    expect(await numbersOf(reader.read(3, 4))).toEqual([4, 5, 6, 7]);
    expect(await numbersOf(reader.read(7, 100))).toEqual([8]);
    expect(await numbersOf(reader.read(8, 100))).toEqual([]);
    reader.advance(10);
    expect(await numbersOf(reader.read(8, 100))).toEqual([9, 10]);
    await reader.close();
    await log.close();
  });

  test('starts anywhere, also backwards, also after it was closed', async () => {
    const { folder, log } = await tenRecords();
    const reader = new FolderReader(folder, 10);
    for (const after of [9, 0, 5, 7, 6, 2, 8, 1]) {
      expect(await numbersOf(reader.read(after, 1))).toEqual([after + 1]);
      if (after === 7) await reader.close();
    }
    await reader.close();
    await log.close();
  });

  test('says so when the record is no longer there', async () => {
    const reader = new FolderReader(newFolder(), 3);
    await expect(reader.read(0, 1)).rejects.toThrow('no longer');
  });

  test('waits until the head is past, or the wait is given up', async () => {
    const reader = new FolderReader(newFolder(), 3);
    const stop = new AbortController();
    await reader.wait(2, stop.signal);
    const ended: string[] = [];
    const passed = reader.wait(3, stop.signal).then(() => ended.push('passed'));
    const aborted = reader.wait(9, stop.signal).then(() => ended.push('aborted'));
    reader.advance(4);
    await passed;
    expect(ended).toEqual(['passed']);
    stop.abort();
    await aborted;
    await reader.wait(9, stop.signal);
  });

  test.each([
    ['at the tail of a segment', [7]],
    ['at the head of a segment', [1]],
    ['in the middle, two of them', [3, 5]],
    ['in a whole segment', range(1, 7)],
  ])(
    'hands damaged records out as corrupt, the others as they are, when damage is %s',
    async (_, bad) => {
      const { folder, log } = await tenRecords();
      await log.close();
      damage(folder, 1, ...bad);
      const expected = range(1, 10).map((n) => (bad.includes(n) ? 'corrupt' : `${n}`));
      expect(await readTexts(folder, 10)).toEqual(expected);
      // From every position on, and in every step: as after a restart.
      for (const after of range(0, 9)) {
        expect(await readTexts(folder, 10, after)).toEqual(expected.slice(after));
        const reader = new FolderReader(folder, 10);
        for (const n of range(after, 9)) {
          expect((await reader.read(n, 1)).map(textOf)).toEqual([expected[n]]);
        }
        await reader.close();
      }
    },
  );

  test('goes on in the newest segment when its last announced record is damaged', async () => {
    const { folder, log } = await tenRecords();
    damage(folder, 8, 9);
    const reader = new FolderReader(folder, 9); // 10 is on disk, but nobody said so yet
    expect((await reader.read(7, 100)).map(textOf)).toEqual(['8']);
    expect((await reader.read(8, 100)).map(textOf)).toEqual(['corrupt']);
    reader.advance(10);
    expect((await reader.read(9, 100)).map(textOf)).toEqual(['10']);
    await reader.close();
    await log.close();
  });

  test('sees everything once and in order while the log writes', async () => {
    const folder = newFolder();
    const log = await openLog(folder, { segmentBytes: 256 * 1024 });
    const reader = new FolderReader(folder, 0);
    log.onHead((head) => reader.advance(head));
    const total = 20_000;
    const write = async (): Promise<void> => {
      for (let i = 1; i <= total; i += 500) await appendTexts(log, ...range(i, i + 499));
    };
    const written = write();
    let last = 0;
    const { signal } = new AbortController();
    while (last < total) {
      await reader.wait(last, signal);
      for (const record of await reader.read(last, 700)) {
        if (record.number !== last + 1 || textOf(record) !== `${record.number}`) {
          expect(record).toMatchObject({ number: last + 1 });
        }
        last = record.number;
      }
    }
    await written;
    await reader.close();
    await log.close();
  });

  test('is not told of a head before the records are acknowledged', async () => {
    const folder = newFolder();
    const log = await openLog(folder);
    const heads: number[] = [];
    const stop = log.onHead((head) => heads.push(head));
    await appendTexts(log, 'a', 'b');
    await vi.waitFor(() => expect(heads).toEqual([2]));
    stop();
    await appendTexts(log, 'c');
    expect(heads).toEqual([2]);
    await log.close();
  });
});

describe('log, cut', () => {
  test.each([0, 1, 5, 7, 8, 9, 10, 11])(
    'forgets what is above %i and goes on there',
    async (at) => {
      const { folder, log } = await tenRecords();
      await log.cutAfter(at);
      const kept = range(1, Math.min(at, 10)).map(String);
      expect(log.head).toBe(kept.length);
      expect(await readTexts(folder, log.head)).toEqual(kept);
      await appendTexts(log, 'x', 'y');
      expect(await readTexts(folder, log.head)).toEqual([...kept, 'x', 'y']);
      await log.close();
      const again = await openLog(folder);
      expect(again).toMatchObject({ id: log.id, head: kept.length + 2 });
      await again.close();
    },
  );

  test('stays cut when it is opened again before anything is appended', async () => {
    const { folder, log } = await tenRecords();
    await log.cutAfter(5);
    await log.close();
    const again = await openLog(folder);
    expect(again.head).toBe(5);
    await again.close();
  });

  const step = fc.oneof(
    fc.record({
      append: fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 5 }),
    }),
    fc.record({ cut: fc.nat(40) }),
    fc.constant({ reopen: true }),
  );

  test('reads back what a list in memory would, whatever is appended, cut and reopened', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        fc.nat(40),
        fc.nat(5),
        async (steps, from, limit) => {
          const folder = newFolder();
          let log = await openLog(folder, { segmentBytes: 2_048 });
          let model: string[] = [];
          for (const [i, wish] of steps.entries()) {
            if ('append' in wish) {
              const texts = wish.append.map((_, j) => `${i}-${j}`);
              await log.appendAll(texts.map((text, j) => entry(text, wish.append[j])));
              model.push(...texts);
            } else if ('cut' in wish) {
              await log.cutAfter(wish.cut);
              model = model.slice(0, wish.cut);
            } else {
              await log.close();
              log = await openLog(folder, { segmentBytes: 2_048 });
            }
            expect(log.head).toBe(model.length);
          }
          const after = Math.min(from, model.length);
          expect(await readTexts(folder, model.length, after)).toEqual(model.slice(after));
          const reader = new FolderReader(folder, model.length);
          const page = await reader.read(after, limit + 1);
          expect(page.map(textOf)).toEqual(model.slice(after, after + page.length));
          expect(page.length === 0).toBe(after === model.length);
          await reader.close();
          await log.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});
