import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { run } from '#app/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'siaga-'));
const config = join(folder, 'siaga.yaml');
const example = join(import.meta.dirname, '../../docs/examples/water-level');
writeFileSync(config, `kinds: ${example}/kinds\nprofiles: ${example}/profiles\n`);

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `devices try`, with no server anywhere, and keeps what it says. */
async function tryDevice(...args: string[]) {
  const said = { stdout: '', stderr: '' };
  const keep = (name: 'stdout' | 'stderr') =>
    vi.spyOn(process[name], 'write').mockImplementation((words: string | Uint8Array) => {
      said[name] += String(words);
      return true;
    });
  const kept = [keep('stdout'), keep('stderr')];
  try {
    const status = await run(['devices', 'try', ...args, '--config', config], {});
    return { status, ...said };
  } finally {
    for (const each of kept) each.mockRestore();
  }
}

const em310 = ['--profile', 'milesight-em310'];

describe('devices try', () => {
  test('shows raw values, readings with their units, and what is refused and why', async () => {
    const { status, stdout } = await tryDevice(...em310, '--hex', '01755C 03824408 040001 0999');
    const lines = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(lines).toContainEqual(['Profile milesight-em310 on a bin: 12 bytes on port 1']);
    expect(lines).toContainEqual(['position', 'tilt', 'tilted']);
    expect(lines).toContainEqual(['distance', '2116', 'mm', expect.stringMatching(/^\d{4}-/)]);
    expect(lines).toContainEqual(['tilted', 'true', expect.stringMatching(/^\d{4}-/)]);
    expect(lines).toContainEqual([
      '"09 99"',
      'item 09 99 is not in the profile: what follows from byte 12 on is not read',
      'ingest.frame_invalid',
    ]);
    expect(lines).toContainEqual([
      'fill_level',
      'the registry has no mount_height for bin, so that its distance says no level',
      'ingest.geometry_missing',
    ]);
    expect(status).toBe(0);
  });

  test('computes a level from the attributes that it is given', async () => {
    const size = ['--attribute', 'mount_height=2500', '--attribute', 'full_distance=500'];
    const { stdout } = await tryDevice(...em310, '--hex', '0x03:0x82:0x44:0x08', ...size, '--json');
    expect(JSON.parse(stdout)).toEqual({
      profile: 'milesight-em310',
      kind: 'bin',
      port: 1,
      raw: [{ name: 'distance', value: 2116, metric: 'distance' }],
      readings: [
        {
          observed_at: expect.any(String),
          values: [
            { metric: 'distance', value: 2116, unit: 'mm' },
            { metric: 'fill_level', value: 19.2, unit: '%' },
          ],
        },
      ],
      refused: [],
    });
  });

  test('takes a profile and a kind of the city’s own', async () => {
    const height = ['--attribute', 'mount_height=4000'];
    const canal = ['--profile', 'canal-em500', '--kind', 'water_level', ...height];
    const { stdout, status } = await tryDevice(...canal, '--hex', '0382a406', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'water_level',
      readings: [{ values: [{ value: 1700 }, { metric: 'water_level', value: 2.3, unit: 'm' }] }],
    });
    expect(status).toBe(0);
  });

  test('finds the port that a grammar knows the frame by, unless it is told', async () => {
    const pmx = ['--profile', 'pmx-tcr', '--hex', 'a2140a03e832044c3433', '--json'];
    const found = JSON.parse((await tryDevice(...pmx)).stdout) as object;
    expect(found).toMatchObject({
      port: 13,
      kind: 'signal',
      readings: [{}, { key: 'ltr' }, { key: 'rtl' }],
    });
    const told = await tryDevice(...pmx, '--port', '9');
    expect(JSON.parse(told.stdout)).toMatchObject({
      raw: [],
      readings: [],
      refused: [{ code: 'ingest.frame_invalid' }],
    });
    expect(told.status).toBe(1);
  });

  test('reads what a codec says, and names what is left out', async () => {
    const object =
      '{"distance": {"value": 1234, "unit": "mm"}, "protocol_version": 2, "x": "\\u001b[31m"}';
    const { stdout } = await tryDevice('--profile', 'decentlab-dl-mbx', '--object', object);
    const lines = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(lines).toContainEqual(['distance', '1234 mm', 'distance']);
    expect(lines).toContainEqual(['protocol_version', '2', 'left out']);
    // Nothing that a terminal would obey.
    expect(lines).toContainEqual(['x', String.raw`"\u001b[31m"`, 'left out']);
  });

  test('says that a frame of settings is empty', async () => {
    const { stdout, status } = await tryDevice(...em310, '--hex', 'ff0bff');
    expect(stdout).toContain('it would be counted as empty');
    expect(status).toBe(0);
  });

  test.each([
    [['--hex', '00'], 'devices try needs --profile, one of canal-em500, d4i, '],
    [['--profile', 'milesight-em31', '--hex', '00'], 'did you mean "milesight-em310"? There are '],
    [[...em310, '--kind', 'pond', '--hex', '00'], 'no kind "pond". There are bin, '],
    [em310, 'needs --hex BYTES or --object JSON'],
    [[...em310, '--hex', '00', '--object', '{}'], 'and not both'],
    [[...em310, '--hex', '0'], '--hex is 1 to 255 bytes'],
    [[...em310, '--hex', 'zz'], '--hex is 1 to 255 bytes'],
    [[...em310, '--hex', '00'.repeat(256)], '--hex is 1 to 255 bytes'],
    [[...em310, '--hex', '00', '--port', '256'], '--port is a LoRaWAN port'],
    [[...em310, '--hex', '00', '--port', 'x'], '--port is a LoRaWAN port'],
    [[...em310, '--object', '[1]'], '--object is a JSON object'],
    [[...em310, '--object', '{'], '--object is a JSON object'],
    [[...em310, '--hex', '00', '--attribute', 'mount_height'], '--attribute is NAME=NUMBER'],
  ])('ends with 64 when it is given %j', async (args, words) => {
    const { status, stderr, stdout } = await tryDevice(...args);
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
    expect(stderr).toContain(words);
  });
});
