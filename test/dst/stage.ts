import { createIncidentCheck } from './checks/incidents.ts';
import { createLedgerCheck } from './checks/ledger.ts';
import type { Setting } from './city.ts';
import { Fleet, type Accept } from './fleet.ts';
import { Host, packetsFolder } from './host.ts';
import { Journal } from './journal.ts';
import type { Options } from './options.ts';
import { plants, type Bug } from './plants.ts';
import { readAll } from './rot.ts';
import { SimDatabase } from './sim-database.ts';
import { SimDisk } from './sim-disk.ts';
import { SimInflux } from './sim-influx.ts';
import type { World } from './world.ts';

/** Everything in one history. */
export interface Stage {
  readonly world: World;
  readonly options: Options;
  readonly bug: Bug | undefined;
  readonly disk: SimDisk;
  readonly database: SimDatabase;
  readonly influx: SimInflux;
  readonly host: Host;
  readonly journal: Journal;
  readonly fleet: Fleet;
  /** Readings that rot made unreadable before the consumer read them. */
  readonly rot: { readonly rules: Set<number>; readonly store: Set<number> };
  /** Report → incident, as answered. */
  readonly answered: Map<string, string>;
  readonly broke: (error: unknown) => void;
}

/** Puts everything in its place; the checks that hold at every commit and every start are in force from then on. */
export function setUp(
  setting: Setting,
  world: World,
  options: Options,
  bug: Bug | undefined,
  broke: (error: unknown) => void,
): Stage {
  const disk = new SimDisk(world);
  const database = new SimDatabase(world, setting.image);
  const influx = new SimInflux(world, options.influx);
  const journal = new Journal();
  database.around = plants.database(bug);
  const checkLedger = createLedgerCheck(database.raw);
  const checkIncidents = createIncidentCheck(database.raw);
  database.onCommit = (desk) => {
    try {
      checkLedger();
      if (desk) checkIncidents();
    } catch (error) {
      broke(error);
    }
  };
  const passed = (): number => cursors(database)['decode'] ?? 0;
  const compare = async (head: number): Promise<void> => {
    const found = await readAll(disk, packetsFolder, head, plants.disk(bug, disk.port()));
    journal.compare(found.records, { oldest: found.oldest, head, passed: passed() });
  };
  const host: Host = new Host({
    world,
    setting,
    disk,
    database,
    influx,
    segment: options.segment,
    bug,
    opened: async (log) => {
      await compare(log.head);
      fleet.reconnect();
    },
    broke,
  });
  const assets = setting.assets.slice(0, options.devices);
  const accept: Accept = (entry, done) => host.accept(entry, done);
  const fleet = new Fleet({ world, journal, assets, accept, pace: options.pace });
  const rot = { rules: new Set<number>(), store: new Set<number>() };
  return {
    world,
    options,
    bug,
    disk,
    database,
    influx,
    host,
    journal,
    fleet,
    rot,
    answered: new Map(),
    broke,
  };
}

/** Position of each consumer. */
export function cursors(database: SimDatabase): Readonly<Record<string, number>> {
  const rows = database.raw.prepare('select consumer, position, output from cursor').all();
  return Object.fromEntries(
    rows.flatMap(({ consumer, position, output }) => [
      [String(consumer), Number(position)],
      ...(consumer === 'decode' ? [['output', Number(output)] as const] : []),
    ]),
  );
}
