import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { run } from '#app/command-line.ts';
import { topicFilter } from '#app/commands/topic-filter.ts';
import { table } from '#app/commands/table.ts';
import { books, fillRoad, say, type SmallRoad } from './small-road.ts';

/** Runs a command on a data folder, with no server running, and keeps what it says. */
async function siagaIn(data: string, ...args: string[]) {
  const said = { stdout: '', stderr: '' };
  const keep = (name: 'stdout' | 'stderr') =>
    vi.spyOn(process[name], 'write').mockImplementation((words: string | Uint8Array) => {
      said[name] += String(words);
      return true;
    });
  const kept = [keep('stdout'), keep('stderr')];
  try {
    const status = await run([...args, '--config', join(data, 'none.yaml')], { SIAGA_DATA: data });
    return { status, ...said };
  } finally {
    for (const each of kept) each.mockRestore();
  }
}

const siaga = ({ folder }: SmallRoad, ...args: string[]) => siagaIn(folder.path, ...args);

const packets = [
  say('bin-1', { boot: 1, seq: 1, fill_level: 10 }, 0),
  say('bin-2', { boot: 1, seq: 1, fill_level: 20 }, 1),
  say('bin-1', 'bell \u0007 and \u001b[31mred', 2),
  { ...say('bin-1', '', 3), bytes: Buffer.from([0xff, 0x00, 0x80]) },
];

describe('log inspect', () => {
  test('lists records as text or hex, and nothing that a terminal would obey', async () => {
    const road = await fillRoad(packets);
    const { status, stdout, stderr } = await siaga(road, 'log', 'inspect');
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    const topic = 'city/v1/kupang/bin/bin-1/telemetry';
    expect(lines[0]).toBe(
      `1  2026-11-24T08:00:00.000Z  bin-1  ${topic}  34 B  {"boot":1,"seq":1,"fill_level":10}`,
    );
    expect(lines[2]).toContain(String.raw`bell \u0007 and \u001b[31mred`);
    expect(lines[3]).toContain('3 B  hex ff0080');
    expect(lines[4]).toBe('4 records in 1 segments checked, 0 damaged');
    expect(status).toBe(0);

    const some = await siaga(
      road,
      'log',
      'inspect',
      'packets',
      '--device',
      'bin-1',
      '--from',
      '2',
      '--limit',
      '1',
    );
    expect(some.stdout.split('\n')[0]).toMatch(/^3 /);
    const none = await siaga(
      road,
      'log',
      'inspect',
      'packets',
      '--topic',
      'city/+/kupang/cabinet/#',
    );
    expect(none.stdout).toBe('4 records in 1 segments checked, 0 damaged\n');
    const asked = await siaga(road, 'log', 'inspect', 'readings', '--json', '--to', '1');
    const [record, checked] = asked.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(record).toMatchObject({ record: { number: 1, principal: 'bin-1', topic: 'bin-1' } });
    expect(checked).toEqual({ checked: { segments: 1, records: 1, damaged: 0 } });
  });

  test('ends with 1 and names the record when one is damaged', async () => {
    const road = await fillRoad(packets);
    const name = readdirSync(road.folder.packets).find((each) => each.endsWith('.log'));
    const file = join(road.folder.packets, name!);
    const bytes = readFileSync(file);
    bytes[bytes.indexOf('"fill_level":20')]! ^= 1;
    writeFileSync(file, bytes);
    const listed = await siaga(road, 'log', 'inspect', 'packets');
    expect(listed.stdout).toContain('\n2  damaged\n');
    expect(listed.status).toBe(1);
    const { status, stdout } = await siaga(
      road,
      'log',
      'inspect',
      'packets',
      '--segments',
      '--json',
    );
    expect(JSON.parse(stdout.split('\n')[0]!)).toMatchObject({
      segment: { first: 1, last: 4, damaged: 1, received_from: '2026-11-24T08:00:00.000Z' },
    });
    expect(status).toBe(1);
  });

  test.each([
    { args: ['log', 'inspect', 'people'], says: 'packets or readings' },
    { args: ['log', 'inspect', '--from', 'x'], says: 'whole numbers' },
  ])('ends with 64 when given $args', async ({ args, says }) => {
    const ended = await siagaIn('/nowhere', ...args);
    expect(ended.status).toBe(64);
    expect(ended.stderr).toContain(says);
  });
});

describe('ledger --verify', () => {
  test('ends with 0 when all agrees, and with 1 when it does not', async () => {
    const road = await fillRoad(packets);
    const good = await siaga(road, 'ledger', '--verify');
    expect(good.stderr).toBe('');
    expect(good.stdout).toContain('The books agree');
    expect(good.status).toBe(0);
    await road.tamper((db) =>
      books(db).updateTable('counter').set({ count: 9 }).where('consumer', '=', 'store').execute(),
    );
    const bad = await siaga(road, 'ledger', '--verify', '--json');
    expect(JSON.parse(bad.stdout)).toMatchObject({ ok: false });
    expect(bad.stdout).toContain('store: the sum of its classes is not what its cursor has passed');
    expect(bad.status).toBe(1);
  });

  test('ends with 1 where there are no books', async () => {
    const ended = await siagaIn('/nowhere', 'ledger', '--verify');
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('no books in /nowhere');
  });
});

describe('a topic filter', () => {
  test.each([
    ['a/+/c', 'a/b/c', true],
    ['a/+/c', 'a/b/b/c', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['#', 'x/y', true],
    ['a/b', 'a/b/c', false],
    ['a/+', 'a', false],
  ])('%s and %s: %s', (filter, topic, fits) => {
    expect(topicFilter(filter)(topic)).toBe(fits);
  });
});

test('a table sets numbers to the right', () => {
  expect(
    table(
      ['', 'n'],
      [
        ['a', '5'],
        ['bcd', '1234'],
      ],
    ),
  ).toBe('        n\na       5\nbcd  1234\n');
});

describe('rules', () => {
  const rule = (tests: string): string => `
id: lamp
title: { en: Lamp, id: Lampu }
applies: { kind: streetlight }
when: { metric: power, below: 3 }
severity: minor
respond: desk
category: street-light
tests:
  - { name: goes out, covers: [raise, clear], every: 1m, given: { power: 9 1 9 }, expect: [${tests}] }
`;
  const cases = `  - { name: rest, covers: [hysteresis, missing], every: 1m, given: { power: 9 }, expect: [] }\n`;

  async function siagaWith(text: string, ...args: string[]) {
    await using home = await mkdtempDisposable(join(tmpdir(), 'rules-'));
    writeFileSync(join(home.path, 'lamp.yaml'), text);
    return await siagaIn(home.path, 'rules', ...args, '--rules', home.path);
  }

  test('says under test that all is well, in under five seconds, of the rules that ship', async () => {
    await using home = await mkdtempDisposable(join(tmpdir(), 'rules-'));
    const { status, stdout } = await siagaIn(home.path, 'rules', 'test');
    expect(stdout).toMatch(/\n\d+ rules, \d+ golden tests, 0 failed, in [0-4]\.\d s\n$/);
    expect(status).toBe(0);
  });

  test('says under test what was asked for and what came, line by line', async () => {
    const { status, stdout } = await siagaWith(rule('2m raised minor') + cases, 'test');
    expect(stdout.split('\n').slice(0, -2)).toEqual([
      'failed  lamp  2 tests',
      '  goes out',
      '       expected         actual',
      '    ≠  2m raised minor  1m raised minor',
      '    ≠  (nothing)        2m cleared',
    ]);
    expect(status).toBe(1);
  });

  test('gives figures and golden tests to machines', async () => {
    const text = rule('1m raised minor, 2m cleared') + cases;
    const { status, stdout } = await siagaWith(text, 'test', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      figures: [{ name: 'rules test', unit: 's', gate: 5, ok: true }],
      rules: [
        { rule: 'lamp', ok: true, tests: [{ name: 'goes out', ok: true }, { name: 'rest' }] },
      ],
    });
    expect(status).toBe(0);
  });

  test('refuses under test and check a rule that was not tried with all four cases', async () => {
    const text = rule('1m raised minor, 2m cleared');
    const reason = 'no golden test covers: hysteresis, missing';
    const tested = await siagaWith(text, 'test');
    expect(tested.stdout).toContain(`failed  lamp  1 tests\n  ${reason}\n`);
    expect(tested.status).toBe(1);
    const checked = await siagaWith(text, 'check');
    expect(checked.stderr).toBe(`siaga: lamp.yaml: tests: ${reason} [rules.invalid]\n`);
    expect(checked.status).toBe(78);
  });

  test('says under check that all is well', async () => {
    const text = rule('1m raised minor, 2m cleared') + cases;
    const { status, stdout } = await siagaWith(text, 'check');
    expect(stdout).toMatch(/^1 rules, 0 overrides, .*: all well\n$/);
    expect(status).toBe(0);
  });

  test.each(['test', 'check'])('%s says that there is no such folder', async (word) => {
    await using home = await mkdtempDisposable(join(tmpdir(), 'rules-'));
    const none = join(home.path, 'none');
    const { status, stderr } = await siagaIn(home.path, 'rules', word, '--rules', none);
    expect(stderr).toContain(`siaga: ${none}: ENOENT`);
    expect(status).toBe(78);
  });
});
