import { z } from 'zod';
import { isRejection, reject, type Rejection } from '#model';
import { named, type Envelope, type Format, type Message, type Who } from './envelope.ts';
import { invalid } from './invalid.ts';
import { isObject, parseJson, show } from './json.ts';

const topicForm = /^senml\/([^/]{1,128})$/;
const maxRecords = 1_000;
/** Times below are relative to now [RFC 8428, 4.5.3]. */
const firstAbsolute = 2 ** 28;

/** A record with its base values worked in [RFC 8428, 4.6]. Times are seconds. */
export interface Resolved {
  /** What names the measurement in the record itself; where it has none, the end of the base name. */
  readonly label: string;
  readonly n: string;
  readonly u?: string;
  readonly t: number;
  /** Whether the time was given from now on. */
  readonly isRelative: boolean;
  readonly value: number | string | boolean;
}

/** SenML in JSON [RFC 8428] on `senml/{device}`; on a native topic it is taken as well. */
export const senml: Format = {
  name: 'senml',

  owns: (topic) => topic.startsWith('senml/'),

  read({ topic, payload, receivedAt }) {
    const [, id] = topicForm.exec(topic) ?? [];
    if (id === undefined) {
      return reject('ingest.format_unknown', 'SenML comes on senml/{device}', 'topic');
    }
    const parsed = parseJson(payload);
    if (isRejection(parsed)) return parsed;
    const who = named('senml', id);
    return readSenml(parsed.json, who, receivedAt);
  },
};

/** Whether a body is a SenML pack: no other array holds a name or a base name. */
export function isSenml(body: unknown): boolean {
  if (!Array.isArray(body) || !isObject(body[0])) return false;
  const { n, bn, values } = body[0];
  return (typeof n === 'string' || typeof bn === 'string') && values === undefined;
}

/** Reads a pack as what one device says; `receivedAt` (epoch ms) is the now of its relative times. */
export function readSenml(pack: unknown, who: Who, receivedAt: number): Envelope | Rejection {
  const resolved = resolve(pack, receivedAt / 1_000);
  if (isRejection(resolved)) return resolved;
  const messages: { message: Message; values: Record<string, unknown> }[] = [];
  for (const { label, u, t, isRelative, value } of resolved) {
    // The first message of its time that has not said this name yet: a pack may say one twice.
    const time = Math.round(t * 1_000);
    const open = messages.find(
      ({ message, values }) => message.time === time && !Object.hasOwn(values, label),
    );
    const values = open?.values ?? (Object.create(null) as Record<string, unknown>);
    values[label] = u === undefined ? value : { v: value, u };
    if (open !== undefined) continue;
    messages.push({
      values,
      message: { part: '', path: '', time, isRelative, isSuspect: false, values },
    });
  }
  return {
    says: 'values',
    who,
    strict: false,
    messages: messages.map(({ message }) => message),
    refused: [],
  };
}

/** A record as it is sent [RFC 8428, 4.1 to 4.3]; other members are extensions and left alone. */
const record = z.object({
  bn: z.string().optional(),
  bt: z.number().optional(),
  bu: z.string().optional(),
  bv: z.number().optional(),
  bver: z.number().max(10, 'a version up to 10 is known').optional(),
  n: z.string().default(''),
  u: z.string().optional(),
  t: z.number().default(0),
  v: z.number().optional(),
  vs: z.string().optional(),
  vb: z.boolean().optional(),
});
type Base = Pick<z.infer<typeof record>, 'bn' | 'bt' | 'bu' | 'bv'>;

/** A member whose name ends so must be understood, or the pack refused [4.4]. */
const demanding = '_';

/** Works the base values into every record; `now` in seconds. Records without a value are left out. */
export function resolve(pack: unknown, now: number): Resolved[] | Rejection {
  if (!Array.isArray(pack)) return refuse(`a SenML pack is an array, not ${show(pack)}`);
  if (pack.length > maxRecords) return refuse(`${pack.length} records; at most ${maxRecords}`);
  const base: Base = {};
  const resolved: Resolved[] = [];
  for (const [index, each] of pack.entries()) {
    const read = readRecord(each);
    if (isRejection(read)) return { ...read, field: `[${index}]` };
    Object.assign(base, read.base);
    const said = resolveRecord(read.own, base, now);
    if (said !== undefined && isRejection(said)) return { ...said, field: `[${index}]` };
    if (said !== undefined) resolved.push(said);
  }
  return resolved;
}

/** What a record says itself, and what holds from it on. */
function readRecord(
  each: unknown,
): { readonly own: z.infer<typeof record>; readonly base: Base } | Rejection {
  const read = record.safeParse(each);
  if (!read.success) return invalid(read.error);
  const demanded = Object.keys(each as object).find((name) => name.endsWith(demanding));
  if (demanded !== undefined) return refuse(`${show(demanded)} is not understood`);
  const { n: _n, u: _u, t: _t, v: _v, vs: _vs, vb: _vb, bver: _bver, ...base } = read.data;
  return { own: read.data, base };
}

function resolveRecord(
  { n, u, t, v, vs, vb }: z.infer<typeof record>,
  { bn = '', bt = 0, bu, bv = 0 }: Base,
  now: number,
): Resolved | Rejection | undefined {
  // A sum without a value, and bytes, say nothing that we could place.
  const value = v === undefined ? (vs ?? vb) : v + bv;
  if (value === undefined) return undefined;
  const name = bn + n;
  if (!/^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/.test(name)) {
    return refuse(`no name of SenML: ${show(name)}`);
  }
  const unit = u ?? bu;
  const isRelative = bt + t < firstAbsolute;
  return {
    label: n === '' ? name.split(/[:/.]/).at(-1)! : n,
    n: name,
    ...(unit !== undefined && { u: unit }),
    t: isRelative ? now + bt + t : bt + t,
    isRelative,
    value,
  };
}

function refuse(reason: string): Rejection {
  return reject('ingest.body_invalid', reason);
}
