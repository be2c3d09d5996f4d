import { isRejection } from '#model';
import { describe, expect, test } from 'vitest';
import { help, readOptions } from '../../simulators/options.ts';
import { run } from './program.ts';

const now = Date.parse('2026-01-02T03:04:05Z');

describe('readOptions', () => {
  test('starts now when it plays against a server with a clock of its own', () => {
    expect(readOptions([], now)).toMatchObject({ from: now, speed: 1, bins: 24, site: 'kupang' });
  });

  test.each([[['--clock']], [['--record', '-']]])(
    'starts in the shipped evening when given %j',
    (argv) => {
      const evening = Date.parse('2026-11-23T17:30:00+08:00');
      expect(readOptions(argv, now)).toMatchObject({ from: evening });
    },
  );

  test('takes everything that the demo passes', () => {
    const argv = `--mqtt mqtt://127.0.0.1:1 --api http://127.0.0.1:2 --key-file k --site test
      --seed 8 --bins 1 --lights 2 --signals 3 --citizens 4 --from 2026-11-23T17:30:00+08:00
      --speed 60 --slow-at 2026-11-23T19:30:00+08:00 --for 90m --clock --tied --quiet`;
    expect(readOptions(argv.split(/\s+/), now)).toMatchObject({
      'slow-at': Date.parse('2026-11-23T11:30:00Z'),
      seed: '8',
      for: 5_400_000,
      speed: 60,
      tied: true,
    });
  });

  test.each([
    [['--bin', '1'], /unknown option '--bin'/i],
    [['extra'], /unexpected argument/i],
    [['--bins', 'many'], /--bins is not a whole number/],
    [['--from', '2026-11-23'], /--from is not a time with its zone/],
    [['--mqtt', 'tcp://x'], /--mqtt is not an address/],
    [['--site', 'Not/Ok'], /--site/],
    ['--bins 0 --lights 0 --signals 0 --citizens 0'.split(' '), /nothing to simulate/],
    [['--speed', '0'], /needs --record/],
    [['--record', '-', '--speed', '0'], /--for/],
    [['--record', '-', '--speed', '0', '--for', '1h', '--clock'], /--clock/],
  ])('says what is wrong when given %j', (argv, reason) => {
    const read = readOptions(argv, now);
    if (!isRejection(read)) throw new Error('was accepted');
    expect(read.reason).toMatch(reason);
  });

  test('has a line of help for each option', () => {
    const read = readOptions([], now) as object;
    for (const name of ['key-file', 'city', 'slow-at', 'for', 'record', ...Object.keys(read)]) {
      expect(help).toContain(`--${name}`);
    }
  });
});

describe('the command line', () => {
  test('exits 64 with the reason when an option is unknown', async () => {
    const { code, stderr, stdout } = await run('--bogus');
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/simulate: unknown option '--bogus' \(see --help\)\n/i);
  });

  test('exits 0 with the help when asked for it', async () => {
    expect(await run('--help')).toEqual({ code: 0, stdout: help, stderr: '' });
  });

  test('exits 78 with both ways to give a key when there is none', async () => {
    const { code, stderr } = await run('--key-file', '/nowhere/admin.key');
    expect(code).toBe(78);
    expect(stderr).toMatch(/--key-file, SIAGA_ADMIN_KEY.*ENOENT/);
  });

  test('exits 78 when the city cannot be read', async () => {
    const { code, stderr } = await run('--city', '/nowhere/atlantis.yaml');
    expect(code).toBe(78);
    expect(stderr).toContain('/nowhere/atlantis.yaml is no city');
  });
});
