import type { Crowd } from './door.ts';
import type { Inflight } from './lane.ts';
import type { PaceOptions } from './pace.ts';
import type { RetainedLimits } from './retained.ts';

/** What one party may ask of the broker; each limit is counted by its guard when it bites. */
export interface Limits {
  /** Most connections at a time. */
  readonly connections: number;
  /** Connections let in a second; more wait their turn. */
  readonly accepts: number;
  /** Connections of one address, and how many of them are let in a second. */
  readonly address: Crowd;
  /** Messages a second and at once, of a device and of a bridge, over all of its connections. */
  readonly pace: { readonly device: PaceOptions; readonly bridge: PaceOptions };
  /** Largest packet in bytes: before the login is known, from a device, from a bridge. */
  readonly frame: { readonly stranger: number; readonly device: number; readonly bridge: number };
  /** What may be on its way to the disk from one connection, and messages of QoS 2 until their PUBREL. */
  readonly inflight: Inflight;
  /** Levels of a topic or a filter; 100 at most. */
  readonly levels: number;
  /** Bytes that may wait for a subscriber that reads too slowly. */
  readonly outgoing: number;
  /** Topic filters that a connection may listen to. */
  readonly filters: number;
  /** Durable sessions of one login. */
  readonly sessions: number;
  /** Messages and bytes that may wait for a durable session that is away, and bytes for all of them. */
  readonly queue: { readonly messages: number; readonly bytes: number; readonly total: number };
  readonly retained: RetainedLimits;
}

/** The guards that bite without turning anything away for good, or that turn away what is not a packet. */
export type Guard =
  | 'connections_full'
  | 'accept_waited'
  | 'address_full'
  | 'address_waited'
  | 'publish_held'
  | 'publish_cut'
  | 'packet_too_large'
  | 'protocol_error'
  | 'topic_too_deep'
  | 'inflight_full'
  | 'forward_dropped'
  | 'slow_reader_cut'
  | 'filters_full'
  | 'sessions_full'
  | 'queue_full'
  | 'retained_full';
