import { describe, expect, test } from 'vitest';
import { inShort, makeAsset, makeRule, start, watch, type Step } from './kit.ts';

const bin = makeAsset('bin'); // reports every 10 minutes, so a held time outlives 25

/** `20 90 _ 90`: levels at a fixed distance, `_` for a message without one. */
function levels(line: string, every = 5): Step[] {
  return line.split(' ').map((level, index) => {
    const values: Step[1] = level === '_' ? { temperature: 30 } : { fill_level: Number(level) };
    return [`${index * every}m`, values];
  });
}

async function seen(rule: Record<string, unknown>, steps: readonly Step[]): Promise<string[]> {
  return inShort(await watch([makeRule(rule)], bin, steps));
}

describe('evaluate', () => {
  test.each([
    ['raises once held', { for: '10m' }, levels('90 90 90 90'), ['10m raised']],
    [
      'starts anew when one reading is false',
      { for: '10m' },
      levels('90 90 20 90 90 90'),
      ['25m raised'],
    ],
    [
      'looks past a message that lacks its metric',
      { for: '10m' },
      levels('90 _ 90'),
      ['10m raised'],
    ],
    ['raises only at a true reading', { for: '10m' }, levels('90 90 _ _'), []],
    ['outlives a silence of 2.5 intervals', { for: '10m' }, levels('90 90', 25), ['25m raised']],
    ['starts anew after a longer silence', { for: '10m' }, levels('90 90 90', 26), []],
    [
      'outlives the silence that max_gap allows',
      { for: '10m', max_gap: '26m' },
      levels('90 90', 26),
      ['26m raised'],
    ],
    ['wants samples in a row', { samples: 3 }, levels('90 90 20 90 90 90'), ['25m raised']],
    ['wants both samples and time', { samples: 2, for: '6m' }, levels('90 90 90'), ['10m raised']],
    ['clears at the first opposite reading', {}, levels('90 85'), ['0m raised', '5m cleared']],
    [
      'clears once the opposite is kept',
      { keep: '10m' },
      levels('90 20 20 20'),
      ['0m raised', '15m cleared'],
    ],
    [
      'keeps anew when it is true again',
      { keep: '10m' },
      levels('90 20 90 20 20 20'),
      ['0m raised', '25m cleared'],
    ],
    ['keeps anew after a silence', { keep: '10m' }, levels('90 20 20', 26), ['0m raised']],
    ['stays raised in silence', {}, levels('90 90', 1_000), ['0m raised']],
    [
      'raises again after it cleared',
      {},
      levels('90 20 90'),
      ['0m raised', '5m cleared', '10m raised'],
    ],
  ])('%s', async (_, rule, steps, expected) => {
    expect(await seen(rule, steps)).toEqual(expected);
  });

  test('ends a breach by its own clear condition and by nothing else', async () => {
    const rule = { clear: { metric: 'temperature', below: 20 } };
    const steps: Step[] = [
      ['0m', { fill_level: 90, temperature: 30 }],
      ['5m', { fill_level: 0, temperature: 30 }],
      ['10m', { temperature: 10 }],
    ];
    expect(await seen(rule, steps)).toEqual(['0m raised', '10m cleared']);
  });

  const both = {
    when: {
      all: [
        { metric: 'fill_level', above: 85 },
        { metric: 'full', is: true },
      ],
    },
    max_gap: '10m',
  };

  test('goes on holding when nobody knows for a moment', async () => {
    const steps: Step[] = [
      ['0m', { fill_level: 90, full: true }],
      ['9m', { fill_level: 90 }],
      ['12m', { fill_level: 90 }], // what full said is too old by now
      ['15m', { fill_level: 90, full: true }],
    ];
    expect(await seen({ ...both, for: '15m' }, steps)).toEqual(['15m raised']);
  });

  test('goes on recovering when nobody knows for a moment', async () => {
    const steps: Step[] = [
      ['0m', { fill_level: 90, full: true }],
      ['5m', { fill_level: 20, full: true }],
      ['14m', { fill_level: 20 }],
      ['16m', { fill_level: 90 }], // what full said is too old by now
      ['20m', { fill_level: 20 }],
    ];
    expect(await seen({ ...both, keep: '15m' }, steps)).toEqual(['0m raised', '20m cleared']);
  });

  test('does not recover by what nobody knows any more', async () => {
    const steps: Step[] = [
      ['0m', { fill_level: 90, full: true }],
      ['5m', { fill_level: 90, full: false }],
      ...levels('90 90 90 90 90 90 90 90 90 90').slice(2), // until 45m, with no word of full
      ['50m', { fill_level: 90, full: false }],
      ['60m', { fill_level: 90, full: false }],
    ];
    expect(await seen({ ...both, keep: '30m' }, steps)).toEqual(['0m raised']);
  });

  test('takes two messages of one instant for one sample', async () => {
    const when = {
      all: [
        { metric: 'fill_level', above: 85 },
        { metric: 'temperature', above: 0 },
      ],
    };
    const steps: Step[] = [
      ['0m', { fill_level: 90, temperature: 30 }],
      ['5m', { fill_level: 90 }],
      ['5m', { temperature: 30 }],
      ['10m', { fill_level: 90 }],
    ];
    expect(await seen({ samples: 3, when }, steps)).toEqual(['10m raised']);
  });

  test('gives a breach a start of its own when an instant contradicts itself', async () => {
    const when = {
      any: [
        { metric: 'full', is: true },
        { metric: 'fire', is: true },
      ],
    };
    const steps: Step[] = [
      ['0m', { fill_level: 0 }],
      ['5m', { full: true }],
      ['4m', { fire: false }],
      ['6m', { full: false }],
      ['6m', { fire: true }],
    ];
    const breaches = await watch([makeRule({ when })], bin, steps);
    expect(inShort(breaches)).toEqual(['5m raised', '6m cleared', '6m raised']);
    expect(breaches.map(({ since }) => since - start)).toEqual([300_000, 300_000, 360_001]);
  });
});
