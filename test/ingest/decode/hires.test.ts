import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { corpusText, decode, decodeIn, gist, needCorpora, packet } from './city.ts';

const receivedAt = Date.parse('2026-11-24T08:01:00Z');
/** 16:00 in Kupang. */
const start = Date.parse('2026-11-24T08:00:00Z');
const head = 'TimeStamp,DeviceId,EventId,Parameter';
const hear = (...rows: string[]) => decode(packet('hires/1136', rows.join('\n'), { receivedAt }));
const at = (second: number, event: number, parameter: number): string =>
  `2026-11-24T16:00:${second.toFixed(1).padStart(4, '0')},1136,${event},${parameter}`;

describe('an event', () => {
  test.each([
    [1, 'phase-5', { phase_state: 'green' }],
    [8, 'phase-5', { phase_state: 'yellow' }],
    [10, 'phase-5', { phase_state: 'red' }],
    [82, 'det-5', { detector_on: true }],
    [81, 'det-5', { detector_on: false }],
    [83, 'det-5', { detector_fault: false }],
    [84, 'det-5', { detector_fault: true }],
    [88, 'det-5', { detector_fault: true }],
  ])('%i is a reading of its detector or phase, at its own time', (event, key, values) => {
    const { class: name, readings } = hear(head, at(1.5, event, 5));
    expect(name).toBe('decoded');
    expect(readings).toMatchObject([{ asset: 'hires-1', key, observedAt: start + 1_500, values }]);
  });

  test('that no reading can be made of is passed over', () => {
    expect(hear(head, at(1, 43, 6), at(2, 316, 75))).toMatchObject({ class: 'empty', refused: [] });
  });

  test('equal to another is kept where it differs in time, and taken once where it does not', () => {
    const { readings, refused } = hear(head, at(1, 82, 5), at(2, 82, 5), at(2, 82, 5));
    expect(readings.map(({ observedAt }) => observedAt)).toEqual([start + 1_000, start + 2_000]);
    expect(refused).toEqual([]);
  });

  test('is the same point in a log that overlaps with the one before it', () => {
    const [first] = hear(head, at(1, 81, 5), at(1, 82, 5)).readings;
    const [again] = hear(head, at(0, 82, 4), at(1, 81, 5)).readings.slice(1);
    expect(again).toMatchObject({ observedAt: first!.observedAt, nano: first!.nano });
    const [on, off] = hear(head, at(1, 82, 5), at(1, 81, 5)).readings;
    expect(on!.nano).not.toBe(off!.nano);
  });
});

describe('a log', () => {
  test('counts what entered each detector, if it spans a minute', () => {
    const rows = [at(0, 82, 5), at(1, 81, 5), at(2, 82, 5), at(3, 82, 6), at(4, 81, 6)];
    const short = hear(head, ...rows);
    expect(short.readings.some(({ values }) => 'vehicle_count' in values)).toBe(false);
    const { readings } = hear(head, ...rows, '2026-11-24T16:01:00.0,1136,0,1');
    expect(readings.slice(-2)).toMatchObject([
      { key: 'det-5', observedAt: start + 60_000, values: { vehicle_count: 2, period: 60 } },
      { key: 'det-6', values: { vehicle_count: 1, period: 60 } },
    ]);
  });

  test('may have its columns in any order, or no head, or other line ends', () => {
    const said = ['Parameter,EventID,DeviceID,Timestamp', '5,82,1136,2026-11-24T16:00:01'];
    const expected = [{ key: 'det-5', observedAt: start + 1_000, values: { detector_on: true } }];
    expect(hear(...said).readings).toMatchObject(expected);
    expect(hear(at(1, 82, 5)).readings).toMatchObject(expected);
    expect(decode(packet('hires/1136', `${head}\r\n${at(1, 82, 5)}\r\n`)).readings).toMatchObject(
      expected,
    );
  });

  test('loses no row to a bad one', () => {
    const decoded = hear(
      head,
      at(1, 82, 5),
      'garbage',
      '2026-11-24T16:00:02,1136,82,x',
      '2026-02-30T16:00:02,1136,82,5',
      '11/24/2026 16:00:02,1136,82,5',
      '2026-11-24T16:00:03,1137,82,5',
      at(4, 81, 5),
    );
    expect(decoded.readings).toHaveLength(2);
    expect(gist(decoded).refused).toEqual([
      ['row 3', 'ingest.value_type'],
      ['row 4', 'ingest.value_type'],
      ['row 5', 'ingest.clock_implausible'],
      ['row 6', 'ingest.clock_implausible'],
      ['row 7', 'ingest.body_invalid'],
    ]);
  });

  test.each([
    ['lacks a column', 'hires/1136', 'TimeStamp,EventId,Parameter\n2026-11-24T16:00:01,82,5'],
    ['is not UTF-8', 'hires/1136', Buffer.from([0xc3, 0x28])],
    ['has too many rows', 'hires/1136', 'x\n'.repeat(10_002)],
    ['has too many rows without a head', 'hires/1136', '1\n'.repeat(10_001)],
  ])('that %s is dead', (_, topic, body) => {
    expect(gist(decode(packet(topic, body))).refused).toEqual([['', 'ingest.body_invalid']]);
  });

  test('says whose it is by its topic', () => {
    const log = `${head}\n${at(1, 82, 5)}`;
    expect(gist(decode(packet('hires/9', log))).refused).toEqual([['', 'ingest.device_unknown']]);
    expect(gist(decode(packet('hires/a/b', log))).refused).toEqual([
      ['topic', 'ingest.format_unknown'],
    ]);
    expect(decode(packet('hires/junction-1', log)).readings[0]!.asset).toBe('junction-1');
  });

  test('of any text has one class', () => {
    const cell = fc.oneof(
      fc.constantFrom('82', '5', '1136', '2026-11-24T16:00:01', ''),
      fc.string(),
    );
    const row = fc.array(cell, { maxLength: 5 }).map((cells) => cells.join(','));
    const property = fc.property(fc.array(row), (rows) => {
      const { class: name, refused } = hear(...rows);
      return name !== 'dead' || refused.length === 1;
    });
    expect(fc.check(property, { numRuns: 1_000 })).toMatchObject({ failed: false });
  });

  test('of a whole packet of real rows is decoded within a third of a second', (context) => {
    needCorpora(context);
    const rows = corpusText('atspm/sample_raw_first6000.csv');
    const log = packet('hires/1136', rows, { receivedAt: Date.parse('2024-04-15T12:20:00Z') });
    decode(log);
    const before = performance.now();
    const { readings, refused } = decode(log);
    const took = performance.now() - before;
    expect(refused).toEqual([]);
    // 4,220 events of phases and detectors, and the count of each detector that was entered.
    const counts = readings.filter(({ values }) => 'vehicle_count' in values);
    expect(readings.length - counts.length).toBe(4_220);
    expect(counts.reduce((sum, { values }) => sum + Number(values['vehicle_count']), 0)).toBe(
      2_055,
    );
    expect(took).toBeLessThan(333);
  });
});

describe('a time without a zone', () => {
  const newYork = decodeIn('America/New_York');
  const observed = (text: string, received: string) => {
    const log = `${text},1136,82,5`;
    const { readings } = newYork(packet('hires/1136', log, { receivedAt: Date.parse(received) }));
    const [{ observedAt, quality }] = readings as [(typeof readings)[number]];
    return [new Date(observedAt).toISOString(), quality?.['detector_on'] ?? 'good'];
  };

  test('is the city’s; one with a zone is what it says', () => {
    const received = '2026-07-01T12:00:10Z';
    expect(observed('2026-07-01 08:00:00.1', received)).toEqual([
      '2026-07-01T12:00:00.100Z',
      'good',
    ]);
    expect(observed('2026-07-01T12:00:00.1Z', received)).toEqual([
      '2026-07-01T12:00:00.100Z',
      'good',
    ]);
  });

  test('that the clocks show twice is the later one, unless that is still to come', () => {
    const shown = '2026-11-01T01:30:00';
    expect(observed(shown, '2026-11-01T05:30:05Z')).toEqual(['2026-11-01T05:30:00.000Z', 'good']);
    expect(observed(shown, '2026-11-01T06:30:05Z')).toEqual(['2026-11-01T06:30:00.000Z', 'good']);
    expect(observed('2026-11-01T00:59:59', '2026-11-01T06:30:05Z')[0]).toBe(
      '2026-11-01T04:59:59.000Z',
    );
    expect(observed('2026-11-01T02:00:00', '2026-11-01T07:30:05Z')[0]).toBe(
      '2026-11-01T07:00:00.000Z',
    );
  });

  test('that the clocks skip is suspect, and as if they had not been set', () => {
    const received = '2026-03-08T08:00:00Z';
    expect(observed('2026-03-08T02:30:00', received)).toEqual([
      '2026-03-08T07:30:00.000Z',
      'suspect',
    ]);
    expect(observed('2026-03-08T01:59:59', received)).toEqual(['2026-03-08T06:59:59.000Z', 'good']);
    expect(observed('2026-03-08T03:00:00', received)).toEqual(['2026-03-08T07:00:00.000Z', 'good']);
  });
});
