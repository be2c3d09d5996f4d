import { expect, test } from 'vitest';
import type { Asset, Reading } from '#model';
import { toPoint } from '#store';

const bin: Asset = {
  id: 'bin-0113',
  kind: 'bin',
  lat: -10.15,
  lon: 123.61,
  district: 'Kelapa Lima',
  zone: 'Oesapa',
  attributes: {},
};
const reading: Reading = {
  asset: 'bin-0113',
  device: 'node-7',
  kind: 'bin',
  observedAt: 1_764_000_000_123,
  receivedAt: 1_764_000_000_456,
  packet: 7,
  nano: 42,
  values: { fill_level: 82.5, full: false, fire: true, state: 'ok' },
  quality: { fill_level: 'suspect' },
};

test('a reading becomes a point with booleans as 0 and 1 and the place of its asset', () => {
  expect(toPoint(reading, bin)).toEqual({
    measurement: 'bin',
    tags: { asset: 'bin-0113', district: 'Kelapa Lima', zone: 'Oesapa' },
    time: 1_764_000_000_123,
    nano: 42,
    fields: { fill_level: 82.5, full: 0, fire: 1, state: 'ok', lat: -10.15, lon: 123.61 },
  });
});

test('a reading of a key keeps it as a tag', () => {
  expect(toPoint({ ...reading, key: 'lane-2' }, bin).tags.key).toBe('lane-2');
});

test('a reading of an asset that is gone from the registry is stored without a place', () => {
  const { tags, fields } = toPoint(reading, undefined);
  expect(tags).toEqual({ asset: 'bin-0113', district: '', zone: '' });
  expect(fields).not.toHaveProperty('lat');
});
