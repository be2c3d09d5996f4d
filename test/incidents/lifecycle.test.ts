import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { breach, cleared, hour, openCity, start, type TestCity } from './city.ts';

let city: TestCity;
beforeEach(async () => {
  city = await openCity();
});
afterEach(() => city.db.destroy());

describe('take, cleared', () => {
  test('resolves the incident when only sensors told of it', async () => {
    const { incident } = await city.take(breach());
    expect(await city.take(cleared(breach()), start + hour)).toEqual({
      outcome: 'cleared',
      incident,
    });
    const after = await city.incident(incident);
    expect(after).toMatchObject({
      status: 'resolved',
      closed_by: 'sensor',
      closed_at: '2026-11-24T09:00:00.000Z',
    });
    expect(after.events.map(({ type }) => type)).toEqual([
      'filed',
      'breach_cleared',
      'status_changed',
    ]);
  });

  test('waits for a person when a citizen told of it too', async () => {
    const { incident } = await city.take(breach());
    await city.report();
    await city.take(cleared(breach()));
    expect(await city.incident(incident)).toMatchObject({ status: 'verifying', closed_at: null });
  });

  test('leaves it open when another breach of it goes on', async () => {
    const { incident } = await city.take(breach());
    await city.take(breach({ rule: 'bin-missed' }));
    await city.take(cleared(breach()));
    expect(await city.incident(incident)).toMatchObject({ status: 'new' });
  });

  test('ends the verifying when a crew had said that it is done', async () => {
    const { incident = '' } = await city.take(breach());
    await city.move(incident, 'verifying');
    await city.take(cleared(breach()));
    expect(await city.incident(incident)).toMatchObject({
      status: 'resolved',
      closed_by: 'sensor',
    });
  });

  test('goes on verifying when a crew had said so and a citizen told of it', async () => {
    const { incident = '' } = await city.take(breach());
    await city.report();
    await city.move(incident, 'verifying');
    await city.take(cleared(breach()));
    const after = await city.incident(incident);
    expect(after.status).toBe('verifying');
    expect(after.events.at(-1)).toMatchObject({ type: 'breach_cleared' });
  });

  test('changes nothing when a person closed the incident before', async () => {
    const { incident = '' } = await city.take(breach());
    await city.move(incident, 'rejected');
    expect(await city.take(cleared(breach()))).toMatchObject({ outcome: 'cleared' });
    expect(await city.incident(incident)).toMatchObject({
      status: 'rejected',
      closed_by: 'operator',
    });
  });

  test('changes nothing when it comes twice or was never raised', async () => {
    const { incident } = await city.take(breach());
    await city.take(cleared(breach()));
    expect(await city.take(cleared(breach()))).toEqual({ outcome: 'known', incident });
    expect(await city.take(cleared(breach({ asset: 'bin-2' })))).toEqual({ outcome: 'known' });
  });
});

describe('take, raised again', () => {
  const again = breach({ since: start + 2 * hour });

  test('reopens the incident when its sensor ended it less than 72 h ago', async () => {
    const { incident } = await city.take(breach());
    await city.take(cleared(breach()));
    expect(await city.take(again, start + 72 * hour)).toEqual({ outcome: 'joined', incident });
    const after = await city.incident(incident);
    expect(after).toMatchObject({ status: 'new', closed_at: null, closed_by: null });
    expect(after.events.at(-1)).toMatchObject({ type: 'reopened', body: { from: 'resolved' } });
  });

  test('opens a new incident when the old one ended more than 72 h ago', async () => {
    await city.take(breach());
    await city.take(cleared(breach()));
    expect(await city.take(again, start + 72 * hour + 1)).toMatchObject({ outcome: 'filed' });
  });

  test('opens a new incident when a person ended the old one', async () => {
    const { incident = '' } = await city.take(breach());
    await city.move(incident, 'resolved');
    await city.take(cleared(breach()));
    expect(await city.take(again)).toMatchObject({ outcome: 'filed' });
  });

  test('opens a new incident when a person ended a later one of the subject', async () => {
    await city.take(breach());
    await city.take(cleared(breach()));
    const { incident } = await city.report({ asset: 'bin-1' }, start + hour);
    await city.move(incident, 'resolved', start + hour);
    expect(await city.take(again, start + 2 * hour)).toMatchObject({ outcome: 'filed' });
  });

  test('goes back to new when the incident was being verified', async () => {
    const { incident } = await city.take(breach());
    await city.report();
    await city.take(cleared(breach()));
    expect(await city.take(again)).toEqual({ outcome: 'joined', incident });
    expect(await city.incident(incident)).toMatchObject({ status: 'new' });
  });
});

describe('transition', () => {
  test('closes and reopens when a person says so', async () => {
    const { incident } = await city.report();
    expect(await city.move(incident, 'triage')).toEqual({ incident, status: 'triage' });
    await city.move(incident, 'resolved', start + hour);
    expect(await city.incident(incident)).toMatchObject({
      closed_by: 'operator',
      closed_at: '2026-11-24T09:00:00.000Z',
    });
    await city.move(incident, 'new', start + 2 * hour);
    const after = await city.incident(incident);
    expect(after).toMatchObject({ status: 'new', closed_by: null, closed_at: null });
    expect(after.events.map(({ type, actor }) => `${type} ${actor}`)).toEqual([
      'filed open311',
      'status_changed ani',
      'status_changed ani',
      'reopened ani',
    ]);
  });

  test('says what is possible when the step is not', async () => {
    const { incident } = await city.report();
    await city.move(incident, 'rejected');
    expect(await city.move(incident, 'triage')).toMatchObject({
      code: 'incidents.transition_refused',
      field: 'to',
      reason: 'an incident in rejected can go to new, not to triage',
    });
  });

  test('is refused when another incident of the subject is open meanwhile', async () => {
    const { incident = '' } = await city.take(breach());
    await city.move(incident, 'resolved');
    await city.report({ asset: 'bin-1' });
    expect(await city.move(incident, 'new')).toMatchObject({
      code: 'incidents.transition_refused',
      reason: 'INC-000002 is open for the same fault: work on that one',
    });
    expect(await city.incident(incident)).toMatchObject({ status: 'resolved' });
  });

  test('is refused when there is no such incident', async () => {
    expect(await city.move('i-99', 'triage')).toMatchObject({ code: 'incidents.not_found' });
  });
});
