import { describe, expect, test } from 'vitest';
import type { LogEntry } from '#model';
import { now } from './decode/city.ts';
import { eui, open, uplink } from './stranger-road.ts';

describe('the quarantine', () => {
  test('takes as many strangers as a batch may name, by no more than a name', async () => {
    const { pass, quarantine } = await open();
    const gateway = (names: string[]): LogEntry => ({
      receivedAt: now,
      principal: 'chirpstack',
      topic: 'v1/gateway/telemetry',
      bytes: Buffer.from(JSON.stringify(Object.fromEntries(names.map((n) => [n, [{ a: 1 }]])))),
    });
    const packets = Array.from({ length: 200 }, (_, p) =>
      gateway(Array.from({ length: 31 }, (_each, at) => `stranger ${p} ${at}`)),
    );
    await pass(...packets, gateway(['x'.repeat(100_000)]));
    const names = await quarantine();
    expect(Math.max(...names.map(({ id }) => id.length))).toBeLessThanOrEqual(128);
  });

  test('keeps those that were heard last, and no more than it may', async () => {
    const { db, pass, quarantine } = await open();
    const some = Array.from({ length: 10_000 }, (_, at) => ({
      system: 'own',
      id: `old-${at}`,
      login: 'x',
      topic: 't',
      first_seen: at,
      last_seen: at,
      packets: 1,
    }));
    await db.insertInto('quarantine').values(some.slice(0, 4_000)).execute();
    await db.insertInto('quarantine').values(some.slice(4_000, 8_000)).execute();
    await db.insertInto('quarantine').values(some.slice(8_000)).execute();
    await pass(uplink(), uplink({ deduplicationId: 'd-2' }));
    const { count } = await db
      .selectFrom('quarantine')
      .select((row) => row.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    expect(count).toBe(10_000);
    expect((await quarantine())[0]).toMatchObject({ id: eui.id, packets: 2 });
    expect(
      await db.selectFrom('quarantine').selectAll().where('id', '=', 'old-0').execute(),
    ).toEqual([]);
  });
});
