import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { reject, type Rejection } from '#model';

/** A network server that posts: its message goes the road under the topic that its MQTT would use. */
export interface Webhook {
  readonly name: string;
  readonly query: z.ZodType<Readonly<Record<string, string>>>;
  /** The topic of a body; undefined when it has not what a topic is made of. */
  topicOf(body: unknown, query: Readonly<Record<string, string>>): string | undefined;
  /** What a body needs. */
  readonly wants: string;
}

const word = z.string().regex(/^[\w.-]{1,64}$/, 'a word');

const ttsIds = z.object({
  end_device_ids: z.object({
    device_id: word,
    application_ids: z.object({ application_id: word }),
  }),
});

/** The member that tells The Things Stack's messages apart, and the event of its MQTT topic. */
const ttsEvents: Readonly<Record<string, string>> = {
  uplink_message: 'up',
  uplink_normalized: 'up/normalized',
  join_accept: 'join',
  downlink_ack: 'down/ack',
  downlink_nack: 'down/nack',
  downlink_sent: 'down/sent',
  downlink_failed: 'down/failed',
  downlink_queued: 'down/queued',
  downlink_queue_invalidated: 'down/invalidated',
  location_solved: 'location/solved',
  service_data: 'service/data',
};

const tts: Webhook = {
  name: 'tts',
  query: z.strictObject({ tenant: word.default('ttn') }),
  wants: 'end_device_ids and a message such as uplink_message',
  topicOf(body, { tenant }) {
    const ids = ttsIds.safeParse(body);
    const event = Object.keys(body ?? {}).find((name) => Object.hasOwn(ttsEvents, name));
    if (!ids.success || event === undefined) return undefined;
    const { device_id: device, application_ids: application } = ids.data.end_device_ids;
    return `v3/${application.application_id}@${tenant}/devices/${device}/${ttsEvents[event]}`;
  },
};

const chirpstackIds = z.object({
  deviceInfo: z.object({ applicationId: word, devEui: z.string().regex(/^[0-9a-f]{16}$/i) }),
});

const chirpstack: Webhook = {
  name: 'chirpstack',
  // ChirpStack adds the event's name to the address itself.
  query: z.strictObject({ event: z.string().regex(/^[a-z]{1,16}$/, 'an event such as up') }),
  wants: 'deviceInfo.applicationId and deviceInfo.devEui',
  topicOf(body, { event }) {
    const ids = chirpstackIds.safeParse(body);
    if (!ids.success) return undefined;
    const { applicationId, devEui } = ids.data.deviceInfo;
    return `application/${applicationId}/device/${devEui}/event/${event}`;
  },
};

export const webhooks = [tts, chirpstack] as const;

/** The topic of a webhook's message. */
export function webhookTopic(
  webhook: Webhook,
  { body, query }: FastifyRequest,
): string | Rejection {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '');
  } catch {
    return reject('ingest.json_malformed', 'the body is no JSON');
  }
  const topic = webhook.topicOf(json, query as Readonly<Record<string, string>>);
  return topic ?? reject('ingest.body_invalid', `the body needs ${webhook.wants}`);
}
