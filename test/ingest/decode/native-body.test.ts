import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRejection, type Directory, type Metric } from '#model';
import { isObject, pathOf } from '../../../ingest/decoders/json.ts';
import type { RefusedPart } from '../../../ingest/decoders/envelope.ts';
import { native } from '../../../ingest/decoders/native.ts';
import { isSenml } from '../../../ingest/decoders/senml.ts';
import { interpret } from '../../../ingest/interpret.ts';
import { nativeBody } from '../../../ingest/native-body.ts';
import { createUnits } from '../../../ingest/units.ts';
import { needCorpora, now, packet } from './city.ts';
import { anything, mutated, tables, valid } from './native-bodies.ts';

/** The schema says what the contract is, the road checks it by hand: both refuse the same fields. */

const corporaPath = fileURLToPath(new URL('../../../../shared/corpora', import.meta.url));
const units = createUnits();
const directory = {
  assetOf: (device: string) => ({
    id: device,
    kind: device,
    lat: 0,
    lon: 0,
    district: '',
    zone: '',
  }),
} as unknown as Directory;
const known = { tables, units, directory, retention: 30 * 86_400_000 };
const topic = (kind: string) => `city/v1/kupang/${kind}/${kind}/telemetry`;

/** The fields that the road refuses; '' is the whole body. */
function byHand(kind: string, json: string): string[] {
  const envelope = native.read(packet(topic(kind), json));
  if (isRejection(envelope)) return [envelope.field ?? ''];
  if (envelope.says !== 'values') throw new Error('telemetry says values');
  const refused: RefusedPart[] = [...envelope.refused];
  const speaker = {
    device: { id: kind, identities: [] },
    profile: undefined,
    kind,
    strict: envelope.strict,
    receivedAt: now,
  };
  for (const message of envelope.messages) interpret(known, speaker, message, refused);
  // A refused entry is told by its place; why it was, by the field of its reason.
  return refused.map(({ part, rejection }) =>
    /^\[\d+\]$/.test(part) ? (rejection.field ?? part) : part,
  );
}

const schemas = new Map<ReadonlyMap<string, Metric>, ReturnType<typeof nativeBody>>();

/** Making a schema takes zod longer than using it. */
function schemaOf(metrics: ReadonlyMap<string, Metric>): ReturnType<typeof nativeBody> {
  const schema = schemas.get(metrics) ?? nativeBody(metrics, units);
  schemas.set(metrics, schema);
  return schema;
}

/** The fields that the schema refuses, and of a message that can't be used at all only the first. */
function bySchema(metrics: ReadonlyMap<string, Metric>, body: unknown): string[] {
  const issues = schemaOf(metrics).safeParse(body).error?.issues ?? [];
  if (!Array.isArray(body))
    return ofMessage(
      issues.map(({ path }) => path),
      body,
      '',
    );
  if (issues.some(({ path }) => path.length === 0)) return [''];
  return body.flatMap((entry, i) => {
    const own = issues.filter(({ path }) => path[0] === i).map(({ path }) => path.slice(1));
    return ofMessage(own, entry, `[${i}]`);
  });
}

function ofMessage(paths: readonly PropertyKey[][], body: unknown, part: string): string[] {
  const fields = paths.map((path) =>
    path.reduce<string>((at, name) => pathOf(at, String(name)), part),
  );
  const fatal = ['v', 'key']
    .map((name) => pathOf(part, name))
    .find((name) => fields.includes(name));
  if (fatal !== undefined && isObject(body) && isHead(body)) return [fatal];
  const inside = isObject(body) ? body['values'] : undefined;
  if (inside !== undefined && !isObject(inside)) return [pathOf(part, 'values')];
  return fields;
}

/** `v` and `key` are heads of a message wherever they stand on its first level. */
function isHead(body: Record<string, unknown>): boolean {
  return 'v' in body || 'key' in body;
}

const sorted = (fields: readonly string[]): string[] => [...new Set(fields)].sort();

/** Both verdicts on a body, as it arrives. */
function verdicts(kind: string, json: string): { hand: string[]; schema: string[] } {
  const metrics = tables.get(kind)!;
  return {
    hand: sorted(byHand(kind, json)),
    schema: sorted(bySchema(metrics, JSON.parse(json) as unknown)),
  };
}

const kindNames = [...tables.keys()];
const cases = fc.oneof(
  ...kindNames.map((kind) => {
    const [right, wrong] = [valid(kind), mutated(kind)];
    const body = fc.oneof(
      { weight: 2, arbitrary: right },
      { weight: 6, arbitrary: wrong },
      { weight: 1, arbitrary: anything },
      { weight: 2, arbitrary: fc.array(fc.oneof(wrong, anything), { maxLength: 4 }) },
    );
    // An array whose first entry has a text `n` is a SenML pack, which the schema has no part in.
    return fc.tuple(fc.constant(kind), body.filter(isNative));
  }),
);

/** Whether a body, as it arrives, is of the native form. */
function isNative(body: unknown): boolean {
  return !isSenml(JSON.parse(JSON.stringify(body)));
}

describe('the native body', () => {
  test('has the same fields refused by hand and by schema, whatever it is', () => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(cases, ([kind, body]) => {
        const { hand, schema } = verdicts(kind, JSON.stringify(body));
        seen[hand.length === 0 ? 'accepted' : 'refused'] += 1;
        expect(schema).toEqual(hand);
      }),
      { numRuns: 2_100 },
    );
    // Neither side of the comparison is empty.
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(300);
  });

  test.each<[string, unknown, string[]]>([
    ['bin', { v: 1, ts: now, boot: 12, seq: 4711, values: { fill_level: 82.5 } }, []],
    ['bin', { fill_level: 104 }, []],
    ['bin', { v: 1, ts: 1764000000000, boot: 12, seq: 4711, values: { fill_level: 103 } }, []],
    [
      'bin',
      [{ fill_level: '3' }, 5, { values: { typo: 1, full: null } }],
      ['[0].fill_level', '[1]', '[2].values.typo'],
    ],
    ['bin', '{"weight":1e999,"__proto__":1}', ['__proto__', 'weight']],
    ['bin', { boot: 'x', seq: -1, ts: 'soon', values: {} }, ['seq', 'ts']],
    ['bin', { boot: 'x', values: {} }, []],
    ['bin', { v: 2, key: 'No', values: 5 }, ['v']],
    ['bin', Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`m${i}`, 1])), ['']],
    ['bin', Array.from({ length: 1_001 }, () => 1), ['']],
  ])('of a %s: %j', (kind, body, fields) => {
    const json = typeof body === 'string' ? body : JSON.stringify(body);
    expect(verdicts(kind, json)).toEqual({ hand: fields, schema: fields });
  });

  test('is accepted where our own pages show one', () => {
    const text = ['README.md', 'docs/path.md'].map((file) =>
      readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8'),
    );
    const bodies = [...text.join('\n').matchAll(/(?:-m '|^payload +)(\{.*\})/gm)].map(
      ([, body]) => body!,
    );
    expect(bodies.length).toBeGreaterThan(2);
    for (const body of bodies) expect(verdicts('bin', body)).toEqual({ hand: [], schema: [] });
  });

  test('is judged alike when what other systems send arrives on our topic', (context) => {
    needCorpora(context);
    const folders = ['senml', 'tts'].map((name) => join(corporaPath, name));
    const files = folders.flatMap((folder) =>
      readdirSync(folder).map((file) => join(folder, file)),
    );
    for (const file of files.filter((each) => each.endsWith('.json'))) {
      const body = JSON.parse(readFileSync(file, 'utf8')) as unknown;
      if (isSenml(body)) continue; // has a form of its own there
      const json = JSON.stringify(body);
      for (const kind of kindNames) {
        const { hand, schema } = verdicts(kind, json);
        expect({ file, kind, schema }).toEqual({ file, kind, schema: hand });
      }
    }
  });

  test.each<[string, (metrics: Map<string, Metric>) => void]>([
    [
      'bounds',
      (metrics) =>
        metrics.set('fill_level', { ...metrics.get('fill_level')!, max: 1e301 } as Metric),
    ],
    ['a type', (metrics) => metrics.set('full', metrics.get('fill_level')!)],
    ['a metric', (metrics) => metrics.delete('temperature')],
  ])('shows a difference when %s of one side only are changed', (_, plant) => {
    const planted = new Map(tables.get('bin'));
    plant(planted);
    const { failed } = fc.check(
      fc.property(mutated('bin'), (body) => {
        const json = JSON.stringify(body);
        const schema = sorted(bySchema(planted, JSON.parse(json) as unknown));
        expect(schema).toEqual(sorted(byHand('bin', json)));
      }),
      { numRuns: 2_500, endOnFailure: true },
    );
    expect(failed).toBe(true);
  });
});
