import { describe, expect, test } from 'vitest';
import { decode, gist, now, packet, say } from './city.ts';

describe('the native contract', () => {
  test('becomes one reading of the asset when the full form is used', () => {
    const body = { v: 1, ts: now - 5_000, boot: 12, seq: 4711, values: { fill_level: 82.5 } };
    expect(say(body)).toEqual({
      class: 'decoded',
      readings: [
        {
          asset: 'bin-1',
          device: 'bin-1',
          kind: 'bin',
          observedAt: now - 5_000,
          receivedAt: now,
          packet: 1,
          nano: expect.any(Number),
          values: { fill_level: 82.5 },
        },
      ],
      refused: [],
      duplicateKey: 'native/bin-1/12/4711',
      counted: { device: 'bin-1', session: 'native/bin-1/12', value: 4711 },
    });
  });

  test.each([
    ['values and time', { ts: now, values: { fill_level: 1, full: false } }],
    ['a flat object', { fill_level: 1, full: false }],
    ['a flat object with a head', { v: 1, ts: now, seq: 1, fill_level: 1, full: false }],
    ['an array of values', [{ ts: now, values: { fill_level: 1, full: false } }]],
    ['an array of flat objects', [{ fill_level: 1 }, { full: false }]],
    ['objects as values', { fill_level: { v: 1 }, full: { v: false, q: 'good' } }],
    ['units of its own', { fill_level: { v: 0.01, u: '1' }, full: false }],
    ['a byte order mark', `\uFEFF{"fill_level":1,"full":false}`],
    ['members from a later version', { values: { fill_level: 1, full: false }, firmware: '2.1' }],
    ['null for what was not measured', { fill_level: 1, full: false, temperature: null }],
  ])('is understood when the body is %s', (_, body) => {
    expect(gist(say(body))).toEqual({
      class: 'decoded',
      values: { fill_level: 1, full: false },
      refused: [],
    });
  });

  test.each([
    ['a number in a string', { fill_level: '82' }, 'ingest.value_type'],
    ['a number for a boolean', { full: 1 }, 'ingest.value_type'],
    ['an object without v', { fill_level: { value: 3 } }, 'ingest.value_type'],
    ['an object for the prototype', '{"__proto__":{"full":true}}', 'ingest.metric_unknown'],
    ['an array for a number', { fill_level: [1] }, 'ingest.value_type'],
    ['a value above the bounds', { fill_level: 120.1 }, 'ingest.value_out_of_bounds'],
    ['a value below the bounds', { distance: -1 }, 'ingest.value_out_of_bounds'],
    ['infinity', '{"weight":1e999}', 'ingest.value_out_of_bounds'],
    ['an unknown metric', { fil_level: 3 }, 'ingest.metric_unknown'],
    ['the name of an inherited property', { constructor: 3 }, 'ingest.metric_unknown'],
    ['the name of the prototype', '{"__proto__":3}', 'ingest.metric_unknown'],
    ['an unknown unit', { distance: { v: 3, u: 'furlong' } }, 'ingest.unit_unknown'],
    ['a unit of something else', { distance: { v: 3, u: 'kg' } }, 'ingest.unit_unknown'],
    ['a unit that is no text', { distance: { v: 3, u: 5 } }, 'ingest.unit_unknown'],
    ['bad quality', { fill_level: { v: 3, q: 'bad' } }, 'ingest.value_bad'],
    ['unknown quality', { fill_level: { v: 3, q: 'so-so' } }, 'ingest.value_type'],
    [
      'a time without a zone',
      { weight: { v: 3, t: '2026-11-24T07:59' } },
      'ingest.clock_implausible',
    ],
  ])('refuses by name and keeps the rest when a value is %s', (_, bad, code) => {
    const text = typeof bad === 'string' ? bad : JSON.stringify(bad);
    const name = /^\{"([^"]+)"/.exec(text)?.[1];
    const decoded = say(`{"values":${text.slice(0, -1)},"temperature":31.2}}`);
    expect(gist(decoded)).toEqual({
      class: 'decoded',
      values: { temperature: 31.2 },
      refused: [[`values.${name}`, code]],
    });
    expect(decoded.refused[0]?.rejection).toMatchObject({ field: `values.${name}` });
    expect(({} as Record<string, unknown>)['full']).toBeUndefined();
  });

  test('says which unit and which metric when a unit is refused', () => {
    const [refused] = say({ distance: { v: 3, u: 'kg' }, full: true }).refused;
    expect(refused?.rejection.reason).toMatch(/"kg".*mm/);
  });

  test.each([
    ['JSON that is cut off', '{"values":{"fill_level":1', 'ingest.json_malformed'],
    ['nothing', '', 'ingest.json_malformed'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'ingest.json_malformed'],
    ['a number', '17', 'ingest.body_invalid'],
    ['values that are no object', { values: [1] }, 'ingest.body_invalid'],
    ['another version', { v: 2, values: { fill_level: 1 } }, 'ingest.body_invalid'],
    ['a key that is no segment', { key: 'Det 3', fill_level: 1 }, 'ingest.body_invalid'],
    ['more than 16 KiB', { fill_level: 1, note: 'x'.repeat(16_384) }, 'ingest.body_invalid'],
    ['more than 256 values', many(257), 'ingest.body_invalid'],
    ['more than 1,000 entries', Array.from({ length: 1_001 }, () => ({})), 'ingest.body_invalid'],
    ['nothing that can be used', { fill_level: '1', full: 'no' }, 'ingest.value_type'],
  ])('is dead for one reason when the body is %s', (_, body, code) => {
    const { refused, ...rest } = say(body);
    expect(rest).toEqual({ class: 'dead', readings: [] });
    expect(refused).toEqual([{ rejection: expect.objectContaining({ code }) }]);
  });

  test('says where the JSON breaks when the parser knows', () => {
    const [refused] = say('{"fill_level":82.5,,"full":true}').refused;
    expect(refused?.rejection.reason).toContain('position 19');
  });

  test('is not taken for a rejection when the body says that it is rejected', () => {
    expect(gist(say({ rejected: true, fill_level: 1 }))).toEqual({
      class: 'decoded',
      values: { fill_level: 1 },
      refused: [['rejected', 'ingest.metric_unknown']],
    });
  });

  test('refuses one entry and uses the rest when an array holds a bad one', () => {
    const body = [{ fill_level: 1 }, 17, { full: true }, { ts: now, values: { tilt: 500 } }];
    const decoded = say(body);
    expect(gist(decoded)).toEqual({
      class: 'decoded',
      values: { fill_level: 1, full: true },
      refused: [
        ['[1]', 'ingest.body_invalid'],
        ['[3].values.tilt', 'ingest.value_out_of_bounds'],
      ],
    });
  });

  test('keeps a bounded number of refused parts when nearly all of many are bad', () => {
    const { refused } = say({ fill_level: 1, ...many(200) });
    expect(refused).toHaveLength(32);
    expect(refused.at(-1)?.rejection.reason).toBe('169 more parts were refused');
  });

  test.each([
    ['all values are null', { fill_level: null }],
    ['there are no values', { values: {} }],
    ['the array is empty', []],
  ])('is empty when %s', (_, body) => {
    expect(say(body)).toMatchObject({ class: 'empty', readings: [], refused: [] });
  });

  test('makes a reading for each time when metrics have times of their own', () => {
    const late = { v: 61, t: '2026-11-24T00:01:02Z' };
    const body = { ts: now, values: { dim_level: 75, power: late, voltage: { v: 226, t: now } } };
    const { readings } = say(body, 'lamp-1', 'streetlight');
    expect(readings.map(({ observedAt, values }) => [observedAt, values])).toEqual([
      [now, { dim_level: 75, voltage: 226 }],
      [Date.parse('2026-11-24T00:01:02Z'), { power: 61 }],
    ]);
  });

  test('gives the reading its sub-series when the message has a key', () => {
    const { readings } = say({ key: 'det-3', vehicle_count: 4 }, 'junction-1', 'signal');
    expect(readings).toMatchObject([{ key: 'det-3', values: { vehicle_count: 4 } }]);
  });

  test('takes only listed words when a metric is an enumeration', () => {
    const good = say({ mode: 'yellow_flash' }, 'junction-1', 'signal');
    const bad = say({ mode: 'disco', comms_ok: true }, 'junction-1', 'signal');
    expect(good.readings[0]?.values).toEqual({ mode: 'yellow_flash' });
    expect(bad.refused[0]?.rejection.reason).toContain('conflict_flash');
  });

  test('marks what the device doubts when a value is suspect', () => {
    const { readings } = say({ fill_level: { v: 40, q: 'suspect' }, full: false });
    expect(readings[0]).toMatchObject({ quality: { fill_level: 'suspect' } });
  });

  test('goes to the asset of that time when the device was moved since', () => {
    const body = [
      { ts: now - 7_200_000, fill_level: 90 },
      { ts: now - 1_000, fill_level: 5 },
    ];
    expect(say(body, 'moved-1').readings.map(({ asset }) => asset)).toEqual(['bin-1', 'tts-1']);
  });

  test('reads events like telemetry when they come on that channel', () => {
    const decoded = decode(packet('city/v1/kupang/bin/bin-1/event', { lid_open: true }));
    expect(gist(decoded)).toMatchObject({ class: 'decoded', values: { lid_open: true } });
  });
});

describe('native status', () => {
  const topic = 'city/v1/kupang/bin/bin-1/status';

  test.each([
    ['the last will', { online: false }, false],
    ['the word of a device that is there', { online: true, firmware: '2.1' }, true],
  ])('says presence and no reading when it is %s', (_, body, online) => {
    const presence = { device: 'bin-1', online };
    expect(decode(packet(topic, body))).toEqual({
      class: 'empty',
      readings: [],
      refused: [],
      online: presence,
    });
  });

  test.each([
    ['the retained word is taken away', ''],
    ['it says only how the device is set up', { interval: 3600 }],
  ])('says nothing when %s', (_, body) => {
    expect(decode(packet(topic, body))).toEqual({ class: 'empty', readings: [], refused: [] });
  });

  test.each([
    ['online is a text', { online: 'false' }, 'ingest.value_type'],
    ['the body is no object', '"offline"', 'ingest.body_invalid'],
    ['the body is no JSON', 'offline', 'ingest.json_malformed'],
  ])('is dead when %s', (_, body, code) => {
    expect(gist(decode(packet(topic, body)))).toMatchObject({
      class: 'dead',
      refused: [[expect.any(String), code]],
    });
  });
});

/** An object of so many values that no kind has. */
function many(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, i]));
}
