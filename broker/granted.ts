import type { Client } from 'aedes';
import { matches } from './topic-filter.ts';

type Deliver = (packet: Published, done: () => void) => void;

interface Published {
  readonly topic: string;
  readonly qos: number;
}

/** What aedes does not tell of a client. */
interface Inner {
  readonly subscriptions: Readonly<Record<string, { readonly qos: number }>>;
  deliver0: Deliver & { yields?: boolean };
}

/** The highest QoS that a client asked for, of the filters that match a topic [MQTT-3.3.5-1]. */
function grantedQos(client: Client, topic: string): number {
  const { subscriptions } = client as unknown as Inner;
  return Object.entries(subscriptions)
    .filter(([filter]) => matches(filter, topic))
    .reduce((most, [, { qos }]) => Math.max(most, qos), 0);
}

/**
 * A packet with the QoS that was asked for [MQTT-3.8.4-6]. aedes lowers it itself where the filter is the
 * topic, and hands QoS 0 over as such: what is left are QoS 2 and retained messages under a wildcard.
 */
export function lowered<P extends Published & { retain: boolean }>(packet: P, client: Client): P {
  if (packet.qos < 2 && !(packet.qos === 1 && packet.retain)) return packet;
  const qos = grantedQos(client, packet.topic);
  return qos < packet.qos ? { ...packet, qos } : packet;
}

/**
 * Lets a client's filters of QoS 0 leave alone what another of its filters hands on with more: aedes hands
 * a message on under the first that comes, and takes the others for duplicates. To be called before such a
 * filter is added; its way is changed then, and not that of clients without one.
 */
export function yieldToHigher(client: Client): void {
  const inner = client as unknown as Inner;
  const { deliver0 } = inner;
  if (deliver0.yields) return;
  const deliver: Inner['deliver0'] = (packet, done) => {
    if (packet.qos > 0 && grantedQos(client, packet.topic) > 0) setImmediate(done);
    else deliver0(packet, done);
  };
  deliver.yields = true;
  inner.deliver0 = deliver;
}
