import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Kysely } from 'kysely';
import {
  createDesk,
  listBreaches,
  listIncidents,
  loadCategories,
  shippedCategories,
  type IncidentItem,
  type IncidentTables,
} from '#incidents';
import { loadKinds, shippedKinds } from '#ingest';
import { asset, isRejection, type Asset, type Breach, type Kinds, type Value } from '#model';
import { createEngine } from '../../rules/engine.ts';
import { loadRules } from '../../rules/load.ts';
import type { Rules } from '../../rules/rules.ts';
import { openDatabase } from '../incidents/database.ts';

/** 20:00 WITA, a night. */
const start = Date.UTC(2026, 10, 24, 12);
const minute = 60_000;

const kinds = (await loadKinds(shippedKinds)) as Kinds;
const { rules, problems } = await loadRules('rules', kinds);
const categories = await loadCategories(shippedCategories);

/** A feeder with a lamp circuit, a junction with two detectors and a gateway with bins behind it. */
const assets: readonly Asset[] = [
  place('feeder-1', 'feeder', 0),
  place('panel-1', 'cabinet', 100, 'feeder-1'),
  ...numbers(12).map((n) => place(`lamp-${n}`, 'streetlight', 200 + 40 * n, 'panel-1')),
  place('panel-2', 'cabinet', 900, 'feeder-1'),
  place('signal-1', 'signal', 1_000, 'panel-2'),
  place('signal-2', 'signal', 1_400, 'gw-1'),
  place('gw-1', 'gateway', 1_500, 'feeder-1'),
  ...numbers(3).map((n) => place(`bin-${n}`, 'bin', 1_600 + 150 * n, 'gw-1')),
];

function place(id: string, kind: string, metres: number, parent?: string): Asset {
  return asset.parse({ id, kind, lat: -10.17 + metres / 111_195, lon: 123.6, parent });
}

function numbers(to: number): number[] {
  return Array.from({ length: to }, (_, n) => n + 1);
}

let db: Kysely<IncidentTables>;
let engine: Rules;
let taken = 0;

beforeEach(async () => {
  db = await openDatabase();
  const known = new Map(assets.map((each) => [each.id, each]));
  const directory = {
    principal: () => undefined,
    device: () => undefined,
    deviceOf: () => undefined,
    asset: (id: string) => known.get(id),
    assetOf: (id: string) => known.get(id),
    assets: () => known.values(),
  };
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  if (isRejection(categories) || Array.isArray(categories)) throw new Error('no categories');
  const desk = createDesk({ categories, directory });
  engine = createEngine(
    { directory, kinds, timeZone: 'Asia/Makassar' },
    { rules, overrides: [], shelves: [] },
    () => ({ memories: new Map(), own: new Map() }),
  );
  taken = 0;
  file = async (breaches, at) => {
    for (const breach of breaches) {
      await db.transaction().execute((trx) => desk.take(trx, breach, at));
    }
  };
});

afterEach(async () => {
  await db.destroy();
});

let file: (breaches: readonly Breach[], at: number) => Promise<void>;

/** What an asset says, minutes after the start. */
async function say(id: string, at: number, values: Record<string, Value>): Promise<void> {
  const receivedAt = start + at * minute;
  const { kind } = assets.find((each) => each.id === id)!;
  const from = { asset: id, device: id, kind, packet: 1, nano: 0 };
  taken += 1;
  const reading = { ...from, observedAt: receivedAt, receivedAt, values };
  const { breaches, failed } = engine.judge([{ number: taken, reading }]);
  expect(failed).toEqual([]);
  await file(breaches, receivedAt);
}

async function wait(at: number): Promise<void> {
  await file(engine.tick(start + at * minute), start + at * minute);
}

/** Every minute from one to another, those who are well say what they say. */
async function live(from: number, to: number, said: Record<string, Record<string, Value>>) {
  for (let at = from; at <= to; at++) {
    for (const [id, values] of Object.entries(said)) await say(id, at, values);
    await wait(at + 0.9);
  }
}

async function all(): Promise<IncidentItem[]> {
  return (await listIncidents(db, { limit: 100 })).items;
}

/** Open incidents as `category: rules of their open breaches`. */
async function open(): Promise<string[]> {
  const { items } = await listBreaches(db, { open: true, limit: 100 });
  const incidents = (await all()).filter(({ closed_at }) => closed_at === null).reverse();
  return incidents.map(({ id, category }) => {
    const own = items.filter(({ incident }) => incident === id);
    const counts = Map.groupBy(own, ({ rule }) => rule);
    return `${category}: ${[...counts]
      .map(([rule, each]) => `${each.length} ${rule}`)
      .sort()
      .join(', ')}`;
  });
}

describe('a feeder that is cut', () => {
  test('is one incident from the start; its lamps are counted, come back one by one, and what stays dark stands alone', async () => {
    for (const n of numbers(12)) await say(`lamp-${n}`, 0, { power: 60, supply_loss: false });
    for (const n of numbers(12)) await say(`lamp-${n}`, 1 + n / 10, { supply_loss: true });
    await wait(30);
    expect(await open()).toEqual(['street-light: 1 feeder-outage, 12 lamp-supply-loss']);
    expect(await all()).toHaveLength(1);
    for (const n of numbers(10)) {
      await say(`lamp-${n}`, 40 + n, { supply_loss: false });
      await say(`lamp-${n}`, 42 + n, { supply_loss: false });
    }
    expect(await open()).toEqual(['street-light: 1 feeder-outage, 2 lamp-supply-loss']);
    await wait(60);
    for (const n of [11, 12]) await say(`lamp-${n}`, 61, { supply_loss: true });
    await wait(120);
    expect(await open()).toEqual([]);
    const { items } = await listBreaches(db, { open: true, respond: 'list', limit: 10 });
    expect(items.map(({ asset: of }) => of).sort()).toEqual(['lamp-11', 'lamp-12']);
  });
});

describe('a gateway that is cut', () => {
  test('is one incident in the end, into which the silence behind it goes', async () => {
    await live(0, 4, {
      'gw-1': { uptime: 5 },
      'signal-2': { mode: 'normal' },
      'bin-1': { fill_level: 20 },
    });
    await wait(8);
    expect(await open()).toEqual(['traffic-signal: 1 signal-silent']);
    await wait(25);
    expect(await open()).toEqual(['device: 1 gateway-silent, 1 signal-silent']);
    const [gateway, signal] = await all();
    expect([gateway!.category, signal!.merged_into]).toEqual(['device', gateway!.id]);
    await wait(30 * 60);
    expect(await open()).toEqual(['device: 1 bin-silent, 1 gateway-silent, 1 signal-silent']);
    await live(30 * 60 + 1, 30 * 60 + 3, { 'gw-1': { uptime: 5 }, 'signal-2': { mode: 'normal' } });
    expect(await open()).toEqual(['device: 1 bin-silent']);
    await live(30 * 60 + 4, 30 * 60 + 5, {
      'gw-1': { uptime: 5 },
      'signal-2': { mode: 'normal' },
      'bin-1': { fill_level: 30 },
    });
    expect(await open()).toEqual([]);
  });
});

describe('a junction that is cut', () => {
  test('is one incident, with the dark signal as a child that has its own dispatch', async () => {
    await live(0, 2, { 'signal-1': { mode: 'normal', on_battery: false } });
    await live(3, 8, { 'signal-1': { mode: 'normal', on_battery: true } });
    expect(await open()).toEqual(['power-outage: 1 ups-on-battery']);
    await live(9, 12, { 'signal-1': { mode: 'dark', on_battery: true } });
    expect(await open()).toEqual([
      'power-outage: 1 ups-on-battery',
      'traffic-signal: 1 signal-dark',
    ]);
    const [signal, power] = await all();
    expect(signal).toMatchObject({ parent: power!.id, agency: 'dishub', severity: 'critical' });
    await live(13, 20, { 'signal-1': { mode: 'normal', on_battery: false } });
    expect(await open()).toEqual([]);
    expect(await all()).toHaveLength(2);
  });
});

describe('the grid', () => {
  test('is one incident over cabinets, junctions and gateways; safety keeps its own dispatch', async () => {
    await live(0, 2, {
      'panel-1': { power: 2_000, on_battery: false },
      'signal-1': { mode: 'normal', on_battery: false },
      'gw-1': { uptime: 5, on_battery: false },
      'bin-2': { temperature: 30 },
    });
    await live(3, 4, {
      'panel-1': { power: 0, on_battery: true },
      'signal-1': { mode: 'dark', on_battery: true },
      'gw-1': { uptime: 5, on_battery: true },
    });
    await say('bin-2', 5, { fire: true });
    await live(5, 8, {
      'panel-1': { power: 0, on_battery: true },
      'signal-1': { mode: 'dark', on_battery: true },
      'signal-2': { mode: 'conflict_flash' },
      'gw-1': { uptime: 5, on_battery: true },
    });
    expect(await open()).toEqual([
      'power-outage: 1 grid-outage, 3 ups-on-battery',
      'traffic-signal: 1 signal-dark',
      'fire: 1 bin-fire',
      'traffic-signal: 1 signal-conflict',
    ]);
    const incidents = (await all()).reverse();
    const outage = incidents.find(({ category }) => category === 'power-outage')!;
    expect(incidents.map(({ parent }) => parent)).toEqual([null, outage.id, null, outage.id]);
    expect(outage.assets_affected).toBe(4);
  });
});

test('an hour of backlog makes nothing silent', async () => {
  for (let at = 0; at <= 60; at++) {
    for (const id of ['signal-1', 'signal-2']) await say(id, at, { mode: 'normal' });
  }
  await wait(61);
  expect(await open()).toEqual([]);
});
