import type { ZodError } from 'zod';
import {
  commands,
  isRejection,
  reject,
  type CommandBody,
  type CommandResults,
  type ImportOutcome,
  type Rejection,
} from '#model';
import {
  changesOf,
  entriesOf,
  putRows,
  regrant,
  type Put,
  type RegistryDeps,
  type Row,
} from './put.ts';
import type { Trx } from './rows.ts';
import type { Change } from './directory.ts';

const shapes = { devices: commands['device.put'], assets: commands['asset.put'] } as const;

/**
 * Creates or changes what the rows say, in one transaction, and reports each row. A name that another
 * device has already is refused here: in a file of thousands it is a mistake more often than a wish.
 */
export async function importRows(
  trx: Trx,
  deps: RegistryDeps,
  { what, isTrial, rows }: CommandBody<'registry.import'>,
  at: number,
): Promise<Change<CommandResults['registry.import']>> {
  const read = rows.map((row) => readRow(what, row));
  const sound = read.filter((row): row is Row => !isRejection(row));
  const judged =
    sound.length === 0 ? [] : await putRows(trx, deps, sound, { at, isTrial, moves: false });
  const results = new Map<Row, Put | Rejection>(sound.map((row, i) => [row, judged[i]!]));
  const outcomes = read.map((row, i) =>
    isRejection(row)
      ? report(idOf(rows[i]), row, isTrial)
      : report(row.device?.id ?? row.asset.id, results.get(row)!, isTrial),
  );
  if (isTrial) return { result: { outcomes }, entries: [] };
  const changed = what === 'assets' ? changesOf(judged).map(({ asset }) => asset) : [];
  const regranted = await regrant(trx, deps, changed, at);
  return { result: { outcomes }, entries: [...entriesOf(judged), ...regranted] };
}

function readRow(what: 'devices' | 'assets', row: unknown): Row | Rejection {
  const parsed = shapes[what].safeParse(row);
  if (!parsed.success) return wrong(parsed.error);
  if (what === 'assets') return { asset: parsed.data };
  const { profile, identities, ...asset } = parsed.data as CommandBody<'device.put'>;
  const device = { id: asset.id, identities, ...(profile !== undefined && { profile }) };
  return { asset, device };
}

function report(id: string | undefined, done: Put | Rejection, isTrial: boolean): ImportOutcome {
  if (isRejection(done)) {
    return { outcome: 'refused', ...(id !== undefined && { id }), rejection: done };
  }
  const { outcome, token } = done;
  if (outcome === 'unchanged') return { outcome, id: id! };
  return { outcome, id: id!, ...(token !== undefined && !isTrial && { token }) };
}

function wrong({ issues: [issue] }: ZodError): Rejection {
  const path = issue?.path.join('.') ?? '';
  return reject('registry.row_invalid', issue?.message ?? 'no row', path || undefined);
}

/** The id that a row gives itself, where that can be told. */
function idOf(row: unknown): string | undefined {
  const id = (row as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id.slice(0, 64) : undefined;
}
