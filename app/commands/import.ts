import { readFile, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { importChunk, isRejection, type Rejection } from '#model';
import { readTable, type TableFormat, type TableRow } from '#registry';
import { createClient, type Client } from '#app/client.ts';
import { configOf, exit, fail, tell, text, usage, type Call } from '#app/commands/call.ts';
import { createProgress } from '#app/commands/progress.ts';
import { table } from '#app/commands/table.ts';

const formats: Readonly<Record<string, TableFormat>> = {
  '.csv': 'csv',
  '.geojson': 'geojson',
  '.json': 'geojson',
};

/** A row's line in the report. */
interface Line {
  readonly row: number;
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'refused';
  readonly id?: string;
  readonly token?: string;
  readonly code?: string;
  readonly field?: string;
  readonly detail?: string;
}

/** `devices import` and `assets import`: a file into the running server, in chunks that show how far it is. */
export async function importCommand(call: Call): Promise<number> {
  const [what, , file] = call.positionals as ['devices' | 'assets', string, string | undefined];
  const format = formats[extname(file ?? '').toLowerCase()];
  if (file === undefined || format === undefined) {
    return usage(`${what} import needs a file that ends in ${Object.keys(formats).join(', ')}`);
  }
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const client = createClient(config, call.env['SIAGA_ADMIN_KEY']);
  if (isRejection(client)) return refuse(client);
  const content = await readFile(file, 'utf8').catch((error: unknown) => error as Error);
  if (content instanceof Error) return fail(content.message);
  const rows = readTable(content, format);
  if (isRejection(rows)) return refuse(rows);
  const isTrial = call.values['dry-run'] === true;
  const lines = await send(client, `/api/v1/${what}/import?dry_run=${isTrial}`, rows);
  if (isRejection(lines)) return refuse(lines);
  const report = text(call.values['report']);
  // It holds tokens, which are shown this once: for its owner's eyes only.
  if (report !== undefined) await writeFile(report, toCsv(lines), { mode: 0o600 });
  show(lines, isTrial, report);
  return lines.some(({ outcome }) => outcome === 'refused') ? exit.failed : exit.ok;
}

async function send(
  client: Client,
  path: string,
  rows: readonly TableRow[],
): Promise<Line[] | Rejection> {
  const progress = createProgress('import', rows.length);
  const lines: Line[] = [];
  try {
    for (let at = 0; at < rows.length; at += importChunk) {
      const chunk = rows.slice(at, at + importChunk);
      const sound = chunk.filter(({ row }) => !isRejection(row));
      const items = sound.map(({ row }) => row);
      const answer =
        items.length === 0 ? { items: [] } : await client.request('POST', path, { items });
      if (isRejection(answer)) return answer;
      const done = (answer as { items: Line[] }).items.values();
      for (const { place, row } of chunk) {
        lines.push(
          isRejection(row)
            ? { row: place, outcome: 'refused', ...row, detail: row.reason }
            : { ...done.next().value!, row: place },
        );
      }
      progress.at(lines.length);
    }
  } finally {
    progress.end();
  }
  return lines;
}

function show(lines: readonly Line[], isTrial: boolean, report: string | undefined): void {
  const counts = ['created', 'changed', 'unchanged', 'refused'].map((name) => [
    name,
    String(lines.filter(({ outcome }) => outcome === name).length),
  ]);
  process.stdout.write(table([isTrial ? 'would be' : 'rows', ''], counts));
  const refused = lines.filter(({ outcome }) => outcome === 'refused');
  for (const { row, id = '', field, code, detail } of refused.slice(0, 20)) {
    const where = field === undefined ? '' : `${field}: `;
    process.stderr.write(`row ${row} ${id}: ${where}${detail} [${code}]\n`);
  }
  const more = refused.length - 20;
  if (more > 0) process.stderr.write(`… and ${more} more; --report FILE has all of them\n`);
  const tokens = lines.filter(({ token }) => token !== undefined).length;
  if (tokens > 0 && report === undefined) {
    process.stderr.write(
      `${tokens} tokens were made and not kept: --report FILE would have held them; devices rotate makes new ones\n`,
    );
  }
}

const columns = ['row', 'id', 'outcome', 'token', 'code', 'field', 'detail'] as const;

function toCsv(lines: readonly Line[]): string {
  const cells = lines.map((line) => columns.map((name) => quote(String(line[name] ?? ''))));
  return [columns, ...cells].map((row) => `${row.join(',')}\n`).join('');
}

function quote(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function refuse(rejection: Rejection): number {
  tell([rejection]);
  return exit.failed;
}
