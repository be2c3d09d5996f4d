import {
  createCalendar,
  intervalOf,
  type CountingStore,
  type Directory,
  type LogReader,
  type Now,
  type SeriesStore,
  type ServiceError,
  type Timers,
} from '#model';
import { createDesk, type Desk } from '#incidents';
import {
  createDecode,
  FolderReader,
  Log,
  openCursor,
  Tail,
  type Commit,
  type Decode,
  type Disk,
  type IngestTables,
  type Counting,
  type Schedule,
} from '#ingest';
import {
  createDirectory,
  createRegistry,
  loadEntries,
  type LiveDirectory,
  type Registry,
  type RegistryTables,
} from '#registry';
import { createRules, loadShelves, type Rules, type RuleTables } from '#rules';
import { createInfluxStore, createSqliteStore } from '#store';
import type { City } from '#app/city.ts';
import { limitBytes, segmentBytes, type Config } from '#app/config.ts';
import { openDatabase, scope, type Database } from '#app/database/database.ts';
import type { Folder } from '#app/folder.ts';
import { createRulesLoader, loadedOf } from '#app/load-rules.ts';
import { setAdminKey } from '#app/people/keys.ts';
import { createRuleInputs, type RuleInputs } from '#app/rule-inputs.ts';

/** For how many packets a resend is recognised. */
export const remember = 1_000_000;

/** Everything the road runs on, opened. */
export interface Stations {
  readonly db: Database;
  readonly directory: LiveDirectory & Directory;
  readonly registry: Registry;
  readonly desk: Desk;
  readonly rules: Rules;
  /** What people ask of the rules. */
  readonly inputs: RuleInputs;
  /** Breaches raised and committed since the start, by rule. */
  readonly raises: Map<string, number>;
  readonly decode: Decode;
  readonly packets: FolderReader;
  readonly readings: Log;
  /** The newest readings, for those who keep up. */
  readonly tail: Tail;
  readonly store: SeriesStore;
  readonly now: Now;
  readonly timers: Timers | undefined;
  /** For how many packets a resend is recognised. */
  readonly remember: number;
  /** When assets should be heard. */
  readonly schedule: Schedule;
  readonly counting: Counting;
  /** Positions at which the stages go on, by name. */
  readonly cursors: ReadonlyMap<string, number>;
  /** Why the readings log can't be written; undefined while it can. */
  readingsProblem(): ServiceError | undefined;
  /** Lets the readers of the readings log see it up to `head`. */
  announce(head: number): void;
  /** A reader of the readings log, for one more consumer. */
  readReadings(): LogReader;
  close(): Promise<void>;
}

export interface StationsOptions {
  readonly config: Config;
  readonly folder: Pick<
    Folder,
    'database' | 'packets' | 'readings' | 'series' | 'secret' | 'adminKey'
  >;
  readonly city: City;
  /** The packets log as the broker's thread writes it. */
  readonly packetsLog: {
    readonly id: string;
    readonly head: number;
    readonly oldest?: number;
    /** When the server began to listen, epoch ms; silence counts from then. */
    readonly since?: number;
  };
  readonly now: Now;
  readonly ports?: Ports;
  readonly meters?: Meters;
}

/** Told of what the stations do to the disk. */
export interface Meters {
  /** A commit of the readings log. */
  readonly onReadings: (commit: Commit) => void;
  /** The ms that a commit of the database took. */
  readonly onDatabase: (ms: number) => void;
}

/** What lies between the road and the machine; a simulation puts its own there. */
export interface Ports {
  readonly disk: Disk;
  readonly timers: Timers;
  readonly openDatabase: typeof openDatabase;
  readonly openStore: (config: Config) => SeriesStore;
}

/** Opens the stations behind the packets log, and cuts the readings log back to what the cursor covers. */
export async function openStations(options: StationsOptions): Promise<Stations> {
  const { config, folder, city, packetsLog, now, ports, meters } = options;
  const db = await (ports?.openDatabase ?? openDatabase)(folder.database, meters?.onDatabase);
  await setAdminKey(scope(db), folder.adminKey, folder.secret);
  const directory = createDirectory(await loadEntries(scope<RegistryTables>(db)));
  let readingsProblem: ServiceError | undefined;
  const readings = await Log.open({
    folder: folder.readings,
    segmentBytes: segmentBytes(config),
    limitBytes: limitBytes(config),
    linger: 0,
    ...ports,
    ...(meters && { onCommit: meters.onReadings }),
    onState: (problem) => {
      readingsProblem = problem;
    },
  });
  const ledger = scope<IngestTables>(db);
  const decodeCursor = await openCursor(ledger, 'decode', packetsLog);
  await readings.cutAfter(decodeCursor.output);
  const cursors = new Map([['decode', decodeCursor.position]]);
  for (const name of ['rules', 'store']) {
    cursors.set(name, (await openCursor(ledger, name, readings)).position);
  }
  const readers: FolderReader[] = [];
  const packets = new FolderReader(folder.packets, packetsLog.head, ports?.disk);
  const tail = new Tail();
  const store = ports?.openStore(config) ?? openStore(config, folder.series);
  const { kinds, profiles, categories, zones } = city;
  const ruleTables = scope<RuleTables>(db);
  const inputs = { ...loadedOf(city), shelves: await loadShelves(ruleTables) };
  const { timeZone } = config.city;
  const rules = await createRules({
    ...inputs,
    directory,
    kinds,
    timeZone,
    ...(packetsLog.since !== undefined && { listening: packetsLog.since }),
    db: ruleTables,
  });

  return {
    db,
    directory,
    registry: createRegistry({
      kinds,
      profiles: new Set(profiles.keys()),
      site: config.site,
      zones,
      secret: folder.secret,
    }),
    desk: createDesk({ categories, directory }),
    rules,
    inputs: createRuleInputs({
      inputs,
      load: createRulesLoader(config, city),
      directory,
      now,
      engineNow: () => rules.now,
    }),
    raises: new Map(),
    decode: createDecode({
      kinds,
      profiles,
      directory,
      site: config.site,
      timeZone,
      retention: config.retention.raw,
    }),
    packets,
    readings,
    tail,
    store,
    now,
    timers: ports?.timers,
    remember,
    schedule: {
      calendar: createCalendar(config.city.timeZone),
      intervalOf: (asset, kind) => intervalOf(directory.asset(asset), kinds.get(kind)),
      intervalOfDevice(device, at) {
        const asset = directory.assetOf(device, at);
        return intervalOf(asset, asset && kinds.get(asset.kind));
      },
    },
    counting: {
      kinds,
      widthOf(device, metric) {
        const { profile = '' } = directory.device(device) ?? {};
        return profiles.get(profile)?.counters.get(metric)?.wrap;
      },
    },
    cursors,
    readingsProblem: () => readingsProblem,
    announce(head) {
      for (const reader of readers) reader.advance(head);
    },
    readReadings() {
      const reader = new FolderReader(folder.readings, readings.head, ports?.disk, tail.reader());
      readers.push(reader);
      return reader;
    },
    async close() {
      await readings.close();
      for (const reader of [packets, ...readers]) await reader.close();
      await store.close();
      await db.destroy();
    },
  };
}

/** The time-series database that the configuration names, else the embedded one. */
export function openStore(config: Config, file: string, readOnly = false): CountingStore {
  return config.influx === undefined
    ? createSqliteStore({ path: file, readOnly })
    : createInfluxStore(config.influx);
}
