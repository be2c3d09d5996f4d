import { z } from 'zod';
import { commands, reject, segment } from '#model';
import { listAssets } from '#app/http/asset-list.ts';
import { command } from '#app/http/command.ts';
import { page, type HttpContext, type Server } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';

/** The things in the street, and which hardware serves them. */
export function assetRoutes(app: Server, context: HttpContext): void {
  const id = z.strictObject({ id: segment });
  const pair = z.strictObject({ id: segment, device: segment });

  app.get(
    '/assets',
    { schema: { querystring: z.strictObject({ kind: segment.optional(), ...page }) } },
    (request) => listAssets(context.db, request.query),
  );
  app.get('/assets/:id', { schema: { params: id } }, async (request, reply) => {
    const [found] = (await listAssets(context.db, { id: request.params.id, limit: 1 })).items;
    return (
      found ??
      sendProblem(reply, reject('registry.asset_unknown', `no asset ${request.params.id}`, 'id'))
    );
  });
  app.put(
    '/assets/:id',
    { schema: { params: id, body: commands['asset.put'].omit({ id: true }) } },
    async (request, reply) => {
      const body = { ...request.body, id: request.params.id };
      return command(reply, context, 'asset.put', body);
    },
  );
  app.delete('/assets/:id', { schema: { params: id } }, async (request, reply) =>
    command(reply, context, 'asset.delete', request.params),
  );
  app.put(
    '/assets/:id/devices/:device',
    { schema: { params: pair, body: commands['device.bind'].omit({ id: true, asset: true }) } },
    async (request, reply) => {
      const { id: asset, device } = request.params;
      return command(reply, context, 'device.bind', { ...request.body, id: device, asset });
    },
  );
  app.delete(
    '/assets/:id/devices/:device',
    { schema: { params: pair } },
    async (request, reply) => {
      const { id: asset, device } = request.params;
      return command(reply, context, 'device.unbind', { id: device, asset });
    },
  );
}
