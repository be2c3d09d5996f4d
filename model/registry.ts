import { z } from 'zod';
import { position } from './geo.ts';
import { segment } from './kind.ts';

/** The thing in the street: bin, lamp, junction, cabinet. Rules, series and incidents follow it. */
export const asset = z.strictObject({
  id: segment,
  kind: segment,
  ...position.shape,
  name: z.string().max(200).optional(),
  /** Kupang: kecamatan. */
  district: z.string().max(64).default(''),
  /** Kupang: kelurahan. */
  zone: z.string().max(64).default(''),
  /** Cabinet, feeder or gateway that this one hangs on. */
  parent: segment.optional(),
  /** Milliseconds between reports when it is well; the kind's own where absent. */
  interval: z.number().positive().optional(),
  /** Rated values and geometry by name: `rated_power` W, `mount_height` mm, `full_distance` mm. */
  attributes: z.record(z.string(), z.number()).default({}),
  /** Words by which rules choose their assets, such as `main-road`. */
  tags: z.array(z.string().min(1).max(64)).max(16).optional(),
});
export type Asset = z.infer<typeof asset>;

/** What another system calls the device, such as `{system: 'dev_eui', id: '0004A30B001C0530'}`. */
export const identity = z.strictObject({
  system: z.enum([
    'dev_eui',
    'tts',
    'thingsboard',
    'fiware',
    'senml',
    'rsmp',
    'sparkplug',
    'hires',
    'spat',
  ]),
  id: z.string().min(1).max(128),
});
export type Identity = z.infer<typeof identity>;

/** The hardware: what logs in, runs a firmware and is swapped. */
export const device = z.strictObject({
  id: segment,
  /** How its raw values become canonical metrics; none means that it speaks them already. */
  profile: segment.optional(),
  identities: z.array(identity).max(8).default([]),
});
export type Device = z.infer<typeof device>;

/** Who may log in to the broker, and where it may publish and subscribe (MQTT topic filters). */
export interface Principal {
  readonly name: string;
  readonly role: 'device' | 'bridge';
  /** Whose limits it has, where they are not those of its role. */
  readonly limits?: 'device' | 'bridge';
  /** HMAC-SHA-256 of the token, hex; empty when it was revoked: nobody logs in. */
  readonly hash: string;
  /** The token before, which still works until then (epoch ms). */
  readonly previous?: { readonly hash: string; readonly until: number };
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** The registry as the hot path sees it: everything in memory, no look-up that waits. */
export interface Directory {
  principal(name: string): Principal | undefined;
  device(id: string): Device | undefined;
  deviceOf(identity: Identity): Device | undefined;
  asset(id: string): Asset | undefined;
  /** The asset that the device is bound to at a time (epoch ms). */
  assetOf(device: string, at: number): Asset | undefined;
  assets(): Iterable<Asset>;
}
