import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import {
  asset,
  duration,
  type Asset,
  type Breach,
  type Directory,
  type Kinds,
  type Reading,
  type Value,
} from '#model';
import { loadKinds, shippedKinds } from '#ingest';
import { Kysely, SqliteDialect } from 'kysely';
import { loadRules } from '../../rules/load.ts';
import { rule, type Rule } from '../../rules/rule.ts';
import { createRules } from '../../rules/create.ts';
import type { NumberedReading, Rules } from '../../rules/rules.ts';
import { ruleMigrations, saveStates, type RuleTables } from '../../rules/tables.ts';

/** The shipped rules' folder. */
export const folder = new URL('../../rules/', import.meta.url).pathname;

const title = { en: 'x', id: 'x' };

const shipped = await loadKinds(shippedKinds);
if (Array.isArray(shipped)) throw new Error(JSON.stringify(shipped, undefined, 2));
/** How often the tests' assets report, ms, where that is not what their kind says. */
const intervals: Readonly<Record<string, number>> = { bin: 600_000, streetlight: 300_000 };

/** The kinds that ship. */
export const shippedKindsByName: Kinds = shipped;

/** The kinds that ship, with shorter intervals. */
export const kinds: Kinds = new Map(
  [...shipped].map(([name, of]) => [name, { ...of, interval: intervals[name] ?? of.interval }]),
);

/** In Kupang, where night lasts from about 18:16 to 04:48 WITA (UTC+8) on 24 November. */
export function makeAsset(of: string, extra: Partial<Asset> = {}): Asset {
  return { ...asset.parse({ id: `${of}-1`, kind: of, lat: -10.17, lon: 123.6 }), ...extra };
}

/** A directory that knows these assets and nothing else. */
export function directoryOf(...assets: Asset[]): Directory {
  const known = new Map(assets.map((each) => [each.id, each]));
  return {
    principal: () => undefined,
    device: () => undefined,
    deviceOf: () => undefined,
    asset: (id) => known.get(id),
    assetOf: (id) => known.get(id),
    assets: () => known.values(),
  };
}

export const timeZone = 'Asia/Makassar';

/** 20:00 WITA: night in Kupang, and far from both twilights. */
export const start = Date.UTC(2026, 10, 24, 12, 0);

/** What an asset says, and when: a duration after {@link start}. */
export type Step = readonly [
  at: string,
  values: Readonly<Record<string, Value>>,
  extra?: Partial<Reading>,
];

/** Steps as numbered readings of one asset. */
export function readingsOf(of: Asset, steps: readonly Step[]): NumberedReading[] {
  return steps.map(([at, values, extra], index) => {
    const observedAt = start + duration.parse(at);
    const { id, kind: kindName } = of;
    const from = { asset: id, device: id, kind: kindName, packet: index + 1, nano: 0 };
    const reading = { ...from, observedAt, receivedAt: observedAt, values, ...extra };
    return { number: index + 1, reading };
  });
}

/** A rule for bins that fires above 85 %, as far as `extra` says nothing else. */
export function makeRule(extra: Record<string, unknown> = {}): Rule {
  return rule.parse({
    id: 'made-up',
    title,
    applies: { kind: 'bin' },
    when: { metric: 'fill_level', above: 85 },
    severity: 'minor',
    respond: 'desk',
    category: 'test',
    ...extra,
  });
}

/** The shipped rules by id, and a failed test if they are not well. */
export async function shippedRules(): Promise<ReadonlyMap<string, Rule>> {
  const { rules, problems } = await loadRules(folder, shippedKindsByName);
  if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2));
  return new Map(rules.map((each) => [each.id, each]));
}

/** A real database in memory with the station's tables. */
export async function openDatabase(): Promise<Kysely<RuleTables>> {
  const sqlite = new DatabaseSync(':memory:');
  const database = {
    close: () => sqlite.close(),
    prepare(sql: string) {
      const statement = sqlite.prepare(sql);
      const list = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...list(parameters)),
        run: (parameters: readonly unknown[]) => statement.run(...list(parameters)),
        iterate: (parameters: readonly unknown[]) => statement.iterate(...list(parameters)),
      };
    },
  };
  const db = new Kysely<RuleTables>({ dialect: new SqliteDialect({ database }) });
  for (const migration of Object.values(ruleMigrations)) await migration.up(db);
  return db;
}

/** Judges, saves and commits, as the pipeline does. */
export async function take(
  rules: Rules,
  db: Kysely<RuleTables>,
  readings: readonly NumberedReading[],
): Promise<readonly Breach[]> {
  const judgement = rules.judge(readings);
  await db.transaction().execute((trx) => saveStates(trx, rules.changes()));
  return judgement.breaches;
}

/** All breaches that some rules see in what one asset says. */
export async function watch(
  rules: readonly Rule[],
  of: Asset,
  steps: readonly Step[],
): Promise<readonly Breach[]> {
  await using db = await openDatabase();
  const made = await createRules({
    rules,
    directory: directoryOf(of),
    kinds,
    timeZone,
    db,
  });
  return made.judge(readingsOf(of, steps)).breaches;
}

/** Breaches as a table's `15m raised`; what only changes is left out. */
export function inShort(breaches: readonly Breach[]): string[] {
  const turns = breaches.filter(({ phase }) => phase !== 'changed');
  return turns.map(({ at, phase }) => `${(at - start) / 60_000}m ${phase}`);
}
