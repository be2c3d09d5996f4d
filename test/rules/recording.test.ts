import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRejection, type Reading } from '#model';
import { RecordingReader, type RecordingWish } from '../../rules/recording-reader.ts';
import { RecordingWriter } from '../../rules/recording-writer.ts';
import { makeAsset } from './kit.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siaga-recording-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const head = {
  made: 1_000,
  assets: [makeAsset('bin', { zone: 'Oesapa', parent: 'hub-1' })],
  models: { d: 'df702' },
};

function write(readings: readonly Reading[]): string {
  const file = join(folder, 'some.recording');
  const writer = new RecordingWriter(file, head);
  for (const each of readings) writer.append(each);
  writer.close();
  return file;
}

function open(file: string, wish: RecordingWish = {}): RecordingReader {
  const reader = RecordingReader.open(file, wish);
  if (isRejection(reader)) throw new Error(reader.reason);
  return reader;
}

/** What a file gives back; the objects are copied, since the reader uses them again. */
function read(file: string, wish: RecordingWish = {}) {
  const reader = open(file, wish);
  const readings: Reading[] = [];
  for (;;) {
    const more = reader.next((reading) => readings.push(structuredClone({ ...reading })));
    if (more === true) continue;
    reader.close();
    return {
      readings: readings.map(plain),
      torn: reader.torn,
      problem: isRejection(more) ? more.reason : undefined,
    };
  }
}

/** A reading as far as rules look at it. */
function plain({ packet: _packet, nano: _nano, quality, ...rest }: Reading) {
  return quality === undefined ? rest : { ...rest, quality };
}

const metric = fc.constantFrom('fill_level', 'temperature', 'mode', 'fire', 'power');
const value = fc.oneof(
  fc.double(),
  fc.double({ min: -1e6, max: 1e6 }).map((n) => Math.round(n * 100) / 100),
  fc.boolean(),
  fc.string(),
);
const some = fc.record(
  {
    asset: fc.constantFrom('bin-1', 'bin-2', 'lamp-1'),
    device: fc.constantFrom('d', 'e'),
    kind: fc.constantFrom('bin', 'streetlight'),
    key: fc.constantFrom('north', 'south'),
    observedAt: fc.integer({ min: -1e12, max: 4e12 }),
    receivedAt: fc.integer({ min: 0, max: 4e12 }),
    packet: fc.nat(),
    nano: fc.nat(999_999),
    values: fc.dictionary(metric, value).map((values) => ({ ...values })),
    quality: fc
      .dictionary(metric, fc.constant('suspect' as const), { minKeys: 1 })
      .map((quality) => ({ ...quality })),
  },
  {
    requiredKeys: [
      'asset',
      'device',
      'kind',
      'observedAt',
      'receivedAt',
      'packet',
      'nano',
      'values',
    ],
  },
) as fc.Arbitrary<Reading>;

describe('a recording', () => {
  test('gives back whatever was written, to the last bit', () => {
    fc.assert(
      fc.property(fc.array(some, { maxLength: 60 }), (readings) => {
        expect(read(write(readings)).readings).toStrictEqual(readings.map(plain));
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test('tells the city that it is of', () => {
    expect(open(write([])).head).toEqual(head);
  });

  test('hands out what was received in a time, and the metrics asked for', () => {
    const file = write([1, 2, 3, 4].map(fill));
    const { readings } = read(file, { from: 2, to: 4, metrics: new Set(['temperature']) });
    expect(readings.map(({ receivedAt, values }) => [receivedAt, values])).toEqual([
      [2, { temperature: 30.5 }],
      [3, { temperature: 30.5 }],
    ]);
  });

  test('that was cut anywhere is used up to there, and says so', () => {
    const whole = many();
    const file = write(whole);
    const { length } = readFileSync(file);
    for (const cut of [1, 21, 60, Math.floor(length / 2), length - 100_000]) {
      write(whole);
      truncateSync(file, length - cut);
      const { readings, torn, problem } = read(file);
      expect(problem).toBeUndefined();
      expect(torn!.offset).toBeLessThanOrEqual(length - cut);
      expect(readings).toStrictEqual(whole.slice(0, readings.length).map(plain));
    }
  });

  test('that is damaged in its middle names block and byte', () => {
    const file = write(many());
    const bytes = readFileSync(file);
    const at = Math.floor(bytes.length / 2);
    bytes[at]! ^= 1;
    writeFileSync(file, bytes);
    const { readings, problem } = read(file);
    expect(readings.length).toBeGreaterThan(0);
    const [, block, offset] = /^block (\d+) at byte (\d+) does not agree/.exec(problem!)!;
    expect(Number(block)).toBeGreaterThan(1);
    expect(Number(offset)).toBeLessThan(at);
  });

  test('is told from other files', () => {
    const file = join(folder, 'other');
    writeFileSync(file, 'rule: 1\n');
    expect(RecordingReader.open(file)).toMatchObject({ code: 'rules.recording_invalid' });
  });
});

function fill(receivedAt: number): Reading {
  const from = { asset: 'bin-1', device: 'bin-1', kind: 'bin', packet: 0, nano: 0 };
  return {
    ...from,
    observedAt: receivedAt,
    receivedAt,
    values: { fill_level: receivedAt, temperature: 30.5 },
  };
}

/** More than one block of them. */
function many(): Reading[] {
  return Array.from({ length: 30_000 }, (_, n) => fill(n));
}
