import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ServiceError, type LogRecord } from '#model';
import {
  deadLetterCounts,
  Log,
  FolderReader,
  listDeadLetters,
  openCursor,
  readAccounts,
  settle,
} from '#ingest';
import { createCareful } from '#app/careful.ts';
import { run, type Consumer } from '#app/consumer.ts';
import { openDatabase, scope } from '#app/database/database.ts';
import { openNotebook } from '#app/notebook.ts';
import { newFolder } from '../ingest/logs.ts';
import { books } from './small-road.ts';

class Death extends Error {}

/** A log with a consumer that dies at one record, and a supervisor that starts it again. */
async function openBench(records: number, dies: (record: LogRecord) => boolean, limit = 10) {
  const folder = newFolder();
  const db = await openDatabase(join(folder, 'siaga.db'));
  const log = await Log.open({ folder: join(folder, 'log'), segmentBytes: 1 << 20, linger: 0 });
  const entry = { receivedAt: 1, principal: 'p', topic: 't', bytes: Buffer.from('x') };
  await log.appendAll(Array.from({ length: records }, () => entry));
  const reader = new FolderReader(join(folder, 'log'), log.head);
  onTestFinished(async () => {
    await log.close();
    await reader.close();
    await db.destroy();
  });
  const batches: number[] = [];
  let deaths = 0;
  let away = false;

  const stage = (): Consumer => {
    let taken: LogRecord[] = [];
    return {
      name: 'store',
      log: reader,
      limit,
      every: 0,
      take(taking) {
        taken.push(...taking);
        return false;
      },
      async commit(from, to) {
        if (away) throw new ServiceError('store.unreachable', 'away');
        if (taken.some(dies)) throw new Death('it died');
        batches.push(taken.length);
        await db.transaction().execute((trx) =>
          settle(books(trx), {
            consumer: 'store',
            from,
            to,
            counts: { done: taken.length },
            dead: [],
          }),
        );
        taken = [];
      },
    };
  };

  /** One life: ends with a death, or when all is passed. */
  const live = async (): Promise<void> => {
    const { position } = await openCursor(books(db), 'store', log);
    const notebook = openNotebook(join(folder, 'pipeline.json'), {
      positions: new Map([['store', position]]),
      isPending: position < log.head,
      hasDied: deaths > 0,
    });
    const careful = createCareful({ notebook, db, onSetAside: () => undefined });
    const stop = new AbortController();
    const running = run(careful(stage(), position), position, stop.signal);
    const passed = vi.waitFor(() => expect(running.position()).toBe(log.head), { timeout: 9_000 });
    try {
      await Promise.race([passed, running.ended]);
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      deaths++;
      return live();
    } finally {
      stop.abort();
    }
  };
  return {
    db,
    batches,
    live,
    deaths: () => deaths,
    setAway: (is: boolean) => (away = is),
  };
}

test('takes whole batches when nobody died', async () => {
  const bench = await openBench(25, () => false);
  await bench.live();
  expect(bench.batches).toEqual([10, 10, 5]);
});

test('takes a hundred at a time after a death, then whole batches again', async () => {
  let deaths = 1;
  const bench = await openBench(2_000, () => deaths-- > 0, 350);
  await bench.live();
  expect(bench.deaths()).toBe(1);
  // Two batches of 350 in hundreds, each batch's rest by itself.
  expect(bench.batches.slice(0, 8)).toEqual([100, 100, 100, 50, 100, 100, 100, 50]);
  expect(bench.batches.slice(8)).toEqual([350, 350, 350, 250]);
});

test('sets the one record aside at which it died alone twice, and keeps the books', async () => {
  const bench = await openBench(60, ({ number }) => number === 17);
  await bench.live();
  expect(bench.deaths()).toBe(4); // in a batch, among those noted together, then twice alone
  const [account] = await readAccounts(books(bench.db));
  expect(account).toMatchObject({ position: 60, balanced: true, counts: { done: 59, dead: 1 } });
  const letters = await listDeadLetters(books(bench.db), { limit: 10 });
  expect(letters).toMatchObject([{ consumer: 'store', record: 17, code: 'internal.bug' }]);
  expect(await deadLetterCounts(books(bench.db))).toEqual([
    { consumer: 'store', code: 'internal.bug', count: 1 },
  ]);
  // With care only as far as it may have had them in hand: then whole batches again.
  expect(bench.batches.slice(-2).every((size) => size > 1)).toBe(true);
});

test('sets each of two poisonous records aside', async () => {
  const bench = await openBench(30, ({ number }) => number === 3 || number === 4);
  await bench.live();
  const [account] = await readAccounts(scope(bench.db));
  expect(account).toMatchObject({ position: 30, counts: { done: 28, dead: 2 } });
});

test('waits for a neighbour that is away, and blames no record for it', async () => {
  let deaths = 1;
  const bench = await openBench(5, () => deaths-- > 0);
  bench.setAway(true);
  setTimeout(() => bench.setAway(false), 400);
  await bench.live();
  const [account] = await readAccounts(scope(bench.db));
  expect(account).toMatchObject({ position: 5, counts: { done: 5 } });
});
