import { describe, expect, test } from 'vitest';
import { isRejection } from '#model';
import { resolve } from '../../../ingest/decoders/senml.ts';
import { corpus, decode, gist, needCorpora, now, packet, say } from './city.ts';

const hear = (pack: unknown) => decode(packet('senml/urn:dev:ow:10e2073a01080063', pack));

describe('SenML', () => {
  // The RFC's own examples: what a pack says when its base values are worked in. Their "now" is that
  // of the day on which they were resolved.
  test.for([1, 2, 3, 4, 5])('resolves example %i as the RFC does', (number, context) => {
    needCorpora(context);
    const resolved = resolve(corpus(`senml/ex${number}.json`), 1.498780179e9);
    if (isRejection(resolved)) throw new Error(resolved.reason);
    const answer = corpus(`senml/ex${number}.resolved.json`) as Published[];
    const inMs = (seconds: number): number => Math.round(seconds * 1_000);
    expect(resolved.map(({ n, u, t, value }) => ({ n, u, t: inMs(t), v: value }))).toEqual(
      answer.map(({ n, u, t, v }) => ({ n, u, t: inMs(t), v })),
    );
  });

  test('makes a reading of each time, and converts what brings its unit', () => {
    const pack = [
      { bn: 'urn:dev:ow:10e2073a01080063:', bt: now / 1_000, n: 'temperature', u: 'Cel', v: 31 },
      { n: 'distance', u: 'cm', v: 50 },
      { n: 'temperature', u: 'Cel', t: -60, v: 30 },
    ];
    expect(hear(pack)).toMatchObject({
      class: 'decoded',
      readings: [
        { asset: 'senml-1', observedAt: now, values: { temperature: 31, distance: 500 } },
        { observedAt: now - 60_000, values: { temperature: 30 } },
      ],
    });
  });

  test('keeps together what was said at one time, however finely it is told', () => {
    const bt = (now + 0.4) / 1_000;
    const pack = [
      { bt, n: 'temperature', v: 31 },
      { n: 'fill_level', v: 20 },
    ];
    expect(hear(pack).readings).toMatchObject([{ values: { temperature: 31, fill_level: 20 } }]);
  });

  test('refuses no value for its name', () => {
    const pack = [
      { bn: 'a', n: '__proto__', v: 1 },
      { n: 'fill_level', v: 20 },
    ];
    expect(gist(hear(pack))).toMatchObject({ class: 'decoded', values: { fill_level: 20 } });
    expect(hear(pack.slice(0, 1)).class).toBe('dead'); // named, not swallowed
  });

  test('reckons relative times from now, and remembers nothing of such a pack', () => {
    const decoded = hear([{ n: 'fill_level', t: -5, v: 20 }]);
    expect(decoded.readings[0]?.observedAt).toBe(now - 5_000);
    expect(decoded.duplicateKey).toBeUndefined();
    const dated = hear([{ n: 'fill_level', bt: now / 1_000, v: 20 }]);
    expect(dated.duplicateKey).toMatch(/^sha256\//);
  });

  test('is taken on a native topic', () => {
    expect(gist(say([{ bn: 'x:', n: 'fill_level', v: 20 }]))).toMatchObject({
      class: 'decoded',
      values: { fill_level: 20 },
    });
  });

  test('adds a base value, and takes texts and truths', () => {
    const pack = [
      { bv: 20, n: 'fill_level', v: 1 },
      { n: 'full', vb: true },
    ];
    expect(gist(hear(pack)).values).toEqual({ fill_level: 21, full: true });
  });

  test('is empty when no record has a value', () => {
    expect(hear([{ bn: 'x:' }, { n: 'energy', s: 5 }]).class).toBe('empty');
  });

  test.each([
    ['no array', { n: 'a', v: 1 }, undefined],
    ['an array of numbers', [1], '[0]'],
    ['a version of the future', [{ bver: 11, n: 'a', v: 1 }], '[0]'],
    ['a member that must be understood', [{ n: 'a', v: 1, secret_: 2 }], '[0]'],
    [
      'a name with a blank',
      [
        { n: 'a', v: 1 },
        { n: 'b c', v: 1 },
      ],
      '[1]',
    ],
    ['no name at all', [{ v: 1 }], '[0]'],
    ['a value that is a text', [{ n: 'a', v: '1' }], '[0]'],
    ['a time that is a text', [{ n: 'a', v: 1, t: 'now' }], '[0]'],
    ['too many records', Array.from({ length: 1_001 }, () => ({ n: 'a', v: 1 })), undefined],
  ])('is dead when it is %s', (_, pack, field) => {
    const { class: outcome, refused } = hear(pack);
    expect([outcome, refused[0]?.rejection.code]).toEqual(['dead', 'ingest.body_invalid']);
    expect(refused[0]?.rejection.field).toBe(field);
  });
});

interface Published {
  readonly n: string;
  readonly u?: string;
  readonly t: number;
  readonly v: number;
}
