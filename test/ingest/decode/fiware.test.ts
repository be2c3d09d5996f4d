import { describe, expect, test } from 'vitest';
import { decode, gist, now, packet } from './city.ts';

const json = (body: unknown, rest = 'attrs') => decode(packet(`/json/4jggokgp/fw-1/${rest}`, body));
const ul = (body: string, rest = 'attrs') => decode(packet(`/ul/4jggokgp/fw-1/${rest}`, body));
const instant = '2026-11-24T07:59:00Z';

describe('FIWARE IoT Agent', () => {
  test('reads all attributes with their time when they come as JSON', () => {
    expect(json({ fill_level: 70, temperature: 15, TimeInstant: instant })).toMatchObject({
      class: 'decoded',
      readings: [
        { asset: 'fiware-1', observedAt: Date.parse(instant), values: { fill_level: 70 } },
      ],
    });
  });

  test.each([
    ['a bare value', 44, now],
    ['a value with its time', [{ timestamp: instant, value: 44 }], Date.parse(instant)],
  ])('reads the attribute that the topic names when the body is %s', (_, body, at) => {
    expect(json(body, 'attrs/fill_level').readings).toMatchObject([
      { observedAt: at, values: { fill_level: 44 } },
    ]);
  });

  test('reads every measure of an array', () => {
    const measures = [
      { fill_level: 1, TimeInstant: instant },
      { fill_level: 2, TimeInstant: '2026-11-24T07:58:00Z' },
    ];
    const { readings } = json(measures);
    expect(readings.map(({ values }) => values['fill_level'])).toEqual([1, 2]);
  });

  test('takes our own id where the registry has no FIWARE name', () => {
    expect(decode(packet('/json/key/bin-1/attrs', { fill_level: 1 })).readings).toHaveLength(1);
  });

  test.each(['configuration/commands', 'cmd', 'cmdexe'])('is empty on %s', (rest) => {
    expect(json({}, rest).class).toBe('empty');
  });

  test.each([
    ['a topic beyond the measures', '/json/key/fw-1/other', {}, 'ingest.format_unknown'],
    ['a name with levels', '/json/key/fw-1/attrs/a/b', 1, 'ingest.format_unknown'],
    ['a body that is no JSON', '/json/key/fw-1/attrs', 'hello', 'ingest.json_malformed'],
    ['a device that nobody knows', '/json/key/nobody/attrs', {}, 'ingest.device_unknown'],
  ])('is dead on %s', (_, topic, body, code) => {
    const { class: outcome, refused } = decode(packet(topic, body));
    expect([outcome, refused[0]?.rejection.code]).toEqual(['dead', code]);
  });
});

describe('UltraLight', () => {
  test.each([
    ['names and values', 'fill_level|15|lid_open|true', [{ fill_level: 15, lid_open: true }]],
    ['groups', 'fill_level|1#temperature|-10.5', [{ fill_level: 1, temperature: -10.5 }]],
    [
      'a time in front of each group',
      `${instant}|fill_level|1#2026-11-24T07:58:00Z|fill_level|2`,
      [{ fill_level: 1 }, { fill_level: 2 }],
    ],
  ])('reads %s', (_, body, values) => {
    const readings = ul(body).readings;
    // Groups without a time were measured when they arrived: one reading.
    const merged = Map.groupBy(readings, ({ observedAt }) => observedAt);
    const said = [...merged.values()].map(
      (all) => Object.assign({}, ...all.map((reading) => reading.values)) as object,
    );
    expect(said).toEqual(values);
  });

  test('believes the time in front', () => {
    expect(ul(`${instant}|fill_level|100`).readings[0]?.observedAt).toBe(Date.parse(instant));
  });

  test('reads the attribute that the topic names', () => {
    expect(gist(ul('12', 'attrs/fill_level')).values).toEqual({ fill_level: 12 });
  });

  test.each([
    ['nothing', ''],
    ['only a time', instant],
    ['a value without a name', '|15'],
    ['an empty group', 'fill_level|1#'],
  ])('is dead when it is %s', (_, body) => {
    const { class: outcome, refused } = ul(body);
    expect([outcome, refused[0]?.rejection.code]).toEqual(['dead', 'ingest.body_invalid']);
  });
});
