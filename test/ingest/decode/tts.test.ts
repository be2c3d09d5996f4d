import { describe, expect, test } from 'vitest';
import { corpus, decode, gist, needCorpora, packet } from './city.ts';

const topic = 'v3/app1@tenant1/devices/dev1/up';
const receivedAt = Date.parse('2020-02-12T15:16:00Z');

/** An uplink as The Things Stack sends it, with what a test needs changed. */
function uplink(message: object, rest: object = {}, device = 'dev1'): object {
  return {
    end_device_ids: {
      device_id: device,
      application_ids: { application_id: 'app1' },
      ...(device === 'dev1' && { dev_eui: '0004A30B001C0530' }),
    },
    received_at: '2020-02-12T15:15:46.014773143Z',
    ...rest,
    uplink_message: { received_at: '2020-02-12T15:15:45.789585559Z', ...message },
  };
}

function hear(body: unknown, device = 'dev1') {
  return decode(packet(topic.replace('dev1', device), body, { receivedAt }));
}

describe('The Things Stack', () => {
  test('reads the example of its documentation when it is an uplink', (context) => {
    needCorpora(context);
    expect(hear(corpus('tts/uplink-message-example.json'))).toEqual({
      class: 'decoded',
      readings: [
        {
          asset: 'tts-1',
          device: 'tts-1',
          kind: 'bin',
          observedAt: Date.parse('2020-02-12T15:15:45.789Z'),
          receivedAt,
          packet: 1,
          nano: expect.any(Number),
          values: { temperature: 1, rssi: -35, snr: 5 },
        },
      ],
      refused: [],
      duplicateKey: 'tts/0004A30B001C0530/AXA50tHUGUucuzS/bCGMNw==/1',
      counted: {
        device: 'tts-1',
        session: 'tts/0004A30B001C0530/AXA50tHUGUucuzS/bCGMNw==',
        value: 1,
      },
    });
  });

  test.for([
    ['join', 'join-message-example'],
    ['down/ack', 'downlink-event-message-example'],
    ['down/failed', 'downlink-failed-event-message-example'],
    ['down/push', 'downlink-message-example'],
  ])('is empty when the event is %s', ([event, file], context) => {
    needCorpora(context);
    const body = corpus(`tts/${file}.json`);
    const decoded = decode(packet(`v3/app1@tenant1/devices/dev1/${event}`, body));
    expect(decoded).toEqual({ class: 'empty', readings: [], refused: [] });
  });

  test('counts from zero when f_cnt is missing', () => {
    const { duplicateKey } = hear(uplink({ session_key_id: 'k', decoded_payload: { full: true } }));
    expect(duplicateKey).toBe('tts/0004A30B001C0530/k/0');
  });

  test('is known by its content when it has no session', () => {
    const { duplicateKey } = hear(uplink({ f_cnt: 3, decoded_payload: { full: true } }));
    expect(duplicateKey).toMatch(/^sha256/);
  });

  test('is stored and not evaluated when somebody simulated it', () => {
    const body = uplink({ decoded_payload: { fire: true } }, { simulated: true });
    expect(hear(body).readings).toMatchObject([{ quality: { fire: 'suspect' } }]);
  });

  test('takes rssi and snr of the gateway that heard best when several did', () => {
    const rx_metadata = [{ rssi: -118, snr: -9 }, { rssi: -97, snr: 4.5 }, { snr: 9 }];
    const { readings } = hear(uplink({ decoded_payload: { full: true }, rx_metadata }));
    expect(readings[0]?.values).toEqual({ full: true, rssi: -97, snr: 4.5 });
  });

  test.each([
    ['the registry knows the DevEUI', 'dev1', 'tts-1'],
    ['the registry knows only its name', 'dev2', 'tts-2'],
  ])('finds the device when %s', (_, device, asset) => {
    const body = uplink({ decoded_payload: { full: true } }, {}, device);
    expect(hear(body, device).readings).toMatchObject([{ asset }]);
  });

  test('ignores values without a metric when another has one', () => {
    const decoded_payload = { temperature: 20, luminosity: 0.64, constructor: 1, gps: { lat: 1 } };
    expect(gist(hear(uplink({ decoded_payload })))).toEqual({
      class: 'decoded',
      values: { temperature: 20 },
      refused: [],
    });
  });

  test('asks for a profile and keeps the reception when no value has a metric', () => {
    const body = uplink({ decoded_payload: { luminosity: 0.64 }, rx_metadata: [{ rssi: -90 }] });
    const decoded = hear(body);
    expect(gist(decoded)).toEqual({
      class: 'decoded',
      values: { rssi: -90 },
      refused: [['uplink_message.decoded_payload', 'ingest.metric_unknown']],
    });
    expect(decoded.refused[0]?.rejection.reason).toContain('luminosity');
  });

  test('asks for a codec when there are only bytes', () => {
    expect(gist(hear(uplink({ frm_payload: 'gkHe' })))).toMatchObject({
      class: 'dead',
      refused: [['uplink_message.decoded_payload', 'ingest.body_invalid']],
    });
  });

  test('is empty when the uplink carries no payload at all', () => {
    expect(hear(uplink({})).class).toBe('empty');
  });

  test.each([
    ['speaks for another device than the topic', 'dev2', uplink({}), 'end_device_ids'],
    ['has no device', 'dev1', { uplink_message: {} }, 'end_device_ids'],
    ['has no uplink', 'dev1', { ...uplink({}), uplink_message: 3 }, 'uplink_message'],
  ])('is dead and names the member when the body %s', (_, device, body, field) => {
    expect(hear(body, device)).toMatchObject({
      class: 'dead',
      refused: [{ rejection: { code: 'ingest.body_invalid', field } }],
    });
  });

  test('keeps the values when the reception is of no form it knows', () => {
    const body = uplink({ decoded_payload: { full: true }, rx_metadata: [{ rssi: 'good' }] });
    expect(gist(hear(body))).toMatchObject({ class: 'decoded', values: { full: true } });
  });
});
