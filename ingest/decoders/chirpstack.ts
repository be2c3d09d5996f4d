import { z } from 'zod';
import { isRejection, reject } from '#model';
import type { Format, Origin, Telemetry } from './envelope.ts';
import { invalid } from './invalid.ts';
import { parseJson } from './json.ts';
import { codecValues, devEui, framePort, plainValues, reception, strongest } from './lorawan.ts';
import { readTime } from './time.ts';

const topicForm = /^application\/[^/]+\/device\/([0-9a-f]{16})\/event\/([a-z]+)$/i;
const withoutValues = new Set(['join', 'status', 'ack', 'txack', 'log', 'location', 'integration']);

/** Protobuf's JSON: zero is absent, so `fCnt` and `fPort` of a first frame are. */
const uplink = z.object({
  deduplicationId: z.string().min(1).max(64).optional(),
  time: z.string().optional(),
  deviceInfo: z.object({ devEui }),
  devAddr: z.string().max(16).default(''),
  fCnt: z.int().min(0).default(0),
  fPort: framePort,
  data: z.string().default(''),
  object: codecValues.nullish(),
  rxInfo: reception.default([]),
});
type Uplink = z.infer<typeof uplink>;

/** ChirpStack v4 with the JSON marshaler. */
export const chirpstack: Format = {
  name: 'chirpstack',

  owns: (topic) => topic.startsWith('application/'),

  read({ topic, payload }) {
    const [, eui, event] = topicForm.exec(topic) ?? [];
    if (event !== undefined && withoutValues.has(event)) return { says: 'nothing' };
    if (eui === undefined || event !== 'up') {
      const reason = 'not a topic of ChirpStack: application/{id}/device/{devEui}/event/{event}';
      return reject('ingest.format_unknown', reason, 'topic');
    }
    const parsed = parseJson(payload);
    if (isRejection(parsed)) return parsed;
    const body = uplink.safeParse(parsed.json);
    if (!body.success) return invalid(body.error);
    // The topic is what the login was allowed; the body must not speak for another device.
    if (body.data.deviceInfo.devEui !== eui.toUpperCase()) {
      const reason = `the body speaks for another device than the topic, ${eui}`;
      return reject('ingest.body_invalid', reason, 'deviceInfo.devEui');
    }
    return readUplink(body.data);
  },
};

function readUplink(body: Uplink): Telemetry {
  const isDecoded = body.object != null;
  return {
    says: 'values',
    who: { identities: [{ system: 'dev_eui', id: body.deviceInfo.devEui }] },
    strict: false,
    messages: [
      {
        part: '',
        path: 'object',
        time: readTime(body.time),
        isSuspect: false,
        values: plainValues(body.object ?? {}),
        ...(body.data !== '' && {
          raw: { path: 'data', port: body.fPort, bytes: body.data, isDecoded },
        }),
        link: strongest(body.rxInfo, 'rxInfo'),
      },
    ],
    refused: [],
    origin: originOf(body),
    count: { session: sessionOf(body), value: body.fCnt },
  };
}

/** The address is new after each join, which is when the frames count from zero again. */
function sessionOf({ deviceInfo, devAddr }: Uplink): string {
  return `chirpstack/${deviceInfo.devEui}/${devAddr}`;
}

function originOf(body: Uplink): Origin {
  return body.deduplicationId === undefined
    ? { scope: sessionOf(body), counter: body.fCnt }
    : { scope: `chirpstack/${body.deduplicationId}` };
}
