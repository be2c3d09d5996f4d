/* MQTT 3.1.1 packets, byte by byte: nothing here refuses to build a wrong one. */

/** A string as MQTT writes it: two bytes of length, then its bytes. */
export function text(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** A packet: type and flags, the length in groups of seven bits, the body [MQTT-2.2]. */
export function packet(first: number, ...body: Uint8Array[]): Buffer {
  const bytes = Buffer.concat(body);
  return Buffer.concat([header(first, bytes.length), bytes]);
}

export function header(first: number, length: number): Buffer {
  const bytes = [first];
  for (let rest = length; bytes.length === 1 || rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
  }
  return Buffer.from(bytes);
}

export interface Hello {
  readonly id: string | Uint8Array;
  readonly clean: boolean;
  /** Without one, there is no user name and no password. */
  readonly login: string | Uint8Array | null;
  readonly token: string;
  readonly will: string | Uint8Array;
  /** Seconds. */
  readonly keepAlive: number;
}

/** CONNECT as bin-1 with its token, unless told otherwise. */
export function hello(options: Partial<Hello> = {}): Buffer {
  const { id = 'bin-1', clean = true, login: user = 'bin-1', will, keepAlive = 60 } = options;
  const token = options.token ?? `token of ${String(user)}`;
  const names = user === null ? [] : [text(user), text(token)];
  const flags = (user === null ? 0 : 0xc0) | (clean ? 2 : 0) | (will === undefined ? 0 : 4);
  const wills = will === undefined ? [] : [text(will), text('{"online":false}')];
  const fixed = [text('MQTT'), Buffer.from([4, flags, 0, keepAlive])];
  return packet(0x10, ...fixed, text(id), ...wills, ...names);
}

export function publish(
  topic: string | Uint8Array,
  { qos = 1, id = 7, body = '{}' }: { qos?: 0 | 1 | 2; id?: number; body?: string } = {},
): Buffer {
  const number = qos === 0 ? [] : [Buffer.from([id >> 8, id & 0xff])];
  return packet(0x30 | (qos << 1), text(topic), ...number, Buffer.from(body));
}

/** SUBSCRIBE with packet id 9 to filters, all at one QoS. */
export function subscribe(qos: 0 | 1 | 2, ...filters: (string | Uint8Array)[]): Buffer {
  const asked = filters.flatMap((each) => [text(each), Buffer.from([qos])]);
  return packet(0x82, Buffer.from([0, 9]), ...asked);
}

export const puback = (id = 7): string => `4002${id.toString(16).padStart(4, '0')}`;
export const connack = (code: number): string => `2002000${code}`;
