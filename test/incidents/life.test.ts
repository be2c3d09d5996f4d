import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Breach, BreachFlag, Severity } from '#model';
import {
  changed,
  cleared,
  hour,
  openDarkCity,
  outageBreach,
  start,
  type TestCity,
} from './city.ts';
import { checkDesk, dump } from './invariants.ts';

/** What explains what, where anything does. */
const above: Record<string, string | undefined> = {
  'feeder-1': undefined,
  'gw-7': 'feeder-1',
  'lamp-10': 'gw-7',
  'lamp-11': 'gw-7',
  'signal-1': 'gw-7',
};

interface Command {
  readonly what: 'raise' | 'change' | 'clear' | 'report' | 'work' | 'reject';
  readonly on: string;
  readonly explained: boolean;
  readonly severity: Severity;
  readonly flags: readonly BreachFlag[];
  readonly latch: boolean;
}

const command: fc.Arbitrary<Command> = fc.record({
  what: fc.constantFrom(
    'raise',
    'raise',
    'change',
    'change',
    'change',
    'clear',
    'clear',
    'report',
    'work',
    'reject',
  ),
  on: fc.constantFrom(...Object.keys(above)),
  explained: fc.nat(3).map((n) => n > 0),
  severity: fc.constantFrom('minor', 'major', 'critical'),
  flags: fc.oneof(
    { weight: 3, arbitrary: fc.constant<BreachFlag[]>([]) },
    fc.subarray<BreachFlag>(['nodata', 'flapping', 'shelved', 'stale']),
  ),
  latch: fc.nat(7).map((n) => n === 0),
});

type Step = Breach | Command;

function parentOf(on: string, open: ReadonlyMap<string, Breach>): { parent?: string } {
  const up = above[on];
  return up === undefined ? {} : { parent: open.get(up)?.id ?? 'unknown' };
}

/** The commands as a rule engine and people would utter them: it changes and clears only what is open. */
function toSteps(commands: readonly Command[]): Step[] {
  const open = new Map<string, Breach>();
  return commands.flatMap((said, number): Step[] => {
    const { what, on, severity, flags } = said;
    if (what === 'report' || what === 'work' || what === 'reject') return [said];
    const was = open.get(on);
    const now = { severity, flags, ...(said.explained && parentOf(on, open)) };
    const since = start + number * hour;
    if (what === 'raise') {
      const latch = said.latch && ({ latch: true } as const);
      const risen = outageBreach(on, { ...now, ...latch, since, at: since, reading: number });
      open.set(on, risen);
      return [risen];
    }
    if (!was) return [];
    const { parent: _parent, ...rest } = was;
    const step = changed(rest, { ...now, reading: number, at: since });
    open.set(on, step);
    if (what === 'change') return [step];
    open.delete(on);
    return [{ ...cleared(step), reading: number }];
  });
}

/** Takes one step; people do theirs to the open incident at the asset, where there is one. */
async function take(city: TestCity, step: Step, at: number): Promise<void> {
  if ('phase' in step) {
    await city.take(step, at);
    return;
  }
  const category = step.on.startsWith('lamp') ? 'street-light' : 'traffic-signal';
  if (step.what === 'report') {
    await city.report({ category, asset: step.on }, at);
    return;
  }
  const found = await city.db
    .selectFrom('incident')
    .select('id')
    .where('subject', 'like', `%:${step.on}`)
    .where('closed_at', 'is', null)
    .executeTakeFirst();
  // What a person may not do is refused, which is fine.
  if (found) await city.move(found.id, step.what === 'work' ? 'in_progress' : 'rejected', at);
}

/** Everything that is in the tables after the steps; `check` after each of them. */
async function play(
  steps: readonly Step[],
  how: 'once' | 'each twice' | 'all twice',
): Promise<unknown> {
  const city = await openDarkCity();
  try {
    for (const [number, step] of steps.entries()) {
      const at = start + number * hour;
      await take(city, step, at);
      if (how === 'each twice' && 'phase' in step) await take(city, step, at + hour);
      if (how === 'once') await checkDesk(city.db);
    }
    if (how === 'all twice') {
      for (const step of steps) if ('phase' in step) await take(city, step, start);
    }
    return await dump(city.db);
  } finally {
    await city.db.destroy();
  }
}

test(
  'any life of a tree of breaches keeps each in one incident, and ends alike when told twice',
  { timeout: process.env['LIVES'] ? 600_000 : 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 30 }), async (commands) => {
        const steps = toSteps(commands);
        const once = await play(steps, 'once');
        expect(await play(steps, 'each twice')).toEqual(once);
        expect(await play(steps, 'all twice')).toEqual(once);
      }),
      { numRuns: Number(process.env['LIVES'] ?? 60) },
    );
  },
);
