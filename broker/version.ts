import type { Frame } from './frames.ts';

/** CONNACK, refused: unacceptable protocol version [MQTT-3.2.2.3], as MQTT 3.1.1 writes it. */
export const unacceptable = Buffer.from([0x20, 2, 0, 1]);

/** Level by protocol name: MQTT 3.1.1, and 3.1 before it. */
const levels: Readonly<Record<string, number>> = { MQTT: 4, MQIsdp: 3 };

/**
 * Whether a packet is the CONNECT of a version that this broker does not speak [MQTT-3.1.2-2]: asked
 * before the parser, which knows MQTT 5 and hangs up on anything else without a word.
 */
export function isOtherVersion({ chunk, at, body, end }: Frame): boolean {
  if (chunk[at] !== 0x10 || end - body < 3) return false;
  const nameEnd = body + 2 + chunk.readUInt16BE(body);
  if (nameEnd >= end) return false;
  const expected = levels[chunk.toString('latin1', body + 2, nameEnd)];
  // The upper bit is that of a bridge, as mosquitto marks itself.
  return expected !== undefined && (chunk[nameEnd]! & 0x7f) !== expected;
}
