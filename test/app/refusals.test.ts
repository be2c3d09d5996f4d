import { describe, expect, test } from 'vitest';
import { reject } from '#model';
import { createRefusals } from '#app/refusals.ts';

describe('refusals', () => {
  test('counts every one and tells at most thirty a minute, with the number of the rest', () => {
    let now = 0;
    const told: unknown[] = [];
    const counted: string[] = [];
    const refusals = createRefusals({
      log: { warn: (data: object) => void told.push(data) },
      now: () => now,
      count: (code) => void counted.push(code),
    });
    const denied = reject('broker.topic_denied', 'bin-1 may publish to its own', 'topic');
    for (let i = 0; i < 100; i++) refusals.note(denied, { login: 'bin-1' });
    expect(told).toHaveLength(30);
    expect(told[0]).toEqual({ login: 'bin-1', code: denied.code, reason: denied.reason });
    now = 60_000;
    refusals.note(denied, { login: 'bin-1' });
    expect(told.slice(30)).toMatchObject([{ count: 70 }, { login: 'bin-1' }]);
    expect(refusals.counts).toEqual({ 'broker.topic_denied': 101 });
    expect(counted).toHaveLength(101);
  });
});
