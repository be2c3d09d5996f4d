import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listBreaches, listIncidents } from '#incidents';
import {
  changed,
  cleared,
  hour,
  openDarkCity,
  outageBreach,
  start,
  type TestCity,
} from './city.ts';

let city: TestCity;
beforeEach(async () => {
  city = await openDarkCity();
});
afterEach(() => city.db.destroy());

const gateway = outageBreach('gw-7');
const lamp = outageBreach('lamp-10');

const types = async (incident: string | undefined) =>
  (await city.incident(incident)).events.map(({ type }) => type);
const openCount = async () => (await listIncidents(city.db, { status: 'open' })).items.length;

describe('a breach that changes', () => {
  test('raises the severity of its incident and never lowers it', async () => {
    const { incident } = await city.take(lamp);
    await city.take(changed(lamp, { severity: 'major' }));
    const after = await city.incident(incident);
    expect(after).toMatchObject({ severity: 'major' });
    expect(after.events.at(-1)).toMatchObject({
      type: 'escalated',
      body: { breach: lamp.id, from: 'minor', to: 'major' },
    });
    await city.take(changed(lamp, { severity: 'warning', reading: 3 }));
    expect(await city.incident(incident)).toMatchObject({ severity: 'major' });
    expect(await listBreaches(city.db, {})).toMatchObject({ items: [{ severity: 'warning' }] });
  });

  test('makes its incident unverified only while no open breach of it has data', async () => {
    const { incident } = await city.take(gateway);
    await city.take({ ...lamp, parent: gateway.id });
    await city.take(changed(gateway, { flags: ['nodata'] }));
    expect(await city.incident(incident)).toMatchObject({ unverified: false });
    await city.take(changed(lamp, { parent: gateway.id, flags: ['nodata', 'quiet'] }));
    expect(await city.incident(incident)).toMatchObject({ status: 'new', unverified: true });
    await city.take(changed(gateway, { reading: 5 }));
    expect(await city.incident(incident)).toMatchObject({ unverified: false });
    await city.take(cleared(gateway));
    expect(await city.incident(incident)).toMatchObject({ unverified: true });
    expect((await types(incident)).slice(2)).toEqual([
      'unverified',
      'verified',
      'breach_cleared',
      'unverified',
    ]);
  });

  test('tells of flapping and of shelving, and goes on', async () => {
    const { incident } = await city.take(lamp);
    await city.take(changed(lamp, { flags: ['flapping', 'shelved'] }));
    await city.take(changed(lamp, { flags: ['flapping'], reading: 3 }));
    expect(await types(incident)).toEqual(['filed', 'flapping', 'shelved', 'unshelved']);
    expect(await listBreaches(city.db, { open: true })).toMatchObject({
      items: [{ flags: ['flapping'], incident }],
    });
  });

  test('files when it is shelved no longer, and nothing while it is, or is over by now', async () => {
    expect(await city.take({ ...lamp, flags: ['shelved'] })).toEqual({ outcome: 'listed' });
    const still = changed(lamp, { flags: ['shelved', 'nodata'] });
    expect(await city.take(still)).toEqual({ outcome: 'changed' });
    const stale = outageBreach('lamp-11', { flags: ['stale', 'shelved'] });
    expect(await city.take(stale)).toEqual({ outcome: 'listed' });
    expect(await city.take(changed(stale, { flags: ['stale'] }))).toEqual({ outcome: 'changed' });
    expect(await openCount()).toBe(0);
    expect(await city.take(changed(lamp, { reading: 3 }))).toMatchObject({ outcome: 'filed' });
    expect(await city.take(cleared(stale))).toEqual({ outcome: 'cleared' });
  });

  test('is listed and files nothing when its rule only lists', async () => {
    const due = outageBreach('lamp-10', { respond: 'list' });
    await city.take(due);
    expect(await city.take(changed(due, { severity: 'major' }))).toEqual({ outcome: 'changed' });
    expect(await openCount()).toBe(0);
  });

  test('changes nothing when it is unknown, over, told already or older than what was told', async () => {
    const news = changed(lamp, { severity: 'major', reading: 5 });
    expect(await city.take(news)).toEqual({ outcome: 'known' });
    const { incident } = await city.take(lamp);
    await city.take(news);
    const before = await city.incident(incident);
    expect(await city.take(news, start + hour)).toEqual({ outcome: 'known', incident });
    expect(await city.take(changed(lamp, {}), start + hour)).toEqual({
      outcome: 'known',
      incident,
    });
    expect(await city.incident(incident)).toEqual(before);
    await city.take(cleared(lamp));
    const late = changed(lamp, { severity: 'critical', reading: 9 });
    expect(await city.take(late)).toEqual({ outcome: 'known', incident });
  });
});
