import { reject, type Rejection } from '#model';
import type { Message, RefusedPart } from './envelope.ts';
import { isObject, pathOf } from './json.ts';
import { readTime, takeTime } from './time.ts';
import { toValue } from './ultralight.ts';

/** An entity of a context broker, simplified (`keyValues`) or normalized, by NGSI-v2 or NGSI-LD. */
export interface Entity {
  readonly id: string;
  readonly type: string;
  readonly [attribute: string]: unknown;
}

/** Whether a body is an entity: a device's own measures have no `id` and `type` together. */
export function isEntity(body: unknown): body is Entity {
  return isObject(body) && typeof body['id'] === 'string' && typeof body['type'] === 'string';
}

/** What an entity says, at the time of its observation where it has one. */
export function readEntity(
  { id: _id, type, '@context': _context, ...attributes }: Entity,
  part: string,
  refused: RefusedPart[],
): Message | Rejection {
  const attrs = readAttributes(attributes);
  const said = saidBy(type.split(/[/#]/).at(-1)!, attrs);
  if ('rejected' in said) return said;
  const [name, at] = timeOf(attrs);
  const time = takeTime(at, pathOf(part, name), refused);
  const period = periodOf(attrs, time.time);
  const lane = plain(attrs['laneId']);
  return {
    part,
    path: part,
    ...time,
    ...(Number.isInteger(lane) && { key: `lane-${String(lane)}` }),
    values: { ...said.values, ...(period && { period }) },
  };
}

/**
 * Takes normalized attributes apart: `{value, unitCode, observedAt}` of NGSI-LD, `{value, metadata}` of
 * NGSI-v2, into `{v, u, t}`; any other value stands for itself.
 */
export function readAttributes(attributes: Readonly<Record<string, unknown>>): Attributes {
  const read = Object.create(null) as Record<string, unknown>; // names are the sender's
  for (const [name, raw] of Object.entries(attributes)) read[name] = readAttribute(raw);
  return read;
}

type Attributes = Readonly<Record<string, unknown>>;

function readAttribute(raw: unknown): unknown {
  if (!isObject(raw) || !('value' in raw)) return raw;
  const metadata = isObject(raw['metadata']) ? raw['metadata'] : {};
  const about = (name: string): unknown => raw[name] ?? plain(readAttribute(metadata[name]));
  // NGSI-LD wraps a time once more: {"@type": "DateTime", "@value": …}.
  const value = isObject(raw['value']) ? (raw['value']['@value'] ?? raw['value']) : raw['value'];
  const [unit, time] = [about('unitCode'), about('observedAt') ?? about('TimeInstant')];
  // C62 is "one": no unit, as where none is said.
  const u = unit === 'C62' ? undefined : unit;
  if (u === undefined && time === undefined) return value;
  return { v: value, ...(u !== undefined && { u }), ...(time !== undefined && { t: time }) };
}

function plain(value: unknown): unknown {
  return isObject(value) && 'v' in value ? value['v'] : value;
}

function saidBy(type: string, attrs: Attributes): { readonly values: Attributes } | Rejection {
  if (type === 'DeviceMeasurement') return measurement(attrs);
  return { values: type === 'Device' ? device(attrs) : attrs };
}

/** One value, under the name of what was measured. */
function measurement(attrs: Attributes): { readonly values: Attributes } | Rejection {
  const property = plain(attrs['controlledProperty']);
  if (typeof property !== 'string' || property === '') {
    const reason = 'a DeviceMeasurement names what it measured';
    return reject('ingest.body_invalid', reason, 'controlledProperty');
  }
  const said = attrs['numValue'] ?? attrs['textValue'];
  const unit = plain(attrs['unit']);
  return {
    values: {
      [property]: {
        v: plain(said),
        ...(typeof unit === 'string' && unit !== '' && { u: unit }),
        ...(isObject(said) && said),
        ...(plain(attrs['outlier']) === true && { q: 'suspect' }),
      },
    },
  };
}

/**
 * A device's `value` is its last report, URL-encoded: `l%3D0.22%3Bt%3D21.2`, or of the one property that it
 * has. What `l` is called in full the model does not say: that is for a profile.
 */
function device(attrs: Attributes): Attributes {
  const { value, ...rest } = attrs;
  // A share of the best in older versions of the model; dBm or mW, by its unit, in newer ones.
  const { rssi, ...others } = rest;
  const own = isObject(rssi) && 'u' in rssi ? rest : others;
  return { ...own, ...reported(value, plain(attrs['controlledProperty'])) };
}

function reported(value: unknown, properties: unknown): Attributes {
  const [first, ...more] = Array.isArray(properties) ? (properties as unknown[]) : [];
  const only = typeof first === 'string' && more.length === 0 ? first : '';
  const said = plain(value);
  if (typeof said !== 'string') return only === '' ? {} : { [only]: value };
  const text = decode(said);
  if (!text.includes('=')) return only === '' ? {} : { [only]: toValue(text) };
  const pairs = text.split(';', 256).map((pair) => pair.split('=', 2));
  return Object.fromEntries(pairs.map(([name = '', each = '']) => [name, toValue(each)]));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** When it was observed, as the models call it; not when the broker last wrote it. The best name first. */
const timeNames = [
  'TimeInstant',
  'dateObservedTo',
  'dateObserved',
  'observationDateTime',
  'dateLastValueReported',
] as const;

function timeOf(attrs: Attributes): [name: string, time: unknown] {
  const name = timeNames.find((each) => (plain(attrs[each]) ?? '') !== '') ?? 'dateObserved';
  // An interval, `2016-12-07T11:10:00Z/2016-12-07T11:15:00Z`, was observed when it was over.
  return [name, endsOf(attrs[name])[1]];
}

function endsOf(attribute: unknown): [from: unknown, to: unknown] {
  const time = plain(attribute);
  if (typeof time !== 'string') return [time, time];
  const ends = time.split('/', 2);
  return [ends[0], ends.at(-1)];
}

/** Seconds that were observed. */
function periodOf(attrs: Attributes, to: number | undefined): number | undefined {
  const { dateObservedFrom, dateObserved } = attrs;
  const from = readTime(plain(dateObservedFrom) ?? endsOf(dateObserved)[0]);
  return from === undefined || to === undefined || from >= to ? undefined : (to - from) / 1_000;
}
