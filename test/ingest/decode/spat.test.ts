import { describe, expect, test } from 'vitest';
import { corpus, decode, gist, needCorpora, packet } from './city.ts';
import { at, event, group, hear, intersection, minute } from './spat-bodies.ts';

describe('a signal group', () => {
  test.each([
    ['dark', 'dark'],
    ['stop-And-Remain', 'red'],
    ['pre-Movement', 'red_yellow'],
    ['permissive-Movement-Allowed', 'green'],
    ['PROTECTED_MOVEMENT_ALLOWED', 'green'],
    ['permissive-clearance', 'yellow'],
    ['protected-clearance', 'yellow'],
    ['CAUTION_CONFLICTING_TRAFFIC', 'yellow_flash'],
  ])('that is %s is %s, at the time of the message', (said, phase) => {
    expect(hear([intersection([group(2, event(said))])])).toMatchObject({
      class: 'decoded',
      readings: [
        { asset: 'spat-1', key: 'group-2', observedAt: at, values: { phase_state: phase } },
      ],
      refused: [],
    });
  });

  test.each(['unavailable', 'stop-Then-Proceed'])('says nothing when it is %s', (said) => {
    expect(hear([intersection([group(2, event(said))])])).toMatchObject({
      class: 'empty',
      refused: [],
    });
  });

  test('is what its first event says: the others are to come', () => {
    const events = [event('protected-clearance'), event('stop-And-Remain')];
    expect(gist(hear([intersection([group(2, ...events)])])).values).toEqual({
      phase_state: 'yellow',
    });
  });

  test('costs the others nothing when it can’t be read', () => {
    const states = [
      group('x', event()),
      group(3, event('green')),
      group(4),
      'five',
      group(6, event('dark', { minEndTime: '22:10' })),
    ];
    expect(gist(hear([intersection(states)]))).toEqual({
      class: 'decoded',
      values: { phase_state: 'dark' },
      refused: [
        ['intersections[0].states[0]', 'ingest.body_invalid'],
        ['intersections[0].states[1]', 'ingest.value_type'],
        ['intersections[0].states[2]', 'ingest.value_type'],
        ['intersections[0].states[3]', 'ingest.body_invalid'],
        ['intersections[0].states[4].minEndTime', 'ingest.value_type'],
      ],
    });
  });
});

describe('a controller', () => {
  const flags = { failureFlash: false, off: false, manualControlIsEnabled: false };
  test.each([
    [{}, { mode: 'normal' }],
    [{ failureFlash: true }, { mode: 'conflict_flash' }],
    [{ off: true }, { mode: 'dark' }],
    [{ manualControlIsEnabled: true }, { mode: 'manual' }],
    [{ standbyOperation: true }, {}],
    [{ failureMode: true }, {}],
  ])('whose flags are %j has %j', (set, mode) => {
    const status = { ...flags, ...set };
    expect(gist(hear([intersection([], { status })])).values).toEqual(mode);
  });

  test('has no mode where its flags are not told one by one', () => {
    expect(gist(hear([intersection([], { status: '0000' })])).values).toEqual({});
  });

  test('that calls its own message invalid makes it doubtful', () => {
    const status = { noValidSPATisAvailableAtThisTime: true };
    expect(hear([intersection([group(2, event())], { status })]).readings).toMatchObject([
      { quality: { phase_state: 'suspect' } },
    ]);
  });

  test('speaks for each of several intersections by its own name', () => {
    const second = intersection([group(1, event())], { id: { id: 12112 } });
    const third = intersection([group(1, event())], { id: { id: 999 } });
    const { readings, refused } = hear([intersection([group(2, event())]), second, third]);
    expect(readings.map(({ asset, key }) => [asset, key])).toEqual([
      ['spat-1', 'group-2'],
      ['spat-2', 'group-1'],
    ]);
    expect(refused).toMatchObject([{ rejection: { code: 'ingest.device_unknown' } }]);
    const nameless = intersection([group(1, event())], { id: { toString: 1 } });
    expect(gist(hear([intersection([group(2, event())]), nameless])).refused).toEqual([
      ['intersections[1]', 'ingest.body_invalid'],
    ]);
  });
});

describe('a body', () => {
  const list = [intersection([group(2, event())])];
  test.each([
    ['bare', { intersections: list }],
    ['of ETSI', { header: { messageID: 4 }, spat: { intersections: list } }],
    ['of a message frame', { messageId: 19, value: { SPAT: { intersections: list } } }],
    ['of a named message frame', { MessageFrame: { value: { intersections: list } } }],
  ])('%s is read', (_, body) => {
    expect(gist(decode(packet('spat/12111', body))).values).toEqual({ phase_state: 'green' });
  });

  test.each([
    ['without intersections', { intersections: [] }, 'ingest.body_invalid'],
    ['with too many', { intersections: Array(33).fill(list[0]) }, 'ingest.body_invalid'],
    ['with an intersection that is none', { intersections: [1] }, 'ingest.body_invalid'],
    ['without states', { intersections: [{ id: { id: 1 } }] }, 'ingest.body_invalid'],
    ['that is no object', [1], 'ingest.body_invalid'],
    ['that is no JSON', '{', 'ingest.json_malformed'],
  ])('%s is dead', (_, body, code) => {
    const { class: outcome, refused } = decode(packet('spat/12111', body));
    expect([outcome, refused[0]?.rejection.code]).toEqual(['dead', code]);
  });

  test('on a topic with levels is dead', () => {
    expect(gist(decode(packet('spat/a/b', {}))).refused).toEqual([
      ['topic', 'ingest.format_unknown'],
    ]);
  });
});

test('the published message is read as its own decoder reads it', (context) => {
  needCorpora(context);
  const body = corpus('spat/expected-spat.json');
  const heard = Date.parse('2024-12-10T17:34:40.359Z');
  const decoded = decode(packet('spat/12111', body, { receivedAt: heard + 200 }));
  const seen = Date.parse('2024-12-10T17:34:35.176Z');
  const read = decoded.readings.map(({ key, observedAt, values }) => {
    expect(observedAt).toBe(seen);
    const { phase_state: state, min_time_to_change: min, max_time_to_change: max } = values;
    // Back to tenths in the hour.
    const mark = (wait: unknown) => Math.round(((seen % 3_600_000) / 1_000 + Number(wait)) * 10);
    return key === undefined ? values : [key, state, mark(min), mark(max)];
  });
  expect(read).toEqual([
    { mode: 'normal' },
    ['group-2', 'green', 22_120, 22_121],
    ['group-4', 'red', 22_181, 22_181],
    ['group-6', 'green', 22_120, 22_121],
    ['group-8', 'red', 21_852, 21_852],
    ['group-1', 'red', 21_852, 21_852],
    ['group-5', 'red', 21_852, 21_852],
  ]);
  // Late, it is still of the minute in which it was heard.
  const late = decode(packet('spat/12111', body, { receivedAt: heard + 5 * minute }));
  expect(late.readings[0]?.observedAt).toBe(seen);
});
