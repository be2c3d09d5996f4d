import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Asset } from '#model';

/** A device of the bench with its login. */
export interface Login {
  readonly login: string;
  readonly token: string;
  readonly asset: Pick<Asset, 'id' | 'kind'>;
}

/** Of ten devices six are bins, three street lights, one a signal. */
export const mix = '60 % bins, 30 % street lights, 10 % signals';

/** Payloads a class has; each device goes through them in turn, each from another start. */
export const cycle = 100;

const kinds = [
  'bin',
  'streetlight',
  'bin',
  'signal',
  'bin',
  'streetlight',
  'bin',
  'bin',
  'streetlight',
  'bin',
] as const;
const districts = ['Alak', 'Kelapa Lima', 'Kota Lama', 'Kota Raja', 'Maulafa', 'Oebobo'];

/** The device of a number, somewhere in the city; the same one in each run. */
export function deviceAt(number: number, kind: string = kinds[number % 10]!): Asset {
  const short = { bin: 'bin', streetlight: 'lamp', signal: 'signal' }[kind] ?? kind;
  return {
    id: `${short}-${String(number).padStart(5, '0')}`,
    kind,
    lat: -10.13 - (0.001 * ((number * 7) % 97)) / 1.2,
    lon: 123.55 + (0.001 * ((number * 13) % 101)) / 1.2,
    district: districts[number % districts.length]!,
    zone: `zone-${number % 51}`,
    attributes: { rated_power: 62 },
  };
}

/** Where a device reports. */
export function topicOf({ id, kind }: Pick<Asset, 'id' | 'kind'>): string {
  return `city/v1/kupang/${kind}/${id}/telemetry`;
}

/**
 * Payload lines of all classes for one run of the generator. In a cycle of 100 messages a bin fills
 * up, overflows once (bin-due and bin-overflow) and is emptied, and once it burns (bin-fire): two
 * messages in a hundred are breaches. A lamp is once without power and a signal once dark, too short
 * for their rules. `boot` must differ from run to run, else everything is a duplicate.
 */
export function payloadLines(boot: number): string[] {
  const of = { bin: binValues, streetlight: lampValues, signal: signalValues };
  return Object.entries(of).flatMap(([kind, values]) =>
    Array.from({ length: cycle }, (_, at) => `${kind}\t${body(boot, values(at))}`),
  );
}

/** Share of a mixed run's messages that breach a shipped rule. */
export const breaching = 0.6 * (2 / cycle);

/** Payload lines of a class `overflow`: bins that are full, one incident each. */
export function overflowLines(boot: number): string[] {
  return [`overflow\t${body(boot, binValues(98))}`];
}

/** Writes the generator's files and answers its options that name them. */
export function writeFiles(
  folder: string,
  logins: readonly (Login & { readonly class?: string })[],
  payloads: readonly string[],
): string[] {
  const file = { logins: join(folder, 'logins.tsv'), payloads: join(folder, 'payloads.tsv') };
  const lines = logins.map(({ login, token, asset, ...own }) =>
    [login, token, topicOf(asset), own.class ?? asset.kind].join('\t'),
  );
  writeFileSync(file.logins, `${lines.join('\n')}\n`);
  writeFileSync(file.payloads, `${payloads.join('\n')}\n`);
  return ['--logins', file.logins, '--payloads', file.payloads];
}

function body(boot: number, values: object): string {
  const head = { v: 1, ts: '%TS%', boot, seq: '%SEQ%' };
  return JSON.stringify({ ...head, values }).replaceAll(/"(%\w+%)"/g, '$1');
}

function binValues(at: number) {
  const fill = at === 98 ? 103 : at === 99 ? 2 : Math.round((at * 84) / 97);
  return {
    fill_level: fill,
    temperature: at === 40 ? 82.5 : 29.5 + (at % 30) / 10,
    tilt: at % 4,
    battery: 88,
    battery_voltage: 3.58,
    full: fill >= 100,
    fire: at === 40,
    lid_open: at % 50 === 7,
    rssi: -97 - (at % 9),
    snr: 7.5 - (at % 5),
  };
}

function lampValues(at: number) {
  const isOut = at === 70;
  return {
    commanded_level: 100,
    dim_level: isOut ? 0 : 100,
    power: isOut ? 0 : 60.1 + (at % 11) / 10,
    voltage: 224.3 + (at % 13) / 10,
    current: isOut ? 0 : 0.286,
    power_factor: 0.94,
    energy: 183_200 + at,
    operating_hours: 3_020,
    lamp_failure: isOut,
  };
}

function signalValues(at: number) {
  return {
    mode: at === 30 ? 'dark' : 'normal',
    vehicle_count: 12 + (at % 40),
    period: 60,
    occupancy: 6.5 + (at % 20),
    avg_speed: 31.4 + (at % 8),
    cycle_time: 90,
    on_battery: at === 30,
    door_open: false,
    comms_ok: true,
  };
}
