import { expect, test } from 'vitest';
import { unless } from '#app/unless.ts';

test('a wait ends with what it waits for', async () => {
  const { signal } = new AbortController();
  expect(await unless(signal, Promise.resolve(7))).toBe(7);
  await expect(unless(signal, Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('a wait ends with the signal that comes before, or came already', async () => {
  const asked = new AbortController();
  const waiting = unless(asked.signal, new Promise(() => undefined));
  const reason = new Error('enough');
  asked.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(unless(asked.signal, Promise.resolve(7))).rejects.toBe(reason);
});
