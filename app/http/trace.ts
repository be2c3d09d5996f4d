import { z } from 'zod';
import { isRejection, iso, reject, segment, traceRequest, type Mark, type Trace } from '#model';
import type { HttpContext, Server } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';

/** One device's messages, end to end: what each station did with them, and when. */
export function traceRoutes(app: Server, { hub }: HttpContext): void {
  const params = z.strictObject({ device: segment });
  const missing = (device: string) => reject('http.not_found', `${device} is not traced`, 'device');

  app.post('/trace', { schema: { body: traceRequest } }, async (request, reply) => {
    const trace = await hub.startTrace(request.body.device, request.body.for);
    return isRejection(trace) ? sendProblem(reply, trace) : show(trace);
  });
  app.get('/trace/:device', { schema: { params } }, async (request, reply) => {
    const trace = await hub.readTrace(request.params.device);
    return trace === undefined ? sendProblem(reply, missing(request.params.device)) : show(trace);
  });
  app.delete('/trace/:device', { schema: { params } }, async (request, reply) => {
    const trace = await hub.stopTrace(request.params.device);
    return trace === undefined ? sendProblem(reply, missing(request.params.device)) : show(trace);
  });
}

/** Times as ISO 8601, and ms since the message's first mark. */
function show({ device, until, messages }: Trace) {
  return {
    device,
    until: iso(until),
    items: messages.map(({ packet, marks }) => ({ packet, marks: marks.map(describe(marks)) })),
    next: null,
  };
}

function describe([first]: readonly Mark[]) {
  return ({ device: _device, packet: _packet, at, ...mark }: Mark) => ({
    ...mark,
    at: iso(at),
    ms: Math.round((at - first!.at) * 1_000) / 1_000,
  });
}
