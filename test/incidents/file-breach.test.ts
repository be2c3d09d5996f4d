import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listBreaches, listIncidents } from '#incidents';
import { breach, cleared, hour, openCity, start, type TestCity } from './city.ts';

let city: TestCity;
beforeEach(async () => {
  city = await openCity();
});
afterEach(() => city.db.destroy());

describe('take, raised', () => {
  test('opens an incident at the asset when nothing is open there', async () => {
    const taken = await city.take(breach());
    expect(taken).toEqual({ outcome: 'filed', incident: 'i-00000001' });
    expect(await city.incident(taken.incident)).toMatchObject({
      ref: 'INC-000001',
      category: 'full-bin',
      status: 'new',
      severity: 'minor',
      location: { lat: -10.17, lon: 123.6 },
      district: 'Oebobo',
      zone: 'Fatululi',
      agency: 'dlhk',
      assets: [{ id: 'bin-1', kind: 'bin' }],
      links: [{ kind: 'breach', source: breach().id, score: null, actor: 'bin-overflow' }],
      created_at: '2026-11-24T08:00:00.000Z',
      closed_at: null,
      events: [{ type: 'filed', actor: 'bin-overflow' }],
    });
  });

  test('files once when the same breach comes twice', async () => {
    const { incident } = await city.take(breach());
    const before = await city.incident(incident);
    expect(await city.take(breach(), start + hour)).toEqual({ outcome: 'known', incident });
    expect(await city.incident(incident)).toEqual(before);
  });

  test('ends in the same state when a whole history is replayed', async () => {
    const first = breach();
    const second = breach({ since: start + hour });
    const history = [first, cleared(first), second];
    for (const step of history) await city.take(step);
    const before = await listIncidents(city.db, {});
    for (const step of history) {
      expect(await city.take(step, start + hour)).toMatchObject({ outcome: 'known' });
    }
    expect(await listIncidents(city.db, {})).toEqual(before);
    expect(await listBreaches(city.db, { open: true })).toMatchObject({
      items: [{ id: second.id }],
    });
  });

  test('joins and raises the severity when another rule sees the same asset and problem', async () => {
    const { incident } = await city.take(breach());
    const missed = breach({ rule: 'bin-missed', category: 'uncollected-waste', severity: 'major' });
    expect(await city.take(missed)).toEqual({ outcome: 'joined', incident });
    expect(await city.incident(incident)).toMatchObject({
      category: 'full-bin',
      severity: 'major',
      links: [{ source: missed.id, score: 1, reasons: 'same asset bin-1' }, {}],
    });
    expect((await city.incident(incident)).events.at(-1)).toMatchObject({
      type: 'joined',
      body: { kind: 'breach', source: missed.id, severity: 'major' },
    });
  });

  test('keeps the severity when a milder breach joins', async () => {
    const { incident } = await city.take(breach({ severity: 'major' }));
    await city.take(breach({ rule: 'bin-missed', severity: 'warning' }));
    expect(await city.incident(incident)).toMatchObject({ severity: 'major' });
  });

  test('opens a second incident when the neighbouring asset has the same problem', async () => {
    await city.take(breach());
    expect(await city.take(breach({ asset: 'bin-2' }))).toMatchObject({ outcome: 'filed' });
  });

  test('opens a second incident when the asset has another problem', async () => {
    await city.take(breach());
    const fire = breach({ rule: 'bin-fire', category: 'fire', severity: 'critical' });
    expect(await city.take(fire)).toMatchObject({ outcome: 'filed' });
  });

  test('lists and files nothing when the rule only lists', async () => {
    const due = breach({ rule: 'bin-due', respond: 'list' });
    expect(await city.take(due)).toEqual({ outcome: 'listed' });
    expect(await listIncidents(city.db, {})).toEqual({ items: [], next: null });
    expect(await listBreaches(city.db, { open: true, respond: 'list' })).toMatchObject({
      items: [{ id: due.id, values: { fill_level: 100 }, incident: null, cleared_at: null }],
    });
    expect(await city.take(cleared(due))).toEqual({ outcome: 'cleared' });
    expect(await listBreaches(city.db, { open: true })).toMatchObject({ items: [] });
  });

  test('takes the place of the open breach of its fingerprint when its rule began anew', async () => {
    const { incident } = await city.take(breach());
    const anew = breach({ since: start + hour });
    expect(await city.take(anew)).toEqual({ outcome: 'joined', incident });
    expect(await listBreaches(city.db, { open: true })).toMatchObject({ items: [{ id: anew.id }] });
    await city.take(cleared(anew));
    expect(await city.incident(incident)).toMatchObject({ status: 'resolved' });
  });

  test('is a bug that rolls everything back when the asset is unknown', async () => {
    await expect(city.take(breach({ asset: 'bin-99' }))).rejects.toThrow(/unknown here: bin-99/);
    expect(await listBreaches(city.db, {})).toMatchObject({ items: [] });
  });
});

describe('the indexes', () => {
  test('refuse a second open incident of one subject when the code is passed by', async () => {
    await city.take(breach());
    const row = await city.db.selectFrom('incident').selectAll().executeTakeFirstOrThrow();
    const twin = { ...row, id: 'i-x', ref: 'INC-x' };
    const insert = (closed: number | null) =>
      city.db
        .insertInto('incident')
        .values({ ...twin, closed_at: closed })
        .execute();
    await expect(insert(null)).rejects.toThrow(/UNIQUE/);
    await expect(insert(start)).resolves.toBeDefined();
  });

  test('refuse a second open breach of one fingerprint when the code is passed by', async () => {
    await city.take(breach());
    const row = await city.db.selectFrom('breach').selectAll().executeTakeFirstOrThrow();
    const insert = (ended: number | null) =>
      city.db
        .insertInto('breach')
        .values({ ...row, id: 'x', cleared_at: ended })
        .execute();
    await expect(insert(null)).rejects.toThrow(/UNIQUE/);
    await expect(insert(start)).resolves.toBeDefined();
  });

  test('refuse a second live link of one breach when the code is passed by', async () => {
    await city.take(breach());
    const row = await city.db.selectFrom('incident_link').selectAll().executeTakeFirstOrThrow();
    await expect(city.db.insertInto('incident_link').values(row).execute()).rejects.toThrow(
      /UNIQUE/,
    );
  });
});
