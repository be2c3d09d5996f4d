import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadRules, readRule } from '../../rules/load.ts';
import { lamps, ruleText as rule, wrongAmong } from './files.ts';
import { shippedKindsByName as kinds } from './kit.ts';

const dark = `${lamps}when: { metric: power, below: 3 }\n`;

/** What is wrong with one rule file, as `path: reason`. */
function wrong(rest: string): string[] {
  const { problems } = readRule(rule('lamp', rest), kinds);
  return problems.map(({ path, reason }) => `${path.join('.')}: ${reason}`);
}

describe('rules check', () => {
  test.each([
    [
      'a metric that one of several kinds lacks',
      'applies: { kind: [cabinet, streetlight] }\nwhen: { metric: door_open, is: true }',
      'when.metric: streetlight has no metric "door_open"',
    ],
    [
      'a kind of several that is none',
      'applies: { kind: [cabinet, signl] }\nwhen: { metric: door_open, is: true }',
      'applies.kind.1: there is no kind "signl"; did you mean "signal"?',
    ],
    [
      'a metric beneath not, and one of an escalation',
      `${lamps}when: { not: { metric: powr, above: 3 } }\nescalate: [{ severity: major, when: { metric: pover, above: 3 } }]`,
      'when.not.metric: streetlight has no metric "powr"; did you mean "power"?',
      'escalate.0.when.metric: streetlight has no metric "pover"; did you mean "power"?',
    ],
    [
      'one value of several of an enumeration',
      'applies: { kind: signal }\nwhen: { metric: mode, in: [dark, yelow_flash] }',
      'when.in: mode is one of: normal, yellow_flash, conflict_flash, dark, manual, police, off_planned, not "yelow_flash"; did you mean "yellow_flash"?',
    ],
    [
      'a switch that is asked to rise',
      `${lamps}when: { metric: cycling, rise: 1, over: 5m }`,
      'when.rise: cycling is true or false; compare it by is',
    ],
    [
      'a bound that its metric never reaches',
      'applies: { kind: bin }\nwhen: { metric: fill_level, above: 850 }',
      'when.above: fill_level lies between 0 and 120 %',
    ],
    [
      'CEL with a metric that is none',
      `${lamps}when: { expr: powr > 3.0 }`,
      expect.stringMatching(/^when\.expr: Unknown variable: powr/),
    ],
    [
      'CEL that compares a number with a text',
      `${lamps}when: { expr: power > 'high' }`,
      expect.stringMatching(/^when\.expr: no such overload/),
    ],
    [
      'CEL that is no condition',
      `${lamps}when: { expr: power + 3.0 }`,
      'when.expr: gives double, not true or false',
    ],
    [
      'CEL that matches patterns',
      'applies: { kind: signal }\nwhen: { expr: \'mode.matches("(a+)+")\' }',
      'when.expr: matches is not allowed here',
    ],
    [
      'CEL that loops',
      `${lamps}when: { expr: '[1, 2].exists(x, x > 1)' }`,
      expect.stringContaining('not allowed'),
    ],
    [
      'a parameter that is not there',
      `${lamps}params: { low: { default: 3, unit: W } }\nwhen: { metric: power, below: $lo }`,
      'when: the rule has no parameter "lo"; did you mean "low"?',
      'params.low: this parameter is never used',
    ],
    [
      'a parameter in another unit than its metric',
      `${lamps}params: { low: { default: 3, unit: kW } }\nwhen: { metric: power, below: $low }`,
      'params.low.unit: power is in W, not in "kW"',
    ],
    [
      'a number where a time belongs',
      `${dark}params: { long: { default: 3 } }\nfor: $long`,
      'params.long.unit: for is a time: a default such as 12h',
    ],
    [
      'a default beyond its bounds',
      `${lamps}params: { low: { default: 3, unit: W, min: 5 } }\nwhen: { metric: power, below: $low }`,
      'params.low.default: the default is not within min and max',
    ],
    [
      'parameters on the wrong side of each other',
      `${lamps}params: { low: { default: 3, unit: W }, well: { default: 2, unit: W } }\nwhen: { metric: power, below: $low, clear: $well }`,
      'when: clear 2 is on the wrong side of below 3: the breach would end at once',
    ],
    [
      'samples that take longer than may be',
      `${dark}samples: 3\nmax_delay: 30m`,
      "samples: 3 × 900 s is longer than the rule's max_delay of 1800 s",
    ],
    [
      'a held time that an override may make longer than may be',
      `${dark}params: { long: { default: 5m, max: 2h } }\nfor: $long\nmax_delay: 30m`,
      "for: 7200 s is longer than the rule's max_delay of 1800 s",
    ],
    [
      'a metric of a golden test',
      `${dark}tests: [{ name: x, every: 1m, given: { powr: 1 }, expect: [] }]`,
      'tests.0.given.powr: streetlight has no metric "powr"; did you mean "power"?',
    ],
    [
      'a value of a golden test',
      `${dark}tests: [{ name: x, every: 1m, given: { power: 3x2 -4 }, expect: [] }]`,
      'tests.0.given.power: "-4" is no value of power',
    ],
    [
      'what a golden test can never see',
      `${dark}tests: [{ name: x, every: 1m, given: { power: 1 }, expect: [1m risen minor] }]`,
      expect.stringContaining('tests.0.expect.0: a line such as `20m raised minor`'),
    ],
    [
      'a mistyped key deep inside',
      `${dark}escalate: [{ severity: major, aftr: 3h }]\nflap: { max: 3, within: 1h }`,
      'escalate.0.aftr: unknown key "aftr"; did you mean "after"?',
      'flap.within: unknown key "within"',
      'flap.in: is missing',
    ],
  ])('names %s', (_, rest, ...expected) => {
    const found = wrong(rest);
    expect(found).toHaveLength(expected.length);
    expect(found).toEqual(expect.arrayContaining(expected));
  });

  test('lets a rise within five minutes stand for a bin that reports every six hours', () => {
    expect(
      wrong('applies: { kind: bin }\nwhen: { metric: temperature, rise: 15, over: 5m }'),
    ).toEqual([]);
  });

  test('reads a step that is said several times as such, and not as a hexadecimal number', () => {
    const { rule: read } = readRule(
      rule('lamp', `${dark}tests: [{ name: x, every: 1m, given: { power: 0x12 }, expect: [] }]`),
      kinds,
    );
    expect(read?.tests[0]?.given).toEqual({ power: '0x12' });
  });

  test.each([
    [
      'inhibited_by: [lamb]',
      'a.yaml: inhibited_by.0: there is no rule "lamb"; did you mean "lamp"?',
    ],
    [
      'tests: [{ name: x, every: 1m, with: [b], given: { power: 1 }, expect: [] }]',
      'a.yaml: tests.0.with.0: there is no rule "b"',
    ],
    [
      'inhibited_by: [lamp]',
      undefined, // A gateway's silence explains that of the repeaters behind it.
    ],
  ])('looks for the rules that others name: %s', async (rest, expected) => {
    const found = await wrongAmong({ 'a.yaml': rule('lamp', dark + rest) });
    expect(found).toEqual(expected === undefined ? [] : [expected]);
  });

  test('finds a group of nothing, at no place', async () => {
    const group = 'group: { of: [lmp], by: feedr, at_least: 2, within: 1m }';
    const files = { 'a.yaml': rule('lamp', dark), 'g.yaml': rule('many', group) };
    expect(await wrongAmong(files)).toEqual([
      'g.yaml: group.of.0: there is no rule "lmp"; did you mean "lamp"?',
      'g.yaml: group.by: a group is by zone, by district or by a kind, and there is no kind "feedr"; did you mean "feeder"?',
    ]);
  });

  test('finds rules that explain each other, also by way of a group', async () => {
    const group =
      'group: { of: [lamp], by: feeder, at_least: 2, within: 1m }\ninhibited_by: [lamp]';
    const files = { 'a.yaml': rule('lamp', dark), 'g.yaml': rule('many', group) };
    expect(await wrongAmong(files)).toEqual([
      'a.yaml: group.of: the rule would explain itself: lamp by many by lamp',
      'g.yaml: inhibited_by: the rule would explain itself: many by lamp by many',
    ]);
  });

  test('finds a zone that the city lacks', async () => {
    const zones = 'applies: { kind: streetlight, zones: [Oesapa, Oesappa] }\n';
    const file = rule('lamp', `${zones}when: { metric: power, below: 3 }`);
    expect(await wrongAmong({ 'a.yaml': file })).toEqual([
      'a.yaml: applies.zones.1: there is no zone "Oesappa"; did you mean "Oesapa"?',
    ]);
  });

  test('tells which cases a rule was not tried with, apart from what is wrong', async () => {
    await using home = await mkdtempDisposable(join(tmpdir(), 'rules-'));
    const tests =
      'tests: [{ name: x, covers: [raise, missing], every: 1m, given: { power: 1 }, expect: [] }]';
    await writeFile(join(home.path, 'a.yaml'), rule('lamp', dark + tests));
    const { rules, problems, gaps } = await loadRules(home.path, kinds);
    expect([rules.length, problems]).toEqual([1, []]);
    expect(gaps).toMatchObject([
      { rule: 'lamp', field: 'a.yaml: tests', reason: 'no golden test covers: clear, hysteresis' },
    ]);
  });
});
