import { z } from 'zod';
import { duration } from '#model';
import type { Limits } from '#broker';

const whole = z.number().int().min(1);
const kibibyte = 1024;

/** What one party may ask of the broker: generous for any sensor, ruinous for none. */
export const limits = z.strictObject({
  /** Below the usual 20,000 open files of a process. */
  connections: whole.max(1_000_000).default(19_500),
  /** Connections let in a second; more wait. */
  accepts: whole.default(500),
  /** Of one address. A whole city may come by one: a carrier's, or a proxy's. */
  address: z
    .strictObject({ connections: whole.default(10_000), accepts: whole.default(250) })
    .prefault({}),
  /** Messages a second that a device may keep up, and at once: a backlog after an outage. */
  device: z.strictObject({ rate: whole.default(500), burst: whole.default(5_000) }).prefault({}),
  bridge: z
    .strictObject({ rate: whole.default(20_000), burst: whole.default(100_000) })
    .prefault({}),
  /** How long one that never rests is held back before it is cut. */
  patience: duration.prefault('10m'),
  frame: z
    .strictObject({
      stranger: whole.default(4),
      device: whole.default(16),
      bridge: whole.max(1_024).default(256),
    })
    .prefault({})
    .describe('KiB'),
  inflight: z
    .strictObject({ messages: whole.default(1_000), size: whole.default(1_024).describe('KiB') })
    .prefault({})
    .describe('of one connection, on their way to the disk'),
  levels: whole.max(100).default(32).describe('of a topic'),
  outgoing: whole.default(1_024).describe('KiB that may wait for a slow reader'),
  filters: whole.default(100).describe('topic filters of a connection'),
  sessions: whole.default(16).describe('durable sessions of a login'),
  /** What may wait for a durable session, and in all of them. */
  queue: z
    .strictObject({
      messages: whole.default(1_000),
      size: whole.default(1_024).describe('KiB'),
      total: whole.default(65_536).describe('KiB'),
    })
    .prefault({}),
  retained: z
    .strictObject({ messages: whole.default(50_000), size: whole.default(65_536).describe('KiB') })
    .prefault({}),
});

/** The broker's limits in its own units: bytes and ms. */
export function brokerLimits(config: z.output<typeof limits>): Limits {
  const { connections, accepts, device, bridge, patience, frame, outgoing } = config;
  const { address, inflight, levels, filters, sessions: perLogin, queue, retained } = config;
  return {
    connections,
    accepts,
    pace: { device: { ...device, patience }, bridge: { ...bridge, patience } },
    frame: {
      stranger: frame.stranger * kibibyte,
      device: frame.device * kibibyte,
      bridge: frame.bridge * kibibyte,
    },
    address: { most: address.connections, rate: address.accepts },
    inflight: { messages: inflight.messages, bytes: inflight.size * kibibyte },
    levels,
    outgoing: outgoing * kibibyte,
    filters,
    sessions: perLogin,
    queue: {
      messages: queue.messages,
      bytes: queue.size * kibibyte,
      total: queue.total * kibibyte,
    },
    retained: { messages: retained.messages, bytes: retained.size * kibibyte },
  };
}
