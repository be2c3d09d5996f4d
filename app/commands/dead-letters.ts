import { isRejection } from '#model';
import { createClient } from '#app/client.ts';
import { ask } from '#app/commands/ask.ts';
import { configOf, exit, tell, text, usage, type Call } from '#app/commands/call.ts';
import { createProgress } from '#app/commands/progress.ts';

const filters = ['code', 'principal', 'topic', 'stranger'] as const;

/** `dead-letters list`: what could not be used, newest first. */
export function listLetters(call: Call): Promise<number> {
  const query = new URLSearchParams(filterOf(call));
  const limit = text(call.values['limit']);
  if (limit !== undefined) query.set('limit', limit);
  if (call.values['all'] === true) query.set('state', 'all');
  return ask(call, 'GET', `/api/v1/dead-letters?${query.toString()}`);
}

/** `dead-letters replay`: some by number, or all that a filter means, with a bar. */
export async function replayLetters(call: Call): Promise<number> {
  const numbers = call.positionals.slice(2);
  const ids = numbers.map(Number);
  if (ids.some((id) => !Number.isSafeInteger(id) || id < 1)) {
    return usage('dead-letters replay takes the numbers of letters');
  }
  const filter = filterOf(call);
  if (ids.length === 0 && Object.keys(filter).length === 0 && call.values['all'] !== true) {
    return usage('dead-letters replay needs numbers, a filter such as --code, or --all');
  }
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const client = createClient(config, call.env['SIAGA_ADMIN_KEY']);
  if (isRejection(client)) return failed(client);
  const wanted = { ...filter, ...(ids.length > 0 && { ids }) };
  let progress: ReturnType<typeof createProgress> | undefined;
  let replayed = 0;
  let next: string | null | undefined;
  do {
    const body = { ...wanted, ...(next && { cursor: next }) };
    const answer = await client.request('POST', '/api/v1/dead-letters/replay', body);
    if (isRejection(answer)) return failed(answer);
    const done = answer as { replayed: number; remaining: number; next: string | null };
    progress ??= createProgress('replay', done.replayed + done.remaining);
    replayed += done.replayed;
    progress.at(replayed);
    next = done.next;
  } while (next !== null);
  progress.end();
  process.stdout.write(`${JSON.stringify({ replayed })}\n`);
  return exit.ok;
}

function filterOf({ values }: Call): Record<string, string> {
  return Object.fromEntries(
    filters.flatMap((name) => {
      const value = text(values[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function failed(rejection: Parameters<typeof tell>[0][number]): number {
  tell([rejection]);
  return exit.failed;
}
