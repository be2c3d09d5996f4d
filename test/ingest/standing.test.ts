import { describe, expect, test } from 'vitest';
import { standingOf, type Known } from '../../ingest/standing.ts';

const now = 10_000_000;
const minute = 60_000;

/** A device with a report every minute, last heard so many minutes ago. */
const heard = (minutesAgo: number, more: Partial<Known> = {}): Known => ({
  seen_at: now - minutesAgo * minute,
  online: 1,
  since: 1_000,
  reason: null,
  interval: minute,
  ...more,
});
const gone = (minutesAgo: number): Known =>
  heard(minutesAgo, { online: 0, since: now - minutesAgo * minute, reason: 'will' });
const never: Known = { seen_at: null, online: null, since: null, reason: null, interval: minute };
const ago = (minutes: number): number => now - minutes * minute;

describe('a device', () => {
  test.each([
    ['is there while it is heard', heard(1), { online: true, since: 1_000, reason: null }],
    ['is there with one report lost', heard(3), { online: true, since: 1_000, reason: null }],
    [
      'is silent after three intervals',
      heard(4),
      { online: false, since: ago(1), reason: 'silent' },
    ],
    ['is gone by its own word', gone(1), { online: false, since: ago(1), reason: 'will' }],
    ['was never heard', never, { online: false, since: null, reason: 'never' }],
  ])('%s', (_, device, standing) => {
    expect(standingOf(device, now)).toEqual(standing);
  });
});

describe('a device that hangs on another', () => {
  test.each([
    ['there', heard(1), heard(0), 'online'],
    ['never heard', heard(1), never, 'online'],
    ['gone since it was heard', heard(2), gone(1), 'parent'],
    ['gone before it was heard last', heard(1), gone(2), 'online'],
    ['gone, and it has become silent since', heard(10), gone(9), 'parent'],
    ['gone, and it was silent long before', heard(30), gone(9), 'silent'],
    ['gone, and so is it by its own word', gone(1), gone(2), 'will'],
    ['silent since about then', heard(4), heard(4), 'parent'],
    ['silent, and it was heard long after', heard(1), heard(9), 'online'],
    ['gone, and it was never heard itself', never, gone(2), 'never'],
  ])('that is %s', (_, device, parent, expected) => {
    const { online, reason } = standingOf(device, now, parent);
    expect(online ? 'online' : reason).toBe(expected);
  });

  test('is gone since that is, also where its own interval is long', () => {
    const slow = heard(60, { interval: 360 * minute });
    expect(standingOf(slow, now, gone(5))).toEqual({
      online: false,
      since: ago(5),
      reason: 'parent',
    });
    expect(standingOf(slow, now, heard(5))).toEqual({
      online: false,
      since: ago(2),
      reason: 'parent',
    });
  });
});
