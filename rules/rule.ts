import { createHash } from 'node:crypto';
import { bilingual, duration, segment, severities } from '#model';
import { z } from 'zod';
import { applies } from './applies.ts';
import { condition, leaves } from './condition.ts';
import { golden } from './golden.ts';
import { params } from './params.ts';
import { active, hours } from './schedule.ts';

/** A duration, or a parameter (`$name`) that holds one. */
const span = z.union([duration, z.templateLiteral(['$', z.string().regex(/^[a-z][a-z0-9_]*$/)])], {
  error: 'a duration such as 90s, 15m, 6h or 2d, or a parameter such as $service_time',
});

/** A duration, or a number of the asset's own report intervals (`3x`). */
const patience = z.union(
  [
    duration,
    z
      .string()
      .regex(/^\d+(\.\d+)?x$/)
      .transform((text) => ({ intervals: Number.parseFloat(text) })),
  ],
  { error: 'a duration such as 15m, or a number of report intervals such as 3x' },
);
/** ms, or report intervals and how many ms they are at least. */
export type Patience = number | { readonly intervals: number; readonly least?: number };

/** `at_least`: not sooner, however often the asset reports. */
const silence = z
  .strictObject({ after: patience, at_least: duration.optional() })
  .transform(({ after, at_least: least = 0 }): { after: Patience } => ({
    after: typeof after === 'number' ? Math.max(after, least) : { ...after, least },
  }));

const fields = z.strictObject({
  id: segment,
  title: bilingual,
  description: z.string().optional(),
  runbook: z.string().optional(),
  /** `shadow`: judged and counted, files nothing. */
  enabled: z.union([z.boolean(), z.literal('shadow')]).default(true),
  /** Which assets it looks at; a group looks at other rules instead. */
  applies: applies.optional(),
  params,

  /** What is wrong. Exactly one of the three. */
  when: condition.optional(),
  /** Nothing was heard of the asset, on the server's clock, for `after`. */
  silent: silence.optional(),
  /** Enough breaches of other rules at assets that have an ancestor of kind `by`, a zone or a district in common. */
  group: z
    .strictObject({
      of: z.array(segment).min(1),
      by: z.union([z.enum(['zone', 'district']), segment]),
      at_least: z.int().min(2),
      within: duration,
    })
    .optional(),

  /** Ends the breach; without it the opposite of `when`, read with each leaf's `clear`. */
  clear: condition.optional(),
  for: span.default(0),
  samples: z.int().min(1).default(1),
  keep: span.default(0),
  /** The longest silence that a held time outlives; 2.5 report intervals of the asset where absent. */
  max_gap: duration.optional(),
  /** The longest that a fault may go unseen; `rules check` refuses what can't keep it. */
  max_delay: duration.optional(),
  active: active.default('always'),
  /** Outside its hours a breach stays as it is, or ends. */
  outside_hours: z.enum(['freeze', 'clear']).default('freeze'),
  /** Local hours in which nobody is woken unless it is critical. Filing goes on. */
  quiet: hours.optional(),

  severity: z.enum(severities),
  escalate: z
    .array(
      z.strictObject({
        severity: z.enum(severities),
        after: duration.optional(),
        when: condition.optional(),
      }),
    )
    .default([]),
  /** More raises than `max` within `in` are one breach that flaps, until it was calm for `in`. */
  flap: z.strictObject({ max: z.int().min(1), in: duration }).optional(),
  /** Of more breaches than `max` within `in`, city-wide, the rest belong to the first that was too many. */
  limit: z.strictObject({ max: z.int().min(1), in: duration }).optional(),
  /** Rules whose open breach, at the asset or at one of its ancestors, explains this one. */
  inhibited_by: z.array(segment).default([]),
  /** How long a raise waits for what explains it, before it is told; the group's `within` where one counts it. */
  group_wait: duration.optional(),
  safety: z.boolean().default(false),
  latch: z.boolean().default(false),

  respond: z.enum(['desk', 'list']),
  category: segment,
  tests: z.array(golden).default([]),
});

/** What a rule file may say. Durations are milliseconds once read. */
export const rule = fields.superRefine((value, context) => {
  for (const { message, path } of contradictions(value)) {
    context.addIssue({ code: 'custom', message, path });
  }
});
export type Rule = z.output<typeof rule>;

/** The keys that may stand at the top of a rule, to suggest from. */
export const ruleKeys = Object.keys(fields.shape);

/** Names what decides when a rule fires: a state kept under another hash means something else. */
export function ruleHash(of: Rule): string {
  const { applies: whom, params: defaults, when, silent, group, clear, for: held } = of;
  const { samples, keep, max_gap, active: hoursOf, outside_hours } = of;
  const about = { whom, defaults, when, silent, group, clear };
  const text = JSON.stringify({ about, held, samples, keep, max_gap, hoursOf, outside_hours });
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function* contradictions(value: z.output<typeof fields>) {
  const forms = (['when', 'silent', 'group'] as const).filter((name) => value[name] !== undefined);
  if (forms.length !== 1) {
    yield { message: 'write exactly one of: when, silent, group', path: ['when'] };
  }
  if ((value.applies === undefined) !== (value.group !== undefined)) {
    const message = value.group
      ? 'a group has the assets of its rules'
      : 'which assets it looks at';
    yield { message, path: ['applies'] };
  }
  if (value.when === undefined && value.clear !== undefined) {
    yield { message: 'clear goes with when', path: ['clear'] };
  }
  for (const [at, { after, when }] of value.escalate.entries()) {
    if ((after === undefined) === (when === undefined)) {
      yield { message: 'write exactly one of: after, when', path: ['escalate', at] };
    }
  }
  if (value.when === undefined || value.clear === undefined) return;
  const unused = [...leaves(value.when), ...leaves(value.clear)].some((leaf) => 'clear' in leaf);
  if (unused) {
    const message =
      'the rule has a clear condition of its own, so the clear of a leaf is never used';
    yield { message, path: ['clear'] };
  }
}
