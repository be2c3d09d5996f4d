import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadRules, readOverrides } from '../../rules/load.ts';
import { lamps, ruleText as rule, wrongAmong } from './files.ts';
import { folder, shippedKindsByName as kinds } from './kit.ts';

describe('overrides.yaml', () => {
  const params = 'params: { low: { default: 3, unit: W, min: 1, max: 9 } }\n';
  const low = rule('lamp', `${lamps}${params}when: { metric: power, below: $low }`);
  const among = (text: string) => wrongAmong({ 'a.yaml': low, 'overrides.yaml': text });

  test('is read with the rules', async () => {
    const text = '- { rule: lamp, select: { zone: Oesapa }, set: { low: 5 }, reason: why }';
    expect(await among(text)).toEqual([]);
    expect(readOverrides(text).overrides).toMatchObject([{ rule: 'lamp', set: { low: 5 } }]);
  });

  test.each([
    [
      '- { rule: lmp, select: { kind: streetlight }, set: { low: 5 }, reason: why }',
      '0.rule: there is no rule "lmp"; did you mean "lamp"?',
    ],
    [
      '- { rule: lamp, select: { kind: streetlight }, set: { lo: 5 }, reason: why }',
      '0.set.lo: lamp has no parameter "lo"; did you mean "low"?',
    ],
    [
      '- { rule: lamp, select: { kind: streetlight }, set: { low: 12 }, reason: why }',
      '0.set.low: 12 is not within 1 and 9',
    ],
    [
      '- { rule: lamp, select: { kind: bin }, set: { low: 5 }, reason: why }',
      '0.select.kind: lamp is not about bin',
    ],
    [
      '- { rule: lamp, select: { zone: Oesappa }, set: { low: 5 }, reason: why }',
      '0.select.zone: there is no zone "Oesappa"; did you mean "Oesapa"?',
    ],
    [
      '- { rule: lamp, selct: { kind: bin }, set: { low: 5 }, reason: why }',
      '0.selct: unknown key "selct"; did you mean "select"?',
    ],
  ])('names what is wrong in %s', async (text, expected) => {
    expect(await among(text)).toContain(`overrides.yaml: ${expected}`);
  });

  test('has a sample that fits the shipped rules', async () => {
    const sample = await readFile(join(folder, 'overrides.example.yaml'), 'utf8');
    await using home = await mkdtempDisposable(join(tmpdir(), 'rules-'));
    for (const id of ['bin-missed', 'bin-battery-low', 'congestion']) {
      const text = await readFile(join(folder, `${id}.yaml`), 'utf8');
      await writeFile(join(home.path, `${id}.yaml`), text.replace(/^inhibited_by.*$/m, ''));
    }
    await writeFile(join(home.path, 'overrides.yaml'), sample);
    const { overrides, problems } = await loadRules(home.path, kinds, new Set(['Oesapa']));
    expect(problems).toEqual([]);
    expect(overrides).toHaveLength(3);
  });
});
