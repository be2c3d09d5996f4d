import { createWriteStream } from 'node:fs';
import type { City } from './city.ts';
import { createClock } from './clock.ts';
import type { CityEvent } from './event.ts';
import { createFleet } from './fleet.ts';
import { goLive } from './live.ts';
import { clockMessage } from './message.ts';
import { createMeter, type Meter } from './meter.ts';
import type { Options } from './options.ts';
import { play, runClock } from './play.ts';
import { createRandom, type Random } from './random.ts';
import { createRecorder } from './recorder.ts';
import { registerFleet, type Registry } from './register.ts';
import { statusLine, type Screen } from './screen.ts';
import { simulate, type Plan } from './simulate.ts';

/** Writes to a file, or to standard output, what would be sent; needs no server. */
export async function record(
  options: Options & { record: string },
  city: City,
  signal: AbortSignal,
): Promise<void> {
  const plan = planOf(options, city);
  const stream = options.record === '-' ? process.stdout : createWriteStream(options.record);
  const recorder = createRecorder(stream, options.site, 1);
  const clock = options.speed > 0 ? clockOf(options) : undefined;
  try {
    const told = options.clock && clock ? { ...plan, clock } : plan;
    await play(simulate(told), recorder, signal, clock && runClock(clock));
  } finally {
    await recorder.close();
  }
}

/** Registers the city with a server and plays it there until its time is over or the signal aborts. */
export async function live(
  options: Options,
  city: City,
  key: string,
  boot: number,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const plan = planOf(options, city);
  const { fleet } = plan;
  const registry = registryOf(options, key, plan.random.split('network'), screen);
  const progress = (done: number) => screen.progress('registered', done, fleet.length);
  const tokens = await registerFleet(registry, fleet, progress, signal);

  const clock = clockOf(options);
  const running = runClock(clock);
  const meter = createMeter();
  /** For a connection that comes back; on the first one the city has not begun. */
  const tell = () => {
    const time = Math.round(running.now());
    return running.hasStarted() ? clockMessage(time, clock.rateAt(time)) : undefined;
  };
  const outlet = await goLive(
    {
      registry,
      tokens,
      boot,
      meter,
      mqtt: options.mqtt,
      site: options.site,
      log: (line) => screen.log(line),
      ...(options.clock ? { clock: tell } : {}),
    },
    signal,
  );
  try {
    screen.watch(() => {
      const time = running.now();
      return statusLine(city, time, clock.rateAt(time), meter, fleet.length);
    });
    const events = simulate(options.clock ? { ...plan, clock } : plan);
    await play(noticing(events, meter), outlet, signal, running);
  } finally {
    screen.close();
    await outlet.close();
  }
}

function planOf(options: Options, city: City): Plan {
  const random = createRandom(`siaga ${options.seed}`);
  const sizes = { bin: options.bins, streetlight: options.lights, signal: options.signals };
  return {
    city,
    fleet: createFleet(city, sizes, random),
    citizens: options.citizens,
    random,
    from: options.from,
    until: options.from + (options.for ?? Infinity),
  };
}

function clockOf({ from, speed, 'slow-at': slowAt }: Options) {
  return createClock(from, speed, slowAt);
}

/** Says each new reason for which the server is being waited for. */
function registryOf({ api }: Options, key: string, random: Random, screen: Screen): Registry {
  let last = '';
  return {
    api,
    key,
    random,
    onWait({ message }) {
      const reason = message.split(': ').at(-1) ?? message;
      if (reason !== last) screen.log(`waiting for ${api}: ${reason}`);
      last = reason;
    },
  };
}

/** Keeps the meter's list of what is wrong in the city. */
function* noticing(events: Iterable<CityEvent>, meter: Meter): Generator<CityEvent> {
  for (const event of events) {
    if (event.type === 'fault' && event.phase === 'begins') meter.faults.add(event.fault);
    if (event.type === 'fault' && event.phase === 'ends') meter.faults.delete(event.fault);
    yield event;
  }
}
