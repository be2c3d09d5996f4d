import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Command, CommandKind, Execute, LogEntry } from '#model';
import { Log } from '#ingest';
import { loadCity } from '#app/city.ts';
import { parseConfig } from '#app/config.ts';
import { createExecute } from '#app/execute.ts';
import { startPipeline, type Pipeline, type Watch } from '#app/pipeline.ts';
import { openStations, type Stations } from '#app/stations.ts';
import { newFolder } from '../ingest/logs.ts';
import { hurried } from './hurried.ts';
import { bin, say, start } from './small-road.ts';

/** What every rule here begins with. */
export const head = (id: string): string => `id: ${id}
title: { en: ${id}, id: ${id} }
applies: { kind: bin }
severity: minor
category: full-bin
respond: desk
`;
export const full = `${head('full')}when: { metric: fill_level, above: 85 }\n`;
export const quiet = `${head('quiet')}silent: { after: 20m }\n`;

/** The real road with rules of its own, on real files and a clock that a test sets. */
export interface Place {
  readonly stations: Stations;
  readonly execute: Execute;
  readonly file: string;
  /** The server's clock, epoch ms. */
  clock: number;
  write(rules: Record<string, string>): void;
  ask<K extends CommandKind>(kind: K, body: Command<K>['body']): ReturnType<Execute>;
  append(...packets: LogEntry[]): Promise<void>;
  run(watch?: Watch): Pipeline;
  /** Breaches as `rule asset`, with an end where they have one. */
  breaches(): Promise<string[]>;
}

/** Opens a road with these rule files and two bins. */
export async function openPlace(rules: Record<string, string>): Promise<Place> {
  const root = newFolder();
  const folder = join(root, 'rules');
  mkdirSync(folder);
  const write = (files: Record<string, string>): void => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  };
  write(rules);
  const config = parseConfig(`rules: ${folder}\ninfluxd: none\nlog: { segment: 1 }`, 'x', {});
  if (Array.isArray(config)) throw new Error(JSON.stringify(config));
  const city = await loadCity(config);
  if (Array.isArray(city)) throw new Error(JSON.stringify(city));
  const at = (name: string): string => join(root, name);
  const paths = { packets: at('packets'), readings: at('readings'), series: at('series.db') };
  const keys = { secret: 's', adminKey: 'k' };
  const log = await Log.open({ folder: paths.packets, segmentBytes: 1 << 20, linger: 0 });
  const stations = await openStations({
    config,
    folder: { database: at('siaga.db'), ...paths, ...keys },
    city,
    packetsLog: log,
    now: () => place.clock,
  });
  const execute = createExecute({
    ...stations,
    changed: (entries) => {
      for (const entry of entries) stations.directory.put(entry);
    },
  });
  const place: Place = {
    stations,
    execute,
    file: at('siaga.db'),
    clock: start,
    write,
    ask: (kind, body) => execute({ id: 'c', kind, actor: 'test', body }),
    async append(...packets) {
      await log.appendAll(packets);
      stations.packets.advance(log.head);
    },
    run(watch) {
      const pipeline = startPipeline({ ...stations, timers: hurried }, watch);
      pipeline.failed.catch(() => undefined);
      onTestFinished(async () => {
        await pipeline.close();
        await log.close();
      });
      return pipeline;
    },
    async breaches() {
      const rows = await stations.db.selectFrom('breach').selectAll().orderBy('id').execute();
      return rows.map(({ rule, asset, cleared_at: end }) =>
        [rule, asset, ...(end === null ? [] : ['over'])].join(' '),
      );
    },
  };
  for (const id of ['bin-1', 'bin-2']) await place.ask('device.put', bin(id));
  return place;
}

/** A bin's fill level in percent, `seconds` after the start. */
export const level = (device: string, seconds: number, fill: number): LogEntry =>
  say(device, { ts: start + seconds * 1_000, seq: seconds, fill_level: fill }, seconds);
