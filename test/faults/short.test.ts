import { expect, test } from 'vitest';
import { createFigures, missed } from './figures.ts';
import { fileLimit, fullDisk } from './disk.ts';
import { pipelineKilled } from './influx.ts';
import { inside, makePlace } from './place.ts';

test('acknowledges nothing and keeps everybody when the disk is full, and resumes', async (context) => {
  const figures = createFigures(() => undefined);
  await fullDisk(figures);
  // The same path through the code where nothing may be mounted.
  if (figures.missing.length > 0) await fileLimit(figures);
  if (figures.figures.length === 0) context.skip(figures.missing.at(-1)!.reason);
  expect(missed(figures)).toEqual([]);
}, 300_000);

test('loses nothing when the pipeline thread is killed under load', async () => {
  const figures = createFigures(() => undefined);
  const place = await makePlace({ preload: inside });
  try {
    // After a death the pipeline takes what it had in hand one record at a time.
    await place.register(5, 50);
    await pipelineKilled(figures, place);
  } finally {
    await place.end();
  }
  expect(missed(figures)).toEqual([]);
}, 300_000);
