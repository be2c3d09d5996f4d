import { existsSync, readFileSync } from 'node:fs';
import type { TestContext } from 'vitest';
import type { Asset, Device, Kinds, Packet, Rejection } from '#model';
import { createDirectory } from '#registry';
import { createDecode, type Decoded } from '../../../ingest/decode.ts';
import { loadKinds, shippedKinds } from '../../../ingest/kinds.ts';
import type { Profile } from '../../../ingest/profile.ts';
import { loadProfiles, shippedProfiles } from '../../../ingest/profiles.ts';

/** A small city to decode for: the shipped kinds and profiles, and a registry of a few things. */

export const now = Date.parse('2026-11-24T08:00:00Z');
export const retention = 30 * 86_400_000;
export const kinds = loaded<Kinds>(await loadKinds(shippedKinds));
export const profiles = loaded<ReadonlyMap<string, Profile>>(
  await loadProfiles([shippedProfiles], kinds),
);

/** Devices of the things below: `dev1` as The Things Stack knows it, others by their DevEUI. */
const devices: readonly (Device & {
  kind: string;
  attributes?: Record<string, number>;
  parent?: string;
})[] = [
  { id: 'bin-1', kind: 'bin', identities: [] },
  { id: 'lamp-1', kind: 'streetlight', identities: [] },
  { id: 'junction-1', kind: 'signal', identities: [] },
  { id: 'tts-1', kind: 'bin', identities: [{ system: 'dev_eui', id: '0004A30B001C0530' }] },
  { id: 'tts-2', kind: 'bin', identities: [{ system: 'tts', id: 'app1/dev2' }] },
  {
    id: 'df702-1',
    kind: 'bin',
    profile: 'dingtek-df702',
    identities: [{ system: 'tts', id: 'app1/df702' }],
    attributes: { mount_height: 2_500, full_distance: 500 },
  },
  {
    id: 'df702-2',
    kind: 'bin',
    profile: 'dingtek-df702',
    identities: [{ system: 'tts', id: 'app1/unmeasured' }],
  },
  {
    id: 'mbx-1',
    kind: 'bin',
    profile: 'decentlab-dl-mbx',
    identities: [{ system: 'dev_eui', id: '0101010101010101' }],
    attributes: { mount_height: 2_000 },
  },
  {
    id: 'elsys-1',
    kind: 'bin',
    profile: 'elsys',
    identities: [{ system: 'dev_eui', id: '0202020202020202' }],
  },
  {
    id: 'lid-1',
    kind: 'bin',
    profile: 'decentlab-dl-lid',
    identities: [{ system: 'dev_eui', id: '0303030303030303' }],
    attributes: { mount_height: 5_000, full_distance: 500 },
  },
  {
    id: 'kl66-1',
    kind: 'bin',
    profile: 'decentlab-dl-kl66',
    identities: [{ system: 'dev_eui', id: '0404040404040404' }],
  },
  {
    id: 'pulse-1',
    kind: 'cabinet',
    profile: 'pulsedrop',
    identities: [{ system: 'dev_eui', id: '0505050505050505' }],
  },
  {
    id: 'rak-1',
    kind: 'cabinet',
    profile: 'rak-standard',
    identities: [{ system: 'dev_eui', id: '0606060606060606' }],
  },
  {
    id: 'tb-1',
    kind: 'bin',
    identities: [{ system: 'thingsboard', id: 'Bin by the market' }],
  },
  { id: 'fiware-1', kind: 'bin', identities: [{ system: 'fiware', id: 'fw-1' }] },
  {
    id: 'senml-1',
    kind: 'bin',
    identities: [{ system: 'senml', id: 'urn:dev:ow:10e2073a01080063' }],
  },
  {
    id: 'rsmp-1',
    kind: 'signal',
    profile: 'rsmp-signal',
    identities: [{ system: 'rsmp', id: 'KK+AG0503=001' }],
  },
  { id: 'spat-1', kind: 'signal', identities: [{ system: 'spat', id: '12111' }] },
  { id: 'spat-2', kind: 'signal', identities: [{ system: 'spat', id: '12112' }] },
  { id: 'hires-1', kind: 'signal', identities: [{ system: 'hires', id: '1136' }] },
  { id: 'ngsi-bin', kind: 'bin', profile: 'fiware', identities: [] },
  { id: 'ngsi-lamp', kind: 'streetlight', profile: 'fiware', identities: [] },
  { id: 'ngsi-cabinet', kind: 'cabinet', profile: 'fiware', identities: [] },
  { id: 'ngsi-junction', kind: 'signal', profile: 'fiware', identities: [] },
  {
    id: 'gateway-1',
    kind: 'gateway',
    identities: [{ system: 'sparkplug', id: 'Kupang/edge-1' }],
  },
  {
    id: 'child-1',
    kind: 'bin',
    parent: 'gateway-1',
    identities: [{ system: 'sparkplug', id: 'Kupang/edge-1/bin' }],
  },
  { id: 'ghost-1', kind: 'bin', profile: 'no-such-profile', identities: [] },
];

const directory = createDirectory(
  devices.map(({ kind, attributes = {}, parent, ...device }) => {
    const asset: Asset = {
      id: device.id,
      kind,
      lat: -10.17,
      lon: 123.6,
      district: '',
      zone: '',
      attributes,
      ...(parent !== undefined && { parent }),
    };
    return { device, asset, binding: { device: device.id, asset: asset.id, since: 0 } };
  }),
);
// Network servers and gateways of others, by whom packets of these tests come.
for (const name of ['p', 'bridge', 'gateway']) {
  directory.put({ principal: { name, role: 'bridge', hash: '', publish: ['#'], subscribe: [] } });
}
// Hardware that nobody has put on a thing yet, and one that was moved from a bin to another.
directory.put({ device: { id: 'spare-1', identities: [] } });
directory.put({ device: { id: 'moved-1', identities: [] } });
const moved = now - 3_600_000;
directory.put({ binding: { device: 'moved-1', asset: 'bin-1', since: 0, until: moved } });
directory.put({ binding: { device: 'moved-1', asset: 'tts-1', since: moved } });

const known = { kinds, profiles, directory, site: 'kupang', retention };
/** Makes what decodes for a city on another clock. */
export const decodeIn = (timeZone: string) => createDecode({ ...known, timeZone });
export const decode = decodeIn('Asia/Makassar');

/** A packet with a body: JSON for an object, itself for a text or bytes. */
export function packet(topic: string, body: unknown, at: Partial<Packet> = {}): Packet {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const payload = body instanceof Uint8Array ? body : Buffer.from(text);
  return { number: 1, receivedAt: now, principal: 'p', topic, payload, ...at };
}

/** Decodes what a device says on its native topic. */
export function say(body: unknown, device = 'bin-1', kind = 'bin'): Decoded {
  return decode(packet(`city/v1/kupang/${kind}/${device}/telemetry`, body));
}

/** What a decoded packet comes to, in one comparable piece. */
export function gist(decoded: Decoded) {
  return {
    class: decoded.class,
    values: Object.assign({}, ...decoded.readings.map(({ values }) => values)) as object,
    refused: decoded.refused.map(
      ({ part, rejection }) => [part ?? rejection.field ?? '', rejection.code] as const,
    ),
  };
}

export const corporaPath = new URL('../../../../shared/corpora/', import.meta.url);

/** Skips a test where the corpora are not: they are never committed to the project. */
export function needCorpora({ skip }: TestContext): void {
  skip(!existsSync(corporaPath), `no corpora at ${corporaPath.pathname}`);
}

/** A JSON file of the corpora. */
export function corpus(path: string): unknown {
  return JSON.parse(corpusText(path));
}

/** A text file of the corpora. */
export function corpusText(path: string): string {
  return readFileSync(new URL(path, corporaPath), 'utf8');
}

function loaded<T>(result: T | Rejection[]): T {
  if (Array.isArray(result)) throw new Error(JSON.stringify(result, null, 1));
  return result;
}
