import { expect, test } from 'vitest';
import { Window } from '../../broker/window.ts';

test('messages leave a window in the order of their coming, however they are flushed', () => {
  const window = new Window();
  const left: string[] = [];
  const [a, b, c] = ['a', 'b', 'c'].map((name) => window.enter(1, () => left.push(name)));
  c!();
  expect(left).toEqual([]);
  a!();
  expect(left).toEqual(['a']);
  b!();
  expect(left).toEqual(['a', 'b', 'c']);
});

test.each([
  ['a thousand messages', 1_000, 1],
  ['4 MiB', 4, 1 << 20],
])('a window is full with %s, and no longer when one has left', (_, count, bytes) => {
  const window = new Window();
  const done = Array.from({ length: count }, () => {
    expect(window.isFull).toBe(false);
    return window.enter(bytes, () => undefined);
  });
  expect(window.isFull).toBe(true);
  done[0]!();
  expect(window.isFull).toBe(false);
});
