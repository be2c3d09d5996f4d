import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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
  const rows = await readTable(content, format);
  if (isRejection(rows)) return refuse(rows);
  return carryOut(call, { client, path: `/api/v1/${what}/import`, content, format, rows });
}

interface Job {
  readonly client: Client;
  readonly path: string;
  readonly content: string;
  readonly format: TableFormat;
  /** What is in the content. */
  readonly rows: readonly TableRow[];
}

async function carryOut({ values }: Call, job: Job): Promise<number> {
  const isTrial = values['dry-run'] === true;
  const report = openReport(text(values['report']));
  if (report instanceof Error) return fail(report.message);
  const lines: Line[] = [];
  const work = isTrial ? tryFile : sendRows;
  const broken = await work(job, (some) => {
    lines.push(...some);
    report?.add(some);
  });
  report?.close();
  show(lines, isTrial, report !== undefined);
  if (broken !== undefined) return refuse(broken);
  return lines.some(({ outcome }) => outcome === 'refused') ? exit.failed : exit.ok;
}

/** Told of lines of the report as they come. */
type Told = (lines: readonly Line[]) => void;

/** A trial goes to the server whole: what a row comes to depends on those before it. */
async function tryFile(
  { client, path, content, format }: Job,
  told: Told,
): Promise<Rejection | undefined> {
  const type = format === 'csv' ? 'text/csv' : 'application/geo+json';
  const answer = await client.send(`${path}?dry_run=true`, type, content);
  if (isRejection(answer)) return answer;
  const { items } = answer as { items: Line[] };
  for (let at = 0; at < items.length; at += importChunk) told(items.slice(at, at + importChunk));
  return undefined;
}

/** Sends the rows chunk by chunk; resolves with what broke it off, after what was done was told. */
async function sendRows({ client, path, rows }: Job, told: Told): Promise<Rejection | undefined> {
  const progress = createProgress('import', rows.length);
  try {
    for (let at = 0; at < rows.length; at += importChunk) {
      const chunk = rows.slice(at, at + importChunk);
      const items = chunk.flatMap(({ row }) => (isRejection(row) ? [] : [row]));
      const answer =
        items.length === 0 ? { items: [] } : await client.request('POST', path, { items });
      if (isRejection(answer)) return answer;
      const done = (answer as { items: Line[] }).items.values();
      told(
        chunk.map(({ place, row }) =>
          isRejection(row)
            ? { row: place, outcome: 'refused', ...row, detail: row.reason }
            : { ...done.next().value!, row: place },
        ),
      );
      progress.at(at + chunk.length);
    }
    return undefined;
  } finally {
    progress.end();
  }
}

function show(lines: readonly Line[], isTrial: boolean, isReported: boolean): void {
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
  if (tokens > 0 && !isReported) {
    process.stderr.write(
      `${tokens} tokens were made and not kept: --report FILE would have held them; devices rotate makes new ones\n`,
    );
  }
}

const columns = ['row', 'id', 'outcome', 'token', 'code', 'field', 'detail'] as const;

/**
 * A new file for the report, or why there is none. It holds tokens, which are shown this once: it is for
 * its owner's eyes, and grows with every chunk, so that an import that breaks off has told what it did.
 */
function openReport(path: string | undefined) {
  if (path === undefined) return undefined;
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, `${columns.join(',')}\n`);
    return {
      add(lines: readonly Line[]): void {
        const rows = lines.map((line) => columns.map((name) => quote(String(line[name] ?? ''))));
        writeSync(file, rows.map((row) => `${row.join(',')}\n`).join(''));
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    return error as Error;
  }
}

/** A cell that a spreadsheet takes neither apart nor for a formula. */
function quote(cell: string): string {
  const plain = /^[=+@\t-]/.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

function refuse(rejection: Rejection): number {
  tell([rejection]);
  return exit.failed;
}
