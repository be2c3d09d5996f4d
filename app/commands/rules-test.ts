import { loadRules, playAll, type Played } from '#rules';
import { fineClock } from '#app/clock.ts';
import { configOf, exit, tell, text, type Call } from '#app/commands/call.ts';
import { table } from '#app/commands/table.ts';
import { loadModels } from '#app/models.ts';

/** How long all golden tests may take, s. */
const gate = 5;

/** What became of one rule's golden tests; `gaps` says which cases have none. */
interface Tried {
  readonly rule: string;
  readonly ok: boolean;
  readonly tests: readonly Played[];
  readonly gaps: readonly string[];
}

/** `rules test`: plays the golden tests of all rules on a virtual clock. Needs no server. */
export async function testCommand(call: Call): Promise<number> {
  const start = fineClock();
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const models = await loadModels(config);
  if (Array.isArray(models)) return tell(models);
  const { kinds } = models;
  const folder = text(call.values['rules']) ?? config.rules;
  const { rules, problems, gaps } = await loadRules(folder, kinds);
  if (problems.length > 0) return tell(problems);
  const tried = rules.map((rule): Tried => {
    const tests = playAll(rule, rules, kinds);
    const own = gaps.filter(({ rule: id }) => id === rule.id).map(({ reason }) => reason);
    return { rule: rule.id, ok: own.length === 0 && tests.every(({ ok }) => ok), tests, gaps: own };
  });
  const seconds = (fineClock() - start) / 1_000;
  process.stdout.write(call.values['json'] === true ? json(tried, seconds) : show(tried, seconds));
  return tried.every(({ ok }) => ok) && seconds <= gate ? exit.ok : exit.failed;
}

function show(tried: readonly Tried[], seconds: number): string {
  const width = Math.max(0, ...tried.map(({ rule }) => rule.length));
  const lines = tried.map(
    (each) =>
      `${each.ok ? 'ok    ' : 'failed'}  ${each.rule.padEnd(width)}  ${each.tests.length} tests\n${complaints(each)}`,
  );
  const tests = tried.flatMap((each) => each.tests);
  const failed = tests.filter(({ ok }) => !ok).length;
  const untried = tried.filter(({ gaps }) => gaps.length > 0).length;
  const rest = untried === 0 ? '' : `, ${untried} rules without all four cases`;
  const sum = `${tried.length} rules, ${tests.length} golden tests, ${failed} failed${rest}`;
  return `${lines.join('')}${sum}, in ${seconds.toFixed(1)} s\n`;
}

function complaints({ tests, gaps }: Tried): string {
  const failures = tests
    .filter(({ ok }) => !ok)
    .map(({ name, expected, actual }) => `  ${name}\n${sideBySide(expected, actual)}`);
  return [...gaps.map((gap) => `  ${gap}\n`), ...failures].join('');
}

/** What was asked for and what was said, line by line, with a mark where they differ. */
function sideBySide(expected: readonly string[], actual: readonly string[]): string {
  const rows = Array.from({ length: Math.max(expected.length, actual.length) }, (_, at) => {
    const [want = '(nothing)', got = '(nothing)'] = [expected[at], actual[at]];
    return [want === got ? '' : '≠', want, got];
  });
  return table(['', 'expected', 'actual'], rows).replaceAll(/^/gm, '    ').trimEnd().concat('\n');
}

function json(tried: readonly Tried[], seconds: number): string {
  const [median, min, max] = [seconds, seconds, seconds];
  const figure = { name: 'rules test', unit: 's', median, min, max, gate, ok: seconds <= gate };
  return `${JSON.stringify({ figures: [figure], rules: tried }, undefined, 2)}\n`;
}
