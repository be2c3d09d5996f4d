import { z } from 'zod';
import { commands, incidentStatus, reject, segment } from '#model';
import {
  getIncident,
  getReport,
  listBreaches,
  listIncidents,
  listReports,
  type IncidentTables,
} from '#incidents';
import { scope } from '#app/database/database.ts';
import { page, type HttpContext, type Server } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';
import { command } from '#app/http/command.ts';

/** Incidents, the reports and breaches behind them, and a person's steps. */
export function incidentRoutes(app: Server, context: HttpContext): void {
  const db = scope<IncidentTables>(context.db);
  const id = z.strictObject({ id: z.string().max(64) });
  const missing = (what: string) => reject('incidents.not_found', `no such ${what}`, 'id');

  const incidentQuery = z.strictObject({
    status: z.union([incidentStatus, z.enum(['open', 'closed'])]).optional(),
    category: segment.optional(),
    asset: segment.optional(),
    ...page,
  });
  app.get('/incidents', { schema: { querystring: incidentQuery } }, (request) =>
    listIncidents(db, request.query),
  );
  app.get('/incidents/:id', { schema: { params: id } }, async (request, reply) => {
    return (await getIncident(db, request.params.id)) ?? sendProblem(reply, missing('incident'));
  });
  app.post(
    '/incidents/:id/transitions',
    { schema: { params: id, body: commands['incident.transition'].omit({ incident: true }) } },
    async (request, reply) => {
      const body = { ...request.body, incident: request.params.id };
      return command(reply, context, 'incident.transition', body);
    },
  );

  app.get('/reports', { schema: { querystring: z.strictObject(page) } }, (request) =>
    listReports(db, request.query),
  );
  app.get('/reports/:id', { schema: { params: id } }, async (request, reply) => {
    return (await getReport(db, request.params.id)) ?? sendProblem(reply, missing('report'));
  });

  const breachQuery = z.strictObject({
    open: z.stringbool().optional(),
    respond: z.enum(['desk', 'list']).optional(),
    asset: segment.optional(),
    ...page,
  });
  app.get('/breaches', { schema: { querystring: breachQuery } }, (request) =>
    listBreaches(db, request.query),
  );
}
