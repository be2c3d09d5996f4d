import type { Directory, Kind, Kinds, Metric, Value } from '#model';
import type { Message, RefusedPart } from './decoders/envelope.ts';
import { plainValues } from './decoders/lorawan.ts';
import { readFrame } from './frame.ts';
import type { Grammar } from './grammar.ts';
import { tabulate } from './group.ts';
import { interpret } from './interpret.ts';
import type { Profile } from './profile.ts';
import { createUnits } from './units.ts';
import { unpack } from './unpack.ts';

/** A message of a device that nobody has bought yet. */
export interface Trial {
  readonly profile: Profile;
  readonly kinds: Kinds;
  readonly kind: Kind;
  /** Of the asset that it would hang on: `mount_height` mm. */
  readonly attributes: Readonly<Record<string, number>>;
  /** A frame (without a port: on one that its grammar knows), or the names of a codec. */
  readonly sent:
    | { readonly bytes: Uint8Array; readonly port: number | undefined }
    | { readonly values: Readonly<Record<string, unknown>> };
  /** Epoch ms of its arrival. */
  readonly now: number;
}

/** What would become of it. */
export interface Tried {
  readonly port?: number;
  readonly raw: readonly {
    readonly name: string;
    readonly value: unknown;
    /** A metric; absent where the name is left out. */
    readonly metric?: string;
    /** Epoch ms, where it was measured at another time. */
    readonly time?: number;
  }[];
  readonly readings: readonly {
    readonly at: number;
    readonly key: string | undefined;
    readonly values: readonly {
      readonly metric: string;
      readonly value: Value;
      readonly unit?: string;
    }[];
  }[];
  readonly refused: readonly RefusedPart[];
}

/** Reads a message as decode would, on an asset of the kind; without a registry, a log or a network. */
export function tryProfile({ profile, kinds, kind, attributes, sent, now }: Trial): Tried {
  const port = 'bytes' in sent ? (sent.port ?? likelyPort(profile.bytes, sent.bytes)) : undefined;
  const message = messageOf(sent, port ?? 0);
  const directory = directoryOf(kind, attributes);
  const known = { tables: tabulate(kinds), units: createUnits(), directory, retention: Infinity };
  const device = { id: kind.kind, profile: profile.profile, identities: [] };
  const speaker = { device, profile, kind: undefined, strict: false, receivedAt: now };
  const refused: RefusedPart[] = [];
  const groups = interpret(known, speaker, message, refused);
  const sets = message.raw === undefined ? [message] : unpack(message, message.raw, profile, []);
  return {
    ...(port !== undefined && { port }),
    raw: sets.flatMap((set) =>
      Object.entries(set.values).map(([name, value]) => {
        const metric = metricOf(profile, kind, name);
        const time = 'ownTime' in set ? set.ownTime : undefined;
        return { name, value, ...(metric && { metric }), ...(time !== undefined && { time }) };
      }),
    ),
    readings: groups
      .map(({ at, key, values }) => ({
        at,
        key,
        values: Object.entries(values).map(([metric, value]) => ({
          metric,
          value,
          ...unitOf(kind.metrics[metric]),
        })),
      }))
      .filter(({ values }) => values.length > 0),
    refused,
  };
}

/** The kind that has most of a profile's metrics. */
export function likelyKind({ values, geometry }: Profile, kinds: Kinds): Kind | undefined {
  const mapped = [...values.values()].flatMap((steps) => ('metric' in steps ? [steps.metric] : []));
  const metrics = new Set([...mapped, ...geometry.keys()]);
  const shared = (kind: Kind): number =>
    [...metrics].filter((name) => Object.hasOwn(kind.metrics, name)).length;
  return [...kinds.values()].sort((a, b) => shared(b) - shared(a))[0];
}

function likelyPort(grammar: Grammar | undefined, bytes: Uint8Array): number {
  const ports = grammar?.frames.flatMap(({ port = [] }) => port) ?? [];
  return ports.find((port) => readFrame(grammar!, port, bytes) !== undefined) ?? 1;
}

function messageOf(sent: Trial['sent'], port: number): Message {
  const message = { part: '', path: '', isSuspect: false };
  if ('values' in sent) return { ...message, values: plainValues(sent.values) };
  const bytes = Buffer.from(sent.bytes).toString('base64');
  return { ...message, values: {}, raw: { path: '', port, bytes, isDecoded: false } };
}

function metricOf({ values }: Profile, kind: Kind, name: string): string | undefined {
  const steps = values.get(name);
  if (steps !== undefined && 'ignore' in steps) return undefined;
  const metric = steps?.metric ?? name;
  return Object.hasOwn(kind.metrics, metric) ? metric : undefined;
}

function unitOf(metric: Metric | undefined): { unit?: string } {
  return metric?.type === 'number' ? { unit: metric.unit } : {};
}

/** A registry of one asset, called as its kind is. */
function directoryOf({ kind }: Kind, attributes: Readonly<Record<string, number>>): Directory {
  const asset = { id: kind, kind, lat: 0, lon: 0, district: '', zone: '', attributes };
  return {
    principal: () => undefined,
    device: () => undefined,
    deviceOf: () => undefined,
    asset: () => asset,
    assetOf: () => asset,
    assets: () => [asset],
  };
}
