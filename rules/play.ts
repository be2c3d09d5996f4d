import {
  asset,
  duration,
  type Asset,
  type Breach,
  type Directory,
  type Kinds,
  type Metric,
  type Reading,
  type Value,
} from '#model';
import { kindsOf } from './applies.ts';
import { createEngine } from './engine.ts';
import { place, speakersOf, stepsOf, writtenAssets, type Golden, type Speaker } from './golden.ts';
import type { Rule } from './rule.ts';

/** What a golden test asked for, and what the engine said. */
export interface Played {
  readonly name: string;
  readonly ok: boolean;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

/** Plays a golden test of a rule on a virtual clock; `all` holds the rules that it names in `with`. */
export function play(rule: Rule, all: readonly Rule[], test: Golden, kinds: Kinds): Played {
  const others = test.with.flatMap((id) => all.filter((each) => each.id === id));
  // A rule that is only tried out says nothing to anybody but its tests.
  const rules = [rule, ...others].map((each): Rule => ({ ...each, enabled: true }));
  const assets = assetsOf(rule, test);
  const directory = directoryOf(assets, test);
  const inputs = { rules, overrides: [], shelves: [] };
  const engine = createEngine({ directory, kinds, timeZone: place.timeZone }, inputs, () => ({
    memories: new Map(),
    own: new Map(),
  }));
  const start = Date.parse(test.start);
  const speakers = speakersOf(test);
  const scripts = speakers.map((speaker) => scriptOf(speaker, assets, kinds));
  const length = Math.max(0, ...scripts.map((script) => script.length));
  const breaches: Breach[] = [];
  let number = 0;
  for (let step = 0; step < length; step++) {
    const at = start + step * test.every;
    const readings = scripts.flatMap((script, index) => {
      const values = script[step];
      if (values === undefined || Object.keys(values).length === 0) return [];
      number += 1;
      return [{ number, reading: readingOf(speakers[index]!, assets, values, at, number) }];
    });
    const { breaches: seen, failed } = engine.judge(readings);
    if (failed.length > 0) throw failed[0]!.error;
    breaches.push(...seen, ...engine.tick(at));
  }
  const actual = breaches
    .filter((breach) => breach.rule === rule.id)
    .map((breach) => describe(breach, start, assets.size > 1 || test.assets !== undefined));
  const expected = test.expect.map(normal);
  const ok = JSON.stringify(actual) === JSON.stringify(expected);
  return { name: test.name, ok, expected, actual };
}

/** Plays all golden tests of a rule. */
export function playAll(rule: Rule, all: readonly Rule[], kinds: Kinds): Played[] {
  return rule.tests.map((test) => play(rule, all, test, kinds));
}

type Values = Readonly<Record<string, Value>>;

function assetsOf(rule: Rule, test: Golden): ReadonlyMap<string, Asset> {
  const first = rule.applies && kindsOf(rule.applies)[0];
  const { lat, lon } = place;
  return new Map(
    Object.entries(writtenAssets(test)).map(([id, { model: _model, ...of }]) => [
      id,
      asset.parse({ id, kind: first, lat, lon, ...of }),
    ]),
  );
}

/** Each asset is served by a device of the same name. */
function directoryOf(assets: ReadonlyMap<string, Asset>, test: Golden): Directory {
  const written = writtenAssets(test);
  return {
    principal: () => undefined,
    device: (id) => ({ id, profile: written[id]?.model, identities: [] }),
    deviceOf: () => undefined,
    asset: (id) => assets.get(id),
    assetOf: (id) => assets.get(id),
    assets: () => assets.values(),
  };
}

/** What somebody says at each step. */
function scriptOf(
  { asset: id, said }: Speaker,
  assets: ReadonlyMap<string, Asset>,
  kinds: Kinds,
): Values[] {
  const kind = kinds.get(assets.get(id)?.kind ?? '');
  if (kind === undefined) throw new Error(`no asset ${id} of a known kind`);
  const script: Record<string, Value>[] = [];
  for (const [metric, series] of Object.entries(said)) {
    for (const [step, word] of stepsOf(series).entries()) {
      const values = (script[step] ??= {});
      if (word !== '_') values[metric] = valueOf(word, kind.metrics[metric]);
    }
  }
  return script;
}

function valueOf(word: string, metric: Metric | undefined): Value {
  if (metric?.type === 'number') return Number(word);
  return metric?.type === 'boolean' ? word === 'true' : word;
}

function readingOf(
  { asset: id, key }: Speaker,
  assets: ReadonlyMap<string, Asset>,
  values: Values,
  at: number,
  packet: number,
): Reading {
  const { kind } = assets.get(id)!;
  const from = { asset: id, device: id, kind, packet, nano: 0, ...(key !== '' && { key }) };
  return { ...from, observedAt: at, receivedAt: at, values };
}

/** A breach as a line of a test's `expect`. */
function describe(breach: Breach, start: number, isNamed: boolean): string {
  const { at, asset: id, key, phase, severity, parent, flags = [] } = breach;
  const who = isNamed ? [key === undefined ? id : `${id}/${key}`] : [];
  const head = [inWords(at - start), ...who, phase];
  if (phase === 'cleared') return [...head, ...flags.filter((flag) => flag === 'stale')].join(' ');
  const under = parent === undefined ? [] : ['under', parent.slice(0, parent.indexOf(':'))];
  return [...head, severity, ...under, ...flags].join(' ');
}

/** `90m` and `1.5h` are one time. */
function normal(line: string): string {
  const [at = '', ...rest] = line.split(' ');
  return [inWords(duration.parse(at)), ...rest].join(' ');
}

function inWords(ms: number): string {
  if (ms % 60_000 !== 0) return `${ms / 1_000}s`;
  const minutes = ms / 60_000;
  return minutes >= 120 && minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
