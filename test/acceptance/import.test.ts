import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, startServer, type TestServer } from '../support/server.ts';

describe('an import', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    const made = await makeFolder('influxd: none\n');
    remove = made.remove;
    server = await startServer(made.folder);
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  test('by the command line comes first as a trial, then for good, then without a change', async () => {
    const rows = Array.from(
      { length: 1_234 },
      (_, at) => `lamp-${at},streetlight,-10.16,123.6${at % 10},60`,
    );
    const csv = [
      'id,kind,lat,lon,attribute.rated_power',
      ...rows,
      'lamp-x,streetlight,north,123.6,60',
    ];
    await writeFile(join(server.folder, 'lamps.csv'), csv.join('\n'));
    const trial = server.run('devices', 'import', 'lamps.csv', '--dry-run');
    expect(trial.stdout).toMatch(
      /would be\s+created\s+1234\s+changed\s+0\s+unchanged\s+0\s+refused\s+1/,
    );
    expect(trial.stderr).toContain('row 1236 : lat: a number is needed, not north');
    expect(trial.status).toBe(1);
    expect((await server.api('GET', '/api/v1/devices/lamp-0')).status).toBe(404);

    const done = server.run('devices', 'import', 'lamps.csv', '--report', 'report.csv');
    expect(done.stdout).toMatch(/created\s+1234/);
    expect((await stat(join(server.folder, 'report.csv'))).mode & 0o777).toBe(0o600);
    const report = (await readFile(join(server.folder, 'report.csv'), 'utf8')).split('\n');
    const [row, id, outcome, token] = report[1]!.split(',');
    expect([row, id, outcome]).toEqual(['2', 'lamp-0', 'created']);
    await (await server.connect('lamp-0', token!)).endAsync();
    expect(report.find((line) => line.startsWith('1236,'))).toMatch(
      /refused,,registry.row_invalid,lat/,
    );

    expect(server.run('devices', 'import', 'lamps.csv').stdout).toMatch(/unchanged\s+1234/);
    const geo = {
      type: 'FeatureCollection',
      features: [
        {
          type: 'Feature',
          geometry: { type: 'Point', coordinates: [123.6, -10.17] },
          properties: { id: 'pole-1', kind: 'streetlight' },
        },
      ],
    };
    await writeFile(join(server.folder, 'poles.geojson'), JSON.stringify(geo));
    expect(server.run('assets', 'import', 'poles.geojson').stdout).toMatch(/created\s+1\n/);
    expect((await server.api('GET', '/api/v1/assets/pole-1')).body).toMatchObject({ devices: [] });
    expect(server.run('assets', 'import', 'poles.xls').status).toBe(64);
  });

  test('by HTTP may be a whole file', async () => {
    const headers = { authorization: `Bearer ${server.key}` };
    const send = (type: string, body: string) =>
      fetch(`${server.http}/api/v1/devices/import?dry_run=true`, {
        method: 'POST',
        headers: { ...headers, 'content-type': type },
        body,
      });
    const answer = await send(
      'text/csv',
      'id,kind,lat,lon\nbin-a,bin,-10.17,123.6\nbin-b,bench,1,2\n',
    );
    expect(await answer.json()).toMatchObject({
      dry_run: true,
      created: 1,
      refused: 1,
      items: [
        { row: 2, id: 'bin-a', outcome: 'created' },
        { row: 3, id: 'bin-b', outcome: 'refused', code: 'registry.kind_unknown', field: 'kind' },
      ],
    });
    const bad = await send('application/geo+json', '[]');
    expect(bad.status).toBe(400);
    expect(await bad.json()).toMatchObject({ code: 'registry.file_invalid' });
  });
});
