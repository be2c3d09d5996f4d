import { describe, expect, test } from 'vitest';
import { record, run, start } from './program.ts';

interface Line {
  readonly at: number;
  readonly topic?: string;
  readonly payload?: Record<string, unknown>;
  readonly post?: string;
  readonly form?: Record<string, string>;
}

function linesOf(text: string): Line[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

describe('--record -', () => {
  test('writes the same bytes when the seed is the same, and others when it is not', async () => {
    const [one, same, other] = await Promise.all([
      record('1h'),
      record('1h'),
      record('1h', '--seed', '8'),
    ]);
    expect(one).toBe(same);
    expect(one).not.toBe(other);
    expect(one.length).toBeGreaterThan(100_000);
  });

  test('leaves all lamps, signals and other bins as they are when a bin is added', async () => {
    const [without, withOne] = await Promise.all([
      record('3h', '--bins', '10'),
      record('3h', '--bins', '11'),
    ]);
    const apart = (text: string) =>
      text.split('\n').filter((line) => line.includes('"topic"') && !line.includes('/bin-0011/'));
    expect(apart(withOne)).toEqual(apart(without));
    expect(withOne).toContain('/bin-0011/');
  });

  test('writes messages and reports with their city time', async () => {
    const lines = linesOf(await record('2h'));
    expect(lines.find(({ topic }) => topic?.endsWith('/bin-0001/telemetry'))).toEqual({
      at: expect.any(Number),
      topic: 'city/v1/kupang/bin/bin-0001/telemetry',
      qos: 1,
      retain: false,
      payload: {
        v: 1,
        ts: expect.any(Number),
        boot: 1,
        seq: 1,
        values: {
          fill_level: expect.any(Number),
          temperature: expect.any(Number),
          tilt: expect.any(Number),
          battery: expect.any(Number),
          full: false,
          fire: false,
          lid_open: expect.any(Boolean),
        },
      },
    });
    const report = lines.find(({ post }) => post !== undefined);
    expect(report).toMatchObject({ post: '/open311/v2/requests.json' });
    expect(Object.keys(report?.form ?? {})).toEqual(['service_code', 'lat', 'long', 'description']);
  });

  test('writes the clock first when asked for it', async () => {
    const { stdout } = await run('--record', '-', '--for', '2m', '--speed', '3600', '--clock');
    expect(linesOf(stdout)[0]).toMatchObject({
      topic: '$siaga/clock',
      payload: { time: Date.parse('2026-11-23T17:30:00+08:00'), rate: 3600 },
    });
  });

  test('ends without a word when its reader has seen enough', async () => {
    const { child, ended } = start(['--record', '-', '--for', '480h', '--speed', '0']);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });
});
