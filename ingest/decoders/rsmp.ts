import { z } from 'zod';
import { isRejection, reject, type Rejection } from '#model';
import { named, type Envelope, type Format, type Message, type Who } from './envelope.ts';
import { invalid } from './invalid.ts';
import { parseJson } from './json.ts';
import { readTime } from './time.ts';

const topicForm = /^rsmp\/([^/]{1,128})$/;

/** Component of a controller: `…=001DL001` is the detector dl001, `…=001TC000` the controller itself. */
const componentForm = /=\d*([A-Z]{2})(\d{3})$/;

const alarm = z.object({
  type: z.literal('Alarm'),
  mId: z.string().min(1).max(64),
  cId: z.string().max(64),
  aCId: z.string().max(16),
  aSp: z.string(),
  aS: z.string().default(''),
  aTs: z.string().optional(),
});

const status = z.object({
  type: z.enum(['StatusResponse', 'StatusUpdate']),
  mId: z.string().min(1).max(64),
  cId: z.string().max(64),
  sTs: z.string().optional(),
  sS: z
    .array(
      z.object({
        sCI: z.string().max(16),
        n: z.string().max(64),
        s: z.unknown(),
        q: z.string().default('recent'),
      }),
    )
    .max(256),
});

/** Messages that carry no value: how the two ends agree, ask and command. */
const withoutValues = new Set([
  'AggregatedStatus',
  'AggregatedStatusRequest',
  'CommandRequest',
  'CommandResponse',
  'MessageAck',
  'MessageNotAck',
  'StatusRequest',
  'StatusSubscribe',
  'StatusUnsubscribe',
  'Version',
  'Watchdog',
]);

/**
 * RSMP of traffic signal controllers, one message a packet, as a bridge passes it on to
 * `rsmp/{controller}`. An alarm is a value named by its code (`A0201`), true while it is active; a status
 * is named by code and name (`S0201.vehicles`). What they mean is for the profile to say.
 */
export const rsmp: Format = {
  name: 'rsmp',

  owns: (topic) => topic.startsWith('rsmp/'),

  read({ topic, payload }) {
    const [, id] = topicForm.exec(topic) ?? [];
    if (id === undefined) {
      return reject('ingest.format_unknown', 'RSMP comes on rsmp/{controller}', 'topic');
    }
    const parsed = parseJson(payload);
    if (isRejection(parsed)) return parsed;
    const who = named('rsmp', id);
    return readMessage(parsed.json, who, id);
  },
};

const head = z.object({ mType: z.literal('rSMsg'), type: z.string().max(64) });

function readMessage(json: unknown, who: Who, controller: string): Envelope | Rejection {
  const body = head.safeParse(json);
  if (!body.success) return invalid(body.error);
  const { type } = body.data;
  if (withoutValues.has(type)) return { says: 'nothing' };
  if (type === 'Alarm') {
    const read = alarm.safeParse(json);
    return read.success ? readAlarm(read.data, who, controller) : invalid(read.error);
  }
  const read = status.safeParse(json);
  return read.success ? readStatus(read.data, who, controller) : invalid(read.error);
}

function readAlarm(
  { mId, cId, aCId, aSp, aS, aTs }: z.infer<typeof alarm>,
  who: Who,
  controller: string,
): Envelope | Rejection {
  // An operator's acknowledgement or suspension changes nothing in the street.
  if (aSp !== 'Issue') return { says: 'nothing' };
  const state = aS.toLowerCase();
  if (state !== 'active' && state !== 'inactive') {
    return reject('ingest.body_invalid', 'Active or inActive is needed', 'aS');
  }
  return said(who, `rsmp/${controller}/${mId}`, {
    ...timeAndKey(aTs, cId),
    path: '',
    values: { [aCId]: state === 'active' },
  });
}

function readStatus(
  { mId, cId, sTs, sS }: z.infer<typeof status>,
  who: Who,
  controller: string,
): Envelope {
  const values: Record<string, unknown> = {};
  for (const { sCI, n, s, q } of sS) values[`${sCI}.${n}`] = withQuality(s, q);
  return said(who, `rsmp/${controller}/${mId}`, { ...timeAndKey(sTs, cId), path: 'sS', values });
}

/** `recent` is good, `old` was measured before: stored, and not judged. Else the controller does not know. */
function withQuality(value: unknown, quality: string): unknown {
  if (quality === 'recent') return value;
  return quality === 'old' ? { v: value, q: 'suspect' } : null;
}

function timeAndKey(time: string | undefined, component: string) {
  const [, letters, digits] = componentForm.exec(component) ?? [];
  const isMain = letters === undefined || letters === 'TC';
  const read = readTime(time);
  return {
    time: read,
    // RSMP demands a time with its zone; one that can't be read makes the values doubtful.
    isSuspect: time !== undefined && read === undefined,
    ...(!isMain && { key: `${letters}${digits}`.toLowerCase() }),
  };
}

function said(who: Who, scope: string, message: Omit<Message, 'part'>): Envelope {
  return {
    says: 'values',
    who,
    strict: false,
    messages: [{ part: '', ...message }],
    refused: [],
    origin: { scope },
  };
}
