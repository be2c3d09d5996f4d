import { z } from 'zod';
import { isRejection, reject, type Identity } from '#model';
import type { Format, Origin, Telemetry } from './envelope.ts';
import { invalid } from './invalid.ts';
import { parseJson } from './json.ts';
import { codecValues, devEui, framePort, plainValues, reception, strongest } from './lorawan.ts';
import { readTime } from './time.ts';

const topicForm = /^v3\/([^/@]+)(?:@[^/]+)?\/devices\/([^/]+)\/(.+)$/;
const withoutValues = /^(?:join|down\/.+|up\/normalized|service\/data|location\/solved)$/;

/** Zero, false and empty members are absent: so are `f_cnt` and `f_port` of a first frame. */
const uplink = z.object({
  end_device_ids: z.object({
    device_id: z.string(),
    application_ids: z.object({ application_id: z.string() }),
    dev_eui: devEui.optional(),
  }),
  received_at: z.string().optional(),
  simulated: z.boolean().default(false),
  uplink_message: z.object({
    session_key_id: z.string().max(64).optional(),
    f_cnt: z.int().min(0).default(0),
    f_port: framePort,
    frm_payload: z.string().default(''),
    decoded_payload: codecValues.nullish(),
    rx_metadata: reception.default([]),
    received_at: z.string().optional(),
  }),
});
type Uplink = z.infer<typeof uplink>;

/** The Things Stack v3, as its MQTT server publishes (and its webhooks post) application messages. */
export const tts: Format = {
  name: 'tts',

  owns: (topic) => topic.startsWith('v3/'),

  read({ topic, payload }) {
    const [, application, device, event] = topicForm.exec(topic) ?? [];
    // A normalized payload repeats what its `up` said.
    if (event !== undefined && withoutValues.test(event)) return { says: 'nothing' };
    if (event !== 'up') {
      const reason = 'not a topic of The Things Stack: v3/{app}@{tenant}/devices/{id}/{event}';
      return reject('ingest.format_unknown', reason, 'topic');
    }
    const parsed = parseJson(payload);
    if (isRejection(parsed)) return parsed;
    const body = uplink.safeParse(parsed.json);
    if (!body.success) return invalid(body.error);
    const ids = body.data.end_device_ids;
    // The topic is what the login was allowed; the body must not speak for another device.
    if (ids.device_id !== device || ids.application_ids.application_id !== application) {
      const reason = `the body speaks for another device than the topic, ${application}/${device}`;
      return reject('ingest.body_invalid', reason, 'end_device_ids');
    }
    return readUplink(body.data);
  },
};

function readUplink(body: Uplink): Telemetry {
  const message = body.uplink_message;
  const { f_port: port, frm_payload: bytes } = message;
  const isDecoded = message.decoded_payload != null;
  return {
    says: 'values',
    who: { identities: identitiesOf(body) },
    strict: false,
    messages: [
      {
        part: '',
        path: 'uplink_message.decoded_payload',
        // The network server's clock: a gateway's may be wrong, the application server's is later.
        time: readTime(message.received_at ?? body.received_at),
        // Somebody pressed "simulate uplink" in the console: no reason to send a crew.
        isSuspect: body.simulated,
        values: plainValues(message.decoded_payload ?? {}),
        ...(bytes !== '' && {
          raw: { path: 'uplink_message.frm_payload', port, bytes, isDecoded },
        }),
        link: strongest(message.rx_metadata, 'uplink_message.rx_metadata'),
      },
    ],
    refused: [],
    origin: originOf(body),
  };
}

function identitiesOf({ end_device_ids: ids }: Uplink): Identity[] {
  const name: Identity = {
    system: 'tts',
    id: `${ids.application_ids.application_id}/${ids.device_id}`,
  };
  return ids.dev_eui === undefined ? [name] : [{ system: 'dev_eui', id: ids.dev_eui }, name];
}

/** Frames count up within a session. A simulated uplink has no session, and no count worth the name. */
function originOf({ end_device_ids: ids, uplink_message: message }: Uplink): Origin | undefined {
  if (message.session_key_id === undefined) return undefined;
  const device = ids.dev_eui ?? `${ids.application_ids.application_id}/${ids.device_id}`;
  return { scope: `tts/${device}/${message.session_key_id}`, counter: message.f_cnt };
}
