import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segment } from '#model';
import { isSegment, parseNativeTopic } from '../../../ingest/decoders/native-topic.ts';
import { decode, gist, packet, say } from './city.ts';

describe('a native topic', () => {
  test.each([
    ['city/v1/kupang/bin/bin-0042/telemetry', 'bin-0042', 'telemetry'],
    ['city/v1/kupang/signal/j.el_tari-1/event', 'j.el_tari-1', 'event'],
    [`city/v1/kupang/bin/${'a'.repeat(64)}/status`, 'a'.repeat(64), 'status'],
  ])('is taken apart when it is %s', (topic, device, channel) => {
    expect(parseNativeTopic(topic)).toMatchObject({ site: 'kupang', device, channel });
  });

  test.each([
    'city/v1/kupang/bin/bin-1/cmd',
    'city/v1/kupang/bin/bin-1',
    'city/v1/kupang/bin/bin-1/telemetry/',
    'city/v2/kupang/bin/bin-1/telemetry',
    'city/v1/kupang/bin//telemetry',
    'city/v1/kupang/bin/Bin-1/telemetry',
    'city/v1/kupang/bin/-bin/telemetry',
    'city/v1/kupang/bin/bin 1/telemetry',
    'city/v1/kupang/bin/bin\u0000/telemetry',
    'city/v1/kupang/bin/bin-1\n/telemetry',
    `city/v1/kupang/bin/${'a'.repeat(65)}/telemetry`,
    '$SYS/city/v1/kupang/bin/bin-1/telemetry',
  ])('is refused when it is %j', (topic) => {
    expect(parseNativeTopic(topic)).toBeUndefined();
    const { class: outcome, refused } = decode(packet(topic, { fill_level: 1 }));
    expect([outcome, refused[0]?.rejection.code]).toEqual(['dead', 'ingest.format_unknown']);
  });
});

describe('a segment', () => {
  test('is what the model calls one when it is any text', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9._-]{0,66}$/));
    const agrees = fc.property(text, (each) => isSegment(each) === segment.safeParse(each).success);
    expect(fc.check(agrees, { numRuns: 2_000 })).toMatchObject({ failed: false });
  });
});

describe('identify', () => {
  const body = { fill_level: 1 };

  test.each([
    ['the device is not in the registry', 'bin/nobody', 'ingest.device_unknown'],
    ['the device is on no asset', 'bin/spare-1', 'ingest.asset_unbound'],
    ['the topic names another kind than the registry', 'signal/bin-1', 'ingest.asset_unbound'],
    ['the device has a profile that is gone', 'bin/ghost-1', 'registry.profile_unknown'],
  ])('makes the packet dead when %s', (_, path, code) => {
    const decoded = decode(packet(`city/v1/kupang/${path}/telemetry`, body));
    expect(gist(decoded)).toMatchObject({ class: 'dead', refused: [[expect.any(String), code]] });
  });

  test.each([
    ['a device for itself', 'child-1', 'child-1', 'decoded'],
    ['a gateway for what hangs on it', 'gateway-1', 'child-1', 'decoded'],
    ['a bridge, which is no device', 'bridge', 'child-1', 'decoded'],
    ['a gateway for what does not hang on it', 'gateway-1', 'bin-1', 'dead'],
    ['a device for another', 'bin-1', 'child-1', 'dead'],
    ['a device that was deleted for another', 'gone-1', 'child-1', 'dead'],
    ['a source of ours for a device', 'source:lora', 'child-1', 'decoded'],
    ['a device for its gateway', 'child-1', 'gateway-1', 'dead'],
  ])('hears %s: %s speaks for %s', (_, principal, device, outcome) => {
    const said = { [device]: [{ rssi: -70 }] };
    const decoded = decode(packet('v1/gateway/telemetry', said, { principal }));
    expect(decoded.class).toBe(outcome);
    if (outcome === 'dead') {
      expect(decoded.refused[0]?.rejection.code).toBe('ingest.device_foreign');
    }
  });

  test('makes the packet dead when it comes for another city', () => {
    const decoded = decode(packet('city/v1/surabaya/bin/bin-1/telemetry', body));
    expect(decoded.refused[0]?.rejection).toMatchObject({ code: 'ingest.device_unknown' });
  });

  test('leaves no key when the packet is dead, so that it may come again', () => {
    expect(say({ seq: 1, fill_level: 1 }, 'spare-1')).not.toHaveProperty('duplicateKey');
  });
});
