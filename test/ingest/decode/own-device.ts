import type { Asset } from '#model';
import { createDirectory } from '#registry';
import { createDecode, type Decoded } from '../../../ingest/decode.ts';
import { kinds, packet, profiles, retention } from './city.ts';

const eui = '0A0A0A0A0A0A0A0A';

/** A device of a profile on an asset of a kind, heard by way of The Things Stack and of ChirpStack. */
export function ownDevice(profile: string, kind: string, attributes: Record<string, number> = {}) {
  const asset: Asset = {
    id: kind,
    kind,
    lat: -10.17,
    lon: 123.6,
    district: '',
    zone: '',
    attributes,
  };
  const device = { id: 'own', profile, identities: [{ system: 'dev_eui' as const, id: eui }] };
  const binding = { device: 'own', asset: kind, since: 0 };
  const principal = { name: 'p', role: 'bridge', hash: '', publish: ['#'], subscribe: [] } as const;
  const directory = createDirectory([{ device, asset, binding, principal }]);
  const decode = createDecode({
    kinds,
    profiles,
    directory,
    site: 'kupang',
    timeZone: 'Asia/Makassar',
    retention,
  });
  return {
    tts(message: object): Decoded {
      const ids = { device_id: 'own', application_ids: { application_id: 'app' }, dev_eui: eui };
      const body = { end_device_ids: ids, uplink_message: message };
      return decode(packet('v3/app@t/devices/own/up', body));
    },
    chirpstack(uplink: object): Decoded {
      const body = { deviceInfo: { devEui: eui }, ...uplink };
      return decode(packet(`application/1/device/${eui}/event/up`, body));
    },
  };
}

/** A frame as networks write it, from hexadecimal digits. */
export function base64(hex: string): string {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('base64');
}

/** What was said, by key where there is one, and what was refused. */
export function summary({ class: outcome, readings, refused }: Decoded) {
  return {
    class: outcome,
    readings: readings.map(({ key, values }) => (key === undefined ? values : { [key]: values })),
    refused: refused.map(({ part, rejection }) => [part ?? rejection.field, rejection.code]),
  };
}

/** The {@link summary} of a valid message without a reading. */
export const nothing = { class: 'empty', readings: [], refused: [] };

/** The {@link summary} of a message that was used whole. */
export function said(...readings: object[]) {
  return { class: 'decoded', readings, refused: [] };
}
