import type { Report } from './citizen.ts';
import type { Fault } from './fault.ts';
import type { Thing, Values } from './thing.ts';

/** What happens in the city, at a city time in epoch milliseconds. */
export type CityEvent = { readonly at: number } & (
  | { readonly type: 'clock'; readonly rate: number }
  | { readonly type: 'boot'; readonly asset: Thing }
  | {
      readonly type: 'telemetry';
      readonly asset: Thing;
      readonly seq: number;
      readonly values: Values;
    }
  | { readonly type: 'report'; readonly report: Report }
  | { readonly type: 'fault'; readonly phase: 'begins' | 'ends'; readonly fault: Fault }
);

/** Something to do at a city time; it may add more to the agenda. */
export type Task = (at: number) => Iterable<CityEvent>;
