import { isRejection, reject, type Rejection } from '#model';
import {
  edgeOf,
  noBirths,
  type Birth,
  type Births,
  type Definition,
  type KnownBirth,
} from './birth.ts';
import type { Count, Envelope, Format, Message, RefusedPart, Telemetry, Who } from './envelope.ts';
import { pathOf } from './json.ts';
import { Sheets } from './sheets.ts';
import { readPayload, type Metric, type Payload } from './sparkplug-payload.ts';
import { toValue } from './sparkplug-value.ts';

const topicForm = /^spBv1\.0\/([^/]+)\/([ND])(BIRTH|DATA|DEATH|CMD)\/([^/]+)(?:\/([^/]+))?$/;
/** What hosts say: that they are there, and by older versions on which edge node. */
const hostForm = /^spBv1\.0\/(?:STATE\/[^/]+|[^/]+\/STATE(?:\/[^/]+)*)$/;
const maxPath = 128;

interface Address {
  readonly what: 'BIRTH' | 'DATA' | 'DEATH' | 'CMD';
  readonly isNode: boolean;
  /** `{group}/{edge}[/{device}]`. */
  readonly path: string;
}

/**
 * Sparkplug B 3.0. A birth says what the metrics of an edge node, or of a device behind it, are called;
 * the data that follow may name them by alias alone, so what they mean is asked of the births before.
 */
export const sparkplug: Format = {
  name: 'sparkplug',

  owns: (topic) => topic.startsWith('spBv1.0/'),

  read({ topic, payload, receivedAt }, births = noBirths) {
    if (hostForm.test(topic)) return { says: 'nothing' };
    const address = parseTopic(topic);
    if (isRejection(address)) return address;
    if (address.what === 'CMD') return { says: 'nothing' };
    const body = readPayload(payload);
    if (isRejection(body)) return body;
    const who: Who = { identities: [{ system: 'sparkplug', id: address.path }] };
    const count = countOf(body, address);
    if (address.what === 'DEATH') return { ...readDeath(body, address, who, births), ...count };
    if (body.timestamp === undefined && body.metrics.length === 0) {
      return reject('ingest.body_invalid', 'neither a timestamp nor a metric');
    }
    if (address.what === 'BIRTH') {
      return { ...readBirth(body, address, who, receivedAt), ...count };
    }
    const birth = births.of(address.path);
    // A dead letter that is replayed was not meant by a birth that came after it.
    const meaning = birth && birth.receivedAt <= receivedAt ? birth : 'none';
    return { ...readData(body, who, meaning), ...count };
  },
};

function parseTopic(topic: string): Address | Rejection {
  const [, group, party, what, edge, device] = topicForm.exec(topic) ?? [];
  const isNode = party === 'N';
  if (what === undefined || isNode !== (device === undefined)) {
    const reason =
      'not a topic of Sparkplug B: spBv1.0/{group}/N{BIRTH|DATA|DEATH}/{edge}, …/D{BIRTH|DATA|DEATH}/{edge}/{device}';
    return reject('ingest.format_unknown', reason, 'topic');
  }
  const path = isNode ? `${group}/${edge}` : `${group}/${edge}/${device}`;
  if (path.length > maxPath) {
    return reject('ingest.format_unknown', `names of at most ${maxPath} letters in all`, 'topic');
  }
  return { what: what as Address['what'], isNode, path };
}

/** An edge node counts what it and all its devices say, from its birth on; its will has no number. */
function countOf({ seq }: Payload, { what, isNode, path }: Address): { count: Count } | undefined {
  if (seq === undefined) return undefined;
  const session = edgeOf(path);
  const who: Who = { identities: [{ system: 'sparkplug', id: session }] };
  const isFirst = isNode && what === 'BIRTH';
  return { count: { session, value: seq, modulus: 256, isFirst, who } };
}

/** A birth is the device's presence and its values, and what those to come will mean. */
function readBirth(
  body: Payload,
  { isNode, path }: Address,
  who: Who,
  receivedAt: number,
): Envelope {
  const bdSeq = isNode ? bdSeqOf(body) : undefined;
  const definitions = body.metrics.flatMap((metric) => define(metric) ?? []);
  const birth: Birth = {
    path,
    receivedAt,
    definitions,
    ...(bdSeq !== undefined && { bdSeq }),
  };
  return { ...readData(body, who, 'itself'), birth };
}

function define({ name, alias, datatype, unit }: Metric): Definition | undefined {
  if (name === undefined) return undefined;
  return {
    name,
    ...(alias !== undefined && { alias }),
    ...(datatype !== undefined && { datatype }),
    ...(unit !== undefined && { unit }),
  };
}

/** The will of an edge node bears the number of its session; that of a session before says nothing new. */
function readDeath(body: Payload, { isNode, path }: Address, who: Who, births: Births): Envelope {
  const bdSeq = isNode ? bdSeqOf(body) : undefined;
  const born = births.of(path)?.bdSeq;
  if (bdSeq !== undefined && born !== undefined && bdSeq !== born) return { says: 'nothing' };
  return { says: 'presence', who, online: false, reason: 'death' };
}

function bdSeqOf({ metrics }: Payload): string | undefined {
  const value = metrics.find(({ name }) => name === 'bdSeq')?.value?.value;
  return value === undefined ? undefined : String(value);
}

/** What says the meaning of a payload's metrics: a birth before it, nothing, or the payload itself. */
type Meaning = KnownBirth | 'none' | 'itself';

function readData({ timestamp, metrics }: Payload, who: Who, meaning: Meaning): Telemetry {
  const refused: RefusedPart[] = [];
  const nameless: string[] = [];
  const sheets = new Sheets();
  for (const metric of metrics) {
    const known = definitionOf(metric, meaning);
    const name = metric.name ?? known?.name;
    if (name === undefined) nameless.push(metric.alias ?? 'none');
    else if (!isControl(name)) sheets.put(name, say(metric, known, timestamp, name, refused));
  }
  if (nameless.length > 0) refused.push(withoutName(nameless, meaning));
  const messages = sheets.all().map((values): Message => ({
    part: 'metrics',
    path: 'metrics',
    time: timestamp,
    isSuspect: false,
    values,
  }));
  return { says: 'values', who, strict: false, messages, refused };
}

function definitionOf({ name, alias }: Metric, meaning: Meaning): Definition | undefined {
  if (typeof meaning === 'string') return undefined;
  if (name !== undefined) return meaning.byName.get(name);
  return alias === undefined ? undefined : meaning.byAlias.get(alias);
}

/** What a host may command, and the number of the session: no measurements. */
function isControl(name: string): boolean {
  return name === 'bdSeq' || name.startsWith('Node Control/') || name.startsWith('Device Control/');
}

/** A metric's value in the common form; undefined when it says none, or none that can be. */
function say(
  metric: Metric,
  known: Definition | undefined,
  sent: number | undefined,
  name: string,
  refused: RefusedPart[],
): unknown {
  if (metric.isNull === true || metric.value === undefined) return undefined;
  const value = toValue(metric.value, metric.datatype ?? known?.datatype);
  if (isRejection(value)) {
    const part = pathOf('metrics', name);
    refused.push({ part, rejection: { ...value, field: part } });
    return undefined;
  }
  const { timestamp, quality } = metric;
  const unit = metric.unit ?? known?.unit;
  return {
    v: value,
    u: unit,
    // Of its own only where it was not measured when the message was sent, as what was kept offline.
    t: timestamp === sent ? undefined : timestamp,
    q: quality === undefined ? undefined : qualities[quality],
  };
}

/** `Quality` [Sparkplug 3.0, chapter 6]: 192 is good, 500 stale, 0 bad. */
const qualities: Readonly<Record<number, string>> = { 0: 'bad', 500: 'suspect' };

function withoutName(aliases: readonly string[], meaning: Meaning): RefusedPart {
  const some = aliases.slice(0, 8).join(', ');
  const more = aliases.length > 8 ? ` and ${aliases.length - 8} more` : '';
  const what = `what is meant by alias ${some}${more}`;
  if (meaning === 'itself') {
    const reason = `a birth names its metrics; it does not say ${what}`;
    return { part: 'metrics', rejection: reject('ingest.body_invalid', reason, 'metrics') };
  }
  const why = meaning === 'none' ? 'no birth is known that says' : 'the last birth does not say';
  const reason = `${why} ${what}: have the edge node send its births again (Node Control/Rebirth)`;
  return { part: 'metrics', rejection: reject('ingest.birth_missing', reason, 'metrics') };
}
