import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { isRejection } from '#model';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readTable } from '../../registry/table-file.ts';

describe('a CSV of devices', () => {
  test('puts numbers, attributes and identities where an import wants them', async () => {
    const csv = [
      '\uFEFFid;kind;lat;lon;name;interval;identity.dev_eui;attribute.mount_height',
      'bin-1;bin;-10.17;123.6;"Pasar ""Inpres"";\nKasih";4h;0004A30B001C0530;1500',
      '',
      'bin-2;bin;-10.18;123.61;;;;',
    ].join('\r\n');
    expect(await readTable(csv, 'csv')).toEqual([
      {
        place: 3,
        row: {
          id: 'bin-1',
          kind: 'bin',
          lat: -10.17,
          lon: 123.6,
          name: 'Pasar "Inpres";\nKasih',
          interval: 14_400_000,
          identities: [{ system: 'dev_eui', id: '0004A30B001C0530' }],
          attributes: { mount_height: 1_500 },
        },
      },
      { place: 5, row: { id: 'bin-2', kind: 'bin', lat: -10.18, lon: 123.61 } },
    ]);
  });

  test('takes tags between blanks and semicolons', async () => {
    const csv = 'id,tags\nbin-1,main-road  school; flood\nbin-2,';
    expect(await readTable(csv, 'csv')).toMatchObject([
      { row: { id: 'bin-1', tags: ['main-road', 'school', 'flood'] } },
      { row: { id: 'bin-2' } },
    ]);
  });

  test.each([
    ['lat', 'id,lat\nbin-1,10°S', 'a number'],
    ['interval', 'id,interval\nbin-1,daily', 'a duration'],
    ['attribute.mount_height', 'id,attribute.mount_height\nbin-1,1m5', 'a number'],
    ['identity.deveui', 'id,identity.deveui\nbin-1,00', 'dev_eui'],
  ])('names the column %s when a cell of it is wrong', async (field, csv, reason) => {
    expect(await readTable(csv, 'csv')).toMatchObject([
      { place: 2, row: { field, reason: expect.stringContaining(reason) as string } },
    ]);
  });

  test.each([
    ['of no row', 'id,kind\n', /no row/],
    ['of uneven rows', 'id,kind\nbin-1', /2/],
    ['with two columns of one name', 'id,id\na,b', /two columns are called id/],
    ['with an open quote', 'id,kind\n"bin-1,bin', /uote/],
  ])('%s is refused whole', async (_, csv, reason) => {
    expect(await readTable(csv, 'csv')).toMatchObject({
      code: 'registry.file_invalid',
      reason: expect.stringMatching(reason) as string,
    });
  });
});

test('a CSV keeps to the delimiter of its head, and takes decimal commas between semicolons', async () => {
  expect(await readTable('id;lat;name\nbin-1;-10,17;a, b', 'csv')).toMatchObject([
    { row: { lat: -10.17, name: 'a, b' } },
  ]);
  expect(await readTable('id,name\nbin-1,Jl. Sudirman; depan pasar', 'csv')).toMatchObject([
    { row: { name: 'Jl. Sudirman; depan pasar' } },
  ]);
});

describe('a GeoJSON of devices', () => {
  const file = (...features: object[]) =>
    readTable(JSON.stringify({ type: 'FeatureCollection', features }), 'geojson');
  const geometry = { type: 'Point', coordinates: [123.6, -10.17, 12] };

  test('takes the position from the point, and the rest from the properties', async () => {
    const properties = {
      id: 'bin-1',
      kind: 'bin',
      'attribute.mount_height': 1_500,
      identities: [{ system: 'fiware', id: 'b1' }],
    };
    expect(await file({ type: 'Feature', geometry, properties })).toEqual([
      {
        place: 1,
        row: {
          id: 'bin-1',
          kind: 'bin',
          lat: -10.17,
          lon: 123.6,
          attributes: { mount_height: 1_500 },
          identities: [{ system: 'fiware', id: 'b1' }],
        },
      },
    ]);
    expect(await file({ type: 'Feature', id: 7, geometry, properties: null })).toMatchObject([
      { row: { id: '7' } },
    ]);
  });

  test('reports what is no point in its place', async () => {
    const line = { type: 'LineString', coordinates: [[1, 2]] };
    expect(
      await file({ geometry: line, properties: {} }, { geometry, properties: {} }),
    ).toMatchObject([
      { place: 1, row: { field: 'geometry.type' } },
      { place: 2, row: { lat: -10.17 } },
    ]);
  });
});

test('any text is rows or a reason, and never an exception', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string(),
      fc.constantFrom('csv' as const, 'geojson' as const),
      async (text, format) => {
        const read = await readTable(text, format);
        expect(isRejection(read) || read.every(({ row }) => typeof row === 'object')).toBe(true);
      },
    ),
  );
});

test('a long CSV is read as in one go, whatever signs stand where it is cut', async () => {
  for (let shift = 0; shift < 4; shift++) {
    const rows = Array.from({ length: 2_000 }, (_, at) => `bin-${at},"😀é\n${'😀'.repeat(9)}"`);
    const read = await readTable(`id,name\n${' '.repeat(shift)}${rows.join('\n')}`, 'csv');
    if (isRejection(read)) throw new Error(read.reason);
    expect(read).toHaveLength(2_000);
    for (const [at, { place, row }] of read.entries()) {
      expect([place, row]).toEqual([
        2 * at + 3,
        { id: `bin-${at}`, name: `😀é\n${'😀'.repeat(9)}` },
      ]);
    }
  }
});

test.each([
  ['csv', 'id,kind,lat,lon\n', 'bin-7,bin,-10.17,123.6', '\n', ''],
  [
    'geojson',
    '{"features":[',
    '{"geometry":{"type":"Point","coordinates":[123.6,-10.17]},"properties":{"id":"x"}}',
    ',',
    ']}',
  ],
] as const)('a long %s leaves turns to others', async (format, head, row, between, end) => {
  const text = `${head}${Array(20_000).fill(row).join(between)}${end}`;
  let turns = 0;
  const over = new AbortController();
  const counting = (async () => {
    for (; !over.signal.aborted; turns++) await nextTurn();
  })();
  const read = await readTable(text, format);
  over.abort();
  await counting;
  expect(read).toHaveLength(20_000);
  // At most 400 rows a turn.
  expect(turns).toBeGreaterThan(50);
});

test('a CSV of more rows than may be is refused whole', { timeout: 60_000 }, async () => {
  const read = await readTable(`id\n${'a\n'.repeat(200_001)}`, 'csv');
  expect(read).toMatchObject({ reason: 'more than 200000 rows' });
});
