import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { keysAt, type Kind } from '#model';
import type { z } from 'zod';
import { kindsOf } from '../../rules/applies.ts';
import {
  limits,
  type Bound,
  type Condition,
  type Leaf,
  type Limit,
  type Outside,
} from '../../rules/condition.ts';
import { override } from '../../rules/overrides.ts';
import { defaultsOf, fill, span } from '../../rules/params.ts';
import { rule as schema, type Patience, type Rule } from '../../rules/rule.ts';
import { shippedKindsByName as kinds, shippedRules } from './kit.ts';

/* docs/rules.md says every field of a rule, and the table of the shipped rules is made of them: UPDATE_DOCS=1 writes it. */

const page = new URL('../../docs/rules.md', import.meta.url);
const begin = '<!-- shipped rules: written by rules-page.test.ts -->';
const end = '<!-- end of shipped rules -->';

/** The names of a schema, those of the maps at `maps` with them. */
function fieldsOf(of: z.ZodType, maps: Readonly<Record<string, readonly PropertyKey[]>>): string[] {
  const below = Object.entries(maps).flatMap(([name, path]) =>
    keysAt(of, path).map((key) => `${name}.${key}`),
  );
  return [...keysAt(of, []), ...below];
}

function describedIn(part: string): string[] {
  return [...part.matchAll(/^\| `([a-z_.]+)`/gm)].map(([, field]) => field!);
}

test('docs/rules.md says every field of a rule and of an override, and no other', () => {
  const [rules = '', overrides = ''] = readFileSync(page, 'utf8').split('## Overrides');
  const maps = {
    title: ['title'],
    applies: ['applies'],
    'applies.except': ['applies', 'except'],
    params: ['params', 'x'],
    when: ['when'],
    silent: ['silent'],
    group: ['group'],
    quiet: ['quiet'],
    escalate: ['escalate', 0],
    flap: ['flap'],
    limit: ['limit'],
    tests: ['tests', 0],
    'tests.asset': ['tests', 0, 'asset'],
  };
  expect(describedIn(rules).sort()).toEqual(fieldsOf(schema, maps).sort());
  const described = describedIn(overrides.split('## The rules')[0]!);
  expect(described.sort()).toEqual(fieldsOf(override, { select: ['select'] }).sort());
});

const signs = { above: '>', below: '<', at_least: '≥', at_most: '≤' } as const;

function time(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ];
  const [size, unit] = units.find(([each]) => ms >= each && ms % each === 0) ?? [1_000, 's'];
  return `${ms / size} ${unit}`;
}

/** A bound in the unit of its metric. */
function boundText(of: Bound, unit: string): string {
  return typeof of === 'object' ? `${of.percent} % of ${of.of}` : `${of}${unit}`;
}

function limitText(leaf: Limit, unit: string): string {
  const name = limits.find((each) => each in leaf)!;
  const back = leaf.clear === undefined ? '' : ` (clear ${boundText(leaf.clear, unit)})`;
  return `${leaf.metric} ${signs[name]} ${boundText(leaf[name]!, unit)}${back}`;
}

function outsideText({ metric, outside, clear }: Outside, unit: string): string {
  const range = (of: readonly Bound[]): string => of.map((each) => boundText(each, '')).join('–');
  return `${metric} outside ${range(outside)}${unit}${clear ? ` (clear ${range(clear)})` : ''}`;
}

function leafText(leaf: Leaf, kind: Kind): string {
  const metric = kind.metrics[leaf.metric];
  const unit = metric?.type === 'number' && metric.unit !== '1' ? ` ${metric.unit}` : '';
  if ('is' in leaf) return `${leaf.metric} is ${leaf.is}`;
  if ('in' in leaf) return `${leaf.metric} in ${leaf.in.join(', ')}`;
  if ('outside' in leaf) return outsideText(leaf, unit);
  if (!('over' in leaf)) return limitText(leaf, unit);
  const way = 'rise' in leaf ? 'rises' : 'drops';
  return `${leaf.metric} ${way} ${boundText((leaf.rise ?? leaf.drop)!, unit)} in ${time(leaf.over)}`;
}

function words(of: Condition, kind: Kind, isInner = false): string {
  const joined = (list: Condition[], by: string): string => {
    const text = list.map((each) => words(each, kind, true)).join(by);
    return isInner ? `(${text})` : text;
  };
  if ('all' in of) return joined(of.all, ' and ');
  if ('any' in of) return joined(of.any, ' or ');
  if ('not' in of) return `not ${words(of.not, kind, true)}`;
  return 'expr' in of ? `\`${of.expr}\`` : leafText(of, kind);
}

function patience(of: Patience): string {
  if (typeof of === 'number') return time(of);
  return `${of.intervals} intervals${of.least ? `, at least ${time(of.least)}` : ''}`;
}

function row(rule: Rule): string {
  const values = defaultsOf(rule);
  const kind = kinds.get(rule.applies ? kindsOf(rule.applies)[0]! : 'feeder')!;
  const { when, silent, group } = rule;
  const what = [
    when ? words(fill(when, values), kind) : '',
    silent ? `silent for ${patience(silent.after)}` : '',
    group
      ? `${group.at_least} of ${group.of.join(', ')} on one ${group.by} within ${time(group.within)}`
      : '',
  ].join('');
  const held = [span(rule.for, values), span(rule.keep, values)].map(time).join(' · ');
  const steps = rule.escalate.map(({ severity, after, when: on }) => {
    const reason =
      after === undefined ? `if ${words(fill(on!, values), kind)}` : `after ${time(after)}`;
    return ` → ${severity} ${reason}`;
  });
  const traits = [rule.respond, rule.safety && 'safety', rule.latch && 'latch'].filter(Boolean);
  const cells = [
    `[${rule.id}](../rules/${rule.id}.yaml)`,
    rule.applies ? kindsOf(rule.applies).join(', ') : '',
    what,
    held,
    `${rule.severity}${steps.join('')}`,
    traits.join(', '),
    rule.inhibited_by.join(', '),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

test('the table of docs/rules.md is what the shipped rules say', async () => {
  const rules = [...(await shippedRules()).values()];
  const table = [
    '| Rule | Looks at | Raises when | for · keep | Severity | Files | Explained by |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rules.map(row),
  ].join('\n');
  const text = readFileSync(page, 'utf8');
  if (process.env['UPDATE_DOCS'] === '1') {
    const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
    writeFileSync(page, `${text.slice(0, from)}\n\n${table}\n\n${text.slice(to)}`);
  }
  // The formatter pads the cells; what they say is what counts.
  const plain = (markdown: string): string[] =>
    markdown
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim());
  const written = readFileSync(page, 'utf8');
  const kept = written.slice(written.indexOf(begin) + begin.length, written.indexOf(end));
  expect(plain(kept)).toEqual(plain(table));
});
