import { describe, expect, test } from 'vitest';
import { nanoOf } from '../../../ingest/origin.ts';
import { decode, now, packet, say } from './city.ts';

describe('the duplicate key', () => {
  test.each([
    ['boot and seq', { boot: 12, seq: 4711, fill_level: 1 }, 'native/bin-1/12/4711'],
    ['seq alone', { seq: 0, fill_level: 1 }, 'native/bin-1/0/0'],
    ['seq and a time but no boot', { ts: now, seq: 7, fill_level: 1 }, `native/bin-1/@${now}/7`],
  ])('is what the device counts when it sends %s', (_, body, key) => {
    expect(say(body).duplicateKey).toBe(key);
  });

  test('differs when a device without a boot count starts again', () => {
    const before = say({ ts: now - 60_000, seq: 1, fill_level: 1 });
    const after = say({ ts: now, seq: 1, fill_level: 1 });
    expect(after.duplicateKey).not.toBe(before.duplicateKey);
  });

  test.each([
    ['one message', { ts: now, fill_level: 1 }],
    [
      'an array',
      [
        { ts: now, fill_level: 1 },
        { ts: now - 1, seq: 3, fill_level: 1 },
      ],
    ],
  ])('is the content when %s has times and no common count', (_, body) => {
    expect(say(body).duplicateKey).toMatch(/^sha256\/[\w-]{43}$/);
    expect(say(body).duplicateKey).toBe(say(body).duplicateKey);
  });

  test.each([
    ['it has no time', { fill_level: 40 }],
    ['one entry has no time', [{ ts: now, fill_level: 40 }, { fill_level: 41 }]],
    ['its clock stands still in 1970', { ts: 0, fill_level: 40 }],
  ])('is absent when nothing tells a message from the next one: %s', (_, body) => {
    expect(say(body)).not.toHaveProperty('duplicateKey');
  });

  test.each([
    ['seq', { seq: '12', fill_level: 1 }],
    ['boot', { boot: -1, seq: 12, fill_level: 1 }],
  ])('is absent and the count refused by name when %s is no whole number', (name, body) => {
    const decoded = say(body);
    expect(decoded).not.toHaveProperty('duplicateKey');
    expect(decoded.refused).toMatchObject([{ part: name }]);
    expect(decoded.class).toBe('decoded');
  });
});

describe('the nanosecond', () => {
  const topic = 'city/v1/kupang/bin/bin-1/telemetry';

  test('never repeats when 5,000 messages of one device share a millisecond', () => {
    const nanos = Array.from({ length: 5_000 }, (_, seq) => {
      const { readings } = say({ ts: now, boot: 3, seq, fill_level: 1 });
      return readings[0]?.nano;
    });
    expect(new Set(nanos).size).toBe(5_000);
    expect(nanos.every((nano) => Number.isInteger(nano) && nano! >= 0 && nano! < 1e6)).toBe(true);
  });

  test('keeps equal events apart when one array holds them', () => {
    const events = [true, false, true].map((lid_open) => ({ ts: now, lid_open }));
    const nanos = say(events).readings.map(({ nano }) => nano);
    expect(new Set(nanos).size).toBe(3);
  });

  test.each([
    [
      'counted',
      { ts: now, boot: 1, seq: 9, values: { fill_level: 1, full: { v: true, t: now - 9 } } },
    ],
    [
      'dated',
      [
        { ts: now, fill_level: 1 },
        { ts: now, full: true },
      ],
    ],
  ])('and the whole reading are the same when a %s message is sent again', (_, body) => {
    const [first, second] = [17, 99].map((number) =>
      decode(packet(topic, body, { number, receivedAt: now + number })).readings.map(
        ({ packet: _packet, receivedAt: _receivedAt, ...said }) => said,
      ),
    );
    expect(first).toHaveLength(2);
    expect(second).toEqual(first);
  });

  test('follows the packet when the message says nothing of itself', () => {
    const nanos = [5, 6].map(
      (number) => decode(packet(topic, { fill_level: 1 }, { number })).readings[0]?.nano,
    );
    expect(nanos).toEqual([5, 6]);
  });

  test('stays below a million when the counter is the largest there is', () => {
    const nano = nanoOf({ scope: 'x', counter: Number.MAX_SAFE_INTEGER }, 1, 999);
    expect(nano).toBeLessThan(1_000_000);
  });
});
