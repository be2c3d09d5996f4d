/** What a birth says of one of its metrics; later messages may name it by its alias alone. */
export interface Definition {
  readonly name: string;
  /** A number of 64 bits, as a text. */
  readonly alias?: string;
  /** Sparkplug's number of its type; without it, negative and large integers look alike. */
  readonly datatype?: number;
  readonly unit?: string;
}

/** With what an edge node, or a device behind it, began its session. */
export interface Birth {
  /** `{group}/{edge}` or `{group}/{edge}/{device}`. */
  readonly path: string;
  /** Epoch milliseconds of its arrival. */
  readonly receivedAt: number;
  /** Numbers the sessions of an edge node: its death certificate bears the same. */
  readonly bdSeq?: string;
  readonly definitions: readonly Definition[];
}

/** A birth that can be asked. */
export interface KnownBirth extends Birth {
  readonly byAlias: ReadonlyMap<string, Definition>;
  readonly byName: ReadonlyMap<string, Definition>;
}

/** The births of the sessions under way, by path. */
export interface Births {
  of(path: string): KnownBirth | undefined;
}

/** Nobody was born yet. */
export const noBirths: Births = { of: () => undefined };

/** The edge node of a path: its first two levels. */
export function edgeOf(path: string): string {
  const [group, edge] = path.split('/', 2);
  return `${group}/${edge}`;
}
