import { createInfluxStore } from '#store';
import type { TestInflux } from '../support/influx.ts';
import type { Bench } from './contract.ts';
import { createWire } from './cut-wire.ts';

/** An InfluxDB for the contract: away means that the wire to it is cut. */
export async function openInflux(influx: TestInflux): Promise<Bench> {
  const wire = await createWire(influx.url);
  const store = createInfluxStore({ ...influx, url: wire.url });
  return {
    store,
    away: () => wire.cut(),
    back: () => wire.mend(),
    async close() {
      await store.close();
      await wire.cut();
    },
  };
}
