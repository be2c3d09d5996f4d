import { afterEach, describe, expect, test, vi } from 'vitest';
import { ServiceError, type LogRecord, type Timers } from '#model';
import { FolderReader, Log } from '#ingest';
import { run, type Consumer } from '#app/consumer.ts';
import { newFolder } from '../ingest/logs.ts';
import { hurried } from './hurried.ts';

interface Bench {
  readonly log: Log;
  readonly reader: FolderReader;
  readonly taken: number[];
  readonly commits: string[];
  readonly stop: AbortController;
  append(count: number): Promise<number>;
  start(extra?: Partial<Consumer>, cursor?: number, timers?: Timers): ReturnType<typeof run>;
}

const open: Bench[] = [];

async function openBench(): Promise<Bench> {
  const folder = newFolder();
  const log = await Log.open({ folder, segmentBytes: 65_536, linger: 0 });
  const reader = new FolderReader(folder, log.head);
  log.onHead((head) => reader.advance(head));
  const taken: number[] = [];
  const commits: string[] = [];
  const stop = new AbortController();
  const bench: Bench = {
    log,
    reader,
    taken,
    commits,
    stop,
    append(count) {
      const entry = { receivedAt: 1, principal: 'p', topic: 't', bytes: Buffer.from('x') };
      return log.appendAll(Array.from({ length: count }, () => entry));
    },
    start: (extra, cursor = 0, timers?: Timers) =>
      run(
        {
          name: 'test',
          log: reader,
          limit: 10,
          every: 0,
          take(records: readonly LogRecord[]) {
            taken.push(...records.map(({ number }) => number));
            return false;
          },
          commit: async (from, to) => void commits.push(`${from}-${to}`),
          ...extra,
        },
        cursor,
        stop.signal,
        timers,
      ),
  };
  open.push(bench);
  return bench;
}

afterEach(async () => {
  for (const { log, reader, stop } of open.splice(0)) {
    stop.abort();
    await log.close();
    await reader.close();
  }
});

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('consumer', () => {
  test('commits in order, each record once, no more at a time than its limit', async () => {
    const bench = await openBench();
    await bench.append(25);
    const running = bench.start();
    await vi.waitFor(() => expect(running.position()).toBe(25));
    await bench.append(3);
    await vi.waitFor(() => expect(running.position()).toBe(28));
    expect(bench.taken).toEqual(upTo(28));
    expect(bench.commits.slice(0, 3)).toEqual(['0-10', '10-20', '20-25']);
    expect(running.health()).toEqual({ part: 'test', state: 'ok' });
  });

  test('goes on behind its cursor', async () => {
    const bench = await openBench();
    await bench.append(5);
    const running = bench.start({}, 3);
    await vi.waitFor(() => expect(running.position()).toBe(5));
    expect([bench.taken, bench.commits]).toEqual([[4, 5], ['3-5']]);
  });

  test('tries again, and takes nothing twice, while a neighbour is away', async () => {
    const bench = await openBench();
    await bench.append(12);
    const tries: string[] = [];
    let away = 2;
    const running = bench.start({
      commit: async (from, to) => {
        tries.push(`${from}-${to}`);
        if (away-- > 0) throw new ServiceError('store.unreachable', 'nobody there');
      },
    });
    await vi.waitFor(() =>
      expect(running.health()).toMatchObject({ state: 'waiting', reason: 'nobody there' }),
    );
    expect(running.position()).toBe(0);
    await vi.waitFor(() => expect(running.position()).toBe(12), { timeout: 5_000 });
    expect(tries).toEqual(['0-10', '0-10', '0-10', '10-12']);
    expect(bench.taken).toEqual(upTo(12));
    expect(running.health().state).toBe('ok');
  });

  test('collects until its time has come, unless something is urgent', async () => {
    const bench = await openBench();
    let isUrgent = false;
    const running = bench.start({
      limit: 1_000,
      every: 60_000,
      take(records) {
        bench.taken.push(...records.map(({ number }) => number));
        return isUrgent;
      },
    });
    await bench.append(1);
    await vi.waitFor(() => expect(bench.commits).toEqual(['0-1'])); // the first waits for nobody
    await bench.append(2);
    await vi.waitFor(() => expect(bench.taken).toEqual(upTo(3)));
    expect(bench.commits).toEqual(['0-1']);
    isUrgent = true;
    await bench.append(1);
    await vi.waitFor(() => expect(bench.commits).toEqual(['0-1', '1-4']));
    expect(running.position()).toBe(4);
  });

  test('lets time pass while it has taken everything, and commits what that comes to', async () => {
    const bench = await openBench();
    await bench.append(12);
    const after: number[] = [];
    bench.start({ tick: () => after.push(bench.taken.length) === 2 }, 0, hurried);
    await vi.waitFor(() => expect(after.length).toBeGreaterThan(3));
    expect(new Set(after)).toEqual(new Set([12]));
    expect(bench.commits).toEqual(['0-10', '10-12', '12-12']);
  });

  test('lets no time pass while a commit is owed', async () => {
    const bench = await openBench();
    await bench.append(1);
    let isAway = true;
    const ticks = vi.fn<() => boolean>(() => false);
    const commit = async (): Promise<void> => {
      await hurried.sleep(30_000);
      if (isAway) throw new ServiceError('internal.unavailable', 'away');
    };
    const running = bench.start({ commit, tick: ticks }, 0, hurried);
    await vi.waitFor(() => expect(running.health().state).toBe('waiting'));
    expect(ticks).not.toHaveBeenCalled();
    isAway = false;
    await vi.waitFor(() => expect(ticks).toHaveBeenCalled());
  });

  test('commits at once when it is asked to, with nothing taken too', async () => {
    const bench = await openBench();
    let want = (): void => undefined;
    bench.start({ onStart: (to) => (want = to), every: 60_000 });
    want();
    await vi.waitFor(() => expect(bench.commits).toEqual(['0-0']));
    await bench.append(1);
    await vi.waitFor(() => expect(bench.taken).toEqual([1]));
    want();
    await vi.waitFor(() => expect(bench.commits).toEqual(['0-0', '0-1']));
  });

  test('commits what it has when its time has come and nothing more arrives', async () => {
    const bench = await openBench();
    const running = bench.start({ limit: 1_000, every: 50 });
    await bench.append(1);
    await vi.waitFor(() => expect(running.position()).toBe(1));
    await bench.append(1);
    await vi.waitFor(() => expect(running.position()).toBe(2));
  });

  test.each([
    [
      'take',
      {
        take: (): boolean => {
          throw new TypeError('a planted bug');
        },
      },
    ],
    [
      'commit',
      {
        commit: async (): Promise<void> => {
          throw new TypeError('a planted bug');
        },
      },
    ],
  ])('ends loudly when %s meets a bug', async (_, extra) => {
    const bench = await openBench();
    await bench.append(1);
    await expect(bench.start(extra).ended).rejects.toThrow('a planted bug');
  });

  test('takes all that came since its last commit at once when it is patient, and a full batch earlier', async () => {
    const bench = await openBench();
    const takes: number[] = [];
    const take = (records: readonly LogRecord[]): boolean => {
      takes.push(records.length);
      return false;
    };
    const running = bench.start({ take, isPatient: true, every: 1_000 });
    await bench.append(1);
    await vi.waitFor(() => expect(running.position()).toBe(1));
    for (let n = 0; n < 4; n++) await bench.append(1);
    await vi.waitFor(() => expect(running.position()).toBe(5), { timeout: 5_000 });
    expect(takes).toEqual([1, 4]);
    await bench.append(10);
    await vi.waitFor(() => expect(running.position()).toBe(15), { timeout: 900 });
    expect(takes).toEqual([1, 4, 10]);
  });

  test('stops when it is told to, idle or waiting for a neighbour', async () => {
    const idle = await openBench();
    const waiting = await openBench();
    await waiting.append(1);
    const away = vi.fn<Consumer['commit']>(() =>
      Promise.reject(new ServiceError('store.unreachable', 'x')),
    );
    const running = [idle.start(), waiting.start({ commit: away })];
    await vi.waitFor(() => expect(away).toHaveBeenCalled());
    idle.stop.abort();
    waiting.stop.abort();
    await Promise.all(running.map(({ ended }) => ended));
    expect(running.map((each) => each.position())).toEqual([0, 0]);
  });

  test('stops in little more than a second when a neighbour hangs', async () => {
    const bench = await openBench();
    await bench.append(1);
    const commit = vi.fn<Consumer['commit']>(() => new Promise(() => undefined));
    const running = bench.start({ commit });
    await vi.waitFor(() => expect(commit).toHaveBeenCalled());
    const from = performance.now();
    bench.stop.abort();
    await running.ended;
    expect(performance.now() - from).toBeLessThan(2_500);
    expect(running.position()).toBe(0);
  });
});
