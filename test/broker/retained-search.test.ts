import { expect, test } from 'vitest';
import { Retained } from '../../broker/retained.ts';

test('a search meets each topic once, however often it is said anew meanwhile', async () => {
  const store = { put: () => undefined, delete: () => undefined } as never;
  const retained = new Retained([], store, { messages: 10, bytes: 10_000 }, () => undefined);
  const put = (topic: string, body: string) =>
    retained.put({ topic, qos: 1, payload: Buffer.from(body) });
  for (const topic of ['a/1', 'a/2', 'a/3']) put(topic, 'old');
  const met: string[] = [];
  for await (const { topic } of retained.matching(['a/+'])) {
    put(topic, 'new');
    if (met.push(topic) > 9) break;
  }
  expect(met).toEqual(['a/1', 'a/2', 'a/3']);
});
