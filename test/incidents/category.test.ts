import { assert, describe, expect, test } from 'vitest';
import { loadCategories, shippedCategories } from '#incidents';
import { parseCategories } from '../../incidents/category.ts';

describe('loadCategories', () => {
  test('reads what ships', async () => {
    const categories = await loadCategories(shippedCategories);
    assert(!Array.isArray(categories));
    expect([...categories.keys()]).toEqual([
      'full-bin',
      'uncollected-waste',
      'dumped-waste',
      'street-light',
      'traffic-signal',
      'fire',
      'congestion',
      'damaged-bin',
      'power-outage',
      'open-cabinet',
      'device',
    ]);
    expect(categories.get('uncollected-waste')).toMatchObject({
      group: 'waste-bin',
      radius: 100,
      agency: 'dlhk',
      kinds: ['bin'],
    });
  });
});

describe('parseCategories', () => {
  const good =
    '- { id: fire, title: { en: Fire, id: Kebakaran }, group: fire, radius: 100, agency: damkar }';

  test('takes a category without kinds', () => {
    expect(parseCategories(good, 'c.yaml')).toEqual(
      new Map([
        [
          'fire',
          {
            id: 'fire',
            title: { en: 'Fire', id: 'Kebakaran' },
            group: 'fire',
            radius: 100,
            agency: 'damkar',
            kinds: [],
          },
        ],
      ]),
    );
  });

  test('names every problem and where it stands when several are wrong', () => {
    const text = `${good}\n- { id: Fire!, title: { en: Fire }, group: fire, radius: -1, agency: damkar, radios: 1 }`;
    const problems = parseCategories(text, 'c.yaml');
    expect(problems).toMatchObject([
      { code: 'config.invalid', field: 'c.yaml: [1].id' },
      { code: 'config.invalid', field: 'c.yaml: [1].title.id' },
      { code: 'config.invalid', field: 'c.yaml: [1].radius' },
      { code: 'config.invalid', field: 'c.yaml: [1].radios' },
    ]);
  });

  test('refuses an id that stands twice', () => {
    expect(parseCategories(`${good}\n${good}`, 'c.yaml')).toMatchObject([
      { field: 'c.yaml: [1].id', reason: 'fire stands here twice' },
    ]);
  });

  test('names the line when it is no YAML', () => {
    expect(parseCategories(`${good}\n- { id: fire`, 'c.yaml')).toMatchObject([
      { code: 'config.invalid', field: 'c.yaml: line 2' },
    ]);
  });
});
