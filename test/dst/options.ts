import { createRandom, type Random } from '../../simulators/random.ts';
import type { Death } from './host.ts';
import type { DiskTrouble } from './sim-disk.ts';
import { moods, type InfluxFlavour, type InfluxTrouble } from './sim-influx.ts';
import { whole } from './world.ts';

/** Everything about one history that its seed decides before it begins. */
export interface Options {
  /** How long faults and messages go on, virtual ms. */
  readonly span: number;
  readonly devices: number;
  /** Mean milliseconds between the messages of a device. */
  readonly pace: number;
  /** Bytes of a segment, and bytes that a log may keep once all have passed them. */
  readonly segment: number;
  readonly keep: number;
  readonly influx: InfluxFlavour;
  /** With `steps`, in the middle of so many operations later; rot: while it is dead, bits flip. */
  readonly deaths: readonly {
    readonly at: number;
    readonly steps: number | undefined;
    readonly death: Death;
    readonly rot: boolean;
  }[];
  readonly disk: readonly Spell<Exclude<DiskTrouble, 'none'>>[];
  readonly store: readonly Spell<InfluxTrouble>[];
  readonly database: readonly Spell<true>[];
  readonly clock: readonly { readonly at: number; readonly offset: number }[];
  readonly citizens: readonly number[];
}

/** A trouble that begins and ends. */
export interface Spell<What> {
  readonly at: number;
  readonly lasts: number;
  readonly what: What;
}

const minute = 60_000;
const deaths: readonly [Death, ...Death[]] = ['power', 'power', 'kill', 'kill', 'thread', 'stop'];
const troubles = ['full', 'io', 'flush', 'slow'] as const;

/** The options of a seed. */
export function drawOptions(seed: number): Options {
  const random = createRandom(`dst/${seed}/options`);
  const span = random.uniform(4, 16) * minute;
  const devices = whole(random, 2, 12);
  const at = (): number => random.uniform(0, span);
  const some = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: whole(random, 0, most + 1) }, make);
  return {
    span,
    devices,
    pace: Math.max(500, (span * devices) / random.uniform(40, 160)),
    segment: random.pick([4_096, 8_192, 16_384, 65_536]),
    keep: random.pick([0, 0, 16_384, 1_048_576]),
    influx: { version: random.pick([1, 2]), maxBody: random.pick([700, 4_000, 1_000_000]) },
    deaths: some(8, () => ({
      at: at(),
      steps: random.chance(0.7) ? whole(random, 1, 60) : undefined,
      death: random.pick(deaths),
      rot: random.chance(0.3),
    })),
    disk: some(3, () => spell(random, at(), random.pick(troubles))),
    store: some(5, () => spell(random, at(), random.pick(moods))),
    database: some(2, () => spell(random, at(), true as const)),
    clock: some(2, () => ({ at: at(), offset: whole(random, -90, 90) * minute })),
    citizens: some(6, at),
  };
}

function spell<What>(random: Random, at: number, what: What): Spell<What> {
  return { at, lasts: random.lognormal(8_000, 120_000), what };
}
