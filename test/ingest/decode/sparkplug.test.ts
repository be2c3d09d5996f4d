import { describe, expect, test } from 'vitest';
import { payload, tahu } from '../../support/sparkplug.ts';
import { decode, gist, packet } from './city.ts';
import { bornSession, session } from './sparkplug-session.ts';

const { time } = tahu;

describe('a birth', () => {
  test('gives values by name, with the units of its properties', () => {
    const { hear } = session();
    expect(gist(hear('NBIRTH', tahu.nbirth))).toEqual({
      class: 'decoded',
      values: { uptime: 86_400 },
      refused: [],
    });
    expect(gist(hear('DBIRTH', tahu.dbirth))).toEqual({
      class: 'decoded',
      // 45.1 as it was meant, not as 32 bits hold it; −5 as an Int8; 1.25 m.
      values: { temperature: -5, fill_level: 45.1, full: false, distance: 1_250 },
      refused: [['metrics.layout', 'ingest.value_type']],
    });
  });

  test('is presence, also where nothing that it lists is of use here', () => {
    const body = payload({
      timestamp: time,
      seq: 0,
      metrics: [{ name: 'Properties/Make', datatype: 12, string: 'x' }],
    });
    expect(session().hear('NBIRTH', body)).toMatchObject({
      class: 'empty',
      refused: [],
      online: { device: 'gateway-1', online: true },
    });
  });

  test('counts though the registry does not know whose it is', () => {
    const body = payload({ timestamp: time, metrics: [{ name: 'x', alias: 1, int: 1 }] });
    const decoded = decode(packet('spBv1.0/Nowhere/NBIRTH/edge-9', body));
    expect(gist(decoded)).toMatchObject({
      class: 'dead',
      refused: [['', 'ingest.device_unknown']],
    });
    expect(decoded.birth?.definitions).toEqual([{ name: 'x', alias: '1' }]);
  });

  test('must name its metrics', () => {
    const body = payload({ timestamp: time, metrics: [{ alias: 3, int: 1 }] });
    expect(gist(session().hear('NBIRTH', body)).refused).toEqual([
      ['metrics', 'ingest.body_invalid'],
    ]);
  });
});

describe('data', () => {
  test('mean by alias what the birth said', () => {
    const { hear } = bornSession();
    const { class: name, readings } = hear('DDATA', tahu.ddata, { receivedAt: time + 61_000 });
    expect(name).toBe('decoded');
    expect(readings).toMatchObject([
      { asset: 'child-1', observedAt: time + 60_000, values: { temperature: -6, full: true } },
      { asset: 'child-1', observedAt: time + 30_000, values: { fill_level: 46.2 } },
    ]);
  });

  test('take type and unit from the birth where they bring none', () => {
    const { data } = bornSession();
    // An encoder may write −7 in 8 bits or in 32.
    expect(gist(data({ alias: 10, int: 249 })).values).toEqual({ temperature: -7 });
    expect(gist(data({ alias: 10, int: 2 ** 32 - 7 })).values).toEqual({ temperature: -7 });
    expect(gist(data({ alias: 13, double: 0.5 })).values).toEqual({ distance: 500 });
    expect(gist(data({ name: 'distance', double: 0.5 })).values).toEqual({ distance: 500 });
  });

  test('are refused by alias where no birth says what it means; what has a name is used', () => {
    const { data } = session();
    const dead = data({ alias: 10, int: 5 });
    expect(gist(dead)).toEqual({
      class: 'dead',
      values: {},
      refused: [['metrics', 'ingest.birth_missing']],
    });
    expect(dead.refused[0]!.rejection.reason).toContain('alias 10');
    const part = data({ alias: 10, int: 5 }, { name: 'fill_level', double: 7 });
    expect(gist(part)).toEqual({
      class: 'decoded',
      values: { fill_level: 7 },
      refused: [['metrics', 'ingest.birth_missing']],
    });
  });

  test('of a session before mean nothing: a birth of the node ends those of its devices', () => {
    const { hear, data } = bornSession();
    hear('NBIRTH', tahu.nbirth);
    expect(gist(data({ alias: 12, boolean: true })).refused).toEqual([
      ['metrics', 'ingest.birth_missing'],
    ]);
  });

  test('that were received before the birth, as a dead letter replayed, are not meant by it', () => {
    const { hear } = bornSession();
    expect(gist(hear('DDATA', tahu.ddata, { receivedAt: time })).refused).toEqual([
      ['metrics', 'ingest.birth_missing'],
    ]);
  });

  test.each([
    ['as stale is suspect', 500, { fill_level: 5 }, { fill_level: 'suspect' }, []],
    ['as good is good', 192, { fill_level: 5 }, undefined, []],
    ['as bad is refused', 0, {}, undefined, [['metrics.fill_level', 'ingest.value_bad']]],
  ])('with a value that is marked %s', (_, quality, values, marks, refused) => {
    const said = { name: 'fill_level', datatype: 10, double: 5, quality };
    const decoded = session().data(said, { name: 'tilt', double: 1 });
    expect(decoded.readings[0]!.values).toEqual({ tilt: 1, ...values });
    expect(decoded.readings[0]!.quality).toEqual(marks);
    expect(gist(decoded).refused).toEqual(refused);
  });

  test('that say one name several times, as after an outage, become as many readings', () => {
    const buffered = [1, 2, 3].map((n) => ({
      name: 'fill_level',
      timestamp: time - n * 60_000,
      double: n,
    }));
    const { readings } = session().data(...buffered);
    expect(readings.map(({ observedAt, values }) => [observedAt, values['fill_level']])).toEqual([
      [time - 60_000, 1],
      [time - 120_000, 2],
      [time - 180_000, 3],
    ]);
  });

  test('with more names than a message may have keep the known one', () => {
    const many = Array.from({ length: 600 }, (_, n) => ({ name: `other-${n}`, int: n }));
    const decoded = session().data(...many, { name: 'fill_level', double: 5 });
    expect(decoded.class).toBe('decoded');
    expect(decoded.readings[0]!.values).toEqual({ fill_level: 5 });
  });

  test('without a value say nothing', () => {
    const decoded = session().data({ name: 'fill_level', isNull: true }, { name: 'tilt' });
    expect(gist(decoded)).toEqual({ class: 'empty', values: {}, refused: [] });
  });

  test('are told apart from a resend by what they say, in which seq and time stand', () => {
    const { hear } = bornSession();
    const key = (seq: number, timestamp: number) =>
      hear('NDATA', payload({ timestamp, seq, metrics: [{ name: 'uptime', long: 5n }] }))
        .duplicateKey;
    expect(key(3, time)).toBe(key(3, time));
    expect(key(4, time)).not.toBe(key(3, time));
    // 256 messages later the same number comes again.
    expect(key(3, time + 1)).not.toBe(key(3, time));
  });
});

describe('integers', () => {
  test.each([
    ['Int16', 1, 2, { int: 65_531 }, -5],
    ['Int32', 1, 3, { int: 2 ** 32 - 5 }, -5],
    ['UInt32 as sparkplug-payload writes it', 1, 7, { long: 2n ** 32n - 1n }, 2 ** 32 - 1],
    ['Int64', 1, 4, { long: 2n ** 64n - 5n }, -5],
    ['UInt64', 1, 8, { long: 2n ** 64n - 1n }, 2 ** 64],
    ['no type, small', 1, undefined, { int: 7 }, 7],
  ])('are read as %s', (_, alias, datatype, value, expected) => {
    const { births, data } = session();
    const definition = { name: 'snr', alias: String(alias) };
    births.put({ path: 'Kupang/edge-1/bin', receivedAt: 0, definitions: [definition] }, 1);
    const decoded = data({ alias, ...value, ...(datatype !== undefined && { datatype }) });
    const said = decoded.readings[0]?.values['snr'] ?? decoded.refused[0]!.rejection.reason;
    // Most are no signal-to-noise ratio: then the reason says what was read.
    expect(String(said)).toContain(String(expected));
  });

  test('that may be negative are refused where nothing says their type', () => {
    const decoded = session().data({ name: 'temperature', int: 2 ** 32 - 5 });
    expect(gist(decoded).refused).toEqual([['metrics.temperature', 'ingest.birth_missing']]);
  });
});

describe('a death', () => {
  const offline = { device: 'gateway-1', online: false, reason: 'death' };

  test('is presence, of the session under way only', () => {
    const { hear } = bornSession();
    expect(hear('NDEATH', tahu.ndeath)).toMatchObject({ class: 'empty', online: offline });
    const next = payload({
      timestamp: time,
      seq: 0,
      metrics: [{ name: 'bdSeq', datatype: 8, long: 8n }],
    });
    hear('NBIRTH', next);
    expect(hear('NDEATH', tahu.ndeath)).toEqual({ class: 'empty', readings: [], refused: [] });
  });

  test('may be empty, and may be of a device alone', () => {
    const { hear } = bornSession();
    expect(hear('NDEATH', new Uint8Array()).online).toEqual(offline);
    const { online } = hear('DDEATH', payload({ timestamp: time, seq: 4, metrics: [] }));
    expect(online).toEqual({ device: 'child-1', online: false, reason: 'death' });
  });
});

describe('a login', () => {
  const say = (principal: string) => bornSession().hear('DDATA', tahu.ddata, { principal });

  test('of an edge node speaks for the devices behind it, any other does not', () => {
    expect(say('gateway-1').class).toBe('decoded');
    expect(gist(say('bin-1')).refused).toEqual([['', 'ingest.device_foreign']]);
  });
});
