import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadProfiles } from '../../../ingest/profiles.ts';
import { kinds } from './city.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siaga-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** What loading finds wrong in the `bytes:` of a profile: where, and why. */
async function problemsOf(bytes: object, rest: object = {}): Promise<unknown[]> {
  // JSON is YAML.
  const text = JSON.stringify({
    profile: 'p',
    title: { en: 'P', id: 'P' },
    values: {},
    bytes,
    ...rest,
  });
  await writeFile(join(folder, 'p.yaml'), text);
  const found = await loadProfiles([folder], kinds);
  return Array.isArray(found) ? found.map(({ field, reason }) => [field, reason]) : [];
}

const one = (part: object) => ({ frames: [{ parts: [part] }] });
const at = (path: string) => `p.yaml: bytes.${path}`;

describe('the grammar of a profile', () => {
  test.each([
    [
      'a part of no form',
      one({ nme: 'a', type: 'u8' }),
      at('frames[0].parts[0]'),
      'one of name, bits, skip, time, flags, switch, items is needed',
    ],
    [
      'a mistyped member',
      one({ name: 'a', type: 'u8', devide: 10 }),
      at('frames[0].parts[0].devide'),
      'unknown name; did you mean "divide"?',
    ],
    [
      'a name that could be code',
      one({ name: 'a b', type: 'u8' }),
      at('frames[0].parts[0].name'),
      /a letter/,
    ],
    [
      'an unknown type',
      one({ name: 'a', type: 'u12' }),
      at('frames[0].parts[0].type'),
      /Invalid option/,
    ],
    [
      'a division by 0',
      one({ name: 'a', type: 'u8', divide: 0 }),
      at('frames[0].parts[0].divide'),
      /divided by 0/,
    ],
    [
      'a part deep inside that is wrong',
      one({ header: ['id'], items: { '0a': [{ switch: 'u8', cases: { 1: [{ skip: 0 }] } }] } }),
      at('frames[0].parts[0].items.0a[0].cases.1[0].skip'),
      /Too small/,
    ],
    [
      'an id of another length than the header has',
      one({ header: ['id', 'id'], items: { '0a': [{ skip: 1 }] } }),
      at('frames[0].parts[0].items.0a'),
      /each as two digits: 0a 0a/,
    ],
    [
      'an item twice',
      one({ header: ['id'], items: { '0a': [{ skip: 1 }] }, unused: { 1: '0a' } }),
      at('frames[0].parts[0].unused.0a'),
      'it stands here already',
    ],
    [
      'a header without an id',
      one({ header: ['length'], items: {} }),
      at('frames[0].parts[0].header'),
      /has an id/,
    ],
    ['neither parts nor ignore', { frames: [{ port: 1 }] }, at('frames[0]'), /exactly one of/],
    [
      'a place that no frame has',
      { frames: [{ where: { 255: 1 }, ignore: true }] },
      at('frames[0].where.255'),
      /up to 254/,
    ],
    ['no frame', { frames: [] }, at('frames'), /Too small/],
  ])('is refused with %s', async (_, bytes, field, reason) => {
    const why = typeof reason === 'string' ? reason : expect.stringMatching(reason);
    expect(await problemsOf(bytes)).toEqual([[field, why]]);
  });

  test('is refused with what follows items, and with the channel of none', async () => {
    const items = { header: ['id'], items: { '0a': [{ name: 'a_{channel}', type: 'u8' }] } };
    expect(await problemsOf({ frames: [{ parts: [items, { skip: 1 }] }] })).toEqual([
      [at('frames[0].parts'), 'items go up to the end: nothing can follow them'],
    ]);
    expect(await problemsOf(one(items))).toEqual([
      ['p.yaml: bytes: a_{channel}', 'no header around it has a channel'],
    ]);
    expect(await problemsOf(one({ ...items, header: ['channel', 'id'] }))).toEqual([]);
  });

  test('tells all mistakes at once', async () => {
    const parts = [{ name: 'a', type: 'u9' }, { name: '1', type: 'u8' }, {}];
    expect(await problemsOf({ frames: [{ parts }] })).toHaveLength(3);
  });

  test('is refused with a unit that can’t become that of the metric', async () => {
    const bytes = one({ name: 'a', type: 'u8', unit: 'kg' });
    expect(await problemsOf(bytes, { values: { a: { metric: 'temperature' } } })).toEqual([
      ['p.yaml: bytes: unit of a', "kg can't be turned into Cel"],
    ]);
    expect(await problemsOf(bytes, { values: { a: { ignore: true } } })).toEqual([]);
  });

  test('is refused when it computes from what no frame has', async () => {
    const bytes = {
      ...one({ name: 'a', type: 'u8' }),
      compute: [{ name: 'c', of: 'a', divide_by: 'b' }],
    };
    expect(await problemsOf(bytes)).toEqual([
      ['p.yaml: bytes.compute: c', 'nothing before it is called b'],
    ]);
  });
});
