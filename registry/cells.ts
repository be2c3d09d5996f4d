import { duration, identity, isRejection, reject, type Identity, type Rejection } from '#model';

const numbers = new Set(['lat', 'lon']);

interface Row {
  readonly attributes: Record<string, number>;
  readonly identities: Identity[];
  readonly rest: Record<string, unknown>;
}

/**
 * Cells by column → a row as an import takes it: `attribute.x` and `identity.x` where they belong, and
 * the numbers and durations that a CSV has as text. Empty cells are absent.
 */
export function toRow(cells: Record<string, unknown>): Record<string, unknown> | Rejection {
  const row: Row = { attributes: {}, identities: [], rest: {} };
  for (const [name, cell] of Object.entries(cells)) {
    if (cell === '' || cell === null) continue;
    const refused = take(row, name, cell);
    if (refused !== undefined) return refused;
  }
  const { attributes, identities, rest } = row;
  return {
    ...rest,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(identities.length > 0 && { identities }),
  };
}

function take(row: Row, name: string, cell: unknown): Rejection | undefined {
  const [, group, key = ''] = /^(attribute|identity)\.(.+)$/.exec(name) ?? [];
  if (group === 'identity') {
    const read = identity.safeParse({ system: key, id: cell });
    if (read.success) row.identities.push(read.data);
    const known = identity.shape.system.options.join(', ');
    return read.success ? undefined : wrong(`an identity of ${known}`, cell, name);
  }
  if (group === 'attribute' || numbers.has(name)) {
    const number = toNumber(cell);
    if (number === undefined) return wrong('a number', cell, name);
    if (group === 'attribute') row.attributes[key] = number;
    else row.rest[name] = number;
    return undefined;
  }
  const value = readCell(name, cell);
  if (isRejection(value)) return value;
  row.rest[name] = value;
  return undefined;
}

function toNumber(cell: unknown): number | undefined {
  // A spreadsheet with `;` between cells has a comma in its numbers.
  const number = typeof cell === 'string' ? Number(cell.replace(/^(-?\d+),(\d+)$/, '$1.$2')) : cell;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A cell that is neither an attribute nor an identity. */
function readCell(name: string, cell: unknown): unknown {
  if (name === 'interval') return toInterval(cell);
  return name === 'tags' ? toTags(cell) : cell;
}

/** Words between blanks or `;`, or the list that a GeoJSON has. */
function toTags(cell: unknown): unknown {
  return typeof cell === 'string' ? cell.split(/[\s;]+/).filter(Boolean) : cell;
}

/** Milliseconds, as a number or as people write a duration. */
function toInterval(cell: unknown): number | Rejection {
  const read = duration.safeParse(cell);
  const ms = read.success ? read.data : toNumber(cell);
  return ms ?? wrong('a duration such as 4h', cell, 'interval');
}

function wrong(wanted: string, cell: unknown, name: string): Rejection {
  const said = typeof cell === 'string' ? cell : JSON.stringify(cell);
  return reject('registry.row_invalid', `${wanted} is needed, not ${said.slice(0, 64)}`, name);
}
