import { isRejection, reject, type Rejection } from '#model';
import {
  named,
  type Envelope,
  type Format,
  type Message,
  type RefusedPart,
  type Who,
} from './envelope.ts';
import { isObject, parseJson, pathOf, show } from './json.ts';
import { takeTime } from './time.ts';

const maxEntries = 1_000;

/** What a device, or a gateway for its devices, publishes there and we have no use for. */
const withoutValues =
  /^v1\/(?:devices\/me|gateway)\/(?:attributes|rpc|claim|provision)(?:\/|$)|^v2\/a(?:\/|$)/;

/** ThingsBoard's device API and its gateway's, as in MqttTopics.java; a device is known by its login. */
export const thingsboard: Format = {
  name: 'thingsboard',

  owns: (topic) =>
    topic.startsWith('v1/devices/me/') ||
    topic.startsWith('v1/gateway/') ||
    topic.startsWith('v2/'),

  read({ topic, payload, principal }) {
    switch (topic) {
      case 'v1/devices/me/telemetry':
      case 'v2/t':
      case 'v2/t/j':
        return readDevice(payload, { identities: [], id: principal });
      case 'v1/gateway/telemetry':
        return readGateway(payload);
      case 'v1/gateway/connect':
        return readPresence(payload, true);
      case 'v1/gateway/disconnect':
        return readPresence(payload, false);
      default:
        if (withoutValues.test(topic)) return { says: 'nothing' };
        return reject('ingest.format_unknown', 'not a telemetry topic of ThingsBoard', 'topic');
    }
  },
};

function readDevice(payload: Uint8Array, who: Who): Envelope | Rejection {
  const parsed = parseJson(payload);
  if (isRejection(parsed)) return parsed;
  const refused: RefusedPart[] = [];
  const messages = readEntries(parsed.json, '', refused);
  if (isRejection(messages)) return messages;
  return { says: 'values', who, strict: false, messages, refused };
}

/** `{"Device A": [entry, …], …}`, by the names that ThingsBoard shows. One bad device costs the others nothing. */
function readGateway(payload: Uint8Array): Envelope | Rejection {
  const parsed = parseJson(payload);
  if (isRejection(parsed)) return parsed;
  if (!isObject(parsed.json)) {
    return reject('ingest.body_invalid', `an object by device is needed, not ${show(parsed.json)}`);
  }
  const refused: RefusedPart[] = [];
  const messages: Message[] = [];
  for (const [name, entries] of Object.entries(parsed.json)) {
    const part = pathOf('', name);
    const own = readEntries(entries, part, refused);
    if (isRejection(own)) refused.push({ part, rejection: own });
    else messages.push(...own.map((message) => ({ ...message, who: named('thingsboard', name) })));
    if (messages.length > maxEntries) {
      return reject('ingest.body_invalid', `more than ${maxEntries} entries`);
    }
  }
  return { says: 'values', strict: false, messages, refused };
}

function readPresence(payload: Uint8Array, online: boolean): Envelope | Rejection {
  const parsed = parseJson(payload);
  if (isRejection(parsed)) return parsed;
  const device = isObject(parsed.json) ? parsed.json['device'] : undefined;
  if (typeof device !== 'string') {
    return reject('ingest.body_invalid', '{"device":"name"} is needed', 'device');
  }
  return { says: 'presence', who: named('thingsboard', device), online, reason: 'gateway' };
}

/** One entry or an array of them; `part` is their path in the body. */
function readEntries(
  body: unknown,
  part: string,
  refused: RefusedPart[],
): readonly Message[] | Rejection {
  if (!Array.isArray(body)) {
    const message = readEntry(body, part, refused);
    return isRejection(message) ? message : [message];
  }
  if (body.length > maxEntries) {
    return reject('ingest.body_invalid', `${body.length} entries; at most ${maxEntries}`);
  }
  const messages: Message[] = [];
  for (const [index, entry] of body.entries()) {
    const own = `${part}[${index}]`;
    const message = readEntry(entry, own, refused);
    if (isRejection(message)) refused.push({ part: own, rejection: message });
    else messages.push(message);
  }
  return messages;
}

/** `{"ts": ms, "values": {…}}`, or values alone: those were measured when they arrived. */
function readEntry(body: unknown, part: string, refused: RefusedPart[]): Message | Rejection {
  if (!isObject(body)) {
    return reject('ingest.body_invalid', `an object is needed, not ${show(body)}`);
  }
  const { ts, values } = body;
  if (!isObject(values)) return { part, path: part, isSuspect: false, values: body };
  return {
    part,
    path: pathOf(part, 'values'),
    ...takeTime(ts, pathOf(part, 'ts'), refused),
    values,
  };
}
