import { writeFileSync } from 'node:fs';

/** What a command measured or judged, in the form that all of them write with `--json`. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The bound that it must keep, as a number or in words (`< 3`); null where it is only told. */
  readonly gate: number | string | null;
  readonly ok: boolean;
}

/** A figure that needs something this machine lacks. Never ok, and no failure either. */
export interface Absent {
  readonly name: string;
  readonly reason: string;
}

/** Writes the file that `--json` names. */
export function writeFigures(
  file: string,
  results: { readonly figures: readonly Figure[]; readonly absent: readonly Absent[] },
): void {
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
}
