/** Lines of a table: a head, and cells in columns; columns with numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const isRight = head.map((_, i) => rows.some((row) => isNumber(row[i]!)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (isRight[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].map((each) => `${each}\n`).join('');
}

function isNumber(cell: string): boolean {
  return /^[\d.,+-]+$/.test(cell);
}
