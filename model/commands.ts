import { z } from 'zod';
import type { Rejection } from './error.ts';
import { position } from './geo.ts';
import { incidentStatus } from './incident.ts';
import { asset, device, identity, type Asset, type Device } from './registry.ts';
import { segment } from './kind.ts';

/** Milliseconds that an old token may go on working beside the new one: 30 days. */
const longestOverlap = 30 * 86_400_000;

/** Rows that one `registry.import` takes: the pipeline is busy with them for some tens of ms. */
export const importChunk = 500;

const deviceFields = { ...asset.shape, ...device.omit({ id: true }).shape };

/** A name that is not known: another system's, or (`own`) one of ours in a native topic. */
const identityOrOwn = z.strictObject({
  system: z.enum(['own', ...identity.shape.system.options]),
  id: identity.shape.id,
});

/** What an import came to in one row. */
export type ImportOutcome =
  | { readonly outcome: 'created' | 'changed'; readonly id: string; readonly token?: string }
  | { readonly outcome: 'unchanged'; readonly id: string }
  | { readonly outcome: 'refused'; readonly id?: string; readonly rejection: Rejection };

/** What a reload changed, by rule id. */
export interface RulesChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly kept: readonly string[];
}

/** An MQTT topic filter: + stands for a level, # for all that are left [MQTT-4.7.1]. */
export const topicFilter = z
  .string()
  .min(1)
  .max(256)
  .regex(
    /^(?:(?:[^+#/]*|\+)\/)*(?:[^+#/]*|\+|#)$/,
    'no topic filter: + and # stand alone on their level, # at the end',
  )
  .regex(/^[^\p{Cc}\p{Cs}\p{Cn}]*$/u, 'a topic filter without control characters');

/** Everything that can be asked of the pipeline, the only writer: name → what it takes. */
export const commands = {
  /** Creates or changes a device and the asset of the same id that it is bound to. */
  'device.put': z.strictObject(deviceFields),
  /** Creates or changes a thing in the street, which needs no hardware of its own. */
  'asset.put': asset,
  /** Forgets a thing that no device serves. */
  'asset.delete': z.strictObject({ id: segment }),
  /** Creates or changes hardware, and binds it to a thing that is there already. */
  'device.bind': z.strictObject({
    ...device.shape,
    /** What the device had stays where nothing is said. */
    identities: device.shape.identities.unwrap().optional(),
    asset: segment,
    /** The device that it takes the place of: unbound, and its token taken away. */
    replaces: segment.optional(),
  }),
  /** Takes a device off its thing; what it said stays the thing's. */
  'device.unbind': z.strictObject({ id: segment, asset: segment }),
  /** Forgets a device: its login, its names, and that it serves anything. */
  'device.delete': z.strictObject({ id: segment }),
  /** Registers a device that was heard under a name that the registry does not know. */
  'device.adopt': z.strictObject({ ...deviceFields, stranger: identityOrOwn }),
  /** Rows of an import; a bad one is reported and costs the others nothing. */
  'registry.import': z.strictObject({
    what: z.enum(['devices', 'assets']),
    rows: z.array(z.unknown()).min(1).max(importChunk),
  }),
  /** Gives a device a new token; the old one stops working, at once or after `overlap` ms. */
  'device.rotate': z.strictObject({
    id: segment,
    overlap: z.number().int().min(0).max(longestOverlap).default(0),
  }),
  /** Takes a device's token away: nobody logs in as it until it gets a new one. */
  'device.revoke': z.strictObject({ id: segment }),
  /** Creates or changes a bridge (a network server, a simulator) and gives it a token. */
  'bridge.put': z.strictObject({
    name: segment,
    publish: z.array(topicFilter).min(1).max(64),
    /** What it may listen to: nothing, where nobody says. */
    subscribe: z.array(topicFilter).max(64).default([]),
  }),
  /** Files what a citizen sent. Identity is not among the fields: see docs/decisions/0006. */
  'report.file': z.strictObject({
    category: segment,
    ...position.shape,
    description: z.string().max(4_000).default(''),
    address: z.string().max(500).default(''),
    media: z
      .url({ protocol: /^https?$/ })
      .max(2_000)
      .optional(),
    /** The asset that the citizen named (a code on the pole). */
    asset: segment.optional(),
  }),
  /** Reads the rules and their overrides again: all of it takes effect, or nothing. */
  'rules.reload': z.strictObject({}),
  /** Peace for a while: breaches of a rule, at an asset and what hangs on it, in a zone, file nothing. */
  'rule.shelve': z.strictObject({
    rule: segment.optional(),
    asset: segment.optional(),
    zone: z.string().min(1).max(64).optional(),
    /** Epoch ms; at once where it is absent. */
    from: z.int().min(0).optional(),
    /** Epoch ms, the first moment after it. */
    until: z.int().min(0),
    reason: z.string().trim().min(1).max(500),
  }),
  /** Ends a shelf before its time. */
  'rule.unshelve': z.strictObject({ id: z.string().regex(/^\d{1,15}$/, 'the number of a shelf') }),
  'incident.transition': z.strictObject({
    incident: z.string().max(32),
    to: incidentStatus,
    note: z.string().max(2_000).default(''),
  }),
} as const;

export type CommandKind = keyof typeof commands;
export type CommandBody<K extends CommandKind> = z.output<(typeof commands)[K]>;

export interface CommandResults {
  'device.put': { device: Device; asset: Asset; /** Only when newly made. */ token?: string };
  'asset.put': { asset: Asset };
  'asset.delete': { asset: string };
  'device.bind': { device: Device; asset: Asset; /** Only when newly made. */ token?: string };
  'device.unbind': { device: string; asset: string };
  'device.delete': { device: string };
  'device.adopt': CommandResults['device.put'];
  'registry.import': { outcomes: ImportOutcome[] };
  'device.rotate': { token: string };
  'device.revoke': { device: string };
  'bridge.put': { token: string };
  'report.file': { report: string; incident: string; joined: boolean };
  'rules.reload': RulesChange;
  'rule.shelve': { id: string; from: number; until: number };
  'rule.unshelve': { id: string };
  'incident.transition': { incident: string; status: z.infer<typeof incidentStatus> };
}

/** What is asked of the rules: it takes effect at a commit of theirs. */
export type RuleCommandKind = Extract<CommandKind, `rule${string}`>;

/** A wish with a sender. Answered after its commit. */
export interface Command<K extends CommandKind = CommandKind> {
  readonly id: string;
  readonly kind: K;
  /** Who asks: a key's name, `open311`, `simulator`. */
  readonly actor: string;
  readonly body: CommandBody<K>;
}

/** Carries a command out; bad wishes come back as a Rejection. */
export type Execute = <K extends CommandKind>(
  command: Command<K>,
) => Promise<CommandResults[K] | Rejection>;
