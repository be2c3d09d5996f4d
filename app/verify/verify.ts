import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CountingStore } from '#model';
import { createDecode, FolderReader, readAccounts, type Account, type IngestTables } from '#ingest';
import { createDirectory, loadEntries, type RegistryTables } from '#registry';
import { createInfluxStore, createSqliteStore } from '#store';
import type { City } from '#app/city.ts';
import type { Config } from '#app/config.ts';
import { openReadOnly, scope, type Database } from '#app/database/database.ts';
import { findInfluxd } from '#app/influxd.ts';
import { remember } from '#app/stations.ts';
import { recountDecode } from '#app/verify/decode.ts';
import type { Recount } from '#app/verify/line.ts';
import { recountReadings } from '#app/verify/readings.ts';

/** How far a recount has come: packets and readings counted, of all. */
export type Told = (done: number, whole: number) => void;

/**
 * Counts everything again from the logs, the dead letters and the store, and holds it against the
 * counters. It only reads, from a process of its own, whether or not the server runs: what the books
 * say at its start is committed, and nothing that comes later changes it.
 */
export async function verifyLedger(config: Config, city: City, told: Told): Promise<Recount> {
  const db = openReadOnly(join(config.data, 'siaga.db'));
  const store = openSeries(config);
  const readers: FolderReader[] = [];
  const reader = (name: string, head: number): FolderReader => {
    const made = new FolderReader(join(config.data, name), head);
    readers.push(made);
    return made;
  };
  try {
    const ledger = scope<IngestTables>(db);
    const accounts = await readAccounts(ledger);
    const decodeOf = (each: readonly Account[]) =>
      each.find(({ consumer }) => consumer === 'decode');
    const account = decodeOf(accounts);
    if (account === undefined)
      return { lines: [], differences: [], notes: ['the books are empty'] };
    const whole = account.position + account.output;
    const directory = createDirectory(await loadEntries(scope<RegistryTables>(db)));
    const packets = await recountDecode({
      packets: reader('packets', account.position),
      readings: reader('readings', account.output),
      account,
      decode: createDecode({
        ...city,
        directory,
        site: config.site,
        timeZone: config.city.timeZone,
        retention: config.retention.raw,
      }),
      remember,
      deadLetters: (from, to) => deadLetters(db, 'decode', from, to),
      progress: (packet) => told(packet, whole),
    });
    const readings = await recountReadings({
      readings: reader('readings', account.output),
      accounts: accounts.filter(({ consumer }) => consumer !== 'decode'),
      store,
      headNow: async () => decodeOf(await readAccounts(ledger))!.output,
      deadLetters: (consumer, from, to) => deadLetters(db, consumer, from, to),
      progress: (reading) => told(account.position + reading, whole),
    });
    const unbalanced = accounts
      .filter(({ balanced }) => !balanced)
      .map(
        ({ consumer }) => `${consumer}: the sum of its classes is not what its cursor has passed`,
      );
    return {
      lines: [...packets.lines, ...readings.lines],
      differences: [...unbalanced, ...packets.differences, ...readings.differences],
      notes: [...packets.notes, ...readings.notes],
    };
  } finally {
    for (const each of readers) await each.close();
    await store?.close();
    await db.destroy();
  }
}

/** The store that a server on this configuration writes: the one named, its own influxd, the embedded one. */
export function openSeries(config: Config): CountingStore | undefined {
  const timeout = 120_000; // it counts every point that there is
  if (config.influx !== undefined) return createInfluxStore({ ...config.influx, timeout });
  const login = join(config.data, 'influxd', 'influxd.json');
  if (config.influxd === 'auto' && existsSync(login) && findInfluxd() !== undefined) {
    const { username, token, port } = JSON.parse(readFileSync(login, 'utf8')) as {
      username: string;
      token: string;
      port: number;
    };
    const url = `http://127.0.0.1:${port}`;
    return createInfluxStore({ url, database: 'siaga', username, token, timeout });
  }
  const path = join(config.data, 'series.db');
  return existsSync(path) ? createSqliteStore({ path, readOnly: true }) : undefined;
}

async function deadLetters(
  db: Database,
  consumer: string,
  from: number,
  to: number,
): Promise<ReadonlySet<number>> {
  const rows = await scope<IngestTables>(db)
    .selectFrom('dead_letter')
    .select('record')
    .where('consumer', '=', consumer)
    .where('part', '=', '')
    .where('record', '>=', from)
    .where('record', '<=', to)
    .execute();
  return new Set(rows.map(({ record }) => record));
}
