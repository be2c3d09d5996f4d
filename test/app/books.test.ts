import { expect, test, vi } from 'vitest';
import type { Account } from '#ingest';
import { audit, watchBooks, type Measured } from '#app/books.ts';

const account = (extra: Partial<Account> = {}): Account => ({
  consumer: 'decode',
  base: 0,
  position: 5,
  output: 4,
  counts: { decoded: 4, dead: 1 },
  balanced: true,
  ...extra,
});
const measured = (extra: Partial<Account> = {}): Measured => ({
  accounts: [account(extra)],
  positions: new Map([['decode', 5]]),
  heads: { packets: 9, readings: 4 },
});

test('finds nothing wrong when the books balance, still or further on', () => {
  expect(audit(measured())).toEqual([]);
  expect(audit(measured(), [account()])).toEqual([]);
  expect(audit(measured({ position: 6, counts: { decoded: 5, dead: 1 } }), [account()])).toEqual(
    [],
  );
});

test.each([
  ['a sum is wrong', { balanced: false, counts: { decoded: 5, dead: 1 } }, 'accounts for 6'],
  ['a cursor is beyond its log', { position: 10 }, 'beyond the head 9'],
  ['it wrote more than there is', { output: 5 }, 'it wrote up to 5'],
  ['a cursor is behind its consumer', { position: 4 }, 'it has passed 5'],
  ['the base moved', { base: 1 }, 'its base was 0 and is 1'],
  ['a count went back', { counts: { decoded: 5 } }, 'its count of dead went back from 1 to 0'],
] as const)('finds it when %s', (_, extra, reason) => {
  const found = audit(measured(extra), [account()]);
  expect(found.map(({ consumer }) => consumer)).toContain('decode');
  expect(found.map((each) => each.reason).join()).toContain(reason);
});

test('is down with the reason while the books are wrong, and says so in the log once', async () => {
  let now: Measured = measured();
  let looks = 0;
  const error = vi.fn<(fields: object, text: string) => void>();
  const stop = new AbortController();
  const books = watchBooks({
    async measure() {
      looks++;
      return now;
    },
    log: { error, warn: vi.fn<() => void>() } as never,
    signal: stop.signal,
    every: 5,
  });
  await vi.waitFor(() => expect(looks).toBeGreaterThan(1));
  expect(books.health()).toEqual({ part: 'ledger', state: 'ok' });
  now = measured({ balanced: false, counts: { decoded: 9, dead: 1 } });
  await vi.waitFor(() => expect(books.isWrong('decode')).toBe(true));
  const reason = 'decode: it has passed 5 records and accounts for 10';
  expect(books.health()).toEqual({ part: 'ledger', state: 'down', reason });
  const seen = looks;
  await vi.waitFor(() => expect(looks).toBeGreaterThan(seen + 3));
  expect(error).toHaveBeenCalledTimes(1);
  expect(books.isWrong('store')).toBe(false);
  now = measured();
  await vi.waitFor(() => expect(books.health().state).toBe('ok'));
  stop.abort();
  await books.ended;
});
