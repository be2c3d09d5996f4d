import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { importChunk, isRejection, reject, type ImportOutcome, type Rejection } from '#model';
import { readTable, type TableRow } from '#registry';
import type { HttpContext, Server } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';

/** 200,000 rows of 300 bytes. */
const bodyLimit = 64 * 1024 * 1024;

const items = z.strictObject({ items: z.array(z.unknown()).min(1).max(importChunk) });
const query = z.strictObject({ dry_run: z.stringbool().default(false) });

/** Imports of devices and assets: JSON for programs, which show their own progress, CSV and GeoJSON whole. */
export function importRoutes(app: Server, context: HttpContext): void {
  const types = ['text/csv', 'application/geo+json'];
  app.addContentTypeParser(types, { parseAs: 'string', bodyLimit }, (request, body, done) => {
    const format = request.headers['content-type']!.startsWith('text/csv') ? 'csv' : 'geojson';
    done(null, new TableFile(readTable(String(body), format)));
  });

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

async function carryOut(
  { hub }: HttpContext,
  reply: FastifyReply,
  job: { what: 'devices' | 'assets'; isTrial: boolean; rows: readonly TableRow[] },
): Promise<object> {
  const { what, isTrial, rows } = job;
  const actor = reply.request.holder.name;
  const lines: Line[] = [];
  for (let at = 0; at < rows.length; at += importChunk) {
    const chunk = rows.slice(at, at + importChunk);
    const sound = chunk.filter(({ row }) => !isRejection(row));
    const body = { what, isTrial, rows: sound.map(({ row }) => row) };
    const done =
      sound.length === 0
        ? { outcomes: [] }
        : await hub.execute({ id: randomUUID(), kind: 'registry.import', actor, body });
    // What was written until then stays: to send the file again is safe.
    if (isRejection(done)) return sendProblem(reply, done);
    const outcomes = done.outcomes.values();
    for (const { place, row } of chunk) {
      const outcome = isRejection(row)
        ? ({ outcome: 'refused', rejection: row } as const)
        : outcomes.next().value!;
      lines.push({ row: place, ...outcome });
    }
  }
  const count = (name: string): number => lines.filter(({ outcome }) => outcome === name).length;
  return {
    dry_run: isTrial,
    created: count('created'),
    changed: count('changed'),
    unchanged: count('unchanged'),
    refused: count('refused'),
    items: lines.map(toItem),
  };
}

function toItem(line: Line): object {
  if (line.outcome !== 'refused') return line;
  const { rejection, ...rest } = line;
  return { ...rest, code: rejection.code, field: rejection.field, detail: rejection.reason };
}

function describe(what: string): string {
  return `Creates or changes ${what}: {"items": [...]} of up to ${importChunk}, or a whole file as text/csv or application/geo+json`;
}
