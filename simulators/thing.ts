import type { Asset, Position, Value } from '#model';
import type { Place } from './city.ts';
import type { Random } from './random.ts';

/** The kinds that can be simulated. */
export type ThingKind = 'bin' | 'streetlight' | 'signal';

/** What can go wrong with them. */
export type FaultKind = 'bin-overflow' | 'bin-fire' | 'lamp-driver' | 'signal-dark';

/** An asset of a kind that can be simulated. */
export interface Thing extends Asset {
  readonly kind: ThingKind;
}

/** What a thing lives through between two of its messages. */
export interface Moment {
  /** City time, epoch milliseconds. */
  readonly time: number;
  /** Hour of the day by the city's clocks, 0 to 24. */
  readonly hour: number;
  /** What is wrong with it now. */
  readonly faults: ReadonlySet<FaultKind>;
  readonly random: Random;
}

/** Canonical metrics by name, as the kind defines them. */
export type Values = Readonly<Record<string, Value>>;

/** The physics of one kind. Steps are pure but for what they draw from the thing's own stream. */
export interface Model<State> {
  /** Begins its device's id, as in `lamp-0001`. */
  readonly prefix: string;
  /** City milliseconds between two messages when all is well. */
  readonly interval: number;
  /** What the registry knows of it: rated values by name. */
  readonly attributes: Readonly<Record<string, number>>;
  /** Where one stands in a quarter; `street` is a stream that the whole quarter shares. */
  stand(place: Place, street: Random, random: Random): Position;
  /** The state at first power-up. */
  start(asset: Asset, moment: Moment): State;
  /** The state at a later moment, and what the thing says then. */
  step(state: State, moment: Moment): { readonly state: State; readonly values: Values };
  /** City milliseconds from this message to the next, where that is not always `interval`. */
  pace?(state: State): number;
}

/** One thing under way: a model with its state inside. */
export interface Life {
  /** What it says at a moment, which must not be before the last one. */
  step(moment: Moment): Values;
  /** City milliseconds from its last message to the next. */
  pace(): number;
}

/** A model without its state's type, so that all kinds can be kept in one table. */
export interface Kind extends Pick<Model<unknown>, 'prefix' | 'interval' | 'attributes' | 'stand'> {
  /** Powers one up for the first time. */
  begin(asset: Asset, moment: Moment): Life;
}

export function toKind<State>(model: Model<State>): Kind {
  return {
    ...model,
    begin(asset, moment) {
      let state = model.start(asset, moment);
      return {
        step(next) {
          const taken = model.step(state, next);
          state = taken.state;
          return taken.values;
        },
        pace: () => model.pace?.(state) ?? model.interval,
      };
    },
  };
}

/** Between two numbers, the upper one excluded. */
export type Span = readonly [low: number, high: number];

/** In milliseconds. */
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
