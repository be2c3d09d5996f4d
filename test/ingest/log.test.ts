import { describe, expect, test, vi } from 'vitest';
import type { ServiceError } from '#model';
import type { Commit, Log } from '#ingest';
import {
  appendTexts,
  entry,
  hookedDisk,
  newFolder,
  noSpace,
  openLog,
  readAll,
  readTexts,
} from './logs.ts';

describe('log', () => {
  test('numbers records from 1 without a gap and reads them back', async () => {
    const folder = newFolder();
    const log = await openLog(folder);
    expect(log.head).toBe(0);
    expect(await appendTexts(log, 'a', 'b')).toBe(2);
    expect(await appendTexts(log, 'c')).toBe(3);
    expect(await readTexts(folder, log.head)).toEqual(['a', 'b', 'c']);
    await log.close();
  });

  test('tells of each commit what it carried and cost, after its flush', async () => {
    const commits: Commit[] = [];
    const log: Log = await openLog(newFolder(), {
      onCommit: (commit) => {
        expect(log.head).toBeGreaterThanOrEqual(commit.records);
        commits.push(commit);
      },
    });
    await appendTexts(log, 'a', 'b');
    await appendTexts(log, 'c');
    expect(commits.map(({ records }) => records)).toEqual([2, 1]);
    expect(commits[0]!.bytes).toBe(2 * commits[1]!.bytes);
    expect(commits.every(({ ms }) => ms > 0 && ms < 5_000)).toBe(true);
    await log.close();
  });

  test('calls done in order, in one tick, only after the flush', async () => {
    const opened: (() => void)[] = [];
    let isHeld = false;
    const disk = hookedDisk((name) => {
      if (name === 'flush' && isHeld) return new Promise<void>((go) => opened.push(go));
    });
    const log = await openLog(newFolder(), { disk });
    await appendTexts(log, 'first');
    isHeld = true;
    const done: number[] = [];
    const inOneTick: number[] = [];
    for (const text of ['a', 'b', 'c']) {
      log.append(entry(text), (number) => {
        if (done.length === 0) queueMicrotask(() => inOneTick.push(done.length));
        done.push(number);
      });
    }
    await vi.waitFor(() => expect(opened).toHaveLength(1));
    expect({ done, head: log.head }).toEqual({ done: [], head: 1 });
    isHeld = false;
    opened[0]!();
    await vi.waitFor(() => expect(done).toEqual([2, 3, 4]));
    expect(inOneTick).toEqual([3]);
    await log.close();
  });

  test('flushes once for many when a thousand are appended at once', async () => {
    let flushes = 0;
    const disk = hookedDisk((name) => {
      if (name === 'flush') flushes++;
    });
    const log = await openLog(newFolder(), { disk, segmentBytes: 1 << 20 });
    const numbers = Array.from({ length: 1_000 }, (_, i) => i + 1);
    expect(await appendTexts(log, ...numbers)).toBe(1_000);
    await log.close();
    expect(flushes).toBeLessThan(5);
  });

  test('commits what comes in late, in whichever microtask after a commit it comes', async () => {
    const log = await openLog(newFolder(), { segmentBytes: 1 << 20 });
    for (let hops = 0; hops < 12; hops++) {
      await appendTexts(log, 'early');
      for (let hop = 0; hop < hops; hop++) await Promise.resolve();
      await appendTexts(log, 'late'); // hangs when nobody is left to commit it
    }
    expect(log.head).toBe(24);
    await log.close();
  });

  test('goes on behind the last record when it is opened again', async () => {
    const folder = newFolder();
    const first = await openLog(folder);
    await appendTexts(first, 'a', 'b');
    await first.close();
    const second = await openLog(folder);
    expect(second).toMatchObject({ id: first.id, head: 2 });
    expect(await appendTexts(second, 'c')).toBe(3);
    expect(await readTexts(folder, 3)).toEqual(['a', 'b', 'c']);
    await second.close();
  });

  test('commits what is queued when it is closed, and takes nothing more', async () => {
    const folder = newFolder();
    const log = await openLog(folder, { linger: 1_000 });
    const done: number[] = [];
    for (let i = 0; i < 50; i++) log.append(entry(i), (number) => done.push(number));
    await log.close();
    expect(done).toHaveLength(50);
    expect(await readAll(folder, 50)).toHaveLength(50);
    expect(() => log.append(entry('late'), () => undefined)).toThrow('closed');
  });

  test('starts another segment when one is full', async () => {
    const folder = newFolder();
    const log = await openLog(folder);
    for (let i = 0; i < 40; i++) await log.appendAll([entry(i, 500)]);
    expect(await readTexts(folder, 40)).toEqual(Array.from({ length: 40 }, (_, i) => `${i}`));
    await log.close();
    const again = await openLog(folder);
    expect(again.head).toBe(40);
    await again.close();
  });

  test('keeps records that are larger than a segment', async () => {
    const folder = newFolder();
    const log = await openLog(folder, { segmentBytes: 1_024 });
    for (const text of ['a', 'b', 'c']) await log.appendAll([entry(text, 300_000)]);
    expect(await readTexts(folder, 3)).toEqual(['a', 'b', 'c']);
    await log.close();
  });

  test('refuses an entry that no record can hold, and goes on', async () => {
    const log = await openLog(newFolder());
    const refuse = (extra: object) => () =>
      log.append({ ...entry('x'), ...extra }, () => undefined);
    expect(refuse({ bytes: Buffer.alloc(1_200_000) })).toThrow(RangeError);
    expect(refuse({ principal: 'p'.repeat(256) })).toThrow(RangeError);
    expect(refuse({ topic: 't'.repeat(65_536) })).toThrow(RangeError);
    expect(await appendTexts(log, 'a')).toBe(1);
    await log.close();
  });
});

describe('log on a failing disk', () => {
  /** A log whose disk fails `times` times at `where`, from when it is told to. */
  async function failing(where: 'create' | 'write' | 'flush' | 'truncate', times: number) {
    const folder = newFolder();
    const problems: (ServiceError | undefined)[] = [];
    let left = 0;
    let refused = 0;
    const disk = hookedDisk((name) => {
      if (name !== where || left === 0) return;
      left--;
      refused++;
      throw noSpace();
    });
    const log = await openLog(folder, { disk, onState: (problem) => problems.push(problem) });
    await appendTexts(log, 'before');
    left = times;
    return { folder, log, problems, refused: () => refused };
  }

  test.each([
    ['write', 2],
    ['flush', 1],
    ['create', 1],
  ] as const)('acknowledges under the same numbers, later, when %s fails', async (where, times) => {
    const { folder, log, problems, refused } = await failing(where, times);
    const texts = Array.from({ length: 12 }, (_, i) => `${i}`.padEnd(600, 'x'));
    const done: number[] = [];
    const all = texts.map(
      (text) =>
        new Promise<void>((resolve) => {
          log.append(entry(text), (number) => {
            // Not one is acknowledged while the disk has failures left.
            if (where !== 'create') expect(refused()).toBe(times);
            done.push(number);
            resolve();
          });
        }),
    );
    await Promise.all(all);
    expect(done).toEqual(texts.map((_, i) => i + 2));
    if (where !== 'create') expect(problems.at(0)).toMatchObject({ code: 'ingest.log_full' });
    expect(problems.at(-1)).toBe(undefined);
    expect(await readTexts(folder, log.head)).toEqual(['before', ...texts]);
    await log.close();
    const again = await openLog(folder);
    expect(again.head).toBe(13);
    await again.close();
  });

  test('reads each record once when the failed segment could not be cut either', async () => {
    let isBroken = false;
    const disk = hookedDisk((name) => {
      if (isBroken && name !== 'write') {
        if (name === 'truncate') isBroken = false;
        throw noSpace();
      }
    });
    const folder = newFolder();
    const log = await openLog(folder, { disk });
    await appendTexts(log, 'a');
    isBroken = true;
    await appendTexts(log, 'b', 'c');
    await appendTexts(log, 'd');
    expect(await readTexts(folder, log.head)).toEqual(['a', 'b', 'c', 'd']);
    await log.close();
  });
});
