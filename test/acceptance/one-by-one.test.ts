import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolder, startServer, type TestServer } from '../support/server.ts';

const place = ['--kind', 'streetlight', '--lat', '-10.17', '--lon', '123.6'];

/* One thing and one device at a time, by hand: make, look, change, lock out, forget. */
describe('the command line', { timeout: 120_000 }, () => {
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

  const siaga = (line: string, ...more: string[]) => server.run(...line.split(' '), ...more);
  const json = <T>({ stdout, stderr }: { stdout: string; stderr: string }): T => {
    expect(stderr).toBe('');
    return JSON.parse(stdout) as T;
  };

  test('makes a thing, shows it, gives it hardware, and forgets both', async () => {
    const more = '--interval 4h --parent cabinet-3 --attribute rated_power=60 --name';
    const added = siaga('assets add pole-7', ...place, ...more.split(' '), 'Jalan\u001b[31m');
    const asset = { id: 'pole-7', kind: 'streetlight', interval: 14_400_000, parent: 'cabinet-3' };
    expect(json(added)).toMatchObject({ asset: { ...asset, attributes: { rated_power: 60 } } });
    const shown = siaga('assets show pole-7');
    expect(shown.stdout).toMatch(/^id +pole-7$/m);
    expect(shown.stdout).toMatch(/^attributes +\{"rated_power":60\}$/m);
    expect(shown.stdout).toContain(String.raw`Jalan\u001b[31m`); // nothing that a terminal obeys

    const eui = { system: 'dev_eui', id: '0004A30B001C0530' };
    const bound = siaga(`devices add lamp-7 --asset pole-7 --identity dev_eui/${eui.id}`);
    const { token } = json<{ token: string }>(bound);
    expect(json(siaga('devices show lamp-7 --json'))).toMatchObject({ id: 'lamp-7' });
    expect(json(siaga('devices add lamp-7 --asset pole-7'))).toMatchObject({
      device: { identities: [eui] },
    });
    await (await server.connect('lamp-7', token)).endAsync();
    const rotated = json<{ token: string }>(siaga('devices rotate lamp-7')).token;
    await expect(server.connect('lamp-7', token)).rejects.toThrow(/not authorized|Bad User/i);
    await (await server.connect('lamp-7', rotated)).endAsync();
    expect(json(siaga('devices revoke lamp-7'))).toEqual({ device: 'lamp-7' });
    await expect(server.connect('lamp-7', rotated)).rejects.toThrow(/not authorized|Bad User/i);

    const served = siaga('assets remove pole-7');
    expect([served.status, served.stderr]).toEqual([
      1,
      'siaga: id: lamp-7 serves it: take it off first [registry.asset_served]\n',
    ]);
    expect(json(siaga('devices remove lamp-7'))).toEqual({ device: 'lamp-7' });
    expect(json(siaga('assets remove pole-7'))).toEqual({ asset: 'pole-7' });
  });

  test.each(['assets show', 'assets remove', 'devices show', 'devices remove', 'devices revoke'])(
    'says of %s that there is no such thing',
    (command) => {
      const { status, stdout, stderr } = siaga(`${command} nobody`);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/no (?:asset|device) nobody \[registry\.(?:asset|device)_unknown\]/);
    },
  );

  test.each([
    ['assets add', /needs one ID/],
    ['assets show a b', /needs one ID/],
    ['devices rotate', /needs one ID/],
    ['assets add pole-7 --kind streetlight', /needs --kind, --lat and --lon/],
    ['assets add pole-7 --kind bin --lat north --lon 1', /degrees/],
    ['assets add pole-7 --kind bin --lat 1 --lon 1 --interval daily', /duration/],
    ['assets add pole-7 --kind bin --lat 1 --lon 1 --attribute x', /NAME=NUMBER/],
    ['devices add lamp-7 --asset pole-7 --identity x', /SYSTEM\/NAME/],
    ['devices add lamp-7 --asset pole-7 --kind bin', /--asset or --kind/],
    ['devices add lamp-7', /or --asset/],
    ['assets mend pole-7', /no command/],
  ])('ends with 64 when told %s, and says why', (line, reason) => {
    const { status, stdout, stderr } = siaga(line);
    expect([status, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(reason);
  });

  test('ends with 78 when the configuration is wrong, and with 0 when asked for help', async () => {
    await writeFile(join(server.folder, 'wrong.yaml'), 'sight: kupang\n');
    const wrong = siaga('assets show pole-7 --config wrong.yaml');
    expect([wrong.status, wrong.stderr]).toEqual([78, expect.stringContaining('sight')]);
    const help = siaga('assets --help');
    expect(help.status).toBe(0);
    for (const command of ['assets add', 'assets show', 'assets remove', 'devices show']) {
      expect(help.stdout).toContain(`${command} ID`);
    }
  });
});
