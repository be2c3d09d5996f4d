import type { Value } from './reading.ts';

/** One point of a time series: measurement = kind; tags are functions of the asset, and nothing else. */
export interface Point {
  readonly measurement: string;
  readonly tags: {
    readonly asset: string;
    readonly district: string;
    readonly zone: string;
    readonly key?: string;
  };
  /** Epoch milliseconds and the nanoseconds within, see {@link Reading.nano}. */
  readonly time: number;
  readonly nano: number;
  readonly fields: Readonly<Record<string, Value>>;
}

/** A point the database will never take, by its place in the batch, with the database's own words. */
export interface RefusedPoint {
  readonly index: number;
  readonly reason: string;
}

export interface SeriesQuery {
  readonly measurement: string;
  readonly field: string;
  readonly asset?: string;
  readonly key?: string;
  /** Epoch milliseconds, from inclusive, to exclusive. */
  readonly from: number;
  readonly to: number;
  /** Step in milliseconds; without it the raw values. */
  readonly every?: number;
  readonly aggregate?: 'mean' | 'min' | 'max' | 'last' | 'count';
  readonly limit: number;
}

export interface Sample {
  readonly asset: string;
  readonly key?: string;
  readonly time: number;
  readonly value: Value;
}

/** How many points one series has for one field. */
export interface SeriesCount {
  readonly asset: string;
  readonly key?: string;
  readonly field: string;
  readonly count: number;
}

/** What tells how much a time-series database holds, to hold it against the books. */
export interface CountingStore extends SeriesStore {
  /** Points of every series of a measurement, by field; throws a ServiceError when the database is away. */
  count(measurement: string): Promise<SeriesCount[]>;
}

/** A time-series database: InfluxDB, or the embedded store behind the same words. */
export interface SeriesStore {
  readonly name: string;
  /**
   * Resolves when all points but the refused ones are stored; writing one twice is harmless.
   * Throws a ServiceError when the database is away or bars us: then nothing is lost, try again.
   */
  write(points: readonly Point[]): Promise<RefusedPoint[]>;
  /** Samples in time order; throws a ServiceError when the database is away. */
  range(query: SeriesQuery): Promise<Sample[]>;
  close(): Promise<void>;
}
