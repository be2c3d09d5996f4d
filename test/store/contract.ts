import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ServiceError, type Point, type SeriesQuery, type SeriesStore, type Value } from '#model';

/** A store under test, and a way to take what is behind it away. */
export interface Bench {
  readonly store: SeriesStore;
  away(): Promise<void>;
  back(): Promise<void>;
  close(): Promise<void>;
}

/** A full hour, so that every step below begins with it. */
const start = 1_764_000_000_000;
const minute = 60_000;

/** What every series store keeps, whatever is behind it. */
export function seriesStoreContract(name: string, open: () => Promise<Bench>): void {
  describe(`the contract of a series store, kept by ${name}`, () => {
    let bench: Bench | undefined;
    let store: SeriesStore;
    // A measurement of its own for each test, since a given database may not be empty.
    let measurement = '';

    beforeAll(async () => {
      bench = await open();
      store = bench.store;
    });
    afterAll(() => bench?.close());
    beforeEach(() => {
      measurement = `bin_${randomUUID()}`;
    });

    const point = (
      time: number,
      fields: Record<string, Value>,
      rest: Partial<Point> = {},
    ): Point => ({
      measurement,
      tags: { asset: 'bin-1', district: 'Kelapa Lima', zone: 'Oesapa' },
      time: start + time,
      nano: 0,
      fields,
      ...rest,
    });
    const at = (time: number, value: Value, rest: Partial<Point> = {}) =>
      point(time, { fill_level: value }, rest);
    const of = (asset: string, key?: string): Partial<Point> => ({
      tags: { asset, district: '', zone: '', ...(key === undefined ? {} : { key }) },
    });
    const range = (query: Partial<SeriesQuery> = {}) =>
      store.range({
        measurement,
        field: 'fill_level',
        from: start,
        to: start + 60 * minute,
        limit: 10_000,
        ...query,
      });
    const values = async (query: Partial<SeriesQuery> = {}) =>
      (await range(query)).map(({ value }) => value);

    test('reads back what was written, in time order, from inclusive, to exclusive', async () => {
      const written = [
        at(2 * minute, 82.5),
        at(0, 5),
        at(minute, 0.1),
        at(-1, 1),
        at(3 * minute, 2),
      ];
      expect(await store.write(written)).toEqual([]);
      expect(await range({ to: start + 3 * minute })).toEqual([
        { asset: 'bin-1', time: start, value: 5 },
        { asset: 'bin-1', time: start + minute, value: 0.1 },
        { asset: 'bin-1', time: start + 2 * minute, value: 82.5 },
      ]);
    });

    test('has nothing to say about what was never written', async () => {
      expect(await range()).toEqual([]);
      expect(await range({ every: minute, aggregate: 'mean' })).toEqual([]);
    });

    test('keeps one point when the same is written twice, with the later values', async () => {
      await store.write([at(0, 1), at(0, 2)]);
      await store.write([at(0, 3)]);
      expect(await values()).toEqual([3]);
    });

    test('keeps two messages of one millisecond apart by their nano', async () => {
      await store.write([at(0, 2, { nano: 999_999 }), at(0, 1, { nano: 7 })]);
      expect(await values()).toEqual([1, 2]);
      expect(await values({ every: minute, aggregate: 'last' })).toEqual([2]);
    });

    test('keeps the keys of an asset apart', async () => {
      await store.write([
        at(0, 1, of('junction-1', 'lane-1')),
        at(1, 2, of('junction-1', 'lane-2')),
        at(2, 3, of('junction-1')),
      ]);
      expect(await range({ asset: 'junction-1', key: 'lane-2' })).toEqual([
        { asset: 'junction-1', key: 'lane-2', time: start + 1, value: 2 },
      ]);
      expect(await values({ asset: 'junction-1' })).toEqual([1, 2, 3]);
    });

    test('keeps assets apart and reads all of them in one order of time', async () => {
      await store.write([at(2, 3), at(0, 1), at(1, 2, of('bin-2'))]);
      expect(await values({ asset: 'bin-1' })).toEqual([1, 3]);
      expect((await range()).map(({ asset }) => asset)).toEqual(['bin-1', 'bin-2', 'bin-1']);
    });

    test('stores words beside numbers, and has a last and a count of them but no mean', async () => {
      await store.write([
        point(0, { mode: 'normal', cycle_time: 90 }),
        point(minute, { mode: 'say "dark"\\' }),
      ]);
      expect(await values({ field: 'mode' })).toEqual(['normal', 'say "dark"\\']);
      expect(await values({ field: 'cycle_time' })).toEqual([90]);
      const hourly = { field: 'mode', every: 60 * minute };
      expect(await values({ ...hourly, aggregate: 'last' })).toEqual(['say "dark"\\']);
      expect(await values({ ...hourly, aggregate: 'count' })).toEqual([2]);
      expect(await values({ ...hourly, aggregate: 'mean' })).toEqual([]);
    });

    test.each([
      ['mean', [2.5, 6]],
      ['min', [1, 6]],
      ['max', [4, 6]],
      ['last', [1, 6]],
      ['count', [2, 1]],
    ] as const)('takes the %s of each step', async (aggregate, expected) => {
      await store.write([at(minute, 4), at(14 * minute, 1), at(31 * minute, 6)]);
      const samples = await range({ every: 15 * minute, aggregate });
      expect(samples.map(({ value }) => value)).toEqual(expected);
      expect(samples.map(({ time }) => time)).toEqual([start, start + 30 * minute]);
    });

    test('takes steps for each asset and key by itself', async () => {
      await store.write([at(0, 1), at(1, 9, of('bin-2')), at(2, 5, of('bin-2', 'lid'))]);
      const samples = await range({ every: 60 * minute, aggregate: 'max' });
      expect(new Set(samples.map(({ value }) => value))).toEqual(new Set([1, 5, 9]));
    });

    test('takes no more than the limit, the earliest first, over all assets', async () => {
      const assets = ['bin-1', 'bin-2', 'bin-3'].map((asset) => of(asset));
      await store.write(
        [0, 1, 2, 3].flatMap((step) => assets.map((asset) => at(step * minute, step, asset))),
      );
      expect(await values({ limit: 4 })).toEqual([0, 0, 0, 1]);
      expect(await values({ limit: 4, every: minute, aggregate: 'mean' })).toEqual([0, 0, 0, 1]);
    });

    test('refuses the one point in a thousand that does not fit and stores the others', async () => {
      const points = Array.from({ length: 1_000 }, (_, step) => at(step, step));
      points[617] = point(617, { fill_level: 'full', temperature: 30 });
      const refused = await store.write(points);
      expect(refused.map(({ index }) => index)).toEqual([617]);
      expect(refused[0]?.reason).toContain('already exists as');
      const stored = await values();
      expect(stored).toHaveLength(999);
      expect(stored).not.toContain('full');
      expect(await values({ field: 'temperature' })).toEqual([]);
    });

    test('refuses what no database can hold', async () => {
      const refused = await store.write([at(0, Number.NaN), at(1, 1), point(2, {})]);
      expect(refused.map(({ index }) => index)).toEqual([0, 2]);
      expect(await values()).toEqual([1]);
    });

    test('keeps names with spaces, quotes and signs as they are', async () => {
      const odd = [
        `O'Brien "Ny" Café, a=b`,
        'back\\slash',
        String.raw`a\ b\,c`,
        `'; DROP`,
        '日本 1',
      ];
      await store.write(odd.map((key, step) => at(step, step, of('bin 1', key))));
      expect((await range()).map(({ key }) => key)).toEqual(odd);
      for (const [step, key] of odd.entries()) {
        expect(await values({ asset: 'bin 1', key })).toEqual([step]);
      }
    });

    test('throws a ServiceError when the database is away and loses nothing when tried again', async () => {
      await store.write([at(0, 1)]);
      await bench?.away();
      const failure = await store.write([at(1, 2), at(2, 3)]).catch((error: unknown) => error);
      await bench?.back();
      expect(failure).toBeInstanceOf(ServiceError);
      expect(failure).toMatchObject({ code: 'store.unreachable' });
      expect(await store.write([at(1, 2), at(2, 3)])).toEqual([]);
      expect(await values()).toEqual([1, 2, 3]);
    });
  });
}
