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
import { keyOf, type Change } from './directory.ts';

const shapes = { devices: commands['device.put'], assets: commands['asset.put'] } as const;

/**
 * Creates or changes what the rows say, in one transaction, and reports each row. They count in their order:
 * a name that one gives up may be had by those behind it. A name that another device has is refused: in a
 * file of thousands it is a mistake more often than a wish.
 */
export async function importRows(
  trx: Trx,
  deps: RegistryDeps,
  { what, rows }: CommandBody<'registry.import'>,
  at: number,
): Promise<Change<CommandResults['registry.import']>> {
  let judged: Judged = [];
  const outcomes = await reportRows(what, rows, async (sound) => {
    judged = await putRows(trx, deps, sound, { at, moves: false });
    return judged;
  });
  const changed = what === 'assets' ? changesOf(judged).map(({ asset }) => asset) : [];
  const regranted = await regrant(trx, deps, changed, at);
  return { result: { outcomes }, entries: [...entriesOf(judged), ...regranted] };
}

/** What rows come to, in the order that they were sent. */
export type Judged = readonly (Put | Rejection)[];

/** Reads rows, has those that are any judged, and reports all of them. */
export async function reportRows(
  what: 'devices' | 'assets',
  rows: readonly unknown[],
  judge: (sound: readonly Row[]) => Promise<Judged>,
): Promise<ImportOutcome[]> {
  const read = rows.map((row) => readRow(what, row));
  const sound = read.filter((row): row is Row => !isRejection(row));
  const judged = sound.length === 0 ? [] : await judge(sound);
  const results = new Map<Row, Put | Rejection>(sound.map((row, i) => [row, judged[i]!]));
  return read.map((row, i) =>
    isRejection(row)
      ? report(idOf(rows[i]), row)
      : report(row.device?.id ?? row.asset.id, results.get(row)!),
  );
}

function readRow(what: 'devices' | 'assets', row: unknown): Row | Rejection {
  const parsed = shapes[what].safeParse(row);
  if (!parsed.success) return wrong(parsed.error);
  if (what === 'assets') return { asset: parsed.data };
  const { profile, identities: named, ...asset } = parsed.data as CommandBody<'device.put'>;
  const identities = [...new Map(named.map((each) => [keyOf(each), each])).values()];
  const device = { id: asset.id, identities, ...(profile !== undefined && { profile }) };
  return { asset, device };
}

function report(id: string | undefined, done: Put | Rejection): ImportOutcome {
  if (isRejection(done)) {
    return { outcome: 'refused', ...(id !== undefined && { id }), rejection: done };
  }
  const { outcome, token } = done;
  if (outcome === 'unchanged') return { outcome, id: id! };
  return { outcome, id: id!, ...(token !== undefined && { token }) };
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
