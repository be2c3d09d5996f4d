/** One thing that was counted again, beside what the books say. */
export interface Line {
  readonly what: string;
  readonly books: string;
  readonly counted: string;
  /** `cannot`: part of it is no longer there to be counted. */
  readonly verdict: 'same' | 'differs' | 'cannot';
}

/** What a recount came to: its lines, each difference by name, and what is worth knowing besides. */
export interface Recount {
  readonly lines: Line[];
  readonly differences: string[];
  readonly notes: string[];
}

/** A line of two numbers that must be equal; a part of the records can only be fewer. */
export function compare(what: string, books: number, counted: number, isPart = false): Line {
  const isSame = isPart ? counted <= books : counted === books;
  const verdict = isSame ? (isPart ? 'cannot' : 'same') : 'differs';
  return { what, books: String(books), counted: String(counted), verdict };
}

/** Names told one by one; beyond that, how many more there are. */
const maxNamed = 20;

/** A list of names that stays short however much is wrong. */
export function createNames(): { add(name: string): void; all(): string[] } {
  const names: string[] = [];
  let more = 0;
  return {
    add(name) {
      if (names.length < maxNamed) names.push(name);
      else more += 1;
    },
    all: () => (more === 0 ? names : [...names, `and ${more} more of the kind`]),
  };
}
