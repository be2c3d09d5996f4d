import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { importChunk, isRejection, reject, type ImportOutcome, type Rejection } from '#model';
import { createTrial, readTable, type RegistryTables, type TableRow } from '#registry';
import { scope } from '#app/database/database.ts';
import type { HttpContext, Server } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';

/** 200,000 rows of 300 bytes. */
const bodyLimit = 64 * 1024 * 1024;

/** Rows of a trial in one turn, some ms: how many makes no difference to what they come to. */
const trialChunk = 100;

const items = z.strictObject({ items: z.array(z.unknown()).min(1).max(importChunk) });
const query = z.strictObject({ dry_run: z.stringbool().default(false) });

/** Imports of devices and assets: JSON for programs, which show their own progress, CSV and GeoJSON whole. */
export function importRoutes(app: Server, context: HttpContext): void {
  const types = ['text/csv', 'application/geo+json'];
  app.addContentTypeParser(
    types,
    { parseAs: 'string', bodyLimit },
    async (request: FastifyRequest, body: string) => {
      const format = request.headers['content-type']!.startsWith('text/csv') ? 'csv' : 'geojson';
      return new TableFile(await readTable(body, format));
    },
  );

  for (const what of ['devices', 'assets'] as const) {
    app.post(
      `/${what}/import`,
      { bodyLimit, schema: { querystring: query, description: describe(what) } },
      async (request, reply) => {
        const rows = readBody(request);
        if (isRejection(rows)) return sendProblem(reply, rows);
        return carryOut(context, reply, { what, isTrial: request.query.dry_run, rows });
      },
    );
  }
}

/** A file, read; nothing that JSON can make. */
class TableFile {
  readonly rows: readonly TableRow[] | Rejection;

  constructor(rows: readonly TableRow[] | Rejection) {
    this.rows = rows;
  }
}

/** The rows of a body: those of a file were read by its content type's parser. */
function readBody({ body }: FastifyRequest): readonly TableRow[] | Rejection {
  if (body instanceof TableFile) return body.rows;
  const parsed = items.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return reject('http.body_invalid', issue!.message, ['body', ...issue!.path].join('.'));
  }
  return parsed.data.items.map((row, at) => ({ place: at + 1, row: row as TableRow['row'] }));
}

/** One line of the report. */
type Line = ImportOutcome & { readonly row: number };

interface Job {
  readonly what: 'devices' | 'assets';
  readonly isTrial: boolean;
  readonly rows: readonly TableRow[];
}

async function carryOut(context: HttpContext, reply: FastifyReply, job: Job): Promise<object> {
  const { isTrial, rows } = job;
  const ask = isTrial ? tryRows(context, job) : sendRows(context, reply, job);
  const size = isTrial ? trialChunk : importChunk;
  const lines: Line[] = [];
  for (let at = 0; at < rows.length; at += size) {
    const chunk = rows.slice(at, at + size);
    const sound = chunk.flatMap(({ row }) => (isRejection(row) ? [] : [row]));
    const done = sound.length === 0 ? [] : await ask(sound);
    // What was written until then stays: to send the file again is safe.
    if (isRejection(done)) return sendProblem(reply, done);
    const outcomes = done.values();
    for (const { place, row } of chunk) {
      const outcome = isRejection(row)
        ? ({ outcome: 'refused', rejection: row } as const)
        : outcomes.next().value!;
      lines.push({ row: place, ...outcome });
    }
    await nextTurn();
  }
  return reply
    .type('application/json; charset=utf-8')
    .send(Readable.from(reportOf(lines, isTrial)));
}

/** What some rows come to; a Rejection when none of them was looked at. */
type Ask = (rows: readonly unknown[]) => Promise<readonly ImportOutcome[] | Rejection>;

/** In the pipeline, which writes them. */
function sendRows({ hub }: HttpContext, reply: FastifyReply, { what }: Job): Ask {
  const actor = reply.request.holder.name;
  return async (rows) => {
    const body = { what, rows: [...rows] };
    const done = await hub.execute({ id: randomUUID(), kind: 'registry.import', actor, body });
    return isRejection(done) ? done : done.outcomes;
  };
}

/** In this thread: a trial only reads, and remembers what the rows before would have changed. */
function tryRows({ city, config, db, secret }: HttpContext, { what }: Job): Ask {
  const { kinds, profiles, zones } = city;
  const { site } = config;
  const trial = createTrial({ kinds, profiles: new Set(profiles.keys()), site, zones, secret });
  return (rows) => trial(scope<RegistryTables>(db), { what, rows: [...rows] });
}

/** The report as JSON, by pieces: 200,000 lines in one go would hold everybody else up. */
async function* reportOf(lines: readonly Line[], isTrial: boolean): AsyncGenerator<string> {
  const counts = { created: 0, changed: 0, unchanged: 0, refused: 0 };
  for (const { outcome } of lines) counts[outcome]++;
  yield `${JSON.stringify({ dry_run: isTrial, ...counts }).slice(0, -1)},"items":[`;
  for (let at = 0; at < lines.length; at += importChunk) {
    const some = lines.slice(at, at + importChunk).map((line) => JSON.stringify(toItem(line)));
    yield `${at === 0 ? '' : ','}${some.join(',')}`;
    await nextTurn();
  }
  yield ']}';
}

function toItem(line: Line): object {
  if (line.outcome !== 'refused') return line;
  const { rejection, ...rest } = line;
  return { ...rest, code: rejection.code, field: rejection.field, detail: rejection.reason };
}

function describe(what: string): string {
  return `Creates or changes ${what}: {"items": [...]} of up to ${importChunk}, or a whole file as text/csv or application/geo+json`;
}
