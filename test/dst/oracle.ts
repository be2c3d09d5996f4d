import type { Kysely } from 'kysely';
import { DatabaseSync } from 'node:sqlite';
import { Kysely as Database, SqliteDialect } from 'kysely';
import type { Breach, Counts, LogEntry, Reading } from '#model';
import { createDecode } from '#ingest';
import { createRules, type RuleTables } from '#rules';
import { toPoint } from '#store';
import { adapt } from '#app/database/sqlite.ts';
import { begin, take, type Line } from '../../ingest/gap-line.ts';
import { toLine } from '../../store/line.ts';
import type { Setting } from './city.ts';
import { isRefused, readLine } from './sim-influx.ts';
import type { Tick } from './ticks.ts';

/** What the same packets come to when nothing ever fails: worked out in one go, without log or database. */
export interface Expected {
  readonly counts: Readonly<Record<'decode' | 'rules' | 'store', Counts>>;
  readonly readings: readonly Reading[];
  /** `consumer record part code`. */
  readonly letters: ReadonlySet<string>;
  readonly points: ReadonlyMap<string, string>;
  /** May be there or not: rot came after they were written and before that was counted. */
  readonly doubtful: ReadonlySet<string>;
  /** How far each device has counted. */
  readonly lines: ReadonlyMap<string, Line>;
  /** In the order in which rules see them, raised and cleared. */
  readonly breaches: readonly Breach[];
}

/** Records that rot made unreadable before a consumer read them. */
export interface Rot {
  readonly decode: ReadonlySet<number>;
  readonly rules: ReadonlySet<number>;
  readonly store: ReadonlySet<number>;
}

/** Replays the packets, 1 to n, in order; time passes between readings where it did. */
export async function foretell(
  setting: Setting,
  packets: readonly LogEntry[],
  rot: Rot,
  ticks: readonly Tick[],
): Promise<Expected> {
  const { readings, letters, lines, counts: decode } = decodeAll(setting, packets, rot);
  const rules = { done: 0, corrupt: 0 };
  const store = { done: 0, dead: 0, corrupt: 0 };
  const points = new Map<string, string>();
  const doubtful = new Set<string>();
  readings.forEach((reading, i) => {
    rules[rot.rules.has(i + 1) ? 'corrupt' : 'done'] += 1;
    const line = toLine(toPoint(reading, setting.directory.asset(reading.asset)));
    if (rot.store.has(i + 1)) {
      store.corrupt += 1;
      doubtful.add(readLine(line).key);
      return;
    }
    if (isRefused(line)) {
      store.dead += 1;
      letters.add(`store ${i + 1}  store.line_refused`);
      return;
    }
    store.done += 1;
    const { key, fields } = readLine(line);
    points.set(key, fields);
  });
  const breaches = await judgeAll(setting, readings, rot, ticks);
  return { counts: { decode, rules, store }, readings, letters, points, doubtful, lines, breaches };
}

function decodeAll(setting: Setting, packets: readonly LogEntry[], rot: Rot) {
  const { city, directory, config } = setting;
  const decode = createDecode({
    ...city,
    directory,
    site: config.site,
    timeZone: config.city.timeZone,
    retention: config.retention.raw,
  });
  const counts: Counts = {};
  const letters = new Set<string>();
  const readings: Reading[] = [];
  const known = new Set<string>();
  const lines = new Map<string, Line>();
  packets.forEach(({ receivedAt, principal, topic, bytes }, i) => {
    const number = i + 1;
    const count = (name: keyof Counts): void => void (counts[name] = (counts[name] ?? 0) + 1);
    if (rot.decode.has(number)) return count('corrupt');
    const decoded = decode({ number, receivedAt, principal, topic, payload: bytes });
    const { duplicateKey, counted = [] } = decoded;
    if (duplicateKey !== undefined && known.has(duplicateKey)) return count('duplicate');
    if (duplicateKey !== undefined) known.add(duplicateKey);
    count(decoded.class);
    for (const each of [counted].flat()) {
      const line = lines.get(each.device);
      if (line === undefined) lines.set(each.device, begin(each));
      else take(line, each);
    }
    for (const { part = '', rejection } of decoded.refused) {
      letters.add(`decode ${number} ${part} ${rejection.code}`);
    }
    readings.push(...decoded.readings);
  });
  return { readings, letters, lines, counts };
}

async function judgeAll(
  setting: Setting,
  readings: readonly Reading[],
  rot: Rot,
  ticks: readonly Tick[],
): Promise<readonly Breach[]> {
  const rules = await createRules({
    ...setting.city,
    directory: setting.directory,
    timeZone: setting.config.city.timeZone,
    db: await emptyStates(setting),
  });
  const breaches: Breach[] = [];
  const due = [...ticks];
  const tickAfter = (number: number): void => {
    while (due[0]?.after === number) {
      const { now, listening } = due.shift()!;
      if (listening !== undefined) rules.listen(listening);
      if (now !== undefined) breaches.push(...rules.tick(now));
    }
  };
  tickAfter(0);
  readings.forEach((reading, i) => {
    const number = i + 1;
    if (!rot.rules.has(number)) breaches.push(...rules.judge([{ number, reading }]).breaches);
    tickAfter(number);
  });
  return breaches;
}

let states: Kysely<RuleTables> | undefined;

/** A database in which no rule has a state; nobody writes to it. */
async function emptyStates(setting: Setting): Promise<Kysely<RuleTables>> {
  if (states === undefined) {
    const raw = new DatabaseSync(':memory:');
    raw.deserialize(setting.image);
    states = new Database<RuleTables>({ dialect: new SqliteDialect({ database: adapt(raw) }) });
  }
  return states;
}
