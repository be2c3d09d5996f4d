import { describe, expect, test } from 'vitest';
import { createOutbox } from '../../simulators/outbox.ts';

describe('createOutbox', () => {
  test('gives no more than its window when nothing is settled', () => {
    const outbox = createOutbox<string>(10, 2);
    for (const item of ['a', 'b', 'c']) outbox.add(item);
    expect([outbox.next(), outbox.next(), outbox.next()]).toEqual(['a', 'b', undefined]);
    outbox.settle('a');
    expect(outbox.next()).toBe('c');
  });

  test('drops the oldest that waits when it is full', () => {
    const outbox = createOutbox<string>(3, 1);
    outbox.add('under way');
    outbox.next();
    expect(['a', 'b', 'c'].map((item) => outbox.add(item))).toEqual([true, true, false]);
    outbox.settle('under way');
    expect(outbox.next()).toBe('b');
  });

  test('gives all again, in order, when the connection is gone', () => {
    const outbox = createOutbox<string>(10, 2);
    for (const item of ['a', 'b', 'c']) outbox.add(item);
    outbox.next();
    outbox.next();
    outbox.settle('a');
    outbox.recall();
    expect([outbox.next(), outbox.next()]).toEqual(['b', 'c']);
  });
});
