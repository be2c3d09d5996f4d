import type { InfluxLogin } from '../support/influx.ts';
import { panelsOf, queryOf, type BoardJson, type PanelJson, type TargetJson } from './board.ts';
import { substitute, type Choice, type Range } from './substitute.ts';

interface Series {
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (string | number | null)[])[];
}

interface Answer {
  readonly status: number;
  readonly error?: string;
  readonly results?: readonly { readonly error?: string; readonly series?: readonly Series[] }[];
}

/** Grafana's own limit; what comes beyond is cut off without a word. */
const mostSeries = 1_000;

/** Runs every query of a board against an InfluxDB and says what a person would miss, one sentence each. */
export async function run(
  board: BoardJson,
  influx: InfluxLogin,
  range: Range,
  choice: Choice,
): Promise<string[]> {
  const problems: string[] = [];
  const all = Object.values(choice).every((values) => values === 'All');
  for (const panel of panelsOf(board)) {
    for (const target of panel.targets ?? []) {
      const answer = await ask(influx, substitute(target.query, range, choice, panel));
      const found = judge(panel, target, answer, all);
      problems.push(...found.map((problem) => `${panel.title} ${target.refId}: ${problem}`));
    }
  }
  return problems;
}

/** The values that a variable of the board offers. */
export async function optionsOf(
  board: BoardJson,
  name: string,
  influx: InfluxLogin,
  choice: Choice,
): Promise<string[]> {
  const variable = board.templating.list.find((one) => one.name === name);
  if (variable === undefined) return [];
  const answer = await ask(influx, substitute(queryOf(variable), { from: 0, to: 0 }, choice));
  const rows = (answer.results?.[0]?.series ?? []).flatMap(({ values }) => values);
  return [...new Set(rows.map(([, value]) => String(value)))].sort();
}

function judge(panel: PanelJson, target: TargetJson, answer: Answer, all: boolean): string[] {
  const failure = failureOf(answer);
  if (failure !== undefined) return [failure];
  const series = answer.results?.[0]?.series ?? [];
  if (series.length > mostSeries) return [`${series.length} series, ${mostSeries} are shown`];
  const values = series.flatMap((one) => one.values.flatMap((row) => row.slice(1)));
  if (values.every((value) => value === null)) {
    // A part of the city may be well; the whole was given at least one fault of each kind.
    const saysSo = panel.fieldConfig?.defaults.noValue !== undefined;
    return saysSo && !all ? [] : ['no value at all'];
  }
  return [...aliasProblems(target, series), ...mapProblems(panel, series)];
}

function failureOf({ status, error, results = [] }: Answer): string | undefined {
  const words = error ?? results[0]?.error;
  if (status !== 200 || words !== undefined) return `${status} ${words}`;
  return results.length === 1 ? undefined : `${results.length} results, one is read`;
}

function aliasProblems({ alias, query }: TargetJson, series: readonly Series[]): string[] {
  const tags = [...alias.matchAll(/\$tag_(\w+)/g)].map(([, tag]) => String(tag));
  return tags
    .filter((tag) => series.some((one) => one.tags?.[tag] === undefined))
    .map((tag) => `the alias names ${tag}, and nothing is grouped by it: ${query}`);
}

function mapProblems({ type, options }: PanelJson, series: readonly Series[]): string[] {
  if (type !== 'geomap') return [];
  const columns = (options?.layers ?? []).flatMap(({ location }) => [
    location.latitude ?? 'latitude',
    location.longitude ?? 'longitude',
  ]);
  return columns
    .filter((column) =>
      series.some((one) => {
        const at = one.columns.indexOf(column);
        return one.values.some((row) => typeof row[at] !== 'number');
      }),
    )
    .map((column) => `the map has no number in ${column}`);
}

async function ask(influx: InfluxLogin, statement: string): Promise<Answer> {
  const { url, database, username, token } = influx;
  const basic = Buffer.from(`${username}:${token}`).toString('base64');
  const answer = await fetch(`${url}/query?db=${database}&epoch=ms`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ q: statement }),
  });
  return { status: answer.status, ...((await answer.json()) as object) };
}
