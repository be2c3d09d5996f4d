import { expect, test } from 'vitest';
import { noInflux } from '../support/influx.ts';
import { createFigures, missed } from './figures.ts';
import { killRounds } from './kill.ts';
import type { Series } from './place.ts';

const stores: readonly { series: Series; rounds: number; skip?: string | undefined }[] = [
  { series: 'sink', rounds: 5 },
  { series: 'embedded', rounds: 1 },
  { series: 'influxd', rounds: 1, skip: noInflux },
];

test.for(stores)(
  'stores every acknowledged message once when killed $rounds times under load, with $series',
  { timeout: 300_000 },
  async ({ series, rounds, skip }, context) => {
    if (skip !== undefined) context.skip(skip);
    const figures = createFigures(() => undefined);
    await killRounds(figures, { series, rounds, seed: 'npm test' });
    expect(missed(figures)).toEqual([]);
    expect(figures.figures.length).toBeGreaterThan(5);
  },
);
