import { expect, test } from 'vitest';
import { createInfluxStore } from '#store';
import { withInflux } from '../support/influx.ts';
import { seriesStoreContract } from './contract.ts';
import { openInflux } from './influx-bench.ts';

withInflux('createInfluxStore', (influx) => {
  seriesStoreContract('InfluxDB', () => openInflux(influx()));

  test('makes the database when it is missing, and again when it was dropped', async () => {
    const store = createInfluxStore({ ...influx(), database: 'kota "baru"' });
    const point = {
      measurement: 'bin',
      tags: { asset: 'bin-1', district: '', zone: '' },
      time: 1,
      nano: 0,
      fields: { fill_level: 1 },
    };
    const query = { measurement: 'bin', field: 'fill_level', from: 0, to: 10, limit: 10 };
    expect(await store.range(query)).toEqual([]);
    expect(await store.write([point])).toEqual([]);
    await influx().query(String.raw`DROP DATABASE "kota \"baru\""`);
    expect(await store.write([point])).toEqual([]);
    expect(await store.range(query)).toHaveLength(1);
    await influx().query(String.raw`DROP DATABASE "kota \"baru\""`);
    await store.close();
  });

  test('says that it is barred when the password is wrong', async () => {
    const store = createInfluxStore({ ...influx(), token: 'guessed' });
    const query = { measurement: 'bin', field: 'fill_level', from: 0, to: 1, limit: 1 };
    await expect(store.range(query)).rejects.toMatchObject({
      code: 'store.access_denied',
      message: expect.stringContaining('authorization failed') as string,
    });
    await store.close();
  });
});
