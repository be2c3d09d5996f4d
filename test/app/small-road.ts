import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { CommandBody, LogEntry } from '#model';
import { Log, type IngestTables } from '#ingest';
import { loadCity, type City } from '#app/city.ts';
import { parseConfig, type Config } from '#app/config.ts';
import { openDatabase, scope, type Database } from '#app/database/database.ts';
import { createExecute } from '#app/execute.ts';
import { takeFolder, type Folder } from '#app/folder.ts';
import { startPipeline } from '#app/pipeline.ts';
import { openStations } from '#app/stations.ts';
import { newFolder } from '../ingest/logs.ts';

export const start = Date.parse('2026-11-24T08:00:00Z');

/** A data folder that the real road has filled, closed again. */
export interface SmallRoad {
  readonly config: Config;
  readonly city: City;
  readonly folder: Folder;
  /** Opens `siaga.db` to tamper with it. */
  tamper(work: (db: Database) => Promise<unknown>): Promise<void>;
}

/** What `device` says on its native topic, `seconds` after the start. */
export function say(device: string, body: unknown, seconds: number): LogEntry {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    receivedAt: start + seconds * 1_000,
    principal: device,
    topic: `city/v1/kupang/bin/${device}/telemetry`,
    bytes: Buffer.from(text),
  };
}

/** What registers a bin. */
export function bin(id: string) {
  const place = { lat: -10.17, lon: 123.6, district: '', zone: '' };
  return { id, kind: 'bin', ...place, attributes: {}, identities: [] };
}

/** Runs bins `bin-1` to `bin-3`, whoever else is registered, and these packets through the whole road, on real files. */
export async function fillRoad(
  packets: readonly LogEntry[],
  others: readonly CommandBody<'device.put'>[] = [],
): Promise<SmallRoad> {
  const data = join(newFolder(), 'data');
  const config = parseConfig(`data: ${data}\ninfluxd: none\nlog: { segment: 1 }`, 'siaga.yaml', {});
  if (Array.isArray(config)) throw new Error(JSON.stringify(config));
  const city = await loadCity(config);
  if (Array.isArray(city)) throw new Error(JSON.stringify(city));
  const folder = takeFolder(data, { mode: 'production', clock: 'wall' }, 'key');
  if ('rejected' in folder) throw new Error(folder.reason);
  onTestFinished(() => folder.release());

  const log = await Log.open({ folder: folder.packets, segmentBytes: 1 << 20, linger: 0 });
  const now = () => start;
  const stations = await openStations({ config, folder, city, packetsLog: log, now });
  const execute = createExecute({
    ...stations,
    changed: (entries) => {
      for (const entry of entries) stations.directory.put(entry);
    },
  });
  for (const body of [...['bin-1', 'bin-2', 'bin-3'].map(bin), ...others]) {
    await execute({ id: `put-${body.id}`, kind: 'device.put', actor: 'test', body });
  }
  // Two commits: damage in the last one could not be told from a torn tail.
  await log.appendAll(packets.slice(0, -1));
  await log.appendAll(packets.slice(-1));
  const pipeline = startPipeline(stations);
  stations.packets.advance(log.head);
  await vi.waitFor(
    () => {
      const passed = pipeline.passed('packets') === log.head;
      if (!passed || pipeline.passed('readings') !== stations.readings.head)
        throw new Error('busy');
    },
    { timeout: 10_000 },
  );
  await pipeline.close();
  await log.close();
  return {
    config,
    city,
    folder,
    async tamper(work) {
      const db = await openDatabase(folder.database);
      await work(db);
      await db.destroy();
    },
  };
}

/** The tables of the ledger. */
export const books = (db: Database) => scope<IngestTables>(db);
