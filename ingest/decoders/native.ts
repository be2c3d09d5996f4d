import { isRejection, reject, type Rejection } from '#model';
import type { Envelope, Format, Message, Origin, RefusedPart, Who } from './envelope.ts';
import { isObject, parseJson, pathOf, show } from './json.ts';
import { isSegment, parseNativeTopic } from './native-topic.ts';
import { isSenml, readSenml } from './senml.ts';
import { takeTime } from './time.ts';

const maxBytes = 16 * 1_024;
const maxEntries = 1_000;

type NativeWho = Extract<Who, { device: string }>;

/**
 * Our own contract: `{"v":1,"ts":…,"boot":12,"seq":4711,"key":"det-3","values":{…}}`, a flat object
 * of values, an array of either, or a SenML pack. Members that it does not know are left alone, so that it can grow.
 */
export const native: Format = {
  name: 'native',

  owns: (topic) => topic.startsWith('city/v1/'),

  read({ topic, payload, receivedAt }) {
    const address = parseNativeTopic(topic);
    if (address === undefined) {
      return reject(
        'ingest.format_unknown',
        'a device sends to city/v1/{site}/{kind}/{device}/{telemetry|event|status}, in lower-case letters, digits, dot, dash, underscore',
        'topic',
      );
    }
    if (payload.length > maxBytes) {
      return reject('ingest.body_invalid', `${payload.length} bytes; at most ${maxBytes}`);
    }
    return address.channel === 'status'
      ? readStatus(payload, address)
      : readBody(payload, address, receivedAt);
  },
};

/** The retained word or last will of a device; an empty one only takes the retained word away. */
function readStatus(payload: Uint8Array, who: NativeWho): Envelope | Rejection {
  if (payload.length === 0) return { says: 'nothing' };
  const parsed = parseJson(payload);
  if (isRejection(parsed)) return parsed;
  if (!isObject(parsed.json)) {
    return reject('ingest.body_invalid', `{"online":true} is needed, not ${show(parsed.json)}`);
  }
  const online = parsed.json['online'] ?? undefined;
  if (online === undefined) return { says: 'nothing' };
  if (typeof online !== 'boolean') {
    return reject('ingest.value_type', `true or false is needed, not ${show(online)}`, 'online');
  }
  return { says: 'presence', who, online };
}

function readBody(payload: Uint8Array, who: NativeWho, receivedAt: number): Envelope | Rejection {
  const parsed = parseJson(payload);
  if (isRejection(parsed)) return parsed;
  if (isSenml(parsed.json)) return readSenml(parsed.json, who, receivedAt);
  const refused: RefusedPart[] = [];
  if (Array.isArray(parsed.json)) return readArray(parsed.json, who, refused);
  const message = readMessage(parsed.json, '', who, refused);
  if (isRejection(message)) return message;
  return {
    says: 'values',
    who,
    strict: true,
    messages: [message],
    refused,
    origin: message.origin,
  };
}

/** What a device kept while it had no network. One bad entry does not cost the others. */
function readArray(
  entries: readonly unknown[],
  who: NativeWho,
  refused: RefusedPart[],
): Envelope | Rejection {
  if (entries.length > maxEntries) {
    return reject('ingest.body_invalid', `${entries.length} entries; at most ${maxEntries}`);
  }
  const messages: Message[] = [];
  for (const [index, entry] of entries.entries()) {
    const part = `[${index}]`;
    const message = readMessage(entry, part, who, refused);
    if (isRejection(message)) refused.push({ part, rejection: message });
    else messages.push(message);
  }
  return { says: 'values', who, strict: true, messages, refused };
}

function readMessage(
  body: unknown,
  part: string,
  who: NativeWho,
  refused: RefusedPart[],
): Message | Rejection {
  if (!isObject(body)) {
    return reject('ingest.body_invalid', `an object is needed, not ${show(body)}`);
  }
  const { v = 1 } = body;
  const key = body['key'] ?? undefined;
  if (v !== 1) {
    return reject('ingest.body_invalid', `v is the version, 1, not ${show(v)}`, pathOf(part, 'v'));
  }
  // Without its key a value would land in another series: better none.
  if (key !== undefined && !isSegment(key)) {
    const reason = `lower-case letters, digits, dot, dash, underscore are needed, not ${show(key)}`;
    return reject('ingest.body_invalid', reason, pathOf(part, 'key'));
  }
  const isFlat = body['values'] === undefined;
  const values = isFlat ? withoutHead(body) : body['values'];
  const path = isFlat ? part : pathOf(part, 'values');
  if (!isObject(values)) {
    return reject('ingest.body_invalid', `an object is needed, not ${show(values)}`, path);
  }
  const { time, isSuspect } = takeTime(body['ts'], pathOf(part, 'ts'), refused);
  const origin = readOrigin(body, time, part, who, refused);
  return { part, path, time, isSuspect, key, values, origin };
}

/** A flat object's values are what its head leaves. */
function withoutHead(body: Record<string, unknown>): Record<string, unknown> {
  const { v: _v, ts: _ts, boot: _boot, seq: _seq, key: _key, ...values } = body;
  return values;
}

/**
 * A device counts its messages (`seq`) from each start, and its starts (`boot`). One that does not
 * count its starts would seem to repeat itself after each: there the time must be the same as well.
 */
function readOrigin(
  { boot = null, seq = null }: Record<string, unknown>,
  time: number | undefined,
  part: string,
  who: NativeWho,
  refused: RefusedPart[],
): Origin | undefined {
  if (seq === null) return undefined;
  const start = boot ?? 0;
  if (isCount(seq) && isCount(start)) {
    const session = `native/${who.device}/${start}`;
    if (boot !== null || time === undefined) return { scope: session, counter: seq };
    return { scope: `native/${who.device}/@${time}`, counter: seq, session };
  }
  const [name, value] = isCount(seq) ? ['boot', start] : ['seq', seq];
  const reason = `a whole number is needed, not ${show(value)}`;
  refuse(refused, reject('ingest.value_type', reason), pathOf(part, name));
  return undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function refuse(refused: RefusedPart[], rejection: Rejection, part: string): void {
  refused.push({ part, rejection: { ...rejection, field: part } });
}
