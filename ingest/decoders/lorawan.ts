import { z } from 'zod';
import type { Link } from './envelope.ts';
import { isObject } from './json.ts';

// What The Things Stack and ChirpStack have in common.

/** A DevEUI; the registry keeps it in upper case, networks send either. */
export const devEui = z
  .string()
  .regex(/^[0-9a-f]{16}$/i, '16 hexadecimal digits')
  .toUpperCase();

/** The port of a frame. Zero is left out in JSON; one that can't be read must never cost the codec's values. */
export const framePort = z.int().catch(0);

/** Named values of the network's codec. */
export const codecValues = z.record(z.string(), z.unknown());

/**
 * How each gateway heard the uplink. What can't be read is left out, since it must never cost the
 * values. An absent SNR may be 0 (protobuf's JSON omits zeros) or unknown (FSK): it stays absent.
 */
export const reception = z
  .array(z.object({ rssi: z.number().optional(), snr: z.number().optional() }))
  .catch([]);

/** The reception of the gateway that heard best, as the canonical metrics `rssi` dBm and `snr` dB. */
export function strongest(gateways: z.infer<typeof reception>, path: string): Link {
  let best: Record<string, number> = {};
  for (const { rssi, snr } of gateways) {
    if (rssi === undefined || rssi <= (best['rssi'] ?? -Infinity)) continue;
    best = snr === undefined ? { rssi } : { rssi, snr };
  }
  return { path, values: best };
}

/**
 * A codec's values in the common form. Some codecs (Decentlab's) wrap each as
 * `{displayName, value, unit}`.
 */
export function plainValues(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, unwrap(value)] as const),
  );
}

function unwrap(value: unknown): unknown {
  if (!isObject(value) || !('value' in value)) return value;
  const { value: v, unit } = value;
  return typeof unit === 'string' ? { v, u: unit } : v;
}
