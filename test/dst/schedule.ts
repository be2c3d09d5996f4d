import type { Selectable } from 'kysely';
import { isClosed, type IncidentStatus } from '#model';
import { replayEntry, type IngestTables } from '#ingest';
import type { Random } from '../../simulators/random.ts';
import { toLetter } from '../../ingest/dead-letters.ts';
import type { Setting } from './city.ts';
import { packetsFolder, readingsFolder } from './host.ts';
import { ignoreInjected } from './injected.ts';
import { flipRecord } from './rot.ts';
import { cursors, type Stage } from './stage.ts';
import { whole } from './world.ts';

/** Puts everything that the options of a history name into its calendar, and starts the server. */
export function schedule(stage: Stage, setting: Setting): void {
  const { world, options, disk, influx, database, host } = stage;
  const during = <What>(
    spells: readonly { at: number; lasts: number; what: What }[],
    set: (what: What | undefined) => void,
  ): void => {
    for (const { at, lasts, what } of spells) {
      world.at(at, undefined, () => {
        world.note(`trouble ${String(what)}`);
        set(what);
      });
      world.at(Math.min(options.span - 1, at + lasts), undefined, () => set(undefined));
    }
  };
  host.start();
  during(options.disk, (what) => (disk.trouble = what ?? 'none'));
  during(options.store, (what) => (influx.mood = what ?? 'ok'));
  during(options.database, (what) => (database.trouble = what ?? false));
  for (const { at, offset } of options.clock)
    world.at(at, undefined, () => world.setOffset(offset));
  for (const { at, steps, death, rot } of options.deaths) {
    const die = (): void => {
      host.die(death);
      if (rot && host.packets === undefined) void decay(stage).catch(stage.broke);
    };
    world.at(at, undefined, steps === undefined ? die : () => world.ambush(steps, die));
  }
  for (const at of options.citizens)
    world.at(at, undefined, () => void speak(stage, setting).catch(stage.broke));
  const retain = (): void => {
    void trim(stage).catch(stage.broke);
    if (world.elapsed < options.span) world.at(20_000, undefined, retain);
  };
  world.at(20_000, undefined, retain);
}

/** Gives back the segments that every consumer has passed, as app/retention.ts does. */
async function trim({ host: { packets, road }, options: { keep }, bug }: Stage): Promise<void> {
  if (packets === undefined || road === undefined) return;
  const { readings } = road.stations;
  const early = bug === 'segment-deleted-early';
  const passed = (log: 'packets' | 'readings'): number => road.pipeline.passed(log);
  await packets.trim(early ? packets.head : passed('packets'), keep).catch(ignoreInjected);
  await readings.trim(early ? readings.head : passed('readings'), keep).catch(ignoreInjected);
}

/** While nothing runs, a bit of each log goes bad: the books know whose eyes have not seen it yet. */
async function decay({ world, disk, database, journal, rot }: Stage): Promise<void> {
  const random = world.random.split(`rot ${world.elapsed}`);
  const { decode = 0, rules = 0, store = 0, output = 0 } = cursors(database);
  const packet = await flipRecord(
    disk,
    packetsFolder,
    (number) => journal.records.has(number),
    random,
  );
  if (packet !== undefined) {
    world.note(`rot in packet ${packet}`);
    journal.rotten(packet, packet > decode);
  }
  const reading = await flipRecord(disk, readingsFolder, (number) => number <= output, random);
  if (reading === undefined) return;
  world.note(`rot in reading ${reading}`);
  if (reading > rules) rot.rules.add(reading);
  if (reading > store) rot.store.add(reading);
}

/** A citizen reports, or an operator moves an incident on or sends dead letters the road again. */
async function speak(stage: Stage, setting: Setting): Promise<void> {
  const { world, host, database, answered } = stage;
  const random = world.random.split(`citizen ${world.elapsed}`);
  if (random.chance(0.3)) return replayLetters(stage, random);
  if (random.chance(0.3)) {
    const rows = database.raw.prepare('select id, status from incident order by id').all();
    const row = rows[whole(random, 0, rows.length)];
    if (row === undefined) return;
    const to: IncidentStatus = isClosed(row['status'] as IncidentStatus)
      ? 'new'
      : random.pick(['triage', 'resolved']);
    world.note(`operator ${String(row['id'])} ${to}`);
    await host
      .execute('incident.transition', { incident: String(row['id']), to, note: '' })
      .catch(ignoreAway);
    return;
  }
  const asset = setting.assets[whole(random, 0, setting.assets.length)]!;
  const category = { bin: 'full-bin', streetlight: 'street-light', signal: 'traffic-signal' }[
    asset.kind
  ]!;
  const place = { lat: asset.lat + random.uniform(0, 0.0003), lon: asset.lon };
  const named = random.chance(0.5) ? { asset: asset.id } : {};
  const body = { category, ...place, description: '', address: '', ...named };
  world.note(`citizen ${asset.id}`);
  const answer = (await host.execute('report.file', body)) as
    | { report: string; incident: string }
    | undefined;
  if (answer !== undefined) answered.set(answer.report, answer.incident);
}

/** Some letters, perhaps for the second time: who asks does not hear what became of the first. */
async function replayLetters({ world, fleet, database }: Stage, random: Random): Promise<void> {
  // What is not committed may not be there later.
  if (database.raw.isTransaction) return;
  const rows = database.raw
    .prepare("select * from dead_letter where consumer = 'decode' order by id")
    .all() as unknown as Selectable<IngestTables['dead_letter']>[];
  for (let i = whole(random, 1, 5); i > 0 && rows.length > 0; i--) {
    const row = rows[whole(random, 0, rows.length)]!;
    world.note(`replay of letter ${row.id}`);
    fleet.once(replayEntry(toLetter(row), 'operator', world.now()));
  }
}

function ignoreAway(): undefined {
  return undefined;
}
