import type { Asset, Breach, Directory, Reading, Value } from '#model';
import { asset, duration, kind, type Kinds } from '#model';
import { createEngine } from '../../rules/engine.ts';
import { restore } from '../../rules/rows.ts';
import { rule, type Rule } from '../../rules/rule.ts';
import type { Inputs, Rules } from '../../rules/rules.ts';
import type { RuleStateRow } from '../../rules/tables.ts';
import { directoryOf, start, timeZone } from './kit.ts';

const title = { en: 'x', id: 'x' };
const number = { type: 'number', unit: '1' } as const;
const flag = { type: 'boolean' } as const;

/** A kind for each place in the tree, all with the same metrics, reporting every ten minutes. */
export const kinds: Kinds = new Map(
  ['lamp', 'gateway', 'cabinet', 'feeder'].map((name) => [
    name,
    kind.parse({
      kind: name,
      title,
      icon: 'x',
      interval: '10m',
      metrics: { level: number, dark: flag, online: flag },
    }),
  ]),
);

/** A rule for lamps that are dark, as far as `extra` says nothing else. */
export function aRule(extra: Record<string, unknown> = {}): Rule {
  return rule.parse({
    id: 'dark',
    title,
    ...(!('group' in extra) && { applies: { kind: 'lamp' } }),
    ...(!('silent' in extra || 'group' in extra) && { when: { metric: 'dark', is: true } }),
    severity: 'minor',
    respond: 'desk',
    category: 'test',
    ...extra,
  });
}

/** An asset of the tree: `lamp-1` is a lamp. */
export function anAsset(id: string, extra: Partial<Asset> = {}): Asset {
  const [name = ''] = id.split('-');
  return { ...asset.parse({ id, kind: name, lat: -10.17, lon: 123.6 }), ...extra };
}

/** A few assets under rules, and all that was told of them. */
export class Scene {
  readonly #assets: Map<string, Asset>;
  #inputs: Inputs;
  #rules: Rules;
  #rows = new Map<string, RuleStateRow>();
  #number = 0;
  /** All breaches told, in order. */
  readonly breaches: Breach[] = [];
  /** Whether every step is followed by a restart from what was saved. */
  isRestless = false;

  constructor(assets: readonly Asset[], inputs: Partial<Inputs> & Pick<Inputs, 'rules'>) {
    this.#assets = new Map(assets.map((each) => [each.id, each]));
    this.#inputs = { overrides: [], shelves: [], ...inputs };
    this.#rules = this.#make();
  }

  get rules(): Rules {
    return this.#rules;
  }

  /** Rows as the database would hold them. */
  get rows(): readonly RuleStateRow[] {
    this.#save();
    return [...this.#rows.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  /** What an asset says at a time after {@link start}, such as `12m`. */
  say(id: string, at: string, values: Record<string, Value>, extra: Partial<Reading> = {}): this {
    const receivedAt = start + duration.parse(at);
    const { kind: kindName = '' } = this.#assets.get(id) ?? {};
    const from = { asset: id, device: id, kind: kindName, packet: 1, nano: 0 };
    const reading = { ...from, observedAt: receivedAt, receivedAt, values, ...extra };
    this.#number += 1;
    const { breaches, failed } = this.#rules.judge([{ number: this.#number, reading }]);
    if (failed.length > 0) throw failed[0]!.error;
    return this.#told(breaches);
  }

  /** Lets time pass while nobody says anything. */
  wait(at: string): this {
    return this.#told(this.#rules.tick(start + duration.parse(at)));
  }

  change(inputs: Partial<Inputs>): this {
    this.#inputs = { ...this.#inputs, ...inputs };
    return this.#told(this.#rules.change(inputs));
  }

  /** Changes an asset in the registry. */
  move(to: Asset): this {
    this.#assets.set(to.id, to);
    return this;
  }

  /** Starts anew from what was saved. */
  restart(): this {
    this.#save();
    this.#rules = this.#make();
    return this;
  }

  /** What was told, as `12m dark lamp-1 raised`, with parent and flags where there are any. */
  get told(): string[] {
    return this.breaches.map(({ at, rule: id, asset: of, phase, severity, parent, flags = [] }) => {
      const child = parent === undefined ? [] : [`<${parent.split('@')[0]}`];
      const loud = severity === 'minor' ? [] : [severity];
      return [`${(at - start) / 60_000}m`, id, of, phase, ...loud, ...child, ...flags].join(' ');
    });
  }

  #told(breaches: readonly Breach[]): this {
    this.breaches.push(...breaches);
    return this.isRestless ? this.restart() : this;
  }

  #save(): void {
    for (const row of this.#rules.changes()) this.#rows.set(keyOf(row), row);
  }

  #directory(): Directory {
    return { ...directoryOf(), asset: (id) => this.#assets.get(id) };
  }

  #make(): Rules {
    const city = { directory: this.#directory(), kinds, timeZone };
    return createEngine(city, this.#inputs, (hashes) => restore([...this.#rows.values()], hashes));
  }
}

function keyOf({ rule: id, asset: of, key }: RuleStateRow): string {
  return `${id}\n${of}\n${key}`;
}
