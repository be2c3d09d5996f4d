import { describe, expect, test } from 'vitest';
import { key } from './city-server.ts';
import { evening } from './night.ts';
import { serve, simulate, telemetry } from './stage.ts';

describe('a live simulation', () => {
  test('registers its fleet and logs in with the tokens when it starts', async () => {
    const server = await serve();
    simulate(server, ['--speed', '60']);
    await server.until(() => server.connected() === 7 && telemetry(server).length >= 6);

    const lights = ['lamp-0001', 'lamp-0002', 'signal-0001', 'signal-0002'];
    const logins = ['bin-0001', 'bin-0002', ...lights, 'simulator'];
    expect([...server.registered.keys()].toSorted()).toEqual(logins);
    expect(server.registered.get('simulator')?.body).toEqual({ publish: ['$siaga/clock'] });
    expect(server.registered.get('lamp-0001')?.body).toEqual({
      kind: 'streetlight',
      lat: expect.closeTo(-10.17, 0),
      lon: expect.closeTo(123.6, 0),
      name: expect.stringContaining('Lampu jalan 0001, '),
      district: expect.any(String),
      zone: expect.any(String),
      interval: 180_000,
      attributes: { rated_power: 62 },
    });
  });

  test('tells the time before anything else when the server follows its clock', async () => {
    const server = await serve();
    simulate(server, ['--speed', '60']);
    await server.until(() => telemetry(server).length >= 6);

    const [first] = server.messages;
    expect(first).toEqual({
      login: 'simulator',
      topic: '$siaga/clock',
      retain: false,
      payload: { time: evening, rate: 60 },
    });
  });

  test('says online, retained, before it reports when a device comes up', async () => {
    const server = await serve();
    simulate(server, ['--site', 'test', '--speed', '60']);
    await server.until(() => telemetry(server).length >= 6);

    const [status, report] = server.messages.filter(({ login }) => login === 'bin-0001');
    expect(status).toMatchObject({
      topic: 'city/v1/test/bin/bin-0001/status',
      retain: true,
      payload: { online: true },
    });
    expect(report).toMatchObject({
      topic: 'city/v1/test/bin/bin-0001/telemetry',
      retain: false,
      payload: { v: 1, seq: 1, values: { fill_level: expect.any(Number), full: false } },
    });
    expect(report?.payload['ts']).toBeGreaterThanOrEqual(evening);
    expect(report?.payload['boot']).toBeGreaterThan(Date.parse('2026-01-01'));
  });

  test('slows down to the pace of the wall when the city reaches --slow-at', async () => {
    const server = await serve();
    simulate(server, ['--slow-at', '2026-11-23T18:00:00+08:00']);
    const ticks = () => server.messages.filter(({ topic }) => topic === '$siaga/clock');
    await server.until(() => ticks().length >= 3);

    expect(ticks().map(({ payload }) => payload)).toEqual([
      { time: evening, rate: 3600 },
      { time: evening + 1_800_000, rate: 1 },
      { time: evening + 1_801_000, rate: 1 },
    ]);
  });

  test('files what citizens see when something breaks', async () => {
    const server = await serve();
    simulate(server, ['--citizens', '4']);
    const codes = () => new Set(server.reports.map((report) => report['service_code']));
    await server.until(() => codes().size >= 5);

    const wanted = ['full-bin', 'street-light', 'traffic-signal', 'fire', 'dumped-waste'];
    expect([...codes()]).toEqual(expect.arrayContaining(wanted));
    expect(server.reports[0]).toEqual({
      api_key: key,
      service_code: expect.any(String),
      lat: expect.stringMatching(/^-10\.\d+$/),
      long: expect.stringMatching(/^123\.\d+$/),
      description: expect.stringMatching(/\w/),
    });
  });

  test('logs a refused report once and tries a postponed one again', async () => {
    const tried = new Map<string, number>();
    const server = await serve({
      answer({ service_code: code = '', description = '' }) {
        const tries = (tried.get(code + description) ?? 0) + 1;
        tried.set(code + description, tries);
        if (code === 'fire' && tries === 1) return { status: 503, body: {} };
        const unknown = [{ code: '404', description: 'no such service' }];
        return code === 'full-bin' ? { status: 404, body: unknown } : { status: 201, body: [] };
      },
    });
    const program = simulate(server, ['--citizens', '1']);
    const again = () => server.reports.filter((report) => report['service_code'] === 'fire');
    await server.until(() => again().length === 2 && server.reports.length >= 5);

    const { stderr } = await program.stop();
    const refusals = stderr.split('\n').filter((line) => line.includes('404'));
    const refused = server.reports.filter((report) => report['service_code'] === 'full-bin');
    expect(refused).toHaveLength(1);
    expect(refusals).toEqual([expect.stringContaining('no such service')]);
    expect(again()[0]).toEqual(again()[1]);
  });
});
