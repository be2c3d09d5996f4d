import type { Kysely } from 'kysely';
import {
  createDesk,
  getIncident,
  loadCategories,
  shippedCategories,
  type Categories,
  type Category,
  type Desk,
  type IncidentDetail,
  type IncidentTables,
} from '#incidents';
import {
  isRejection,
  type Asset,
  type Breach,
  type CommandBody,
  type CommandResults,
  type Directory,
  type Position,
} from '#model';
import { openDatabase } from './database.ts';

/** Kupang's town centre. */
export const centre: Position = { lat: -10.17, lon: 123.6 };

/** Server time of the first event: 2026-11-24T08:00:00Z. */
export const start = Date.UTC(2026, 10, 24, 8);

export const hour = 3_600_000;

/** A place so many metres north of another. */
export function north(metres: number, from: Position = centre): Position {
  return { lat: from.lat + metres / 111_195, lon: from.lon };
}

export const assets: readonly Asset[] = [
  asset('bin-1', 'bin', centre),
  asset('bin-2', 'bin', north(30)),
  asset('lamp-1', 'streetlight', centre),
  asset('lamp-2', 'streetlight', north(40)),
];

/** What an outage is about: its gateway, two lamps and a signal behind it, the feeder before it. */
export const dark: readonly Asset[] = [
  asset('feeder-1', 'feeder', north(2_000)),
  asset('gw-7', 'gateway', north(2_010)),
  asset('signal-1', 'signal', north(2_500)),
  ...Array.from({ length: 40 }, (_, n) =>
    asset(`lamp-${n + 10}`, 'streetlight', north(3_000 + 200 * n)),
  ),
];

/** A category of its own for outages, which citizens tell of by what is dark. */
const outage: Category = {
  id: 'outage',
  title: { en: 'Outage', id: 'Listrik padam' },
  group: 'outage',
  radius: 100,
  agency: 'dishub',
  kinds: ['gateway', 'feeder'],
};

/** A small city on a database of its own, with a desk whose calls are one transaction each. */
export interface TestCity {
  readonly db: Kysely<IncidentTables>;
  readonly categories: Categories;
  readonly desk: Desk;
  take(breach: Breach, at?: number): ReturnType<Desk['take']>;
  report(
    body?: Partial<CommandBody<'report.file'>>,
    at?: number,
  ): Promise<CommandResults['report.file']>;
  move(
    incident: string,
    to: CommandBody<'incident.transition'>['to'],
    at?: number,
  ): ReturnType<Desk['transition']>;
  incident(id: string | undefined): Promise<IncidentDetail>;
}

export async function openCity(onSql?: Parameters<typeof openDatabase>[0]): Promise<TestCity> {
  return await openCityOn(await openDatabase(onSql));
}

/** A city on a database that is there already. */
export async function openCityOn(db: Kysely<IncidentTables>): Promise<TestCity> {
  return cityOn(db, await shipped());
}

/** A city in which there can be outages. */
export async function openDarkCity(onSql?: Parameters<typeof openDatabase>[0]): Promise<TestCity> {
  const categories = new Map([...(await shipped()), [outage.id, outage]]);
  return cityOn(await openDatabase(onSql), categories);
}

function cityOn(db: Kysely<IncidentTables>, categories: Categories): TestCity {
  const desk = createDesk({ categories, directory });
  return {
    db,
    categories,
    desk,
    take: (seen, at = start) => db.transaction().execute((trx) => desk.take(trx, seen, at)),
    async report(body, at = start) {
      const full = { ...fullBin, ...body };
      const filed = await db.transaction().execute((trx) => desk.report(trx, full, 'open311', at));
      if (isRejection(filed)) throw new Error(filed.reason);
      return filed;
    },
    move: (incident, to, at = start) =>
      db
        .transaction()
        .execute((trx) => desk.transition(trx, { incident, to, note: '' }, 'ani', at)),
    async incident(id = '') {
      const found = await getIncident(db, id);
      if (!found) throw new Error(`no incident ${id}`);
      return found;
    },
  };
}

/** A citizen's report of a full bin in the centre. */
export const fullBin: CommandBody<'report.file'> = {
  category: 'full-bin',
  ...centre,
  description: 'penuh sejak kemarin',
  address: '',
};

/** What the rule bin-overflow sees on bin-1, or what the test says instead. */
export function breach(changes: Partial<Breach> = {}): Breach {
  const { rule = 'bin-overflow', asset: on = 'bin-1', since = start } = changes;
  const fingerprint = `${rule}/${on}`;
  return {
    id: `${fingerprint}@${since}`,
    fingerprint,
    rule,
    asset: on,
    kind: directory.asset(on)?.kind ?? '',
    phase: 'raised',
    severity: 'minor',
    respond: 'desk',
    category: 'full-bin',
    since,
    at: since,
    values: { fill_level: 100 },
    reading: 1,
    ...changes,
  };
}

/** What is seen of an outage, each with its rule and category: `lamp-10`, `signal-1`, `gw-7`, `feeder-1`. */
export function outageBreach(on: string, changes: Partial<Breach> = {}): Breach {
  const [kind = ''] = on.split('-');
  const seen: Record<string, Partial<Breach>> = {
    lamp: { rule: 'lamp-out', category: 'street-light' },
    signal: { rule: 'signal-dark', category: 'traffic-signal', severity: 'critical', safety: true },
    gw: { rule: 'gateway-silent', category: 'outage', severity: 'major' },
    feeder: { rule: 'feeder-outage', category: 'outage', severity: 'major' },
  };
  return breach({ asset: on, values: {}, ...seen[kind], ...changes });
}

/** What is new about an open breach, told at the next reading. */
export function changed(seen: Breach, changes: Partial<Breach>): Breach {
  return { ...seen, phase: 'changed', reading: seen.reading + 1, ...changes };
}

/** The end of a breach, ten minutes after it began. */
export function cleared(seen: Breach): Breach {
  return { ...seen, phase: 'cleared', at: seen.since + hour / 6, values: { fill_level: 4 } };
}

function asset(id: string, kind: string, position: Position): Asset {
  return { id, kind, ...position, district: 'Oebobo', zone: 'Fatululi', attributes: {} };
}

const directory: Directory = {
  principal: () => undefined,
  device: () => undefined,
  deviceOf: () => undefined,
  asset: (id) => [...assets, ...dark].find((one) => one.id === id),
  assetOf: () => undefined,
  assets: () => assets,
};

async function shipped(): Promise<Categories> {
  const categories = await loadCategories(shippedCategories);
  if (Array.isArray(categories)) throw new Error(JSON.stringify(categories));
  return categories;
}
