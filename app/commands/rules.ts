import { duration, isRejection } from '#model';
import { createClient } from '#app/client.ts';
import { wallClock } from '#app/clock.ts';
import { ask } from '#app/commands/ask.ts';
import { configOf, exit, tell, text, usage, type Call } from '#app/commands/call.ts';
import { table } from '#app/commands/table.ts';

interface RuleItem {
  readonly id: string;
  readonly enabled: boolean | 'shadow';
  readonly severity: string;
  readonly respond: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly raised: number;
}

interface ShelfItem {
  readonly id: string;
  readonly rule?: string;
  readonly asset?: string;
  readonly zone?: string;
  readonly from: string;
  readonly until: string;
  readonly actor: string;
  readonly reason: string;
}

/** `rules list`: the rules in force, and how they do. */
export function listRules(call: Call): Promise<number> {
  const head = ['rule', 'enabled', 'severity', 'respond', 'pending', 'firing', 'raised'];
  return show(call, '/api/v1/rules', head, (rule: RuleItem) => [
    rule.id,
    rule.enabled === true ? 'yes' : rule.enabled === false ? 'no' : 'shadow',
    rule.severity,
    rule.respond,
    String(rule.counts['pending'] ?? 0),
    String((rule.counts['firing'] ?? 0) + (rule.counts['recovering'] ?? 0)),
    String(rule.raised),
  ]);
}

/** `rules show`: one of them, as it is for an asset where one is named. */
export function showRule(call: Call): Promise<number> {
  const id = call.positionals[2];
  if (id === undefined) return Promise.resolve(usage('rules show needs a rule'));
  const asset = text(call.values['asset']);
  const query = asset === undefined ? '' : `?asset=${encodeURIComponent(asset)}`;
  return ask(call, 'GET', `/api/v1/rules/${encodeURIComponent(id)}${query}`);
}

/** `rules shelves`: what is shelved now or will be. */
export function listShelved(call: Call): Promise<number> {
  const all = call.values['all'] === true ? '&all=true' : '';
  const head = ['shelf', 'rule', 'asset', 'zone', 'from', 'until', 'by', 'reason'];
  return show(call, `/api/v1/shelves?limit=500${all}`, head, (shelf: ShelfItem) => [
    shelf.id,
    shelf.rule ?? '',
    shelf.asset ?? '',
    shelf.zone ?? '',
    shelf.from,
    shelf.until,
    shelf.actor,
    shelf.reason,
  ]);
}

/** `rules shelve`: peace for a while, from now or from a time on. */
export function shelve(call: Call): Promise<number> {
  const { rule, asset, zone, reason } = call.values;
  const from = text(call.values['from']);
  const until = text(call.values['until']) ?? endOf(from, text(call.values['for']));
  if (until === undefined || reason === undefined) {
    const needed = '--reason, and --for (such as 8h) or --until';
    return Promise.resolve(usage(`rules shelve needs --rule, --asset or --zone; ${needed}`));
  }
  const body = {
    ...(rule !== undefined && { rule }),
    ...(asset !== undefined && { asset }),
    ...(zone !== undefined && { zone }),
    ...(from !== undefined && { from }),
    until,
    reason,
  };
  return ask(call, 'POST', '/api/v1/shelves', body);
}

/** `rules unshelve`: ends a shelf. */
export function unshelve(call: Call): Promise<number> {
  const id = call.positionals[2];
  return id === undefined
    ? Promise.resolve(usage('rules unshelve needs the number of a shelf'))
    : ask(call, 'DELETE', `/api/v1/shelves/${encodeURIComponent(id)}`);
}

/** A duration behind a time or behind now, as a time; undefined where it is none. */
function endOf(from: string | undefined, length: string | undefined): string | undefined {
  const ms = duration.safeParse(length);
  const begin = from === undefined ? wallClock() : Date.parse(from);
  return ms.success && Number.isFinite(begin) ? new Date(begin + ms.data).toISOString() : undefined;
}

/** A list of the server as a table, or as the JSON that it is. */
async function show(
  call: Call,
  path: string,
  head: readonly string[],
  row: (item: never) => readonly string[],
): Promise<number> {
  if (call.values['json'] === true) return ask(call, 'GET', path);
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const client = createClient(config, call.env['SIAGA_ADMIN_KEY']);
  const answer = isRejection(client) ? client : await client.request('GET', path);
  if (isRejection(answer)) {
    tell([answer]);
    return exit.failed;
  }
  const { items } = answer as { items: never[] };
  process.stdout.write(items.length === 0 ? 'none\n' : table(head, items.map(row)));
  return exit.ok;
}
