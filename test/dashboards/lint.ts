import * as units from '@grafana/grafana-foundation-sdk/units';
import { panelsOf, queryOf, type BoardJson, type PanelJson } from './board.ts';

const knownUnits = new Set<unknown>(Object.values(units));

/**
 * InfluxQL that is not on all of 1.x, 2.x and 3, or that Grafana reads only half: it takes the first
 * statement's rows and drops the rest.
 */
const forbidden =
  /;|\b(?:sample|holt_winters|exponential_moving_average|slimit|soffset|into|create|drop|delete|series)\b/i;

/** What is wrong with a board before any query has run, one sentence each. */
export function lint(board: BoardJson): string[] {
  const panels = panelsOf(board);
  return [
    ...lintBoard(board),
    ...panels.flatMap((panel) => lintPanel(panel).map((problem) => `${panel.title}: ${problem}`)),
    ...overlaps(board.panels),
    ...[...panels.flatMap(({ targets = [] }) => targets), ...variablesOf(board)]
      .filter(({ query }) => forbidden.test(query))
      .map(({ query }) => `not in the common InfluxQL: ${query}`),
  ];
}

function lintBoard(board: BoardJson): string[] {
  const problems: string[] = [];
  if (!board.uid || !board.title || !board.description) {
    problems.push('the board needs a uid, a title and a description');
  }
  if (board.editable !== false) problems.push('the board can be edited, and edits would be lost');
  const first = board.templating.list[0];
  if (first?.name !== 'datasource' || first.type !== 'datasource') {
    problems.push('the first variable is not the data source');
  }
  const ids = board.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).map(({ id }) => id);
  if (new Set(ids).size < ids.length || ids.includes(undefined)) {
    problems.push('panel ids are missing or not unique');
  }
  return problems;
}

function lintPanel(panel: PanelJson): string[] {
  const problems: string[] = [];
  if (!panel.title) problems.push(`panel ${panel.id} has no title`);
  if (!panel.description) problems.push('no description');
  if (panel.datasource?.uid !== '${datasource}') problems.push('not the chosen data source');
  if (!panel.targets?.length) problems.push('asks nothing');
  const unit = panel.fieldConfig?.defaults.unit;
  if (!knownUnits.has(unit)) problems.push(`no such unit: ${unit}`);
  return problems;
}

function overlaps(panels: readonly PanelJson[]): string[] {
  return panels.flatMap((a, index) =>
    panels
      .slice(index + 1)
      .filter((b) => overlap(a.gridPos, b.gridPos))
      .map((b) => `${a.title} lies over ${b.title}`),
  );
}

type Place = PanelJson['gridPos'];

function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function variablesOf(board: BoardJson): { query: string }[] {
  return board.templating.list
    .filter(({ type }) => type === 'query')
    .map((variable) => ({ query: queryOf(variable) }));
}
