import { describe, expect, onTestFinished, test } from 'vitest';
import type { Asset, LogEntry, LogRecord } from '#model';
import { createDirectory } from '#registry';
import { closeLetter, listDeadLetters } from '../../ingest/dead-letters.ts';
import { prepareBatch } from '../../ingest/decode-batch.ts';
import { openMemory } from '../../ingest/memory.ts';
import { createDecode } from '../../ingest/decode.ts';
import { openCursor, readAccounts } from '../../ingest/ledger.ts';
import { listQuarantine } from '../../ingest/quarantine.ts';
import { replayEntry, replayProblem } from '../../ingest/replay.ts';
import { readReading } from '../../ingest/tail.ts';
import { openBooks, schedule } from './books.ts';
import { kinds, now, profiles, retention } from './decode/city.ts';
import { newFolder, openLog, readAll } from './logs.ts';

const hour = 3_600_000;
const asset: Asset = {
  id: 'bin-1',
  kind: 'bin',
  lat: -10.17,
  lon: 123.6,
  district: '',
  zone: '',
  attributes: {},
};
const eui = { system: 'dev_eui', id: '0101010101010101' } as const;

/** A decode stage on real files and an empty registry. */
async function open() {
  const db = await openBooks();
  const folder = newFolder();
  const readings = await openLog(folder);
  onTestFinished(() => readings.close());
  await openCursor(db, 'decode', { id: 'packets', head: 100 });
  const directory = createDirectory();
  const decode = createDecode({
    kinds,
    profiles,
    directory,
    site: 'kupang',
    timeZone: 'Asia/Makassar',
    retention,
  });
  const memory = await openMemory(db, {
    remember: 1_000,
    schedule,
  });
  let passed = 0;
  const pass = async (...entries: LogEntry[]) => {
    const records: LogRecord[] = entries.map((each, at) => ({ ...each, number: passed + at + 1 }));
    const batch = await prepareBatch({ decode, db, readings, memory }, records);
    await batch.commit(passed, passed + records.length);
    passed += records.length;
  };
  return {
    db,
    directory,
    pass,
    letters: () => listDeadLetters(db, { limit: 99 }),
    accounts: () => readAccounts(db),
    quarantine: () => listQuarantine(db, { limit: 99, offset: 0 }),
    readings: async () => (await readAll(folder, readings.head)).map(readReading),
    register: () =>
      directory.put({
        asset,
        device: { id: 'bin-1', identities: [eui] },
        binding: { device: 'bin-1', asset: 'bin-1', since: now },
      }),
  };
}

const uplink = (extra: object = {}): LogEntry => ({
  receivedAt: now,
  principal: 'chirpstack',
  topic: `application/a1/device/${eui.id}/event/up`,
  bytes: Buffer.from(
    JSON.stringify({
      deduplicationId: 'd-1',
      time: '2026-11-24T07:59:00Z',
      deviceInfo: { devEui: eui.id },
      object: { fill_level: 40 },
      ...extra,
    }),
  ),
});

describe('a dead letter', () => {
  test('becomes a reading of its own time when its device is known by now', async () => {
    const { db, pass, letters, accounts, readings, quarantine, register } = await open();
    await pass(uplink());
    const [letter] = await letters();
    expect(letter).toMatchObject({ code: 'ingest.device_unknown', stranger: `dev_eui/${eui.id}` });
    register();
    await pass(replayEntry(letter!, 'admin', now + 5 * hour));
    expect(await readings()).toMatchObject([
      {
        asset: 'bin-1',
        observedAt: Date.parse('2026-11-24T07:59:00Z'),
        receivedAt: now + 5 * hour,
        packet: 2,
        values: { fill_level: 40 },
      },
    ]);
    expect(await letters()).toMatchObject([{ id: letter!.id, replayedBy: 2 }]);
    expect(replayProblem((await letters())[0]!)).toMatchObject({ code: 'ingest.letter_fixed' });
    expect(await accounts()).toMatchObject([
      { position: 2, balanced: true, counts: { dead: 1, decoded: 1 } },
    ]);
    expect(await listDeadLetters(db, { limit: 9 }, { state: 'open' })).toEqual([]);
    expect(await quarantine()).toMatchObject([{ login: 'chirpstack', packets: 1 }]);
  });

  test('takes its time of then where it says none, and is no news for that', async () => {
    const { pass, letters, readings, register } = await open();
    await pass(uplink({ time: undefined }));
    register();
    await pass(replayEntry((await letters())[0]!, 'admin', now + 5 * hour));
    expect(await readings()).toMatchObject([{ observedAt: now, receivedAt: now + 5 * hour }]);
  });

  test('is the same points in the store however often it comes again', async () => {
    const { pass, letters, readings, accounts, register } = await open();
    await pass(uplink({ deduplicationId: undefined, fCnt: 7, devAddr: '00189440' }));
    register();
    const again = replayEntry((await letters())[0]!, 'admin', now);
    await pass(again, again, uplink({ deduplicationId: undefined, fCnt: 7, devAddr: '00189440' }));
    expect(await readings()).toHaveLength(1);
    expect(await accounts()).toMatchObject([{ counts: { dead: 1, decoded: 1, duplicate: 2 } }]);
  });

  test('is a letter again, as the packet that it was, when nothing was mended', async () => {
    const { pass, letters, accounts, quarantine } = await open();
    await pass(uplink());
    const [first] = await letters();
    await pass(replayEntry(first!, 'admin', now + hour));
    const [second] = await letters();
    expect(second).toEqual({ ...first, id: 2, record: 2 });
    expect((await letters())[1]).toMatchObject({ replayedBy: 2 });
    expect(await accounts()).toMatchObject([{ position: 2, balanced: true, counts: { dead: 2 } }]);
    expect(await quarantine()).toMatchObject([{ packets: 2, login: 'chirpstack' }]);
  });

  test('of a part brings that part, and the rest a second time as the same points', async () => {
    const { pass, letters, readings, register } = await open();
    register();
    await pass(uplink({ object: { fill_level: 40, temperature: 'hot' } }));
    const [letter] = await letters();
    expect(letter).toMatchObject({ part: 'object.temperature' });
    await pass(replayEntry(letter!, 'admin', now + hour));
    const [first, second] = await readings();
    expect(second).toMatchObject({
      observedAt: first!.observedAt,
      nano: first!.nano,
      values: first!.values,
    });
  });

  test('that nobody can read any more is a letter and stops nothing', async () => {
    const { pass, letters, accounts } = await open();
    const forged = { receivedAt: now, principal: 'x', topic: '$siaga/replay' };
    await pass(
      { ...forged, bytes: Buffer.from('') },
      { ...forged, bytes: Buffer.from('{"letter":1}\nx') },
      { ...forged, bytes: Buffer.from('no newline') },
    );
    expect((await letters()).map(({ code }) => code)).toEqual([
      'ingest.json_malformed',
      'ingest.body_invalid',
      'ingest.json_malformed',
    ]);
    expect(await accounts()).toMatchObject([{ balanced: true, counts: { dead: 3 } }]);
  });

  test('is found by what is known of it', async () => {
    const { db, pass } = await open();
    await pass(uplink(), { ...uplink(), topic: 'what/is/this', principal: 'other' });
    const records = async (filter: object) =>
      (await listDeadLetters(db, { limit: 9 }, filter)).map(({ record }) => record);
    expect(await records({ code: 'ingest.format_unknown' })).toEqual([2]);
    expect(await records({ principal: 'chirpstack' })).toEqual([1]);
    expect(await records({ topic: 'what/is/this' })).toEqual([2]);
    expect(await records({ stranger: `dev_eui/${eui.id}` })).toEqual([1]);
    expect(await records({ from: now, to: now })).toEqual([]);
    expect(await records({ from: now, to: now + 1, ids: [2] })).toEqual([2]);
    await closeLetter(db, { letter: 1, packet: 9 });
    await closeLetter(db, { letter: 1, packet: 10 }); // the first packet counts
    expect(await records({ state: 'open' })).toEqual([2]);
    expect(await listDeadLetters(db, { limit: 9 }, { state: 'replayed' })).toMatchObject([
      { replayedBy: 9 },
    ]);
  });
});

describe('the quarantine', () => {
  test('keeps those that were heard last, and no more than it may', async () => {
    const { db, pass, quarantine } = await open();
    const some = Array.from({ length: 10_000 }, (_, at) => ({
      system: 'own',
      id: `old-${at}`,
      login: 'x',
      topic: 't',
      first_seen: at,
      last_seen: at,
      packets: 1,
    }));
    await db.insertInto('quarantine').values(some.slice(0, 4_000)).execute();
    await db.insertInto('quarantine').values(some.slice(4_000, 8_000)).execute();
    await db.insertInto('quarantine').values(some.slice(8_000)).execute();
    await pass(uplink(), uplink({ deduplicationId: 'd-2' }));
    const { count } = await db
      .selectFrom('quarantine')
      .select((row) => row.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    expect(count).toBe(10_000);
    expect((await quarantine())[0]).toMatchObject({ id: eui.id, packets: 2 });
    expect(
      await db.selectFrom('quarantine').selectAll().where('id', '=', 'old-0').execute(),
    ).toEqual([]);
  });
});
