import { describe, expect, test, vi } from 'vitest';
import { realTimers } from '#model';
import { appendTexts, entry, hookedDisk, newFolder, openLog, readAll } from './logs.ts';

describe('log', () => {
  test('lingers for company when records come often, and still commits all', async () => {
    const folder = newFolder();
    const log = await openLog(folder, { linger: 3, segmentBytes: 1 << 20 });
    for (let round = 0; round < 60; round++) await appendTexts(log, `r${round}`);
    expect(await readAll(folder, log.head)).toHaveLength(60);
    await log.close();
  });

  test('lingers again after a commit that lingered, unless what came meanwhile fills one', async () => {
    let flushed = Promise.withResolvers<void>();
    let wake = (): void => undefined;
    let naps = 0;
    const commits: number[] = [];
    const log = await openLog(newFolder(), {
      linger: 3,
      segmentBytes: 1 << 20,
      disk: hookedDisk((name) => (name === 'flush' ? flushed.promise : undefined)),
      onCommit: ({ records }) => commits.push(records),
      timers: {
        ...realTimers,
        elapsed: () => 0,
        sleep(_ms, signal) {
          naps += 1;
          return new Promise((resolve) => {
            wake = resolve;
            signal?.addEventListener('abort', () => resolve());
          });
        },
      },
    });
    const append = (count: number): void => {
      for (let i = 0; i < count; i++) log.append(entry(i), () => undefined);
    };
    const settled = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) await realTimers.turn();
    };
    /** Ends the flush under way; resolves with the commits so far, once nothing moves without a wake. */
    const flush = async (expected: number): Promise<number[]> => {
      flushed.resolve();
      await vi.waitFor(() => expect(commits.length).toBe(expected));
      flushed = Promise.withResolvers();
      await settled();
      return commits;
    };
    append(1); // one alone goes at once
    await settled();
    append(30);
    expect(await flush(1)).toEqual([1]);
    expect(naps).toBe(1);
    wake();
    await settled();
    append(10);
    expect(await flush(2)).toEqual([1, 30]);
    expect(naps).toBe(2); // the ten wait for company
    wake();
    await settled();
    append(1_000);
    flushed.resolve();
    await vi.waitFor(() => expect(commits).toEqual([1, 30, 10, 1_000]));
    expect(naps).toBe(2);
    await log.close();
  });
});
