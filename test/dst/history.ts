import { checkBreaches } from './checks/breaches.ts';
import { checkHeard } from './checks/heard.ts';
import { checkReports, describeIncidents, openIncidents } from './checks/incidents.ts';
import { checkCounts } from './checks/ledger.ts';
import { checkLetters } from './checks/letters.ts';
import { checkPoints } from './checks/points.ts';
import type { Setting } from './city.ts';
import { foretell } from './oracle.ts';
import { drawOptions, type Options } from './options.ts';
import type { Bug } from './plants.ts';
import { schedule } from './schedule.ts';
import { cursors, setUp, type Stage } from './stage.ts';
import { expectThat, Violation } from './violation.ts';
import { World } from './world.ts';

/** How a history ended. */
export interface Outcome {
  readonly seed: number;
  readonly options: Options;
  readonly violation: Violation | undefined;
  /** SHA-256 of the trace: the same seed gives the same. */
  readonly hash: string;
  readonly trace: readonly string[];
  readonly packets: number;
  readonly readings: number;
  readonly breaches: number;
  readonly starts: number;
}

/** Time that everything has to settle once faults end, virtual ms. */
const patience = 180_000;
/** How long nobody says anything at the end, virtual ms: time enough for all that time alone brings about. */
const silence = 3 * 3_600_000;

/** Lives through the history of a seed and checks every promise. */
export async function live(setting: Setting, seed: number, bug?: Bug): Promise<Outcome> {
  const options = drawOptions(seed);
  const world = new World(seed);
  let violation: Violation | undefined;
  const broke = (error: unknown): void => {
    violation ??=
      error instanceof Violation
        ? error
        : new Violation(0, error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
  const stage = setUp(setting, world, options, bug, broke);
  let readings = 0;
  let breaches = 0;
  try {
    schedule(stage, setting);
    await world.run(() => violation !== undefined, options.span);
    if (violation === undefined) await drain(stage, () => violation !== undefined);
    if (violation === undefined) ({ readings, breaches } = await judge(stage, setting));
    if (violation === undefined) {
      await sleepAndRestart(stage, setting, () => violation !== undefined);
    }
  } catch (error) {
    broke(error);
  } finally {
    stage.database.raw.close();
  }
  world.note(violation === undefined ? 'kept every promise' : violation.message);
  return {
    seed,
    options,
    violation,
    hash: world.hash(),
    trace: world.trace,
    packets: stage.journal.records.size,
    readings,
    breaches,
    starts: world.trace.filter((line) => line.includes(' up road')).length,
  };
}

/** The liveness phase: without faults everything must be acknowledged, decoded, judged and stored in time. */
async function drain(
  { world, disk, database, influx, host, fleet }: Stage,
  isOver: () => boolean,
): Promise<void> {
  world.note('faults end');
  world.disarm();
  fleet.silence();
  disk.trouble = 'none';
  influx.mood = 'ok';
  database.trouble = false;
  const isDrained = (): boolean => {
    // In the middle of a transaction the books show what is not committed yet.
    if (!host.isUp || fleet.waiting > 0 || database.raw.isTransaction) return false;
    const { stations } = host.road!;
    const at = cursors(database);
    return (
      at['decode'] === host.packets!.head &&
      at['rules'] === stations.readings.head &&
      at['store'] === stations.readings.head
    );
  };
  const isDone = await world.run(() => isOver() || isDrained(), patience);
  const state = (): string =>
    `${fleet.waiting} messages wait, cursors ${JSON.stringify(cursors(database))}, packets ${host.packets?.head}, readings ${host.road?.stations.readings.head}, up ${host.isUp} ${host.problem}`;
  expectThat(isDone, 8, () => `not settled ${patience / 1_000} s after the last fault: ${state()}`);
}

/** Compares the end state with that of a run without faults. */
async function judge(
  { database, host, influx, journal, rot, answered }: Stage,
  setting: Setting,
): Promise<{ readings: number; breaches: number }> {
  const numbers = [...journal.records.keys()].sort((a, b) => a - b);
  numbers.forEach((number, i) =>
    expectThat(number === i + 1, 1, () => `record ${i + 1} was in nobody's books`),
  );
  const packets = numbers.map((number) => journal.records.get(number)!);
  const expected = await foretell(
    setting,
    packets,
    { decode: journal.flipped, ...rot },
    host.ticks,
  );
  const { raw } = database;
  checkCounts(raw, expected.counts);
  checkLetters(raw, expected.letters, packets);
  checkPoints(influx.points, expected);
  checkBreaches(raw, expected.breaches);
  checkHeard(raw, expected.readings, expected.lines, setting.config.city.timeZone);
  checkReports(raw, answered);
  return { readings: expected.readings.length, breaches: expected.breaches.length };
}

/** Hours of silence close nothing, a restart changes nothing; a stop ends within 5 s. */
async function sleepAndRestart(
  stage: Stage,
  setting: Setting,
  isOver: () => boolean,
): Promise<void> {
  const { world, database, host } = stage;
  const open = openIncidents(database.raw);
  await world.run(isOver, silence);
  const still = new Set(openIncidents(database.raw));
  const closed = open.find((id) => !still.has(id));
  expectThat(closed === undefined, 5, () => `hours of silence closed incident ${closed}`);
  await judge(stage, setting); // with what only time brought about
  const before = describeIncidents(database.raw);
  const cursor = JSON.stringify(cursors(database));
  host.die('stop');
  const isStopped = await world.run(() => isOver() || !host.isUp, 5_000);
  expectThat(isStopped, 8, () => 'a stop takes longer than 5 s');
  const isBack = await world.run(() => isOver() || host.isUp, 10_000);
  expectThat(isBack, 8, () => `it does not start again: ${host.problem}`);
  await world.run(isOver, 10_000);
  expectThat(JSON.stringify(cursors(database)) === cursor, 6, () => 'a restart moved a cursor');
  expectThat(describeIncidents(database.raw) === before, 6, () => 'a restart changed an incident');
}
