import { afterAll, beforeAll, describe } from 'vitest';
import { influxImages, noContainers, startContainer, type TestInflux } from '../support/influx.ts';
import { seriesStoreContract } from '../store/contract.ts';
import { openInflux } from '../store/influx-bench.ts';

const skipped = noContainers === undefined ? '' : ` (skipped: ${noContainers})`;

describe.skipIf(noContainers !== undefined).each(influxImages)(`%s${skipped}`, (image) => {
  let influx: TestInflux | undefined;

  beforeAll(async () => {
    influx = await startContainer(image);
  }, 300_000);
  afterAll(async () => {
    await influx?.stop();
  });

  seriesStoreContract(image, () => openInflux(influx!));
});
