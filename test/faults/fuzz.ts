import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '../../simulators/random.ts';
import { attack, type Outcome } from './attack.ts';
import { below, none, type Figures } from './figures.ts';
import { drain, judge, type Books } from './judge.ts';
import { startLoad } from './load.ts';
import { mutate } from './mutate.ts';
import { makePlace, type Place } from './place.ts';
import { recordSessions, type Login, type Recording } from './record.ts';
import { watch } from './watch.ts';

/** Sessions at a time, each under a login of its own. */
const slots = 16;

/** After so much the memory of a process has settled, s. */
const rest = 60;

/** Growth of resident memory that is none, MB. */
const growth = 50;

export interface FuzzOptions {
  readonly sessions: number;
  readonly seed: string;
  /** Whether to wait for what memory is left; times and memory say little where others run. */
  readonly memory: boolean;
}

/** Sends a server recorded sessions with a third of their packets spoilt, beside clients that do nothing wrong. */
export async function fuzz(
  figures: Figures,
  { sessions, seed, memory }: FuzzOptions,
): Promise<void> {
  const name = 'fuzz';
  const place = await makePlace({ series: 'embedded' });
  try {
    await place.register(5, 50);
    const recordings = await record(place);
    const control = await makeBridge(place, 'control', ['control/#'], ['control/#']);
    const watching = await watch(place, { ...control, topic: 'control/trip' });
    const load = await startLoad(place);
    // Valid sessions first: what a process takes the first time that it does something is no growth.
    await play(place, recordings, memory ? 500 : 50, createRandom(`${seed}/warm`), (all) => all);
    const before = await residentOf(place);
    figures.say(`${name}: ${sessions} sessions, ${before.toFixed(0)} MB resident`);

    let spoilt = 0;
    const random = createRandom(seed);
    const outcomes = await play(place, recordings, sessions, random, (packets, chance) => {
      const mutated = mutate(packets, chance);
      spoilt += mutated.spoilt;
      return mutated.packets;
    });
    const after = await residentOf(place);
    await load.stop();
    const seen = await watching.stop();
    figures.add(`${name}: sessions`, 'sessions', outcomes.length);
    figures.add(`${name}: packets spoilt`, 'packets', spoilt);
    for (const end of ['closed', 'answered', 'silent'] as const) {
      figures.add(
        `${name}: ended ${end}`,
        'sessions',
        outcomes.filter((o) => o.end === end).length,
      );
    }
    figures.add(
      `${name}: neither answered nor closed`,
      'sessions',
      outcomes.filter((o) => o.hung).length,
      none,
    );
    figures.add(
      `${name}: server ended`,
      'times',
      place.server.process.exitCode === null ? 0 : 1,
      none,
    );
    figures.add(`${name}: /readyz not 200`, 'times', seen.unready, none);
    figures.add(`${name}: control messages lost`, 'messages', seen.lost, none);
    figures.add(`${name}: control connections lost`, 'connections', seen.cut, none);
    figures.add(`${name}: control round trip`, 'ms', seen.trips);
    await addBooks(figures, name, place, outcomes);
    figures.add(`${name}: resident memory before`, 'MB', before);
    figures.add(`${name}: resident memory right after`, 'MB', after);
    if (!memory) return;
    await sleep(rest * 1_000);
    const later = await residentOf(place);
    figures.add(`${name}: resident memory ${rest} s later`, 'MB', later);
    figures.add(`${name}: resident memory gained`, 'MB', later - before, below(growth));
  } finally {
    await place.end();
  }
}

/** Nothing that anybody was told is kept is missing. */
async function addBooks(
  figures: Figures,
  name: string,
  place: Place,
  outcomes: readonly Outcome[],
): Promise<void> {
  const owed = (await place.fleet.settle(30)) ? 0 : place.fleet.owed();
  const verdict = await judge(place, 120);
  const books: Books = await drain(place, 0);
  const acknowledged = outcomes.reduce((sum, each) => sum + each.acknowledged, 0);
  const others = books.packets.accepted - place.fleet.acknowledged();
  const classes = books.consumers.map((consumer) => consumer.classes);
  const bugs = /siaga_dead_letters_total\{[^}]*code="internal\.bug"[^}]*\} (\d+)/g;
  const told = [...(await place.metrics()).matchAll(bugs)].map(([, count]) => Number(count));
  figures.add(`${name}: still owed to the fleet`, 'messages', owed, none);
  figures.add(`${name}: acknowledged to the fleet`, 'messages', verdict.acknowledged, {
    is: '>=',
    value: 1,
  });
  figures.add(`${name}: acknowledged and missing`, 'messages', verdict.missing, none);
  figures.add(`${name}: more than one point`, 'messages', verdict.doubles, none);
  figures.add(`${name}: acknowledged to spoilt sessions`, 'messages', acknowledged);
  figures.add(
    `${name}: more of them than records`,
    'messages',
    Math.max(0, acknowledged - others),
    none,
  );
  figures.add(`${name}: books out of balance`, 'consumers', verdict.unbalanced, none);
  figures.add(`${name}: pending for good`, 'records', verdict.pending, none);
  figures.add(
    `${name}: corrupt`,
    'records',
    classes.map((each) => each['corrupt'] ?? 0),
    none,
  );
  figures.add(
    `${name}: bugs`,
    'records',
    told.reduce((sum, count) => sum + count, 0),
    none,
  );
}

/** Records the sessions of each slot's device. */
async function record(place: Place): Promise<Recording[][]> {
  const filters = ['v3/#', 'city/v1/kupang/bin/+/cmd'];
  const bridge = await makeBridge(place, 'fuzz-bridge', filters, ['v3/#']);
  const make = async (slot: number): Promise<Recording[]> => {
    const id = `fuzz-${slot}`;
    const token = await place.server.device(id, { kind: 'bin', lat: -10.17, lon: 123.6 });
    return recordSessions({ mqtt: place.server.mqtt, device: { name: id, token }, bridge });
  };
  return Promise.all(Array.from({ length: slots }, (_, slot) => make(slot)));
}

async function makeBridge(
  place: Place,
  name: string,
  publish: readonly string[],
  subscribe: readonly string[],
): Promise<Login> {
  const { server } = place;
  const path = `/api/v1/bridges/${name}`;
  const { body } = await server.api<{ token: string }>('PUT', path, { publish, subscribe });
  return { name, token: body.token };
}

/** Plays so many sessions, a slot's one after the other; the same seed plays the same ones. */
async function play(
  place: Place,
  recordings: readonly (readonly Recording[])[],
  sessions: number,
  random: Random,
  change: (packets: Recording, random: Random) => readonly Buffer[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const run = async (slot: number): Promise<void> => {
    const own = recordings[slot] as [Recording, ...Recording[]];
    for (let n = slot; n < sessions; n += slots) {
      const chance = random.split(`${n}`);
      const packets = change(chance.pick(own), chance);
      outcomes.push(await attack(place.server.mqtt, packets, chance));
    }
  };
  await Promise.all(recordings.map((_, slot) => run(slot)));
  return outcomes;
}

async function residentOf(place: Place): Promise<number> {
  const found = /^process_resident_memory_bytes (\S+)$/m.exec(await place.metrics());
  return Number(found![1]) / 1e6;
}
