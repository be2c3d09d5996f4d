import { describe, expect, test } from 'vitest';
import { reject, type LogRecord, type Packet, type Reading } from '#model';
import { listDeadLetters } from '../../ingest/dead-letters.ts';
import { prepareBatch, type DecodeBatchDeps } from '../../ingest/decode-batch.ts';
import type { Decoded } from '../../ingest/decode.ts';
import type { Births } from '../../ingest/decoders/birth.ts';
import { openCursor, readAccounts } from '../../ingest/ledger.ts';
import type { Log } from '../../ingest/log.ts';
import { openMemory } from '../../ingest/memory.ts';
import { readReading } from '../../ingest/tail.ts';
import { counting, openBooks, schedule } from './books.ts';
import { newFolder, openLog, readAll } from './logs.ts';

/** The first word of a packet says what becomes of it: the smallest decoder that has every outcome. */
function decode({ number, receivedAt, principal, payload }: Packet, births?: Births): Decoded {
  const [word = '', ...rest] = Buffer.from(payload).toString().split(' ');
  const reading = (asset: string): Reading => ({
    asset,
    device: principal,
    kind: 'bin',
    observedAt: receivedAt,
    receivedAt,
    packet: number,
    nano: 0,
    values: { fill_level: number },
  });
  const none = { readings: [], refused: [] };
  switch (word) {
    case 'read':
      return { class: 'decoded', readings: rest.map(reading), refused: [] };
    case 'keyed':
      return { class: 'decoded', readings: [reading('a')], refused: [], duplicateKey: rest[0]! };
    case 'part': {
      const part = { part: 'values.x', rejection: reject('ingest.metric_unknown', 'no x') };
      return { class: 'decoded', readings: [reading('a')], refused: [part] };
    }
    case 'born': {
      const birth = { path: 'g/e', receivedAt, bdSeq: rest[0]!, definitions: [] };
      return { class: 'empty', ...none, birth, duplicateKey: rest[0]! };
    }
    case 'count': {
      const counted = { device: principal, session: 's', value: Number(rest[0]) };
      return { class: 'empty', ...none, counted, duplicateKey: rest[0]! };
    }
    case 'ask':
      return { class: 'decoded', readings: [reading(births!.of('g/e')!.bdSeq!)], refused: [] };
    case 'leave':
      return { class: 'empty', ...none, online: { device: principal, online: false } };
    case 'dead':
      return {
        class: 'dead',
        readings: [],
        refused: [{ rejection: reject('ingest.json_malformed', 'x') }],
      };
    default:
      throw new TypeError('a planted bug');
  }
}

const batchOf = (...texts: string[]): LogRecord[] =>
  texts.map((text, i) => ({
    number: i + 1,
    receivedAt: 1_000 + i,
    principal: 'bin-1',
    topic: 'a/b',
    bytes: Buffer.from(text),
    ...(text === 'corrupt' && { corrupt: true as const }),
  }));

async function open() {
  const db = await openBooks();
  const folder = newFolder();
  await openCursor(db, 'decode', { id: 'packets', head: 100 });
  const depsFor = async (readings: Log): Promise<DecodeBatchDeps> => ({
    decode,
    db,
    readings,
    memory: await openMemory(db, { remember: 1_000, schedule, counting }),
  });
  const read = async (head: number): Promise<Reading[]> =>
    (await readAll(folder, head)).map(readReading);
  return { db, folder, depsFor, read, readings: await openLog(folder) };
}

describe('prepareBatch', () => {
  test('finds the same increases where a batch is prepared again, and none of a resend', async () => {
    const { db, depsFor, read, readings } = await open();
    const metrics = {
      fill_level: { type: 'number', unit: '%', counter: 'rise' },
      rise: { type: 'number', unit: '%' },
    } as const;
    const title = { en: 'X', id: 'X' };
    const kinds = new Map([['bin', { kind: 'bin', title, icon: 'x', interval: 1, metrics }]]);
    const memory = await openMemory(db, {
      remember: 1_000,
      schedule,
      counting: { kinds, widthOf: () => undefined },
    });
    const deps = { ...(await depsFor(readings)), memory };
    const batch = batchOf('keyed a', 'keyed b', 'keyed a', 'keyed c');
    await (await prepareBatch(deps, batch.slice(0, 1))).commit(0, 1);
    await prepareBatch(deps, batch.slice(1));
    await readings.cutAfter(1);
    await (await prepareBatch(deps, batch.slice(1))).commit(1, 4);
    expect((await read(3)).map(({ values }) => values['rise'])).toEqual([undefined, 1, 2]);
    await readings.close();
  });

  test('puts each packet into one class and keeps what it said', async () => {
    const { db, depsFor, read, readings } = await open();
    const batch = batchOf('read a b', 'keyed k', 'keyed k', 'part', 'dead', 'corrupt', 'leave');
    await (await prepareBatch(await depsFor(readings), batch)).commit(0, 7);
    expect(await readAccounts(db)).toMatchObject([
      {
        position: 7,
        output: 4,
        balanced: true,
        counts: { decoded: 3, duplicate: 1, dead: 1, corrupt: 1, empty: 1 },
      },
    ]);
    const kept = (await read(4)).map(({ asset, packet }) => `${asset}${packet}`);
    expect(kept).toEqual(['a1', 'b1', 'a2', 'a4']);
    expect(await listDeadLetters(db, { limit: 9 })).toMatchObject([
      { record: 5, code: 'ingest.json_malformed' },
      { record: 4, part: 'values.x' },
    ]);
    const presence = await db.selectFrom('presence').selectAll().execute();
    expect(presence).toEqual([
      { device: 'bin-1', seen_at: 1_006, online: 0, since: 1_006, reason: 'will' },
    ]);
    await readings.close();
  });

  test('makes a packet a dead letter when decoding it meets a bug, and goes on', async () => {
    const { db, depsFor, readings } = await open();
    const batch = batchOf('read a', 'poison', 'read a');
    await (await prepareBatch(await depsFor(readings), batch)).commit(0, 3);
    expect(await readAccounts(db)).toMatchObject([{ counts: { decoded: 2, dead: 1 } }]);
    const [letter] = await listDeadLetters(db, { limit: 9 });
    expect(letter).toMatchObject({ record: 2, code: 'internal.bug' });
    expect(letter!.reason).toMatch(/a planted bug\n.*decode-batch\.test/s);
    await readings.close();
  });

  test('ends in the same readings when it crashed between their flush and the commit', async () => {
    const { db, folder, depsFor, read, readings } = await open();
    const batch = batchOf('read a', 'keyed k', 'keyed k', 'read a b');
    await (await prepareBatch(await depsFor(readings), batch.slice(0, 1))).commit(0, 1);
    await prepareBatch(await depsFor(readings), batch.slice(1, 3)); // and never committed
    expect(readings.head).toBe(2);
    await readings.close();

    const again = await openLog(folder);
    const cursor = await openCursor(db, 'decode', { id: 'packets', head: 100 });
    await again.cutAfter(cursor.output);
    await (await prepareBatch(await depsFor(again), batch.slice(cursor.position))).commit(1, 4);
    const kept = (await read(again.head)).map(({ asset, packet }) => `${asset}${packet}`);
    expect(kept).toEqual(['a1', 'a2', 'a4', 'b4']);
    expect(await readAccounts(db)).toMatchObject([
      { position: 4, output: 4, balanced: true, counts: { decoded: 3, duplicate: 1 } },
    ]);
    await again.close();
  });

  test('leaves a commit that failed to be made again, without writing readings twice', async () => {
    const { db, depsFor, readings } = await open();
    const prepared = await prepareBatch(await depsFor(readings), batchOf('read a', 'dead'));
    await expect(prepared.commit(5, 7)).rejects.toThrow('not at 5');
    expect(await db.selectFrom('presence').selectAll().execute()).toEqual([]);
    await prepared.commit(0, 2);
    expect(readings.head).toBe(1);
    expect(await readAccounts(db)).toMatchObject([{ position: 2, output: 1, balanced: true }]);
    await readings.close();
  });

  test('knows the births before a packet, after a crash and a restart too', async () => {
    const { db, folder, depsFor, readings } = await open();
    const batch = batchOf('born old', 'ask', 'born new', 'ask', 'born new', 'ask');
    const heard = async (log: Log) =>
      (await readAll(folder, log.head)).map((record) => readReading(record).asset);
    const deps = await depsFor(readings);
    await (await prepareBatch(deps, batch.slice(0, 1))).commit(0, 1);
    // Prepared in vain: what it heard of births must be forgotten.
    await prepareBatch(deps, batch.slice(1, 4));
    await readings.cutAfter(0);
    await prepareBatch(deps, batch.slice(1, 4));
    expect(await heard(readings)).toEqual(['old', 'new']);
    await readings.close();

    const again = await openLog(folder);
    await again.cutAfter(0);
    const restarted = await depsFor(again);
    await (await prepareBatch(restarted, batch.slice(1, 2))).commit(1, 2);
    // The second of two that are equal is a resend, and says nothing new.
    await (await prepareBatch(restarted, batch.slice(2))).commit(2, 6);
    expect(await heard(again)).toEqual(['old', 'new', 'new']);
    const rows = await db.selectFrom('sparkplug_birth').select(['path', 'packet']).execute();
    expect(rows).toEqual([{ path: 'g/e', packet: 3 }]);
    await again.close();
  });

  test('counts what its senders passed over, and nothing for a resend', async () => {
    const { db, depsFor, readings } = await open();
    const deps = await depsFor(readings);
    const batch = batchOf('count 1', 'count 4', 'count 4', 'count 3');
    await (await prepareBatch(deps, batch)).commit(0, 4);
    expect(await db.selectFrom('gap').selectAll().execute()).toMatchObject([
      { device: 'bin-1', top: 4, lost: 1, missing: '[[2,2]]' },
    ]);
    await readings.close();
  });
});
