import { describe, expect, test } from 'vitest';
import { createUnits, isUnit } from '../../../ingest/units.ts';

const units = createUnits();

describe('units', () => {
  test.each([
    [77, '[degF]', 'Cel', 25],
    [298.15, 'K', 'Cel', 25],
    [100, 'mK', 'Cel', -273.05],
    [25, '℃', 'Cel', 25],
    [25, '°C', 'Cel', 25],
    [25, 'degC', 'Cel', 25],
    [77, '°F', 'Cel', 25],
    [55, '%RH', '%', 55],
    [0.82, '1', '%', 82],
    [94, '%', '1', 0.94],
    [-97, 'dBm', 'dB{mW}', -97],
    [1.234, 'm', 'mm', 1234],
    [30, 'cm', 'mm', 300],
    [2993, 'mV', 'V', 2.993],
    [213, 'mA', 'A', 0.213],
    [1.5, 'kWh', 'W.h', 1500],
    [3.6, 'MJ', 'kW.h', 1],
    [10, 'm/s', 'km/h', 36],
    [30, '°', 'deg', 30],
    [5, '{vehicles}', '{vehicles}', 5],
    [15, 'min', 's', 900],
  ])('turns %d %s into %s', (value, from, to, expected) => {
    expect(units.conversion(from, to)?.(value)).toBe(expected);
  });

  test.each([
    ['C', 'Cel'],
    ['V', 'A'],
    ['dB', '1'],
    ['bogus', 'mm'],
    ['', 'mm'],
    ['constructor', '%'],
    ['__proto__', '%'],
    ['10*400', '1'],
    [`m${' '.repeat(40)}`, 'mm'],
  ])('knows no way from %j to %s', (from, to) => {
    expect(units.conversion(from, to)).toBeUndefined();
  });

  test('still converts when a device has sent more units than are remembered', () => {
    const own = createUnits();
    for (let n = 0; n < 2_500; n++) own.conversion(`x${n}`, 'mm');
    expect(own.conversion('m', 'mm')?.(2)).toBe(2_000);
  });

  test('tells a unit from a word when asked', () => {
    expect(['mm', '1', 'dB{mW}', '{vehicles}', 'pieces'].map(isUnit)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});
