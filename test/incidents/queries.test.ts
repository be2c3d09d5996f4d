import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { getIncident, getReport, listBreaches, listIncidents, listReports } from '#incidents';
import type { Page, PageQuery } from '../../incidents/page.ts';
import { breach, cleared, hour, north, openCity, start, type TestCity } from './city.ts';

let city: TestCity;
beforeEach(async () => {
  city = await openCity();
});
afterEach(() => city.db.destroy());

/** Walks a list to its end, two items at a time. */
async function walk(
  list: (query: PageQuery) => Promise<Page<{ id: string }>>,
): Promise<string[][]> {
  const pages: string[][] = [];
  for (let next: string | null | undefined; next !== null;) {
    const page = await list(next === undefined ? { limit: 2 } : { limit: 2, cursor: next });
    pages.push(page.items.map(({ id }) => id));
    next = page.next;
  }
  return pages;
}

describe('listIncidents', () => {
  test('shows every incident once, newest first, when walked by its cursor', async () => {
    for (let kilometre = 0; kilometre < 12; kilometre += 1)
      await city.report(north(kilometre * 1_000));
    const pages = await walk((query) => listIncidents(city.db, query));
    expect(pages).toHaveLength(6);
    expect(pages[0]).toEqual(['i-00000012', 'i-00000011']);
    expect(pages.flat()).toEqual(pages.flat().toSorted().toReversed());
    expect(new Set(pages.flat()).size).toBe(12);
  });

  test('shows what the filter says', async () => {
    const { incident: bin = '' } = await city.take(breach());
    const { incident: lamp } = await city.report({ category: 'street-light' });
    await city.move(lamp, 'triage');
    const { incident: far } = await city.report(north(3_000));
    await city.move(far, 'rejected');
    const ids = async (query: Parameters<typeof listIncidents>[1]): Promise<string[]> =>
      (await listIncidents(city.db, query)).items.map(({ id }) => id);
    expect(await ids({ status: 'open' })).toEqual([lamp, bin]);
    expect(await ids({ status: 'closed' })).toEqual([far]);
    expect(await ids({ status: 'triage' })).toEqual([lamp]);
    expect(await ids({ category: 'full-bin' })).toEqual([far, bin]);
    expect(await ids({ asset: 'bin-1' })).toEqual([bin]);
    expect(await ids({ asset: 'bin-2' })).toEqual([]);
  });

  test('shows nothing useful and does no harm when the cursor is not ours', async () => {
    await city.report();
    expect(await listIncidents(city.db, { cursor: '%%' })).toMatchObject({ next: null });
  });
});

describe('getIncident', () => {
  test('is undefined when there is none', async () => {
    expect(await getIncident(city.db, 'i-1')).toBeUndefined();
  });
});

describe('listReports', () => {
  test('shows every report once with its incident when walked by its cursor', async () => {
    for (let turn = 0; turn < 5; turn += 1) await city.report();
    const pages = await walk((query) => listReports(city.db, query));
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    const { items } = await listReports(city.db, { limit: 1 });
    expect(items).toMatchObject([
      { id: 'r-00000005', incident: { ref: 'INC-000001', status: 'new' } },
    ]);
  });

  test('is undefined for one report when there is none', async () => {
    expect(await getReport(city.db, 'r-1')).toBeUndefined();
  });
});

describe('listBreaches', () => {
  test('shows every breach once, last raised first, when walked by its cursor', async () => {
    const times = [0, 0, 0, 1, 2].map((hours) => start + hours * hour);
    for (const [number, since] of times.entries()) {
      await city.take(breach({ rule: `rule ${number}`, since }));
    }
    const pages = await walk((query) => listBreaches(city.db, query));
    const rules = pages.map((page) => page.map((id) => id.slice(0, 'rule 0'.length)));
    expect(rules).toEqual([['rule 4', 'rule 3'], ['rule 2', 'rule 1'], ['rule 0']]);
  });

  test('shows what the filter says', async () => {
    const due = breach({ rule: 'bin-due', respond: 'list' });
    const full = breach();
    const { incident } = await city.take(full);
    await city.take(due);
    await city.take(cleared(due));
    const ids = async (query: Parameters<typeof listBreaches>[1]): Promise<string[]> =>
      (await listBreaches(city.db, query)).items.map(({ id }) => id);
    expect(await ids({ open: true })).toEqual([full.id]);
    expect(await ids({ open: false })).toEqual([due.id]);
    expect(await ids({ respond: 'desk' })).toEqual([full.id]);
    expect(await ids({ asset: 'bin-2' })).toEqual([]);
    expect(await listBreaches(city.db, { respond: 'desk' })).toMatchObject({
      items: [{ incident }],
    });
  });
});
