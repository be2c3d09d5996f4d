import type { DatabaseSync } from 'node:sqlite';
import { createCalendar, type Reading } from '#model';
import type { Line } from '../../../ingest/gap-line.ts';
import { expectThat } from '../violation.ts';

/** Every device of the simulation reports by the minute. */
const minute = 60_000;

/** Promise 6 in what was heard: completeness, and what devices passed over, as without faults. */
export function checkHeard(
  raw: DatabaseSync,
  readings: readonly Reading[],
  lines: ReadonlyMap<string, Line>,
  timeZone: string,
): void {
  const calendar = createCalendar(timeZone);
  const slots = new Map<string, Set<number>>();
  for (const { asset, observedAt } of readings) {
    const day = calendar.at(observedAt);
    const key = `${asset} ${day.name}`;
    const own = slots.get(key) ?? new Set();
    slots.set(key, own.add(Math.floor((observedAt - day.start) / minute)));
  }
  const days = raw.prepare('select asset, day, received from completeness').all();
  const found = days.map(({ asset, day, received }) =>
    [asset, day, received].map(String).join(' '),
  );
  const wanted = [...slots].map(([key, heard]) => `${key} ${heard.size}`);
  same(found, wanted, 'completeness');

  const gaps = raw.prepare('select device, top, lost from gap').all();
  same(
    gaps.map(({ device, top, lost }) => [device, top, lost].map(String).join(' ')),
    [...lines].map(([device, { top, lost }]) => `${device} ${top} ${lost}`),
    'what never arrived',
  );
}

function same(found: readonly string[], wanted: readonly string[], what: string): void {
  const [has, should] = [found, wanted].map((lines) => lines.toSorted().join(', '));
  expectThat(has === should, 6, () => `${what} is ${has}; without faults ${should}`);
}
