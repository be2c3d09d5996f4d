import { isRejection, reject, type Device, type Directory, type Rejection } from '#model';
import { canonical } from './canonical.ts';
import { judgeTime, type Moment } from './clock-rule.ts';
import type { Message, RefusedPart } from './decoders/envelope.ts';
import { pathOf } from './decoders/json.ts';
import { fillLevel } from './geometry.ts';
import { openGroup, type Group, type MetricTables } from './group.ts';
import { translate, type Profile, type Raw } from './profile.ts';
import { readSaid, type Said } from './said.ts';
import type { Units } from './units.ts';

/** What is known before any packet arrives. */
export interface Knowledge {
  readonly tables: MetricTables;
  readonly units: Units;
  readonly directory: Directory;
  /** Milliseconds for which raw data is kept. */
  readonly retention: number;
}

/** Who speaks: what all messages of a packet share. */
export interface Speaker {
  readonly device: Device;
  readonly profile: Profile | undefined;
  /** The kind that the topic names, which must be the asset's. */
  readonly kind: string | undefined;
  readonly strict: boolean;
  readonly receivedAt: number;
}

interface Scene {
  readonly known: Knowledge;
  readonly speaker: Speaker;
  readonly message: Message;
  readonly moment: Moment;
  readonly groups: Group[];
  readonly refused: RefusedPart[];
}

/** `absent`: no reading. `ignored`: of no use, as the profile knows. `unknown`: no metric of the asset. */
type Outcome = 'placed' | 'absent' | 'ignored' | 'unknown' | Rejection;

const maxValues = 256;

/**
 * Turns the raw values of one message into canonical ones, in a group per time. What can't be used
 * goes to `refused` by name and costs the other values nothing.
 */
export function interpret(
  known: Knowledge,
  speaker: Speaker,
  message: Message,
  refused: RefusedPart[],
): readonly Group[] {
  const moment = judgeTime(message.time, speaker.receivedAt, known.retention);
  const scene: Scene = { known, speaker, message, moment, groups: [], refused };
  const names = Object.keys(message.values);
  const home = groupAt(scene, moment.at);
  if (isRejection(home)) {
    refused.push({ part: message.part, rejection: home });
    return [];
  }
  if (names.length > maxValues) {
    const reason = `${names.length} values; at most ${maxValues}`;
    refuse(scene, reject('ingest.body_invalid', reason), message.path);
    return [];
  }
  takeValues(scene, names);
  takeLink(scene, home);
  if (speaker.profile !== undefined) derive(scene, speaker.profile);
  return scene.groups;
}

function takeValues(scene: Scene, names: readonly string[]): void {
  const { path } = scene.message;
  const unknown: string[] = [];
  let useful = 0;
  for (const name of names) {
    const outcome = takeValue(scene, name);
    if (isRejection(outcome)) refuse(scene, outcome, pathOf(path, name));
    if (outcome === 'unknown') unknown.push(pathOf('', name));
    else if (outcome !== 'absent') useful += 1;
  }
  // Much of what foreign codecs send is of no use here; a message of only that wants a profile.
  if (useful === 0 && unknown.length > 0) {
    const { device, profile } = scene.speaker;
    const has = profile === undefined ? 'no profile' : `profile ${profile.profile}`;
    const some = unknown.slice(0, 8).join(', ');
    const reason = `no metric of ${device.id}, which has ${has}, is among ${some}`;
    refuse(scene, reject('ingest.metric_unknown', reason), path);
  }
}

function takeValue(scene: Scene, name: string): Outcome {
  const steps = scene.speaker.profile?.values.get(name);
  if (steps !== undefined && 'ignore' in steps) return 'ignored';
  const said = readSaid(scene.message.values[name]);
  if (isRejection(said)) return said;
  if (said.value === null || said.value === undefined) return 'absent';
  if (steps === undefined) return placeAt(scene, name, said, said);
  const raw = translate(steps, said);
  return isRejection(raw) ? raw : placeAt(scene, steps.metric, raw, said);
}

/** Finds the group of a value's time: its own, or else the message's. */
function placeAt(scene: Scene, name: string, raw: Raw, said: Said): Outcome {
  const { known, speaker, message } = scene;
  const moment =
    said.time === undefined
      ? scene.moment
      : judgeTime(said.time, speaker.receivedAt, known.retention);
  const group = groupAt(scene, moment.at);
  if (isRejection(group)) return group;
  return place(scene, group, name, raw, said.isSuspect || moment.isSuspect || message.isSuspect);
}

/** Puts a value into its group as the metric that it is. */
function place(scene: Scene, group: Group, name: string, raw: Raw, isSuspect: boolean): Outcome {
  const metric = group.metrics.get(name);
  if (metric === undefined) {
    if (!scene.speaker.strict) return 'unknown';
    const metrics = [...group.metrics.keys()].join(', ');
    return reject(
      'ingest.metric_unknown',
      `a ${group.asset.kind} has no ${name}; it has ${metrics}`,
    );
  }
  // Two raw names of one metric: the profile should say which of them counts.
  if (Object.hasOwn(group.values, name)) {
    return reject('ingest.body_invalid', `the message has said ${name} already`);
  }
  const value = canonical(metric, raw.value, raw.unit, scene.known.units);
  if (isRejection(value)) return value;
  group.values[name] = value;
  if (isSuspect) (group.quality ??= {})[name] = 'suspect';
  return 'placed';
}

/** Reception goes with the values of the uplink. */
function takeLink(scene: Scene, home: Group): void {
  const { link, isSuspect } = scene.message;
  if (link === undefined) return;
  for (const [name, value] of Object.entries(link.values)) {
    // A codec that sends an `rssi` of its own (of its modem, say) comes first.
    if (Object.hasOwn(home.values, name)) continue;
    const raw = { value, unit: undefined };
    const outcome = place(scene, home, name, raw, isSuspect || scene.moment.isSuspect);
    if (isRejection(outcome)) refuse(scene, outcome, pathOf(link.path, name));
  }
}

/** Adds what the profile can compute from what was measured. */
function derive(scene: Scene, { geometry }: Profile): void {
  for (const group of scene.groups) {
    for (const [name, shape] of geometry) {
      const metric = group.metrics.get(name);
      const from = group.values[shape.from];
      if (metric?.type !== 'number' || typeof from !== 'number') continue;
      if (Object.hasOwn(group.values, name)) continue;
      const value = fillLevel(shape, metric, from, group.asset);
      if (isRejection(value)) {
        refuse(scene, value, pathOf(scene.message.path, name));
        continue;
      }
      group.values[name] = value;
      if (group.quality?.[shape.from]) group.quality[name] = 'suspect';
    }
  }
}

/** The group of a time; values of one time become one reading. */
function groupAt({ known, speaker, groups }: Scene, at: number): Group | Rejection {
  for (const group of groups) if (group.at === at) return group;
  const group = openGroup(known.tables, known.directory, speaker.device.id, speaker.kind, at);
  if (!isRejection(group)) groups.push(group);
  return group;
}

function refuse(scene: Scene, rejection: Rejection, part: string): void {
  scene.refused.push({ part, rejection: { field: part, ...rejection } });
}
