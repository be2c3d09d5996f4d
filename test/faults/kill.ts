import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Log } from '#ingest';
import { createRandom } from '../../simulators/random.ts';
import { below, exactly, none, type Figures } from './figures.ts';
import { drain, judge, type Verdict } from './judge.ts';
import { makePlace, type Place, type Series } from './place.ts';
import { seqValues } from './sink.ts';
import { addVerdicts } from './verdicts.ts';

/** Longest time from the start of the process to ready, s. */
const startGate = 3;

export interface KillOptions {
  readonly rounds: number;
  readonly seed: string;
  readonly series?: Series;
}

/** Kills the server `rounds` times at random moments under load and counts what each kill cost. */
export async function killRounds(
  figures: Figures,
  { rounds, seed, series = 'sink' }: KillOptions,
): Promise<void> {
  const random = createRandom(seed);
  const place = await makePlace({ series });
  const verdicts: Verdict[] = [];
  const starts: number[] = [];
  try {
    await place.register(10);
    for (let round = 1; round <= rounds; round++) {
      await place.fleet.connect(place.server.mqtt);
      // A backlog for the store, too: then the kill finds something half done.
      if (round % 5 === 3) place.sink.mood = 503;
      const load = place.fleet.publish({ into: place.list });
      await sleep(random.uniform(100, 1_500));
      await place.kill();
      await load;
      place.sink.mood = 'well';
      if (round % 4 === 0) await killWhileStarting(place, random.uniform(100, 1_500));
      starts.push(await place.start());
      const verdict = await judge(place);
      verdicts.push(verdict);
      figures.say(
        `kill ${round}/${rounds}: ${verdict.acknowledged} acknowledged, ${verdict.missing} missing, ${verdict.doubles} double`,
      );
    }
    const name = series === 'sink' ? 'kill -9' : `kill -9 (${series})`;
    addVerdicts(figures, name, verdicts);
    figures.add(`${name}: restart to ready`, 's', starts, below(startGate));
    if (series === 'sink')
      figures.add(`${name}: lines received more than once`, 'lines', place.sink.repeated());
  } finally {
    await place.end();
  }
}

async function killWhileStarting(place: Place, after: number): Promise<void> {
  const child = place.launch();
  const gone = once(child, 'exit');
  await sleep(after);
  child.kill('SIGKILL');
  await gone;
}

/**
 * Starts on a log with a million packets that no consumer has seen: ready at once, and one incident a
 * bin that overflowed, however many messages say so. `whole`: until the last one is stored.
 */
export async function killBacklog(
  figures: Figures,
  { records, whole }: { readonly records: number; readonly whole: boolean },
): Promise<void> {
  const bins = 1_000;
  const place = await makePlace();
  try {
    figures.say(`backlog: registering ${bins} bins`);
    await place.register(bins);
    await place.server.stop();
    figures.say(`backlog: writing ${records} packets`);
    await writeBacklog(join(place.folder, 'data/packets'), [...place.tokens.keys()], records);
    figures.add(
      `start with ${records} unconfirmed: to ready`,
      's',
      await place.start(),
      below(startGate),
    );
    const from = performance.now();
    if (whole) {
      const books = await drain(place, records, 900);
      const seconds = (performance.now() - from) / 1_000;
      figures.add(`start with ${records} unconfirmed: until nothing was pending`, 's', seconds);
      figures.add('… records a second', 'records/s', records / seconds);
      figures.add('… points that are missing', 'points', records - place.sink.messages(), none);
      figures.add('… messages with more than one point', 'messages', place.sink.doubles(), none);
      const bad = books.consumers.filter(({ balanced }) => !balanced).length;
      figures.add('… books out of balance', 'consumers', bad, none);
      figures.add('… incidents filed', 'incidents', await countIncidents(place), exactly(bins));
    } else {
      await drainSome(place, 20_000);
      figures.add('… incidents filed', 'incidents', await countIncidents(place), {
        is: '<=',
        value: bins,
      });
      await place.kill();
    }
  } finally {
    await place.end();
  }
}

/** Every bin says the same number of things; once, in the middle, it overflows for a hundredth of them. */
async function writeBacklog(
  folder: string,
  ids: readonly string[],
  records: number,
): Promise<void> {
  const log = await Log.open({ folder, segmentBytes: 64 << 20, linger: 0 });
  const each = records / ids.length;
  const now = Date.now() - 60_000;
  for (let seq = 0; seq < each; seq++) {
    const share = seq / each;
    const values = { ...seqValues(seq), fill_level: share >= 0.5 && share < 0.51 ? 104 : 20 };
    const receivedAt = now + seq;
    const text = JSON.stringify({ v: 1, ts: receivedAt, boot: 1, seq, values });
    await log.appendAll(
      ids.map((id) => ({
        receivedAt,
        principal: id,
        topic: `city/v1/kupang/bin/${id}/telemetry`,
        bytes: Buffer.from(text),
      })),
    );
  }
  await log.close();
  await rm(join(folder, 'next.tmp'), { force: true });
}

async function drainSome(place: Place, messages: number): Promise<void> {
  const until = performance.now() + 60_000;
  while (place.sink.messages() < messages) {
    if (performance.now() > until) throw new Error('the road does not move');
    await sleep(100);
  }
}

async function countIncidents(place: Place): Promise<number> {
  let count = 0;
  let cursor: string | null = '';
  while (cursor !== null) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await place.server.api<{ items: unknown[]; next: string | null }>(
      'GET',
      `/api/v1/incidents?limit=200${from}`,
    );
    count += body.items.length;
    cursor = body.next;
  }
  return count;
}
