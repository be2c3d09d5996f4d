import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { LogEntry } from '#model';
import { hurried } from './hurried.ts';
import { full, head, level, openPlace, quiet } from './rules-place.ts';
import { start } from './small-road.ts';

const minute = 60_000;

describe('the rules stage', { timeout: 30_000 }, () => {
  test('lets an hour of backlog make nobody silent who spoke in it, and ticks only behind it', async () => {
    const place = await openPlace({ 'quiet.yaml': quiet });
    const hour: LogEntry[] = [level('bin-2', 0, 10)];
    for (let at = 0; at <= 3_600; at += 600) hour.push(level('bin-1', at, 10));
    await place.append(...hour);
    place.clock = start + 65 * minute;
    const pending: number[] = [];
    const pipeline = place.run({
      road: (road) => ({
        ...road,
        rules: {
          ...road.rules,
          tick(now) {
            pending.push(hour.length - pipeline.passed('packets'));
            return road.rules.tick(now);
          },
        },
      }),
      stage: (stage) =>
        stage.name === 'decode'
          ? {
              ...stage,
              async commit(from, to) {
                await hurried.sleep(60_000); // the bell of the rules rings a dozen times
                await stage.commit(from, to);
              },
            }
          : stage,
    });
    await vi.waitFor(() => expect(pending.length).toBeGreaterThan(2), { timeout: 10_000 });
    expect(new Set(pending)).toEqual(new Set([0]));
    expect(await place.breaches()).toEqual(['quiet bin-2']);
    expect(place.stations.rules.now).toBe(place.clock - 2_000);

    place.clock -= 30 * minute; // set back
    const before = pending.length;
    await vi.waitFor(() => expect(pending.length).toBeGreaterThan(before + 1));
    expect(place.stations.rules.now).toBe(start + 65 * minute - 2_000);

    place.clock = start + 85 * minute; // and bin-1 says nothing for 25 minutes
    await vi.waitFor(async () =>
      expect(await place.breaches()).toEqual(['quiet bin-1', 'quiet bin-2']),
    );
  });

  test('saves states and breaches once the database is back, and refuses what was asked meanwhile', async () => {
    const place = await openPlace({ 'full.yaml': full });
    const { db, rules } = place.stations;
    await sql`pragma busy_timeout = 20`.execute(db);
    const other = new DatabaseSync(place.file);
    onTestFinished(() => other.close());
    let attempts = 0;
    let drained = 0;
    const asked: Promise<unknown>[] = [];
    const until = start + 60 * minute;
    const pipeline = place.run({
      road: (road) => ({
        ...road,
        rules: {
          ...road.rules,
          changes() {
            drained += 1;
            return rules.changes();
          },
        },
      }),
      stage: (stage) =>
        stage.name === 'rules'
          ? {
              ...stage,
              async commit(from, to) {
                attempts += 1;
                if (attempts === 1) {
                  other.exec('begin immediate');
                  asked.push(place.ask('rule.shelve', { rule: 'full', until, reason: 'x' }));
                }
                if (attempts === 4) other.exec('rollback');
                await stage.commit(from, to);
              },
            }
          : stage,
    });
    await place.append(level('bin-1', 1, 95));
    await vi.waitFor(() => expect(pipeline.passed('readings')).toBe(1), { timeout: 10_000 });
    expect(attempts).toBeGreaterThan(3);
    expect(drained).toBe(attempts - 3); // what was to be saved was asked for once, and kept
    expect(await place.breaches()).toEqual(['full bin-1']);
    const states = await db.selectFrom('rule_state').select(['rule', 'asset']).execute();
    expect(states).toContainEqual({ rule: 'full', asset: 'bin-1' });
    expect(await Promise.all(asked)).toMatchObject([{ code: 'internal.unavailable' }]);
  });

  test('takes shelves at a commit and tells of what they change', async () => {
    const place = await openPlace({ 'full.yaml': full });
    place.run();
    await place.append(level('bin-1', 1, 95));
    await vi.waitFor(async () => expect(await place.breaches()).toEqual(['full bin-1']));
    const until = start + 60 * minute;
    const wrong: [object, string][] = [
      [{ until, reason: 'x' }, 'rules.shelf_invalid'],
      [{ rule: 'fill', until, reason: 'x' }, 'rules.rule_unknown'],
      [{ asset: 'bin-9', until, reason: 'x' }, 'registry.asset_unknown'],
      [{ rule: 'full', until: start, reason: 'x' }, 'rules.shelf_invalid'],
      [{ rule: 'full', until: start + 400 * 24 * 60 * minute, reason: 'x' }, 'rules.shelf_invalid'],
    ];
    for (const [body, code] of wrong) {
      expect(await place.ask('rule.shelve', body as never)).toMatchObject({ code });
    }
    const flags = () =>
      place.stations.rules.counts().find(({ state }) => state === 'shelved')?.count ?? 0;
    const done = await place.ask('rule.shelve', { asset: 'bin-1', until, reason: 'works' });
    expect([done, flags()]).toMatchObject([{ id: '1', until }, 1]);
    expect(await place.ask('rule.unshelve', { id: '1' })).toEqual({ id: '1' });
    expect(flags()).toBe(0);
    expect(await place.ask('rule.unshelve', { id: '1' })).toMatchObject({
      code: 'rules.shelf_unknown',
    });
    const inputs = await place.stations.db.selectFrom('rule_input').selectAll().execute();
    expect(inputs.map(({ kind, reading, actor }) => [kind, reading, actor])).toEqual([
      ['rule.shelve', 1, 'test'],
      ['rule.unshelve', 1, 'test'],
    ]);
  });

  test('reloads all of the rules or nothing, and keeps the states of those that stay', async () => {
    const place = await openPlace({ 'full.yaml': full, 'quiet.yaml': quiet });
    place.run();
    await place.append(level('bin-1', 1, 95));
    await vi.waitFor(async () => expect(await place.breaches()).toEqual(['full bin-1']));
    place.write({
      'quiet.yaml': quiet.replace('silent', 'silence'),
      'new.yaml': `${head('new')}when: { metric: fil_level, above: 50 }\n`,
    });
    const refused = await place.ask('rules.reload', {});
    expect(refused).toMatchObject({ code: 'rules.invalid' });
    const { problems } = refused as unknown as { problems: { field: string }[] };
    expect(problems.map(({ field }) => field.split(':')[0])).toEqual(
      expect.arrayContaining(['new.yaml', 'quiet.yaml']),
    );
    expect(place.stations.rules.list.map(({ id }) => id)).toEqual(['full', 'quiet']);

    place.write({
      'quiet.yaml': quiet.replace('20m', '30m'),
      'new.yaml': `${head('new')}when: { metric: fill_level, above: 50 }\n`,
    });
    expect(await place.ask('rules.reload', {})).toEqual({
      added: ['new'],
      removed: [],
      changed: ['quiet'],
      kept: ['full'],
    });
    await place.append(level('bin-1', 2, 96), level('bin-2', 3, 60));
    await vi.waitFor(async () =>
      expect(await place.breaches()).toEqual(['full bin-1', 'new bin-1', 'new bin-2']),
    );
  });
});
