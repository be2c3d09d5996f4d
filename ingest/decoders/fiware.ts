import { isRejection, reject, type Rejection } from '#model';
import { isEntity, readAttributes, readEntity, type Entity } from './entity.ts';
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
import { parseUltralight, toValue } from './ultralight.ts';

const topicForm = /^\/?(json|ul)\/([^/]+)\/([^/]+)\/(.+)$/;
const maxMeasures = 1_000;
/** What a device asks and answers; its measures are `attrs`. */
const withoutValues = /^(?:configuration\/commands|cmd|cmdexe)$/;

/**
 * FIWARE's IoT Agents: `/json/{apikey}/{device}/attrs` and, in UltraLight 2.0, `/ul/{apikey}/{device}/attrs`.
 * JSON may also be the device's entity, or a notification of a context broker with it.
 */
export const fiware: Format = {
  name: 'fiware',

  owns: (topic) => /^\/?(?:json|ul)\//.test(topic),

  read({ topic, payload }) {
    const [, dialect, , id = '', rest = ''] = topicForm.exec(topic) ?? [];
    if (withoutValues.test(rest)) return { says: 'nothing' };
    const [attrs, name, ...more] = rest.split('/');
    if (attrs !== 'attrs' || name === '' || more.length > 0) {
      const reason = 'not a topic of measures: /{json|ul}/{apikey}/{device}/attrs[/{name}]';
      return reject('ingest.format_unknown', reason, 'topic');
    }
    const who = named('fiware', id);
    return dialect === 'ul' ? readUltralight(payload, name, who) : readJson(payload, name, who);
  },
};

function readJson(payload: Uint8Array, name: string | undefined, who: Who): Envelope | Rejection {
  const parsed = parseJson(payload);
  if (isRejection(parsed)) return parsed;
  const { json, prefix } = notified(parsed.json);
  const measures = Array.isArray(json) ? json : [json];
  if (measures.length > maxMeasures) {
    return reject('ingest.body_invalid', `${measures.length} measures; at most ${maxMeasures}`);
  }
  const refused: RefusedPart[] = [];
  const messages: Message[] = [];
  const entity = measures.find(isEntity)?.id;
  for (const [index, measure] of measures.entries()) {
    const part = Array.isArray(json) ? `${prefix}[${index}]` : '';
    const message =
      name === undefined && isEntity(measure)
        ? readOwn(measure, entity, part, refused)
        : readMeasure(measure, name, part, refused);
    if (isRejection(message)) refused.push({ part, rejection: message });
    else messages.push(message);
  }
  return { says: 'values', who, strict: false, messages, refused };
}

/** What a context broker sends to who subscribed: `{subscriptionId, data: […]}`. */
function notified(body: unknown): { readonly json: unknown; readonly prefix: string } {
  const isNotification = isObject(body) && 'subscriptionId' in body && Array.isArray(body['data']);
  return isNotification ? { json: body['data'], prefix: 'data' } : { json: body, prefix: '' };
}

/** Who speaks, the topic says: several entities would be given to one device. */
function readOwn(
  entity: Entity,
  first: string | undefined,
  part: string,
  refused: RefusedPart[],
): Message | Rejection {
  if (entity.id === first) return readEntity(entity, part, refused);
  const reason = `the entity ${show(entity.id)} in a message of ${show(first)}`;
  return reject('ingest.body_invalid', reason, pathOf(part, 'id'));
}

/** All attributes with `TimeInstant`, or the one that the topic names, alone or as `{timestamp, value}`. */
function readMeasure(
  measure: unknown,
  name: string | undefined,
  part: string,
  refused: RefusedPart[],
): Message | Rejection {
  if (name !== undefined) {
    const { value, timestamp } =
      isObject(measure) && 'value' in measure ? measure : { value: measure, timestamp: undefined };
    const time = takeTime(timestamp, pathOf(part, 'timestamp'), refused);
    return { part, path: part, ...time, values: { [name]: value } };
  }
  if (!isObject(measure)) {
    return reject('ingest.body_invalid', `an object is needed, not ${show(measure)}`);
  }
  const { TimeInstant: instant, ...values } = readAttributes(measure);
  return { part, path: part, ...takeTime(instant, pathOf(part, 'TimeInstant'), refused), values };
}

function readUltralight(
  payload: Uint8Array,
  name: string | undefined,
  who: Who,
): Envelope | Rejection {
  const text = Buffer.from(payload).toString('utf8');
  if (name !== undefined) {
    const values = { [name]: toValue(text) };
    const message = { part: '', path: '', isSuspect: false, values };
    return { says: 'values', who, strict: false, messages: [message], refused: [] };
  }
  const groups = parseUltralight(text);
  if (isRejection(groups)) return groups;
  const refused: RefusedPart[] = [];
  const messages = groups.map(({ time, values }, index): Message => {
    const part = groups.length > 1 ? `#${index}` : '';
    return { part, path: part, ...takeTime(time, pathOf(part, 'time'), refused), values };
  });
  return { says: 'values', who, strict: false, messages, refused };
}
