import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keysAt } from '#model';
import { parse } from 'yaml';
import { loadRules, readRule } from '../../rules/load.ts';
import { rule as ruleSchema } from '../../rules/rule.ts';
import { folder, kinds, shippedKindsByName } from './kit.ts';

const head = `
id: lamp
title: { en: Lamp, id: Lampu }
applies: { kind: streetlight }
severity: minor
respond: desk
category: street-light
`;

/** What is wrong with a rule file that starts as above, as `path: reason`. */
function wrong(rest: string, top = head): string[] {
  const { problems } = readRule(top + rest, kinds);
  return problems.map(({ path, reason }) => `${path.join('.')}: ${reason}`);
}

describe('readRule', () => {
  test.each([
    [
      'an unknown key of a comparison',
      'when: { metric: power, abov: 3 }',
      'when.abov: unknown key "abov"; did you mean "above"?',
    ],
    [
      'an unknown key of a rule',
      'when: { metric: power, above: 3 }\nsample: 2',
      'sample: unknown key "sample"; did you mean "samples"?',
    ],
    [
      'an unknown key that resembles nothing',
      'when: { metric: power, above: 3 }\nzebra: x',
      'zebra: unknown key "zebra"',
    ],
    [
      'an unknown metric',
      'when: { any: [{ metric: powr, above: 3 }] }',
      'when.any.0.metric: streetlight has no metric "powr"; did you mean "power"?',
    ],
    [
      'an unknown metric of the clear condition',
      'when: { metric: power, above: 3 }\nclear: { metric: constructor, is: true }',
      'clear.metric: streetlight has no metric "constructor"',
    ],
    [
      'a number that is asked for by is',
      'when: { metric: power, is: true }',
      'when.is: power is a number in W: compare it by above, below, at_least, at_most, outside, rise, drop',
    ],
    [
      'a bound that is no number',
      'when: { metric: power, above: high }',
      'when.above: a number, a parameter such as $raise, or a share of an attribute such as {percent: 10, of: rated_power}',
    ],
    [
      'a comparison with two bounds',
      'when: { metric: power, above: 3, below: 5 }',
      'when: write exactly one of: above, below, at_least, at_most, outside, is, in, rise, drop',
    ],
    [
      'a comparison without a bound',
      'when: { metric: power }',
      'when: write exactly one of: above, below, at_least, at_most, outside, is, in, rise, drop',
    ],
    [
      'a condition of two forms',
      'when: { metric: power, all: [{ metric: power, above: 3 }] }',
      'when: write exactly one of: all, any, not, expr, metric',
    ],
    [
      'a bound beside a list',
      'when: { above: 3, all: [{ metric: power, above: 3 }] }',
      'when: above belongs beside a metric, not beside all',
    ],
    [
      'a clear bound on the wrong side',
      'when: { metric: power, at_least: 3, clear: 3 }',
      'when: clear 3 is on the wrong side of at_least 3: the breach would end at once',
    ],
    [
      'a share on the wrong side',
      'when: { metric: power, below: { percent: 10, of: a }, clear: { percent: 9, of: a } }',
      'when: clear 9 is on the wrong side of below 10: the breach would end at once',
    ],
    [
      'a clear bound that is never used',
      'when: { metric: power, above: 3, clear: 2 }\nclear: { metric: power, below: 1 }',
      'clear: the rule has a clear condition of its own, so the clear of a leaf is never used',
    ],
    [
      'a malformed duration',
      'when: { metric: power, above: 3 }\nfor: 15 minutes',
      'for: a duration such as 90s, 15m, 6h or 2d, or a parameter such as $service_time',
    ],
  ])('names %s', (_, rest, expected) => {
    expect(wrong(rest)).toEqual([expected]);
  });

  test.each([
    [
      'a wrong value of an enumeration',
      '{ metric: mode, is: drak }',
      'when.is: mode is one of: normal, yellow_flash, conflict_flash, dark, manual, police, off_planned, not "drak"; did you mean "dark"?',
    ],
    [
      'a word where true or false belongs',
      '{ metric: on_battery, is: "yes" }',
      'when.is: on_battery is true or false, not "yes"',
    ],
    [
      'a boolean that is compared as a number',
      '{ metric: on_battery, above: 0 }',
      'when.above: on_battery is true or false; compare it by is',
    ],
  ])('names %s', (_, when, expected) => {
    expect(wrong(`when: ${when}`, head.replace('streetlight', 'signal'))).toEqual([expected]);
  });

  test('names an unknown kind', () => {
    const top = head.replace('streetlight', 'streetligth');
    expect(wrong('when: { metric: power, above: 3 }', top)).toEqual([
      'applies.kind: there is no kind "streetligth"; did you mean "streetlight"?',
    ]);
  });

  test('names the line when the file is no YAML', () => {
    expect(wrong('when: { metric: power')).toEqual([expect.stringMatching(/line 8/)]);
  });

  test('names what an empty file lacks', () => {
    expect(wrong('', '')).not.toEqual([]);
  });

  test('reads the sample, which shows every key', async () => {
    const text = await readFile(join(folder, 'rule.example.yaml'), 'utf8');
    const { rule, problems } = readRule(text, kinds);
    expect(problems).toEqual([]);
    expect(rule).toMatchObject({ samples: 3, keep: 300_000, max_gap: 2_700_000 });
    const shown = new Set([...Object.keys(parse(text) as object), 'silent', 'group', 'clear']);
    expect([...shown].sort()).toEqual(keysAt(ruleSchema, []).sort());
  });
});

describe('loadRules', () => {
  test('loads the shipped rules and not the samples, each with all four cases', async () => {
    const { rules, overrides, problems, gaps } = await loadRules(folder, shippedKindsByName);
    expect([...problems, ...gaps]).toEqual([]);
    expect(overrides).toEqual([]);
    const files = (await readdir(folder)).filter((name) => /(?<!\.example)\.yaml$/.test(name));
    expect(rules.map(({ id }) => `${id}.yaml`)).toEqual(files.sort());
  });

  test('tells the mistakes of all files together, and loads the good ones', async () => {
    await using home = await mkdtempDisposable(join(tmpdir(), 'rules-'));
    const good = `${head}when: { metric: power, above: 3 }`;
    const write = (name: string, text: string) => writeFile(join(home.path, name), text);
    await write('a.yaml', `${head}severty: minor\nwhen: { metric: powr, above: 3 }`);
    await write('b.yaml', `${head}when: { metric: power, abov: 3 }`);
    await write('c.yaml', good);
    await write('d.yaml', good);
    await write('e.example.yaml', 'nonsense');
    await write('flows.json', '{}');
    const { rules, problems } = await loadRules(home.path, kinds);
    expect(rules.map(({ id }) => id)).toEqual(['lamp']);
    const invalid = { rejected: true, code: 'rules.invalid' };
    expect(problems).toEqual([
      {
        ...invalid,
        field: 'a.yaml: severty',
        reason: 'unknown key "severty"; did you mean "severity"?',
      },
      {
        ...invalid,
        field: 'a.yaml: when.metric',
        reason: 'streetlight has no metric "powr"; did you mean "power"?',
      },
      {
        ...invalid,
        field: 'b.yaml: when.abov',
        reason: 'unknown key "abov"; did you mean "above"?',
      },
      {
        ...invalid,
        field: 'd.yaml: id',
        reason: '"lamp" is already the id of the rule in c.yaml',
      },
    ]);
  });
});
