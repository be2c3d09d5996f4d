import { z } from 'zod';
import { commands, duration, reject, segment } from '#model';
import { page, type HttpContext, type Server } from '#app/http/context.ts';
import { listDevices } from '#app/http/device-list.ts';
import { sendProblem } from '#app/http/problem.ts';
import { command } from '#app/http/command.ts';

/** As people write it, in the command's bounds. */
const overlap = duration.pipe(commands['device.rotate'].shape.overlap.unwrap());

/** Devices with the assets they serve, and the logins of bridges. */
export function deviceRoutes(app: Server, context: HttpContext): void {
  const id = z.strictObject({ id: segment });

  app.get(
    '/devices',
    { schema: { querystring: z.strictObject({ kind: segment.optional(), ...page }) } },
    (request) => listDevices(context, request.query),
  );
  app.get('/devices/:id', { schema: { params: id } }, async (request, reply) => {
    const [found] = (await listDevices(context, { id: request.params.id, limit: 1 })).items;
    return (
      found ??
      sendProblem(reply, reject('registry.device_unknown', `no device ${request.params.id}`, 'id'))
    );
  });
  app.put(
    '/devices/:id',
    { schema: { params: id, body: commands['device.put'].omit({ id: true }) } },
    async (request, reply) => {
      const body = { ...request.body, id: request.params.id };
      return command(reply, context, 'device.put', body);
    },
  );
  app.delete('/devices/:id', { schema: { params: id } }, async (request, reply) =>
    command(reply, context, 'device.delete', request.params),
  );
  app.post(
    '/devices/:id/token',
    { schema: { params: id, querystring: z.strictObject({ overlap: overlap.prefault('0s') }) } },
    async (request, reply) => {
      const body = { ...request.params, ...request.query };
      return command(reply, context, 'device.rotate', body);
    },
  );
  app.delete('/devices/:id/token', { schema: { params: id } }, async (request, reply) =>
    command(reply, context, 'device.revoke', request.params),
  );
  app.put(
    '/bridges/:name',
    {
      schema: {
        params: z.strictObject({ name: segment }),
        body: commands['bridge.put'].omit({ name: true }),
      },
    },
    async (request, reply) => {
      const body = { ...request.body, ...request.params };
      return command(reply, context, 'bridge.put', body);
    },
  );
}
