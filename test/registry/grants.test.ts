import { describe, expect, test } from 'vitest';
import type { Asset, Identity } from '#model';
import { grantsOf } from '../../registry/grants.ts';

const asset: Asset = {
  id: 'bin-1',
  kind: 'bin',
  lat: -10.17,
  lon: 123.6,
  district: '',
  zone: '',
  attributes: {},
};
const publishOf = (...identities: Identity[]) =>
  grantsOf(asset, { id: 'bin-1', identities }, 'kupang').publish;

describe('a device', () => {
  test('publishes under its own name in each form, and hears its own commands', () => {
    expect(grantsOf(asset, { id: 'bin-1', identities: [] }, 'kupang')).toEqual({
      publish: [
        'city/v1/kupang/bin/bin-1/telemetry',
        'city/v1/kupang/bin/bin-1/event',
        'city/v1/kupang/bin/bin-1/status',
        'v1/devices/me/telemetry',
        'v1/devices/me/#',
        'v1/gateway/#',
        'v2/#',
        'senml/bin-1',
        'rsmp/bin-1',
        'hires/bin-1',
        'spat/bin-1',
        '/json/+/bin-1/#',
        '/ul/+/bin-1/#',
      ],
      subscribe: ['city/v1/kupang/bin/bin-1/cmd'],
    });
  });

  test('publishes under the names that other systems gave it', () => {
    const publish = publishOf(
      { system: 'senml', id: 'urn:dev:ow:1' },
      { system: 'fiware', id: 'fw-1' },
    );
    expect(publish).toEqual(
      expect.arrayContaining(['senml/urn:dev:ow:1', '/ul/+/fw-1/#', '/ul/+/bin-1/#']),
    );
    expect(publish).not.toContain('rsmp/fw-1');
  });

  test.each(['#', '+', 'a/b', 'a/#', 'a\u0000'])('gains nothing by the name %j', (id) => {
    expect(publishOf({ system: 'senml', id }, { system: 'fiware', id })).toEqual(publishOf());
  });

  test('that is an edge node of Sparkplug publishes for what is behind it, and hears its commands', () => {
    const identities: Identity[] = [
      { system: 'sparkplug', id: 'Kupang/edge-1' },
      { system: 'sparkplug', id: 'Kupang/edge-2/bin' },
      { system: 'sparkplug', id: '+/#' },
    ];
    const { publish, subscribe } = grantsOf(asset, { id: 'bin-1', identities }, 'kupang');
    expect(publish.filter((filter) => filter.startsWith('spBv1.0'))).toEqual([
      'spBv1.0/Kupang/+/edge-1/#',
    ]);
    expect(subscribe.slice(1)).toEqual([
      'spBv1.0/Kupang/NCMD/edge-1/#',
      'spBv1.0/Kupang/DCMD/edge-1/#',
      'spBv1.0/STATE/+',
    ]);
  });

  test('has no topic of a network server, which is a bridge of its own', () => {
    const publish = publishOf({ system: 'tts', id: 'app1/dev1' });
    expect(publish).toEqual(publishOf());
  });
});
