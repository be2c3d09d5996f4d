import { readCity, type City } from '../../simulators/city.ts';
import type { CityEvent } from '../../simulators/event.ts';
import { createFleet } from '../../simulators/fleet.ts';
import { createRandom } from '../../simulators/random.ts';
import { simulate } from '../../simulators/simulate.ts';
import type { FaultKind, ThingKind } from '../../simulators/thing.ts';
import { isRejection } from '#model';

export const evening = Date.parse('2026-11-23T17:30:00+08:00');
export const minute = 60_000;
export const hour = 60 * minute;

/** Kupang as it ships. */
export function kupang(): City {
  const city = readCity(new URL('../../simulators/kupang.yaml', import.meta.url));
  if (isRejection(city)) throw new Error(city.reason);
  return city;
}

/** All that happens in a small Kupang within so many hours from half past five in the evening. */
export function live(hours: number, seed = '7', sizes: Partial<Record<ThingKind, number>> = {}) {
  const city = kupang();
  const random = createRandom(`siaga ${seed}`);
  const fleet = createFleet(city, { bin: 24, streetlight: 24, signal: 8, ...sizes }, random);
  const plan = { city, fleet, citizens: 6, random, from: evening, until: evening + hours * hour };
  return [...simulate(plan)];
}

export type EventOf<T extends CityEvent['type']> = Extract<CityEvent, { type: T }>;

export function only<T extends CityEvent['type']>(
  events: readonly CityEvent[],
  type: T,
): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}

/** All messages of a kind that have the metric, with its value as a number. */
export function said(events: readonly CityEvent[], metric: string, kind: string) {
  return only(events, 'telemetry')
    .filter(({ asset, values }) => asset.kind === kind && values[metric] !== undefined)
    .map((event) => ({ ...event, value: Number(event.values[metric]) }));
}

/** The first fault of a kind with what its device said of a metric before, during and after it. */
export function story(events: readonly CityEvent[], kind: FaultKind, metric: string) {
  const fault = only(events, 'fault').find((event) => event.fault.kind === kind)?.fault;
  if (fault === undefined) throw new Error(`no ${kind}`);
  const { asset, from, until } = fault;
  const own = said(events, metric, asset.kind).filter((event) => event.asset.id === asset.id);
  return {
    fault,
    before: own.filter(({ at }) => at < from),
    during: own.filter(({ at }) => at >= from && at < until),
    after: own.filter(({ at }) => at >= until),
  };
}
