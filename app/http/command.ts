import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { isRejection, type CommandBody, type CommandKind, type CommandResults } from '#model';
import type { HttpContext } from '#app/http/context.ts';
import { sendProblem } from '#app/http/problem.ts';

/** Sends a command to the pipeline and answers when it is committed: its result, or its Rejection as a problem. */
export async function command<K extends CommandKind>(
  reply: FastifyReply,
  { hub }: HttpContext,
  kind: K,
  body: CommandBody<K>,
): Promise<CommandResults[K] | FastifyReply> {
  const actor = reply.request.holder.name;
  const result = await hub.execute({ id: randomUUID(), kind, actor, body });
  return isRejection(result) ? sendProblem(reply, result) : result;
}
