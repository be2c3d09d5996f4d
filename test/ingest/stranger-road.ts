import { onTestFinished } from 'vitest';
import type { Asset, LogEntry, LogRecord } from '#model';
import { createDirectory } from '#registry';
import { listDeadLetters } from '../../ingest/dead-letters.ts';
import { prepareBatch } from '../../ingest/decode-batch.ts';
import { openMemory } from '../../ingest/memory.ts';
import { createDecode } from '../../ingest/decode.ts';
import { openCursor, readAccounts } from '../../ingest/ledger.ts';
import { listQuarantine } from '../../ingest/quarantine.ts';
import { readReading } from '../../ingest/tail.ts';
import { counting, openBooks, schedule } from './books.ts';
import { kinds, now, profiles, retention } from './decode/city.ts';
import { newFolder, openLog, readAll } from './logs.ts';

export const hour = 3_600_000;
const asset: Asset = {
  id: 'bin-1',
  kind: 'bin',
  lat: -10.17,
  lon: 123.6,
  district: '',
  zone: '',
  attributes: {},
};
export const eui = { system: 'dev_eui', id: '0101010101010101' } as const;

/** A decode stage on real files and an empty registry. */
export async function open() {
  const db = await openBooks();
  const folder = newFolder();
  const readings = await openLog(folder);
  onTestFinished(() => readings.close());
  await openCursor(db, 'decode', { id: 'packets', head: 100 });
  const principal = {
    name: 'chirpstack',
    role: 'bridge',
    hash: '',
    publish: ['#'],
    subscribe: [],
  } as const;
  const directory = createDirectory([{ principal }]);
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
    counting,
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

export const uplink = (extra: object = {}): LogEntry => ({
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
