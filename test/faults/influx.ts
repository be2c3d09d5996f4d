import { setTimeout as sleep } from 'node:timers/promises';
import { exactly, none, type Figures } from './figures.ts';
import { suffer, seen, wellAgain } from './load.ts';
import { judge } from './judge.ts';
import { makePlace, type Place } from './place.ts';
import type { Mood } from './sink.ts';
import { addVerdicts } from './verdicts.ts';

/**
 * InfluxDB away for `messages` of load, then back. 300,000 stand for an hour: 5,000 a second for a
 * minute, or the 83 a second that a thousand devices bring in an hour at one message each 12 s.
 */
export async function influxAway(figures: Figures, messages: number): Promise<void> {
  const name = `InfluxDB away for ${messages} messages`;
  const place = await makePlace();
  try {
    await place.register(10, 20_000);
    await place.fleet.connect(place.server.mqtt);
    await place.sink.leave();
    const from = performance.now();
    const load = place.fleet.publish({ into: place.list, messages });
    const part = await seen(place, { part: /^store$/, reason: /away|ECONNREFUSED/ });
    figures.add(`${name}: seen in health`, 'times', part?.state === 'waiting' ? 1 : 0, exactly(1));
    await load;
    const rate = messages / ((performance.now() - from) / 1_000);
    figures.add(`${name}: acknowledged meanwhile`, 'messages/s', rate);
    figures.add(`${name}: /readyz meanwhile`, 'status', (await place.ready()).status, exactly(200));
    figures.add(`${name}: stored meanwhile`, 'messages', place.sink.messages(), none);
    await place.sink.comeBack();
    addVerdicts(figures, name, [await judge(place, 600)]);
    figures.add(`${name}: until well again`, 's', await wellAgain(place), { is: '<', value: 60 });
  } finally {
    await place.end();
  }
}

/** InfluxDB that is there and answers wrongly: 503 and 429 with Retry-After, half a batch and a cut, silence. */
export async function influxMoods(figures: Figures): Promise<void> {
  const moods: readonly [Mood, string, RegExp][] = [
    [503, 'InfluxDB answers 503', /503/],
    [429, 'InfluxDB answers 429', /429/],
    ['cut', 'InfluxDB cuts after half a batch', /away|hang up|ECONNRESET/],
    ['silent', 'InfluxDB takes and never answers', /no answer|away/],
  ];
  const place = await makePlace();
  try {
    await place.register(10, 2_000);
    for (const [mood, name, reason] of moods) {
      const before = place.sink.refused();
      await suffer(figures, place, {
        name,
        begin: async () => {
          place.sink.mood = mood;
        },
        seen: { part: /^store$/, reason },
        during: () => sleep(2_000),
        end: async () => {
          place.sink.mood = 'well';
        },
      });
      figures.add(`${name}: writes it refused`, 'requests', place.sink.refused() - before);
    }
    figures.add('InfluxDB moods: lines received more than once', 'lines', place.sink.repeated());
  } finally {
    await place.end();
  }
}

/** The pipeline's thread ended, then busy for 5 s: the broker goes on, the thread comes back. */
export async function pipelineKilled(figures: Figures, place: Place): Promise<void> {
  await suffer(figures, place, {
    name: 'pipeline thread killed',
    begin: async () => place.tell({ fault: 'end', thread: 'pipeline' }),
    seen: { part: /^pipeline$/ },
    end: async () => undefined,
  });
}

/** See {@link pipelineKilled}. */
export async function pipelineBusy(figures: Figures, place: Place): Promise<void> {
  await suffer(figures, place, {
    name: 'pipeline thread busy for 5 s',
    begin: async () => place.tell({ fault: 'block', thread: 'pipeline', ms: 5_000 }),
    seen: { part: /^pipeline$/, reason: /no answer/ },
    end: async () => undefined,
  });
}

const hour = 3_600_000;

/** The clock goes back an hour and stays there; then it jumps on by two. */
export async function clockJumps(figures: Figures, place: Place): Promise<void> {
  for (const [name, ms] of [
    ['clock back an hour', -hour],
    ['clock on an hour', hour],
  ] as const) {
    await suffer(figures, place, {
      name,
      begin: async () => place.tell({ fault: 'clock', ms }),
      seen: undefined,
      during: async () => {
        await sleep(2_000);
        if (ms > 0) return; // what devices say of the past is believed
        // Devices now seem to live in the future, so their messages get the server's time.
        const off = Math.abs(place.sink.lastTime() - Date.now() - ms) / 1_000;
        figures.add(`${name}: points off the server's clock`, 's', off, { is: '<', value: 60 });
      },
      end: async () => place.tell({ fault: 'clock', ms: 0 }),
    });
  }
}
