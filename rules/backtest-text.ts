const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** A duration (ms) in the largest unit that it fills, as `1.5h`; `-` where there is none. */
export function durationText(ms: number | null): string {
  if (ms === null) return '-';
  const [unit, size] = units.find((each) => ms >= each[1]) ?? units.at(-1)!;
  return `${Number((ms / size).toPrecision(3))}${unit}`;
}

/** A number with three figures; `-` where there is none. */
export function numberText(value: number | null): string {
  return value === null ? '-' : String(Number(value.toPrecision(3)));
}
