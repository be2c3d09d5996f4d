import type { Computed, Formula, Meaning } from './grammar.ts';
import { tidy } from './units.ts';

/** The value that a raw number stands for: a number, truth or word, with its unit where it has one; null is no reading. */
export function mean(meaning: Meaning, raw: number | null): unknown {
  const { missing, map, boolean, unit } = meaning;
  if (raw === null || missing?.includes(raw)) return null;
  if (boolean) return raw !== 0;
  const word = String(raw);
  if (map !== undefined && Object.hasOwn(map, word)) return map[word];
  return withUnit(calculate(meaning, raw), unit);
}

/** Adds the numbers that are made of others, where those are there; one that comes out as none is left out. */
export function compute(values: Record<string, unknown>, formulas: readonly Computed[]): void {
  for (const formula of formulas) {
    const { name, of, divide_by: by, power = 1, unit } = formula;
    const from = numberIn(values[of]);
    const divisor = by === undefined ? 1 : numberIn(values[by]);
    if (from === undefined || divisor === undefined) continue;
    const value = calculate(formula, (from / divisor) ** power);
    if (Number.isFinite(value)) values[name] = withUnit(value, unit);
  }
}

function calculate({ scale, divide, offset }: Formula, raw: number): number {
  // A counter that needs no arithmetic keeps all its digits; a division by ten is exact without help.
  if (scale === undefined && offset === undefined) return divide === undefined ? raw : raw / divide;
  return tidy((raw * (scale ?? 1)) / (divide ?? 1) + (offset ?? 0));
}

function withUnit(value: number, unit: string | undefined): unknown {
  return unit === undefined ? value : { v: value, u: unit };
}

function numberIn(value: unknown): number | undefined {
  const plain = typeof value === 'object' && value !== null && 'v' in value ? value.v : value;
  return typeof plain === 'number' ? plain : undefined;
}
