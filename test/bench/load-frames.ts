/* Frames of the Node generator, encoded once per topic and payload and patched in place. */

/** One payload with the places of its sequence number (10 digits) and time (13 digits, epoch ms). */
export interface Payload {
  readonly bytes: Buffer;
  readonly seq: number;
  readonly ts: number;
}

/** Reads a payload line's text; the places grow to their fixed width. */
export function readPayload(line: string): Payload {
  const wide = line.replace('%TS%', 'T'.repeat(13)).replace('%SEQ%', 'S'.repeat(10));
  return {
    bytes: Buffer.from(wide),
    seq: wide.indexOf('S'.repeat(10)),
    ts: wide.indexOf('T'.repeat(13)),
  };
}

/** CONNECT of MQTT 3.1.1: clean session, keep-alive 600 s. */
export function connectFrame(login: string, token: string, clientId = login): Buffer {
  const head = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0xc2, 600 >> 8, 600 & 255]);
  const body = Buffer.concat([head, text(clientId), text(login), text(token)]);
  return Buffer.concat([Buffer.from([0x10]), varint(body.length), body]);
}

/** One PUBLISH; `id` 0 is QoS 0. */
export function publishFrame(
  topic: string,
  { bytes, seq, ts }: Payload,
  { id, number, now }: { readonly id: number; readonly number: number; readonly now: number },
): Buffer {
  const name = text(topic);
  const packetId = id === 0 ? Buffer.alloc(0) : Buffer.from([id >> 8, id & 255]);
  const length = varint(name.length + packetId.length + bytes.length);
  const first = Buffer.from([id === 0 ? 0x30 : 0x32]);
  const frame = Buffer.concat([first, length, name, packetId, bytes]);
  const at = frame.length - bytes.length;
  if (seq >= 0) frame.write(String(1_000_000_000 + number), at + seq, 'latin1');
  if (ts >= 0) frame.write(String(now), at + ts, 'latin1');
  return frame;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.from(bytes);
}
