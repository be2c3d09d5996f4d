/** One page of a list, and where the next begins; null when there is none. */
export interface Page<Item> {
  readonly items: Item[];
  readonly next: string | null;
}

/** What every list takes. */
export interface PageQuery {
  readonly limit?: number | undefined;
  /** The `next` of the page before. One that we did not make finds nothing useful and harms nothing. */
  readonly cursor?: string | undefined;
}

/** How many items to show: what was asked for, 100 when nothing was, never over `max`. */
export function pageSize(limit = 100, max = 500): number {
  return Math.min(Math.max(1, Math.trunc(limit)), max);
}

/** Reads a cursor back into the sort key of the last item shown. */
export function openCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString();
}

/** Cuts what was read (one row more than the page, to see whether there is a next) to the page. */
export function cutPage<Row>(
  rows: readonly Row[],
  size: number,
  key: (row: Row) => string,
): { rows: Row[]; next: string | null } {
  const shown = rows.slice(0, size);
  const last = rows.length > size ? shown.at(-1) : undefined;
  return { rows: shown, next: last ? Buffer.from(key(last)).toString('base64url') : null };
}
