import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Breach } from '#model';
import { listBreaches, listIncidents } from '#incidents';
import {
  changed,
  cleared,
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
const feeder = outageBreach('feeder-1');
const lamp = outageBreach('lamp-10');

const types = async (incident: string | undefined) =>
  (await city.incident(incident)).events.map(({ type }) => type);
const openCount = async () => (await listIncidents(city.db, { status: 'open' })).items.length;
/** Where a breach is now. */
const placeOf = async (asset: string) =>
  (await listBreaches(city.db, { asset })).items[0]?.incident ?? undefined;

describe('a breach that turns out to be explained', () => {
  const explained = changed(lamp, { parent: gateway.id });

  test('goes into the other incident, and its own is closed as merged', async () => {
    const { incident: own } = await city.take(lamp);
    const { incident: outage } = await city.take(gateway);
    expect(await city.take(explained, start + hour)).toEqual({
      outcome: 'changed',
      incident: outage,
    });
    expect(await city.incident(own)).toMatchObject({
      status: 'resolved',
      closed_by: 'merged',
      merged_into: outage,
      links: [],
      breaches_open: 0,
    });
    expect(await types(own)).toEqual(['filed', 'merged', 'status_changed']);
    expect(await city.incident(outage)).toMatchObject({
      links: [{}, { source: lamp.id, reasons: 'explained by gateway-silent at gw-7' }],
      assets_affected: 2,
    });
    expect((await city.incident(outage)).events.at(-1)).toMatchObject({
      type: 'merged',
      body: { from: own },
    });
  });

  test('is never brought back to the merged one, but to a new one', async () => {
    const { incident: own } = await city.take(lamp);
    await city.take(gateway);
    await city.take(explained);
    await city.take(cleared(explained));
    const again = outageBreach('lamp-10', { since: start + hour });
    expect(await city.take(again, start + hour)).toMatchObject({ outcome: 'filed' });
    expect(await city.incident(own)).toMatchObject({ status: 'resolved' });
  });

  test.each(['report', 'work'])('stays, as a child, when there is %s', async (what) => {
    const { incident: own = '' } = await city.take(lamp);
    if (what === 'report') await city.report({ category: 'street-light', asset: 'lamp-10' });
    else await city.move(own, 'in_progress');
    const { incident: outage } = await city.take(gateway);
    expect(await city.take(explained)).toEqual({ outcome: 'changed', incident: own });
    expect(await city.incident(own)).toMatchObject({ parent: outage, breaches_open: 1 });
    await city.take(changed(lamp, { reading: 5 }));
    expect(await city.incident(own)).toMatchObject({ parent: null, breaches_open: 1 });
  });

  test('leaves its own incident to another breach that goes on there', async () => {
    const { incident: own } = await city.take(lamp);
    await city.take(outageBreach('lamp-10', { rule: 'lamp-tilted' }));
    const { incident: outage } = await city.take(gateway);
    expect(await city.take(explained)).toMatchObject({ incident: outage });
    expect(await city.incident(own)).toMatchObject({ status: 'new', breaches_open: 1 });
    expect(await types(own)).toEqual(['filed', 'joined', 'left']);
  });

  test('leaves its own incident to a person when a latched breach of it had ended', async () => {
    const hot = outageBreach('lamp-10', { rule: 'lamp-hot', latch: true });
    const { incident: own } = await city.take(lamp);
    await city.take(hot);
    await city.take(cleared(hot));
    const { incident: outage } = await city.take(gateway);
    await city.take(explained);
    expect(await city.incident(own)).toMatchObject({ status: 'verifying', parent: outage });
  });

  test('takes along what it explains', async () => {
    const { incident: first } = await city.take(gateway);
    const forty = dark.filter(({ kind }) => kind === 'streetlight');
    for (const { id } of forty) {
      await city.take(outageBreach(id, { parent: gateway.id, severity: 'critical' }));
    }
    const { incident: signal } = await city.take(outageBreach('signal-1', { parent: gateway.id }));
    const { incident: top } = await city.take(feeder);
    await city.take(changed(gateway, { parent: feeder.id }));
    expect(await city.incident(first)).toMatchObject({ closed_by: 'merged', children: 0 });
    const whole = await city.incident(top);
    expect(whole).toMatchObject({
      breaches_open: 42,
      assets_affected: 42,
      children: 1,
      severity: 'critical',
    });
    expect(whole.links).toContainEqual(
      expect.objectContaining({ reasons: 'explained by gateway-silent at gw-7' }),
    );
    expect(whole.events.find(({ body }) => body['source'] === gateway.id)?.body).toMatchObject({
      brought: 40,
    });
    expect(await city.incident(signal)).toMatchObject({ parent: top });
    // And back, when the feeder is well and the gateway is not.
    await city.take(cleared(feeder));
    const { incident: back } = await city.take(changed(gateway, { reading: 7 }));
    expect(back).not.toBe(first);
    expect(await city.incident(back)).toMatchObject({ breaches_open: 41, assets_affected: 41 });
    expect(await city.incident(signal)).toMatchObject({ parent: back });
    expect(await city.incident(top)).toMatchObject({ status: 'resolved', assets_affected: 1 });
  });
});

describe('a breach that is released', () => {
  const under: Breach = { ...lamp, parent: gateway.id };
  const released = changed(lamp, { reading: 9 });

  test('files its own incident; the outage ends with the last one', async () => {
    const { incident: outage } = await city.take(gateway);
    await city.take(under);
    await city.take(outageBreach('lamp-11', { parent: gateway.id }));
    await city.take(cleared(gateway));
    const { incident: own } = await city.take(released);
    expect(await city.incident(own)).toMatchObject({
      category: 'street-light',
      status: 'new',
      links: [{ source: lamp.id, score: null }],
    });
    expect(await city.incident(outage)).toMatchObject({
      status: 'new',
      assets: [{ id: 'gw-7' }, { id: 'lamp-11' }],
    });
    await city.take(changed(outageBreach('lamp-11'), { reading: 9 }));
    expect(await city.incident(outage)).toMatchObject({ status: 'resolved', closed_by: 'sensor' });
    expect(await openCount()).toBe(2);
  });

  test('joins the incident of its subject that is open', async () => {
    await city.take(gateway);
    await city.take(under);
    const { incident: tilted } = await city.take(outageBreach('lamp-10', { rule: 'lamp-tilted' }));
    await city.take(released);
    expect(await placeOf('lamp-10')).toBe(tilted);
    expect(await city.incident(tilted)).toMatchObject({ breaches_open: 2 });
  });

  test('stays where it is when the one that explained it never was in another incident', async () => {
    const { incident: own } = await city.take(under); // the gateway is unknown
    expect(await city.take(released)).toEqual({ outcome: 'changed', incident: own });
    expect(await types(own)).toEqual(['filed']);
  });
});
