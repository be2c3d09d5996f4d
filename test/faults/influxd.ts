import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noInflux } from '../support/influx.ts';
import { exactly, type Figures } from './figures.ts';
import { judge } from './judge.ts';
import { seen, startLoad, wellAgain } from './load.ts';
import { makePlace } from './place.ts';
import { addVerdicts } from './verdicts.ts';

/** An influxd of the server's own, killed under load three times: it comes back, and nothing is missing or double. */
export async function influxdKilled(figures: Figures): Promise<void> {
  const name = 'influxd killed';
  if (noInflux !== undefined) return figures.absent(name, noInflux);
  const place = await makePlace({ series: 'influxd' });
  try {
    await place.register(10, 1_000);
    const load = await startLoad(place);
    const visible: number[] = [];
    const well: number[] = [];
    for (let round = 0; round < 3; round++) {
      const kept = await readFile(join(place.folder, 'data/influxd/influxd.json'), 'utf8');
      process.kill((JSON.parse(kept) as { pid: number }).pid, 'SIGKILL');
      visible.push((await seen(place, { part: /influxd|store/ })) === undefined ? 0 : 1);
      well.push(await wellAgain(place));
    }
    figures.add(`${name}: seen in health`, 'times', visible, exactly(1));
    figures.add(`${name}: until well again`, 's', well, { is: '<', value: 60 });
    await load.stop();
    await place.fleet.settle(30);
    addVerdicts(figures, name, [await judge(place)]);
  } finally {
    await place.end();
  }
}
