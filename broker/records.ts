/** A will, with what is needed to publish it once its client does not come back. */
export interface KeptWill {
  readonly login: string;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
}

export interface KeptMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
}

/** A message that a session has been sent, and has not acknowledged. */
export interface KeptSending {
  readonly messageId: number;
  readonly isReleased: boolean;
}

export interface KeptSession {
  readonly login: string;
  /** When its client was last there (epoch ms); none while it is. */
  readonly left?: number;
  readonly filters: readonly (readonly [filter: string, qos: number])[];
  /** By their number, which grows. */
  readonly queue: Map<number, KeptMessage>;
  readonly sent: Map<number, KeptSending>;
  /** Ids of QoS 2 messages that it has not released. */
  readonly received: number[];
}

/** What is in a folder of sessions. */
export interface Kept {
  readonly sessions: Map<string, KeptSession>;
  readonly retained: KeptMessage[];
  /** By client id. */
  readonly wills: Map<string, KeptWill>;
  /** Devices that were told to be lost. */
  readonly lost: Set<string>;
  /** Keys of what belongs to no session. */
  readonly strays: string[];
}

type Head = Partial<Omit<KeptWill & KeptSending, 'payload'>> & Partial<KeptSession>;

/** Keys of all that is kept. No part of one holds a control character: text.ts has seen to that. */
export const keys = {
  session: (clientId: string) => `session\0${clientId}`,
  queued: (clientId: string, number: number) => `queue\0${clientId}\0${pad(number)}`,
  sent: (clientId: string, number: number) => `sent\0${clientId}\0${pad(number)}`,
  received: (clientId: string, messageId: number) => `received\0${clientId}\0${messageId}`,
  retained: (topic: string) => `retained\0${topic}`,
  will: (clientId: string) => `will\0${clientId}`,
  lost: (login: string) => `lost\0${login}`,
};

/** A record: a line of JSON, and the payload as it is. */
export function pack(head: object, payload: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), payload]);
}

/** Reads what is in a folder of sessions; throws when that is not what we write. */
export function readKept(entries: readonly (readonly [key: string, value: Buffer])[]): Kept {
  const kept: Kept = {
    sessions: new Map(),
    retained: [],
    wills: new Map(),
    lost: new Set(),
    strays: [],
  };
  // Sessions first: in the order of keys, what waits for them comes before them.
  const isSession = ([key]: readonly [string, Buffer]): boolean => key.startsWith('session\0');
  for (const [key, value] of entries.toSorted((a, b) => +isSession(b) - +isSession(a))) {
    const [kind = '', name = '', number = ''] = key.split('\0');
    const end = value.indexOf('\n');
    const head = JSON.parse(value.toString('utf8', 0, end)) as Head;
    const read = readers[kind];
    if (read === undefined) throw new Error(`a record of an unknown kind: ${kind}`);
    const payload = value.subarray(end + 1);
    if (!read(kept, name, Number(number), head, payload)) kept.strays.push(key);
  }
  return kept;
}

type Read = (kept: Kept, name: string, number: number, head: Head, payload: Buffer) => boolean;

/** Each puts a record where it belongs; false when its session is not there. */
const readers: Readonly<Record<string, Read>> = {
  session({ sessions }, name, _, { login, left, filters }) {
    if (login === undefined || !Array.isArray(filters)) throw new Error('a session of nobody');
    const rest = { queue: new Map(), sent: new Map(), received: [] };
    sessions.set(name, { login, ...(left !== undefined && { left }), filters, ...rest });
    return true;
  },
  queue({ sessions }, name, number, head, payload) {
    sessions.get(name)?.queue.set(number, toMessage(head, payload));
    return sessions.has(name);
  },
  sent({ sessions }, name, number, { messageId = 0, isReleased = false }) {
    const session = sessions.get(name);
    session?.sent.set(number, { messageId, isReleased });
    return session?.queue.has(number) ?? false;
  },
  received({ sessions }, name, number) {
    sessions.get(name)?.received.push(number);
    return sessions.has(name);
  },
  retained({ retained }, topic, _, head, payload) {
    retained.push(toMessage({ ...head, topic }, payload));
    return true;
  },
  will({ wills }, name, _, head, payload) {
    const { login, retain = false } = head;
    if (login === undefined) throw new Error('a will of nobody');
    wills.set(name, { login, retain, ...toMessage(head, payload) });
    return true;
  },
  lost({ lost }, login) {
    lost.add(login);
    return true;
  },
};

function toMessage({ topic, qos }: Head, payload: Buffer): KeptMessage {
  if (topic === undefined || qos === undefined) throw new Error('a message without a topic');
  return { topic, qos, payload };
}

/** So that the order of keys is the order of numbers. */
function pad(number: number): string {
  return String(number).padStart(16, '0');
}
