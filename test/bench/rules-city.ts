import type { Asset, Directory, Kinds, Reading, Value } from '#model';
import { createDirectory } from '#registry';
import { loadKinds, shippedKinds } from '#ingest';
import { loadRules, type Rule } from '#rules';
import { programFolder } from '#app/config.ts';
import { deviceAt } from './city.ts';

/** A city whose readings are made as fast as they are judged. */
export interface RulesCity {
  readonly kinds: Kinds;
  readonly rules: readonly Rule[];
  readonly assets: readonly Asset[];
  readonly directory: Directory;
  readonly timeZone: string;
}

/** A Monday in Kupang, midnight. */
export const beginning = Date.UTC(2026, 10, 22, 16);
/** Between the reports of an asset, ms. */
export const interval = 15 * 60_000;

/** The shipped rules and so many assets: six bins, three street lights and a signal of ten. */
export async function makeCity(count: number): Promise<RulesCity> {
  const kinds = await loadKinds(shippedKinds);
  if (Array.isArray(kinds)) throw new Error(JSON.stringify(kinds));
  const { rules, problems } = await loadRules(`${programFolder}/rules`, kinds);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const assets = Array.from({ length: count }, (_, at) => ({ ...deviceAt(at), interval }));
  const directory = createDirectory(assets.map((asset) => ({ asset })));
  return { kinds, rules, assets, directory, timeZone: 'Asia/Makassar' };
}

/**
 * What asset `at` says in round `round`. Bins fill up over two days and are emptied late now and then;
 * one reading in 5,000 is a fire, one lamp in 200 is dark for a night, one signal in 300 for an hour.
 */
export function readingAt(asset: Asset, at: number, round: number): Reading {
  const observedAt = beginning + round * interval + ((at * 7_919) % interval);
  const { id, kind } = asset;
  const own = { asset: id, device: id, kind, packet: 0, nano: 0, observedAt };
  return { ...own, receivedAt: observedAt, values: valuesAt(kind, at, round) };
}

function valuesAt(kind: string, at: number, round: number): Record<string, Value> {
  const noise = (at * 31 + round * 17) % 23;
  if (kind === 'bin') return binAt(at, round, noise);
  if (kind === 'streetlight') return lampAt(at, round, noise);
  const isDark = (at + Math.floor(round / 4)) % 300 === 0;
  return {
    mode: isDark ? 'dark' : 'normal',
    vehicle_count: 12 + noise,
    period: 60,
    occupancy: 6.5 + noise,
    avg_speed: 31.4 + noise / 10,
    cycle_time: 90,
    on_battery: isDark,
    door_open: false,
    comms_ok: true,
  };
}

function binAt(at: number, round: number, noise: number): Record<string, Value> {
  const cycle = (at * 37 + round) % 200;
  const fill_level = Math.min(103, Math.round((cycle / 192) * (at % 40 === 0 ? 100 : 80)));
  const fire = (at * 13 + round) % 5_000 === 0;
  return {
    fill_level,
    temperature: fire ? 82.5 : 29.5 + noise / 10,
    tilt: noise % 4,
    battery: 88,
    battery_voltage: 3.58,
    full: fill_level >= 100,
    fire,
    lid_open: noise === 7,
    rssi: -97 - noise,
    snr: 7.5 - (noise % 5),
  };
}

function lampAt(at: number, round: number, noise: number): Record<string, Value> {
  const hour = Math.floor(round / 4) % 24;
  const isNight = hour >= 18 || hour < 6;
  const isOut = isNight && (at + Math.floor(round / 96)) % 200 === 0;
  return {
    commanded_level: isNight ? 100 : 0,
    dim_level: isNight && !isOut ? 100 : 0,
    power: isNight && !isOut ? 60.1 + noise / 10 : 0.3,
    voltage: 224.3 + noise / 10,
    current: isNight && !isOut ? 0.286 : 0.002,
    power_factor: 0.94,
    energy: 183_200 + round,
    operating_hours: 3_020 + Math.floor(round / 8),
    lamp_failure: false,
  };
}

/** Readings of one round over all assets, in the order in which they come. */
export function roundOf({ assets }: RulesCity, order: readonly number[], round: number): Reading[] {
  return order.map((at) => readingAt(assets[at]!, at, round));
}

/** The assets by the time within an interval at which they report. */
export function orderOf({ assets }: RulesCity): number[] {
  const phase = (at: number): number => (at * 7_919) % interval;
  return assets.map((_, at) => at).sort((a, b) => phase(a) - phase(b));
}
