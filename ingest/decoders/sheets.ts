/** So many values may a message have. */
const maxValues = 256;

/** Values in as many messages as they need: a name once in each, as buffered ones come again and again. */
export class Sheets {
  readonly #said = new Map<string, number>();
  readonly #filled: number[] = [];
  readonly #sheets = new Map<string, Record<string, unknown>>();

  put(name: string, value: unknown): void {
    if (value === undefined) return;
    const turn = this.#said.get(name) ?? 0;
    this.#said.set(name, turn + 1);
    const place = this.#filled[turn] ?? 0;
    this.#filled[turn] = place + 1;
    const key = `${turn}/${Math.floor(place / maxValues)}`;
    let sheet = this.#sheets.get(key);
    if (sheet === undefined) {
      sheet = Object.create(null) as Record<string, unknown>;
      this.#sheets.set(key, sheet);
    }
    sheet[name] = value;
  }

  all(): Record<string, unknown>[] {
    return [...this.#sheets.values()];
  }
}
