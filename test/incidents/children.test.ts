import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Breach } from '#model';
import { listBreaches, listIncidents } from '#incidents';
import {
  cleared,
  changed,
  dark,
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
const lampUnder: Breach = { ...lamp, parent: gateway.id };
const signal = outageBreach('signal-1', { parent: gateway.id });

const open = async () => (await listIncidents(city.db, { status: 'open' })).items;

describe('a breach that another explains, raised', () => {
  test('belongs to the incident of that one and files none', async () => {
    const { incident } = await city.take(gateway);
    expect(await city.take(lampUnder)).toEqual({ outcome: 'joined', incident });
    expect(await city.incident(incident)).toMatchObject({
      category: 'outage',
      children: 0,
      assets_affected: 2,
      breaches_open: 2,
      assets: [{ id: 'gw-7' }, { id: 'lamp-10' }],
      links: [
        { source: gateway.id },
        { source: lamp.id, score: 1, reasons: 'explained by gateway-silent at gw-7' },
      ],
    });
    expect(await open()).toHaveLength(1);
    expect(await listBreaches(city.db, { asset: 'lamp-10' })).toMatchObject({
      items: [{ parent: gateway.id, safety: false, latch: false, flags: [], incident }],
    });
  });

  test('belongs to the incident at the top when the one that explains it is explained itself', async () => {
    const feeder = outageBreach('feeder-1');
    const { incident } = await city.take(feeder);
    await city.take({ ...gateway, parent: feeder.id });
    expect(await city.take(lampUnder)).toEqual({ outcome: 'joined', incident });
    expect((await city.incident(incident)).links).toHaveLength(3);
  });

  test.each([
    ['is unknown', []],
    ['is only listed', [{ ...gateway, respond: 'list' as const }]],
    ['is shelved', [{ ...gateway, flags: ['shelved' as const] }]],
  ])('files its own incident when the one that explains it %s', async (_name, before) => {
    for (const step of before) await city.take(step);
    expect(await city.take(lampUnder)).toMatchObject({ outcome: 'filed' });
  });

  test('files its own incident when a person closed that of the one that explains it', async () => {
    const { incident = '' } = await city.take(gateway);
    await city.move(incident, 'rejected');
    expect(await city.take(lampUnder)).toMatchObject({ outcome: 'filed' });
  });

  test('makes citizens join the outage when they tell of the dark lamp', async () => {
    const { incident } = await city.take(gateway);
    await city.take(lampUnder);
    const { lat, lon } = dark.find(({ id }) => id === 'lamp-10')!;
    const near = { category: 'street-light', lat: lat + 0.0001, lon };
    expect(await city.report(near)).toMatchObject({ joined: true, incident });
    expect(await city.report({ category: 'street-light', asset: 'lamp-10' })).toMatchObject({
      joined: true,
      incident,
    });
    expect(await city.report({ ...near, category: 'traffic-signal' })).toMatchObject({
      joined: false,
    });
  });

  test('goes to the incident that a citizen opened before, as a child of the outage', async () => {
    const { incident: told } = await city.report({ category: 'street-light', asset: 'lamp-10' });
    const { incident: outage } = await city.take(gateway);
    expect(await city.take(lampUnder)).toEqual({ outcome: 'joined', incident: told });
    expect(await city.incident(told)).toMatchObject({ parent: outage });
    expect(await city.incident(outage)).toMatchObject({ children: 1, breaches_open: 1 });
  });

  test('holds the incident open until the last one has ended, whichever that is', async () => {
    const { incident } = await city.take(gateway);
    await city.take(lampUnder);
    await city.take(cleared(gateway));
    expect(await city.incident(incident)).toMatchObject({ status: 'new', breaches_open: 1 });
    await city.take(cleared(lampUnder));
    expect(await city.incident(incident)).toMatchObject({
      status: 'resolved',
      closed_by: 'sensor',
      breaches_open: 0,
      assets_affected: 2,
    });
  });

  test('contradicts a crew that holds the outage for mended', async () => {
    const { incident = '' } = await city.take(gateway);
    await city.move(incident, 'verifying');
    await city.take(lampUnder);
    expect(await city.incident(incident)).toMatchObject({ status: 'new' });
  });
});

describe('a breach of safety that another explains', () => {
  test('files its own incident, a child of that one’s, and both say so', async () => {
    const { incident: outage } = await city.take(gateway);
    const { incident: own, outcome } = await city.take(signal);
    expect(outcome).toBe('filed');
    const child = await city.incident(own);
    expect(child).toMatchObject({ parent: outage, agency: 'dishub', severity: 'critical' });
    expect(child.events.at(-1)).toMatchObject({ type: 'parent_changed', body: { parent: outage } });
    const parent = await city.incident(outage);
    expect(parent).toMatchObject({ children: 1, breaches_open: 1, severity: 'major' });
    expect(parent.events.at(-1)).toMatchObject({ type: 'children_changed', body: { added: own } });
  });

  test('becomes a child when it turns out later, and is none any more when released', async () => {
    const { parent: _none, ...alone } = signal;
    const { incident: own } = await city.take(alone);
    const { incident: outage } = await city.take(gateway);
    await city.take(changed(signal, {}));
    expect(await city.incident(own)).toMatchObject({ status: 'new', parent: outage });
    await city.take(changed(alone, { reading: 3 }));
    expect(await city.incident(own)).toMatchObject({ status: 'new', parent: null });
    const events = (await city.incident(outage)).events.map(({ type, body }) => [type, body]);
    expect(events.slice(-2)).toEqual([
      ['children_changed', { added: own }],
      ['children_changed', { removed: own }],
    ]);
    expect((await city.incident(own)).links).toHaveLength(1);
  });

  test('ends by itself, before the outage does', async () => {
    const { incident: outage } = await city.take(gateway);
    const { incident: own } = await city.take(signal);
    await city.take(cleared(signal));
    expect(await city.incident(own)).toMatchObject({ status: 'resolved', parent: outage });
    expect(await city.incident(outage)).toMatchObject({ status: 'new' });
  });
});

test('a list shows fifty of the lamps behind a dead feeder and counts them all', async () => {
  const { incident } = await city.take(gateway);
  const forty = dark.filter(({ kind }) => kind === 'streetlight');
  for (const { id } of forty) {
    await city.take(outageBreach(id, { parent: gateway.id }));
    await city.take(
      outageBreach(id, { parent: gateway.id, rule: 'lamp-dim', since: start + hour }),
    );
  }
  const [shown] = await open();
  expect(shown).toMatchObject({ assets_affected: 41, breaches_open: 81 });
  expect(shown?.links).toHaveLength(50);
  const whole = await city.incident(incident);
  expect([whole.links.length, whole.assets.length]).toEqual([81, 41]);
});
