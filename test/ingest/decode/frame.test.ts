import { describe, expect, test } from 'vitest';
import { isRejection } from '#model';
import { readFrame } from '../../../ingest/frame.ts';
import { grammar } from '../../../ingest/grammar-schema.ts';

/** A frame, read by a grammar as YAML would say it. */
function read(written: object, hex: string, port = 1) {
  const frame = readFrame(
    grammar.parse(written),
    port,
    Buffer.from(hex.replaceAll(' ', ''), 'hex'),
  );
  if (frame === undefined || isRejection(frame)) return frame;
  return {
    said: frame.said.map(({ values, time }) => (time === undefined ? values : { time, ...values })),
    refused: frame.refused.map(({ part, rejection }) => [part, rejection.reason]),
  };
}

const layout = (parts: object[], rest: object = {}) => ({ ...rest, frames: [{ parts }] });
const values = (...said: object[]) => ({ said, refused: [] });

describe('a number of a frame', () => {
  test.each([
    ['u8', 'ff', 255],
    ['i8', 'ff', -1],
    ['u16', '0102', 0x0102],
    ['i16', 'fffe', -2],
    ['u24', 'fe0203', 0xfe0203],
    ['i24', 'fffffe', -2],
    ['u32', 'fffefdfc', 0xfffefdfc],
    ['i32', 'fffffffe', -2],
    ['f32', '41a66666', 20.8],
    ['f32', '4b7fffff', 16_777_215],
    ['f32', '7fc00000', null],
  ])('is read as %s from %s, whichever end is first', (type, hex, n) => {
    const field = [{ name: 'n', type }];
    expect(read(layout(field), hex)).toEqual(values({ n }));
    const reversed = hex.match(/../g)!.reverse().join('');
    expect(read(layout(field, { endian: 'little' }), reversed)).toEqual(values({ n }));
  });

  test.each([
    [{ divide: 10 }, '0101', 25.7],
    [{ scale: 5, divide: 255 }, '00c5', 3.86274509804],
    [{ scale: 120, divide: 255, offset: -40 }, '007d', 18.8235294118],
    [{ missing: [0xffff, 0xfffd] }, 'fffd', null],
    [{ map: { 0: 'normal', 1: 'tilt' } }, '0001', 'tilt'],
    [{ map: { 0: 'normal', 1: 'tilt' } }, '0007', 7],
    [{ boolean: true }, '0100', true],
    [{ boolean: true }, '0000', false],
    [{ unit: 'mm' }, '04d2', { v: 1234, u: 'mm' }],
    [{ type: 'u8', count: 2 }, '0405', [4, 5]],
  ])('means, by %j, of %s: %j', (meaning, hex, value) => {
    const field = { name: 'n', type: 'u16', ...meaning };
    expect(read(layout([field]), hex)).toEqual(values({ n: value }));
  });

  test('is cut into bits, also the highest', () => {
    const bits = {
      bits: 'u32',
      of: { high: { at: 31 }, low: { at: 0, width: 4 }, all: { at: 0, width: 32 } },
    };
    expect(read(layout([bits]), '8000000f')).toEqual(values({ high: 1, low: 15, all: 0x8000000f }));
  });
});

describe('a frame of a fixed layout', () => {
  const frames = [
    { port: 3, length: 4, where: { 0: 0x80, 3: 3 }, ignore: true },
    { port: [3, 4], where: { 0: 0x80 }, parts: [{ skip: 1 }, { name: 'a', type: 'u16' }] },
    { where: { 0: 0x90 }, parts: [{ time: 'u32' }, { name: 'a', type: 'u8' }] },
  ];

  test.each([
    ['nothing, when it is known to be of no use', 3, '80000003', values({})],
    ['its values, when length and port are others', 4, '80000003', values({ a: 0 })],
    ['a time of its own', 1, '90000001 07', values({ time: 2_415_919_105_000, a: 7 })],
  ])('says %s', (_, port, hex, expected) => {
    expect(read({ frames }, hex, port)).toEqual(expected);
  });

  test.each([
    ['port', 5, '80000003'],
    ['first byte', 3, '81000003'],
    ['byte beyond its end', 3, ''],
  ])('is of no form when its %s is another', (_, port, hex) => {
    expect(read({ frames }, hex, port)).toBeUndefined();
  });

  test('is refused whole, with place and name, when it ends too early', () => {
    expect(
      read(
        layout([
          { name: 'a', type: 'u8' },
          { name: 'b', type: 'u32' },
        ]),
        '010203',
      ),
    ).toEqual({
      rejected: true,
      code: 'ingest.frame_invalid',
      field: 'b',
      reason: 'b lies in bytes 1 to 4, and there are only 3 bytes',
    });
  });

  test('has the groups that its flags name', () => {
    const groups = ['a', 'b', 'c'].map((name) => [{ name, type: 'u8' }]);
    const flagged = layout([{ flags: 'u8', groups }]);
    expect(read(flagged, '05 0a 0b')).toEqual(values({ a: 10, c: 11 }));
    expect(read(flagged, '09 0a 0b')).toMatchObject({
      said: [{ a: 10 }],
      refused: [['flags', 'flags 9 name more groups: what follows from byte 2 on is not read']],
    });
  });

  test('computes from what it has, and leaves out what it can’t', () => {
    const written = {
      frames: [
        {
          parts: [
            { name: 'a', type: 'u8' },
            { name: 'b', type: 'u8', missing: [9] },
          ],
        },
      ],
      compute: [
        { name: 'c', of: 'a', divide_by: 'b', power: 2, scale: 10, offset: 1, unit: 'Hz' },
        { name: 'd', of: 'c', divide: 2 },
      ],
    };
    expect(read(written, '0602')).toEqual(values({ a: 6, b: 2, c: { v: 91, u: 'Hz' }, d: 45.5 }));
    expect(read(written, '0600')).toEqual(values({ a: 6, b: 0 }));
    expect(read(written, '0609')).toEqual(values({ a: 6, b: null }));
  });
});

describe('a frame of items', () => {
  const items = {
    header: ['id', 'id'],
    items: {
      '01 75': [{ name: 'battery', type: 'u8' }],
      '20 ce': [
        { time: 'u32' },
        {
          switch: 'u8',
          cases: { 0: [{ name: 'in', type: 'u8' }], 1: [{ name: 'out', type: 'u16' }] },
        },
      ],
    },
    unused: { 2: 'ff 0a, fe|ff 09' },
  };

  test('says each, whatever their order, and nothing of those without use', () => {
    expect(read(layout([items]), 'ff09 0102 0175 5c fe09 0304')).toEqual(values({ battery: 92 }));
  });

  test('keeps what was measured at other times apart', () => {
    expect(read(layout([items]), '0175 5c 20ce 64f13a7b 00 07 20ce 64f13dff 01 0102')).toEqual(
      values(
        { battery: 92 },
        { time: 1_693_530_747_000, in: 7 },
        { time: 1_693_531_647_000, out: 258 },
      ),
    );
  });

  test.each([
    [
      'is not in the profile',
      '0175 5c 0499 01',
      '04 99',
      'item 04 99 is not in the profile: what follows from byte 5 on is not read',
    ],
    [
      'is cut',
      '0175 5c 20ce 64f1',
      'time',
      'time lies in bytes 5 to 8, and there are only 7 bytes',
    ],
    [
      'is cut in its header',
      '0175 5c 20',
      'item',
      'item lies in byte 4, and there are only 4 bytes',
    ],
    [
      'has no such case',
      '0175 5c 20ce 64f13a7b 02 07',
      'switch',
      'there is no case 2: what follows from byte 10 on is not read',
    ],
  ])('keeps those before one that %s', (_, hex, part, reason) => {
    expect(read(layout([items]), hex)).toEqual({
      said: [{ battery: 92 }],
      refused: [[part, reason]],
    });
  });

  test('passes over those that it does not know when each says its length', () => {
    const long = layout([
      { header: ['length', 'id'], items: { '07': [{ name: 'a', type: 'u8' }] } },
    ]);
    expect(read(long, '03 99 0102 02 07 2a')).toEqual(values({ a: 42 }));
    // More than the profile knows of an item does not shift what follows; less is no value.
    expect(read(long, '04 07 2a 0102 01 99')).toEqual(values({ a: 42 }));
    expect(read(long, '01 07 2a')).toMatchObject({ refused: [['a', expect.any(String)]] });
    expect(read(long, '09 07 2a')).toMatchObject({ refused: [['item 07', expect.any(String)]] });
  });

  test('names what several channels measure by the channel', () => {
    const lpp = layout([
      {
        header: ['channel', 'id'],
        items: { '74': [{ name: 'voltage_{channel}', type: 'u16', divide: 100 }] },
      },
    ]);
    expect(read(lpp, '01 74 01a3 02 74 0064')).toEqual(values({ voltage_1: 4.19, voltage_2: 1 }));
  });
});
