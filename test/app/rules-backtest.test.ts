import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { programFolder } from '#app/config.ts';
import { fillRoad, say, start } from './small-road.ts';

const exec = promisify(execFile);

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly words: string;
}

/** Three bins for some hours; the first is over 70 % twice, and over 85 % once. */
function day() {
  return Array.from({ length: 60 }, (_, n) => {
    const level = n % 3 === 0 && n >= 30 ? 90 : n % 3 === 0 && n >= 6 && n < 15 ? 75 : 20;
    const seconds = n * 600;
    const values = { fill_level: level, temperature: 30 };
    return say(
      `bin-${(n % 3) + 1}`,
      { boot: 1, seq: n, ts: start + seconds * 1_000, values },
      seconds,
    );
  });
}

const tried = `id: bin-full-<x>
title: { en: Full, id: Penuh }
applies: { kind: bin }
when: { metric: fill_level, above: 70 }
severity: minor
respond: desk
category: sanitation.full-bin
`;

/** A filled data folder beside which the command is run. */
async function prepare() {
  const { config } = await fillRoad(day());
  const folder = dirname(config.data);
  writeFileSync(join(folder, 'siaga.yaml'), `data: ${config.data}\ninfluxd: none\n`);
  writeFileSync(join(folder, 'tried.yaml'), tried.replace('-<x>', ''));
  mkdirSync(join(folder, 'out'));
  const siaga = async (...args: string[]): Promise<Answer> => {
    const file = join(programFolder, 'app/main.ts');
    try {
      const { stdout, stderr } = await exec(process.execPath, [file, ...args], { cwd: folder });
      return { code: 0, out: stdout, words: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout, words: stderr };
    }
  };
  return { folder, siaga };
}

interface Told {
  readonly readings: number;
  readonly figures: readonly { name: string; median: number }[];
  readonly rules: readonly { rule: string; raises: number }[];
  readonly difference: readonly object[];
  readonly notes: readonly string[];
}

describe('rules backtest', () => {
  test('judges log, store and recording alike', { timeout: 180_000 }, async () => {
    const { folder, siaga } = await prepare();
    const recorded = await siaga('rules', 'record', '--out', 'day.recording');
    expect(recorded).toMatchObject({ code: 0, out: expect.stringContaining('60 readings') });
    const answers: Told[] = [];
    const span = ['--from', '2026-11-24', '--to', '2026-11-25T00:00Z'];
    for (const source of [['--recording', 'day.recording'], ['--recording', 'data'], span]) {
      const args = ['--rules', 'tried.yaml', ...source, '--json', 'out/a.json'];
      expect(await siaga('rules', 'backtest', ...args)).toMatchObject({ code: 0 });
      answers.push(JSON.parse(readFileSync(join(folder, 'out/a.json'), 'utf8')) as Told);
    }
    for (const { readings, rules, difference, figures } of answers) {
      expect(readings).toBe(60);
      expect(rules[0]).toMatchObject({ rule: 'bin-full', raises: 2, stillOpen: 1 });
      expect(difference).toContainEqual(
        expect.objectContaining({ rule: 'bin-full', both: 0, onlyNew: 2, onlyOld: 0 }),
      );
      expect(figures).toContainEqual(
        expect.objectContaining({ name: 'bin-full: raises', median: 2 }),
      );
    }
    expect(answers[0]!.notes).toEqual([]);
    expect(answers[2]!.notes[0]).toContain('no receive times');
  });

  test('writes a page, and uses what is left of a recording', { timeout: 180_000 }, async () => {
    const { folder, siaga } = await prepare();
    await siaga('rules', 'record', '--out', 'day.recording', '--to', '2026-11-24T14:00Z');
    const file = join(folder, 'day.recording');
    truncateSync(file, readFileSync(file).length - 10);
    const args = ['--rules', 'tried.yaml', '--recording', 'day.recording', '--html', 'out/a.html'];
    const { code, out } = await siaga('rules', 'backtest', ...args);
    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringContaining('+ bin-full bin-1'),
    });
    expect(out).toContain('in the middle of block');
    expect(readFileSync(join(folder, 'out/a.html'), 'utf8')).toContain('<h2>bin-full</h2>');
  });

  test('says what is wrong', { timeout: 180_000 }, async () => {
    const { folder, siaga } = await prepare();
    writeFileSync(join(folder, 'bad.yaml'), tried.replace('fill_level', 'fil_level'));
    const wrong = await siaga('rules', 'backtest', '--rules', 'bad.yaml', '--recording', 'data');
    expect(wrong).toMatchObject({ code: 78, words: expect.stringContaining('fill_level') });
    const none = ['--rules', 'tried.yaml', '--recording'];
    expect(await siaga('rules', 'backtest', ...none, 'nowhere')).toMatchObject({ code: 1 });
    expect(await siaga('rules', 'backtest', ...none, 'siaga.yaml')).toMatchObject({
      code: 1,
      words: expect.stringContaining('is no recording'),
    });
    expect((await siaga('rules', 'backtest')).code).toBe(64);
    expect((await siaga('rules', 'record', '--out', 'x', '--from', 'soon')).code).toBe(64);
  });
});
