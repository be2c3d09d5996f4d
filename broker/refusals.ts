import { reject, type ErrorCode, type Rejection } from '#model';
import type { Connection } from './connection.ts';
import type { BrokerDeps } from './contract.ts';
import type { Guard } from './limits.ts';
import type { Wire } from './wire.ts';

/** What was refused and told of: aedes hangs up for it. */
export class Refused extends Error {}

/** Tells of a refusal, and counts the guard that turned somebody away. */
export type Tell = (
  rejection: Rejection,
  from?: Connection,
  socket?: Pick<Wire, 'remoteAddress' | 'remotePort'>,
) => void;

const guards: Partial<Record<ErrorCode, Guard>> = {
  'broker.address_full': 'address_full',
  'broker.connections_full': 'connections_full',
  'broker.filters_full': 'filters_full',
  'broker.inflight_full': 'inflight_full',
  'broker.packet_too_large': 'packet_too_large',
  'broker.publish_rate': 'publish_cut',
  'broker.sessions_full': 'sessions_full',
  'broker.topic_too_deep': 'topic_too_deep',
};

/** Makes what every refusal of the broker goes through. */
export function createTell({ refused, guarded }: Pick<BrokerDeps, 'refused' | 'guarded'>): Tell {
  return (rejection, from, socket = from?.socket) => {
    const guard = guards[rejection.code];
    if (guard !== undefined) guarded(guard);
    const address = from?.address ?? (socket && `${socket.remoteAddress}:${socket.remotePort}`);
    refused(rejection, { ...(from?.name && { login: from.name }), ...(address && { address }) });
  };
}

const noTopic = reject('broker.topic_invalid', 'the topic is empty or holds a wildcard', 'topic');

/** What aedes itself refuses, by the words of its error. */
const aedesRefuses: Readonly<Record<string, Rejection>> = {
  'empty topic not allowed in PUBLISH': noTopic,
  '# is not allowed in PUBLISH': noTopic,
  '+ is not allowed in PUBLISH': noTopic,
  'topic has too many levels': reject('broker.topic_too_deep', 'more than 100 levels', 'topic'),
  'identifier rejected': reject(
    'broker.client_id_invalid',
    'more than 23 characters, as many as MQTT 3.1 has',
    'clientId',
  ),
};

/** Ends of connections that nobody did wrong. */
const ordinary = new Set(['connection closed', 'drain timeout']);

/** Why aedes hung up by itself: a refusal, a breach of the protocol, or (undefined) nothing to tell. */
export function mishapOf(error: Error): Rejection | 'protocol_error' | undefined {
  if (error instanceof Refused || ordinary.has(error.message)) return undefined;
  const { code } = error as { code?: string };
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return reject(
      'broker.packet_too_large',
      'a frame of a WebSocket; the limit is that of packets',
    );
  }
  // What the operating system says of a connection that broke.
  if (code !== undefined && 'syscall' in error) return undefined;
  return aedesRefuses[error.message] ?? 'protocol_error';
}
