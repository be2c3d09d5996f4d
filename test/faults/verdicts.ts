import { none, type Figures } from './figures.ts';
import type { Verdict } from './judge.ts';

/** Adds the figures that every fault is judged by; one verdict a round. */
export function addVerdicts(figures: Figures, fault: string, verdicts: readonly Verdict[]): void {
  const all = (pick: (verdict: Verdict) => number): number[] => verdicts.map(pick);
  figures.add(
    `${fault}: acknowledged`,
    'messages',
    all((v) => v.acknowledged),
    { is: '>=', value: 1 },
  );
  const nothing = [
    ['pending for good', 'records', (v) => v.pending],
    ['acknowledged and missing', 'messages', (v) => v.missing],
    ['more than one point', 'messages', (v) => v.doubles],
    ['overwritten by another', 'points', (v) => v.overwritten],
    ['books out of balance', 'consumers', (v) => v.unbalanced],
    ['dead or corrupt', 'records', (v) => v.lost],
  ] as const satisfies [string, string, (verdict: Verdict) => number][];
  for (const [name, unit, pick] of nothing) figures.add(`${fault}: ${name}`, unit, all(pick), none);
  figures.add(
    `${fault}: until nothing was pending`,
    's',
    all((v) => v.drained),
  );
}
