import { isRejection } from '#model';
import { createClient } from '#app/client.ts';
import { configOf, exit, tell, type Call } from '#app/commands/call.ts';
import { plain } from '#app/commands/show-record.ts';

/** Asks the running server and prints its answer, as JSON where nobody says how. */
export async function ask(
  call: Call,
  method: string,
  path: string,
  body?: object,
  print: (answer: unknown) => string = asJson,
): Promise<number> {
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const client = createClient(config, call.env['SIAGA_ADMIN_KEY']);
  const answer = isRejection(client) ? client : await client.request(method, path, body);
  if (isRejection(answer)) {
    tell(answer.problems ?? [answer]);
    return exit.failed;
  }
  process.stdout.write(print(answer));
  return exit.ok;
}

/** Prints one entry of the server: a line a field for people, JSON with `--json`. */
export async function show(call: Call, path: string): Promise<number> {
  const print = call.values['json'] === true ? asJson : asLines;
  return ask(call, 'GET', path, undefined, print);
}

/** The one name behind a command's two words; undefined when there is none, or more. */
export function named({ positionals }: Call): string | undefined {
  const [, , name, ...others] = positionals;
  return others.length === 0 && name !== '' ? name : undefined;
}

function asJson(answer: unknown): string {
  return `${JSON.stringify(answer, undefined, 2)}\n`;
}

function asLines(answer: unknown): string {
  const fields = Object.entries(answer as object);
  const width = Math.max(...fields.map(([name]) => name.length));
  const lines = fields.map(([name, value]) => `${name.padEnd(width)}  ${plain(wordsOf(value))}`);
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function wordsOf(value: unknown): string {
  if (value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
