import { readFile, stat } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { isRejection, reject, type Kinds, type Rejection } from '#model';
import {
  columns,
  head,
  lit,
  loadRules,
  readRule,
  rowOf,
  rowOfDifference,
  toPage,
  type BacktestReport,
  type Example,
  type Rule,
} from '#rules';
import type { BacktestOrder } from '#app/backtest/run.ts';
import { backtestInThread } from '#app/backtest/thread.ts';
import { readPast } from '#app/backtest/past.ts';
import { findSource, type Source } from '#app/backtest/source.ts';
import { readSpan } from '#app/backtest/wish.ts';
import { loadCity } from '#app/city.ts';
import { wallClock } from '#app/clock.ts';
import { configOf, count, exit, fail, tell, text, usage, type Call } from '#app/commands/call.ts';
import { table } from '#app/commands/table.ts';

/** After an interrupt, as shells have it: 128 and the number of SIGINT. */
const interrupted = 130;

/**
 * `rules backtest`: what rules would have raised in readings of the past, held against the rules in
 * force. Needs no server. Exit code 1 when the readings can't be used.
 */
export async function backtestCommand(call: Call): Promise<number> {
  const path = text(call.values['rules']);
  if (path === undefined) return usage('rules backtest needs --rules FILE or FOLDER');
  const examples = count(call.values['examples'], 3);
  if (Number.isNaN(examples)) return usage('--examples is a whole number');
  const order = await readOrder(call, path);
  if (typeof order === 'number') return order;
  const answer = await backtestInThread(order);
  if (answer === undefined) return interrupted;
  if (isRejection(answer)) return refuse(answer);
  const { report, notes } = answer;
  try {
    const title = `Backtest of ${path} on ${nameOf(order.source)}`;
    write(text(call.values['json']), () => `${JSON.stringify(jsonOf(report, notes))}\n`);
    write(text(call.values['html']), () => toPage(report, title, notes));
  } catch (error) {
    return fail((error as Error).message);
  }
  process.stdout.write(show(report, notes, examples));
  return exit.ok;
}

/** What is to be judged by what; an exit code after it was told what is wrong. */
async function readOrder(call: Call, path: string): Promise<BacktestOrder | number> {
  const now = wallClock();
  const span = readSpan(call, now);
  if (typeof span === 'string') return usage(span);
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const city = await loadCity(config);
  if (Array.isArray(city)) return tell(city);
  const { kinds, rules: inForce } = city;
  const rules = await readTried(path, kinds, inForce).catch((error: unknown) => error as Error);
  if (rules instanceof Error) return fail(rules.message);
  const problems = rules.filter(isRejection);
  if (problems.length > 0) return tell(problems);
  const source = findSource(text(call.values['recording']));
  if (isRejection(source)) return refuse(source);
  const past = await readPast(config, source.type === 'log' ? source.path : undefined);
  return { config, source, kinds, rules: rules as Rule[], inForce, past, span, now };
}

function write(file: string | undefined, content: () => string): void {
  if (file !== undefined) writeFileSync(file, content());
}

/** The rules that are tried: those of a folder, or those in force with the one of a file in its place. */
async function readTried(
  path: string,
  kinds: Kinds,
  inForce: readonly Rule[],
): Promise<(Rule | Rejection)[]> {
  if ((await stat(path)).isDirectory()) {
    const { rules, problems } = await loadRules(path, kinds);
    return problems.length > 0 ? [...problems] : lit(rules);
  }
  const { rule, problems } = readRule(await readFile(path, 'utf8'), kinds);
  if (rule === undefined) {
    return problems.map(({ path: at, reason }) =>
      reject('rules.invalid', reason, at.length === 0 ? path : `${path}: ${at.join('.')}`),
    );
  }
  const others = inForce.filter(({ id }) => id !== rule.id);
  return [{ ...rule, enabled: true }, ...others];
}

function nameOf(source: Source): string {
  return source.type === 'store' ? 'the series store' : source.path;
}

/** Figures as every command here writes them, and all the rest. */
function jsonOf(report: BacktestReport, notes: readonly string[]): object {
  const figure = (name: string, unit: string, value: number | null) =>
    value === null
      ? []
      : [{ name, unit, median: value, min: value, max: value, gate: null, ok: true }];
  const figures = report.rules.flatMap((each) => [
    ...figure(`${each.rule}: raises`, '', each.raises),
    ...figure(`${each.rule}: raises a device-day`, '', each.raisesPerDeviceDay),
    ...figure(`${each.rule}: duration, median`, 'ms', each.durationMedian),
    ...figure(`${each.rule}: time to raise, median`, 'ms', each.timeToRaise),
    ...figure(`${each.rule}: flaps`, '', each.flaps),
  ]);
  return { figures, absent: [], notes, ...report };
}

function show(report: BacktestReport, notes: readonly string[], examples: number): string {
  const { rules, difference } = report;
  const lines = [`${head(report)}\n`, ...notes.map((note) => `note: ${note}\n`)];
  lines.push('\n', table(columns, rules.map(rowOf)));
  if (difference === null) return lines.join('');
  lines.push(
    '\n',
    table(['rule', 'in both', 'only new', 'only old'], difference.map(rowOfDifference)),
  );
  for (const { rule, newExamples, oldExamples } of difference) {
    for (const each of newExamples.slice(0, examples)) lines.push(`+ ${rule} ${told(each)}\n`);
    for (const each of oldExamples.slice(0, examples)) lines.push(`- ${rule} ${told(each)}\n`);
  }
  return lines.join('');
}

function told({ asset, key, since, ended }: Example): string {
  const [from, to] = [since, ended].map((at) =>
    at === null ? 'open' : new Date(at).toISOString(),
  );
  return `${key === undefined ? asset : `${asset} ${key}`}: ${from} to ${to}`;
}

function refuse(rejection: Rejection): number {
  tell([rejection]);
  return exit.failed;
}
