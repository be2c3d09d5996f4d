import { ucum } from '@atomic-ehr/ucum';

/** Turns a value of one unit into another unit's. */
export type Conversion = (value: number) => number;

/** Knows the conversion between two units; undefined when one is unknown or they measure different things. */
export interface Units {
  conversion(from: string, to: string): Conversion | undefined;
}

/** What devices write instead of UCUM: symbols, habits, SenML (RFC 8428) and UN/CEFACT codes. */
const aliases = new Map([
  ['°C', 'Cel'],
  ['℃', 'Cel'],
  ['degC', 'Cel'],
  ['CEL', 'Cel'],
  ['°F', '[degF]'],
  ['℉', '[degF]'],
  ['degF', '[degF]'],
  ['°', 'deg'],
  ['%RH', '%'],
  ['%EL', '%'],
  ['P1', '%'],
  ['ppm', '[ppm]'],
  ['dBm', 'dB{mW}'],
  ['DBM', 'dB{mW}'],
  ['VLT', 'V'],
  ['AMP', 'A'],
  ['WTT', 'W'],
  ['Wh', 'W.h'],
  ['kWh', 'kW.h'],
  ['KWH', 'kW.h'],
  ['KMH', 'km/h'],
  ['kph', 'km/h'],
  ['MMT', 'mm'],
  ['CMT', 'cm'],
  ['MTR', 'm'],
  ['KGM', 'kg'],
  ['SEC', 's'],
  ['minutes', 'min'],
  ['hours', 'h'],
]);

const maxLength = 32;
const maxCached = 1_000;

/** Makes a {@link Units} over UCUM that works out each pair of units once. */
export function createUnits(): Units {
  const cache = new Map<string, Conversion | undefined>();
  return {
    conversion(from, to) {
      // Units come from devices: without bounds a faulty one could fill the memory.
      if (from.length > maxLength) return undefined;
      const pair = `${from} ${to}`;
      if (!cache.has(pair)) {
        if (cache.size >= maxCached) cache.clear();
        cache.set(pair, workOut(aliases.get(from) ?? from, aliases.get(to) ?? to));
      }
      return cache.get(pair);
    },
  };
}

/** Whether a text is a unit, ours or UCUM's. */
export function isUnit(unit: string): boolean {
  return workOut(aliases.get(unit) ?? unit, aliases.get(unit) ?? unit) !== undefined;
}

/** Finds a line through three points; a logarithmic unit has none and converts to itself only. */
function workOut(from: string, to: string): Conversion | undefined {
  if (inherited.some((name) => from.includes(name))) return undefined;
  try {
    const offset = convert(0, from, to);
    const factor = (convert(1_000, from, to) - offset) / 1_000;
    const isLine =
      Math.abs(convert(500, from, to) - (500 * factor + offset)) < 1e-6 * Math.abs(factor);
    if (from === to) return same;
    if (!isLine || !Number.isFinite(factor) || factor === 0) return undefined;
    return (value) => tidy(value * factor + offset);
  } catch {
    return undefined; // the library throws what it can't parse or compare
  }
}

/** The library takes `constructor` for a unit, since it looks names up in a plain object. */
const inherited = Object.getOwnPropertyNames(Object.prototype);

/** By way of kelvin, since the library forgets prefixes between `mK` and `Cel`. */
function convert(value: number, from: string, to: string): number {
  return ucum.isConvertible(to, 'K')
    ? ucum.convert(ucum.convert(value, from, 'K'), 'K', to)
    : ucum.convert(value, from, to);
}

function same(value: number): number {
  return value;
}

/** Takes off what floating point adds: 77 °F are 25 °C, not 25.000000000000057. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
