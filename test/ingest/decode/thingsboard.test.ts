import { describe, expect, test } from 'vitest';
import { decode, gist, now, packet } from './city.ts';

/** A device that logged in as itself. */
const say = (topic: string, body: unknown, principal = 'bin-1') =>
  decode(packet(topic, body, { principal }));

describe('ThingsBoard', () => {
  test.each(['v1/devices/me/telemetry', 'v2/t', 'v2/t/j'])(
    'knows a device by its login when it sends to %s',
    (topic) => {
      expect(say(topic, { fill_level: 71, temperature: 31 })).toMatchObject({
        class: 'decoded',
        readings: [{ asset: 'bin-1', values: { fill_level: 71, temperature: 31 } }],
      });
    },
  );

  test.each([
    ['one entry with its time', { ts: now - 5_000, values: { fill_level: 1 } }, [now - 5_000]],
    ['values alone', { fill_level: 1 }, [now]],
    [
      'an array of both',
      [{ ts: now - 9_000, values: { fill_level: 1 } }, { fill_level: 2 }],
      [now - 9_000, now],
    ],
  ])('takes %s', (_, body, times) => {
    const { readings } = say('v1/devices/me/telemetry', body);
    expect(readings.map(({ observedAt }) => observedAt)).toEqual(times);
  });

  test('does not take one device for the resend of another', () => {
    const body = { ts: now - 5_000, values: { fill_level: 1 } };
    const [one, other] = ['bin-1', 'tb-1'].map((id) => say('v1/devices/me/telemetry', body, id));
    expect(one?.duplicateKey).toMatch(/^sha256\//);
    expect(other?.duplicateKey).not.toBe(one?.duplicateKey);
  });

  test('keeps the values and doubts them when the time can not be right', () => {
    const body = { ts: 10_000, values: { fill_level: 1 } };
    const [reading] = say('v1/devices/me/telemetry', body).readings;
    expect(reading).toMatchObject({ observedAt: now, quality: { fill_level: 'suspect' } });
  });

  test('reads each device of a gateway, and names those that it does not know', () => {
    const body = {
      'bin-1': [{ ts: now - 1_000, values: { fill_level: 1 } }],
      'Bin by the market': [{ fill_level: 2 }],
      nobody: [{ fill_level: 3 }],
    };
    const decoded = say('v1/gateway/telemetry', body, 'gateway');
    expect(decoded.readings.map(({ asset, values }) => [asset, values['fill_level']])).toEqual([
      ['bin-1', 1],
      ['tb-1', 2],
    ]);
    expect(gist(decoded).refused).toEqual([['nobody[0]', 'ingest.device_unknown']]);
  });

  test.each([
    ['connect', true],
    ['disconnect', false],
  ])('tells the presence of a child when the gateway says %s', (word, online) => {
    const decoded = say(`v1/gateway/${word}`, { device: 'Bin by the market' }, 'gateway');
    expect(decoded).toMatchObject({ class: 'empty', online: { device: 'tb-1', online } });
  });

  test.each([
    'v1/devices/me/attributes',
    'v1/devices/me/attributes/request/1',
    'v1/devices/me/rpc/response/1',
    'v1/gateway/attributes',
    'v1/gateway/rpc',
    'v2/a',
  ])('is empty when the topic is %s', (topic) => {
    expect(say(topic, { fill_level: 1 }).class).toBe('empty');
  });

  test.each([
    ['the topic is none of telemetry', 'v2/t/p', {}, 'ingest.format_unknown'],
    ['the body is a text', 'v1/devices/me/telemetry', '"full"', 'ingest.body_invalid'],
    ['the body is no JSON', 'v1/devices/me/telemetry', '{"a":', 'ingest.json_malformed'],
    ['a gateway sends an array', 'v1/gateway/telemetry', [{}], 'ingest.body_invalid'],
    ['a child has no name', 'v1/gateway/connect', {}, 'ingest.body_invalid'],
    [
      'there are too many entries',
      'v1/devices/me/telemetry',
      Array.from({ length: 1_001 }, () => ({ fill_level: 1 })),
      'ingest.body_invalid',
    ],
  ])('is dead when %s', (_, topic, body, code) => {
    const { class: outcome, refused } = say(topic, body);
    expect([outcome, refused[0]?.rejection.code]).toEqual(['dead', code]);
  });

  test('is dead when nobody of that login is in the registry', () => {
    const decoded = say('v1/devices/me/telemetry', { fill_level: 1 }, 'stranger');
    expect(decoded.refused[0]?.rejection).toMatchObject({
      code: 'ingest.device_unknown',
      reason: 'the registry has no device stranger: add it',
    });
  });
});
