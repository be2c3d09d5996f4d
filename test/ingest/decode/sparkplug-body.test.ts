import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { payload, tahu } from '../../support/sparkplug.ts';
import { decode, gist, packet } from './city.ts';
import { bornSession, session } from './sparkplug-session.ts';

describe('a topic', () => {
  test.each([
    'spBv1.0/STATE/host',
    'spBv1.0/Kupang/STATE/host',
    'spBv1.0/Kupang/NCMD/edge-1',
    'spBv1.0/Kupang/DCMD/edge-1/bin',
  ])('%s carries nothing for us', (topic) => {
    expect(decode(packet(topic, '{"online":true}')).class).toBe('empty');
  });

  test.each([
    'spBv1.0/Kupang/NBIRTH',
    'spBv1.0/Kupang/NBIRTH/edge-1/bin',
    'spBv1.0/Kupang/DDATA/edge-1',
    'spBv1.0/Kupang/XDATA/edge-1',
    `spBv1.0/Kupang/NDATA/${'e'.repeat(200)}`,
  ])('%s is none', (topic) => {
    expect(gist(decode(packet(topic, tahu.ddata))).refused).toEqual([
      ['topic', 'ingest.format_unknown'],
    ]);
  });
});

describe('a body', () => {
  test.each([
    ['is empty', new Uint8Array()],
    ['is JSON', Buffer.from('{"fill_level":5}')],
    ['ends too early', tahu.dbirth.subarray(0, 60)],
    ['has a text that is not UTF-8', Buffer.from([0x12, 4, 0x0a, 2, 0xc3, 0x28])],
    [
      'has too many metrics',
      payload({ metrics: Array.from({ length: 2_001 }, () => ({ name: 'x', int: 1 })) }),
    ],
  ])('that %s is refused', (_, body) => {
    for (const verb of ['NDATA', 'DDATA', 'NBIRTH', 'DBIRTH']) {
      expect(gist(session().hear(verb, body)).refused.at(0)?.[1]).toBe('ingest.body_invalid');
    }
  });

  const verbs = fc.constantFrom('NBIRTH', 'NDATA', 'NDEATH', 'DBIRTH', 'DDATA', 'DDEATH');
  const isWhole = (verb: string, body: Uint8Array): boolean => {
    const { class: name, refused } = bornSession().hear(verb, body);
    return name !== 'dead' || refused.length === 1;
  };

  test('of any bytes has one class', () => {
    const property = fc.property(verbs, fc.uint8Array({ maxLength: 300 }), isWhole);
    expect(fc.check(property, { numRuns: 3_000 })).toMatchObject({ failed: false });
  });

  test('that is nearly right has one class', () => {
    const real = fc.constantFrom(tahu.nbirth, tahu.dbirth, tahu.ddata, tahu.ndeath);
    const flips = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 });
    const property = fc.property(verbs, real, flips, fc.nat(400), (verb, body, changes, end) => {
      const bytes = Uint8Array.from(body);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return isWhole(verb, bytes.subarray(0, Math.max(1, end)));
    });
    expect(fc.check(property, { numRuns: 3_000 })).toMatchObject({ failed: false });
  });
});
