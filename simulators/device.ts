import type { Agenda } from './agenda.ts';
import { hourOf, type City } from './city.ts';
import type { CityEvent, Task } from './event.ts';
import { kinds } from './fleet.ts';
import type { Random } from './random.ts';
import type { FaultKind, Life, Moment, Thing } from './thing.ts';

/** A device in the street: it powers up, reports at its own pace and when something happens to it. */
export interface Device {
  /** Something breaks; the device says so at once if it is up. */
  strike(fault: FaultKind, at: number): Iterable<CityEvent>;
  /** Somebody has put it right; the device says so at once. */
  mend(fault: FaultKind, at: number): Iterable<CityEvent>;
}

/** Puts a device's power-up on the agenda, in the first ten city seconds after `from`. */
export function createDevice(
  asset: Thing,
  { city, from, random }: { city: City; from: number; random: Random },
  agenda: Agenda<Task>,
): Device {
  const kind = kinds[asset.kind];
  const own = random.split(asset.id).split('life');
  const faults = new Set<FaultKind>();
  let life: Life | undefined;
  let seq = 0;
  let due = 0;

  function moment(at: number): Moment {
    return { time: at, hour: hourOf(city, at), faults, random: own };
  }

  function* boot(at: number): Generator<CityEvent> {
    life = kind.begin(asset, moment(at));
    yield { type: 'boot', at, asset };
    yield say(life, at);
    // Once all have reported, each does so at its own place within the interval.
    schedule(at + own.uniform(0, kind.interval));
  }

  function* report(at: number): Generator<CityEvent> {
    if (life === undefined) return;
    yield say(life, at);
    schedule(at + life.pace());
  }

  function say(speaker: Life, at: number): CityEvent {
    seq += 1;
    return { type: 'telemetry', at, asset, seq, values: speaker.step(moment(at)) };
  }

  function schedule(at: number): void {
    due = Math.round(at);
    // Woken in between, the device has spoken and set another time: then this one is void.
    agenda.add(due, (now) => (now === due ? report(now) : []));
  }

  agenda.add(Math.round(from + own.uniform(0, 10_000)), boot);
  return {
    strike(fault, at) {
      faults.add(fault);
      return report(at);
    },
    mend(fault, at) {
      faults.delete(fault);
      return report(at);
    },
  };
}
