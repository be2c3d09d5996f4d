import { isRejection, iso, reject, type Device, type Directory, type Rejection } from '#model';
import { canonical } from './canonical.ts';
import { judgeTime, type Moment } from './clock-rule.ts';
import type { Message, Raw, RefusedPart } from './decoders/envelope.ts';
import { pathOf } from './decoders/json.ts';
import { level } from './geometry.ts';
import { openGroup, type Group, type MetricTables } from './group.ts';
import { translate, type Profile, type Raw as Value } from './profile.ts';
import { readSaid, type Said } from './said.ts';
import type { Units } from './units.ts';
import { unpack, type ValueSet } from './unpack.ts';

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
  /** Of the values in the body. */
  path: string;
  /** Whether nothing was said that is of any use: settings, a version, an answer to a command. */
  isIdle: boolean;
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
  const { path } = message;
  const scene: Scene = { known, speaker, message, moment, groups: [], refused, path, isIdle: true };
  const home = groupAt(scene, moment.at, message.key);
  if (isRejection(home)) {
    refused.push({ part: message.part, rejection: home });
    return [];
  }
  if (message.raw === undefined) takeValues(scene, message);
  else takeFrame(scene, message.raw);
  takeLink(scene, home);
  if (speaker.profile !== undefined) derive(scene, speaker.profile);
  return scene.groups;
}

function takeFrame(scene: Scene, raw: Raw): void {
  const { message, speaker, refused } = scene;
  const before = refused.length;
  for (const set of unpack(message, raw, speaker.profile, refused)) {
    if (isBelieved(scene, set)) takeValues(scene, set);
  }
  if (refused.length > before) scene.isIdle = false;
}

/** What was kept with a clock that can't be right is of no known time, and now there are other values. */
function isBelieved(scene: Scene, { ownTime, path }: ValueSet): boolean {
  if (ownTime === undefined) return true;
  const { speaker, known } = scene;
  if (!judgeTime(ownTime, speaker.receivedAt, known.retention).isSuspect) return true;
  const reason = `values of ${iso(ownTime)} were kept with a clock that can't be right`;
  refuse(scene, reject('ingest.clock_implausible', reason), pathOf(path, 'kept'));
  return false;
}

function takeValues(scene: Scene, set: ValueSet): void {
  const { path } = set;
  scene.path = path;
  const names = Object.keys(set.values);
  if (names.length > maxValues) {
    const reason = `${names.length} values; at most ${maxValues}`;
    refuse(scene, reject('ingest.body_invalid', reason), path);
    return;
  }
  const unknown: string[] = [];
  let useful = 0;
  for (const name of names) {
    const outcome = takeValue(scene, set, name);
    if (isRejection(outcome)) refuse(scene, outcome, pathOf(path, name));
    if (outcome !== 'ignored') scene.isIdle = false;
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

function takeValue(scene: Scene, { values, ownTime }: ValueSet, name: string): Outcome {
  const steps = scene.speaker.profile?.values.get(name);
  if (steps !== undefined && 'ignore' in steps) return 'ignored';
  const said = readSaid(values[name]);
  if (isRejection(said)) return said;
  if (said.value === null || said.value === undefined) return 'absent';
  const time = said.time ?? ownTime;
  if (steps === undefined) return placeAt(scene, name, said, said, time);
  const raw = translate(steps, said);
  return isRejection(raw) ? raw : placeAt(scene, steps.metric, raw, said, time, steps.key);
}

/** Finds the group of a value's time and key: its own, or else the message's. */
function placeAt(
  scene: Scene,
  name: string,
  raw: Value,
  said: Said,
  time?: number,
  key = scene.message.key,
): Outcome {
  const { known, speaker, message } = scene;
  const moment =
    time === undefined ? scene.moment : judgeTime(time, speaker.receivedAt, known.retention);
  const group = groupAt(scene, moment.at, key);
  if (isRejection(group)) return group;
  return place(scene, group, name, raw, said.isSuspect || moment.isSuspect || message.isSuspect);
}

/** Puts a value into its group as the metric that it is. */
function place(scene: Scene, group: Group, name: string, raw: Value, isSuspect: boolean): Outcome {
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

/** Reception goes with the values of the uplink; without any worth the name there is no reading. */
function takeLink(scene: Scene, home: Group): void {
  const { link, isSuspect } = scene.message;
  if (link === undefined || scene.isIdle) return;
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
      const to = group.metrics.get(name);
      const from = group.metrics.get(shape.from);
      const distance = group.values[shape.from];
      if (to?.type !== 'number' || from?.type !== 'number' || typeof distance !== 'number')
        continue;
      if (Object.hasOwn(group.values, name)) continue;
      const value = level(shape, { from, to }, distance, group.asset, scene.known.units);
      if (isRejection(value)) {
        refuse(scene, value, pathOf(scene.path, name));
        continue;
      }
      group.values[name] = value;
      if (group.quality?.[shape.from]) group.quality[name] = 'suspect';
    }
  }
}

/** The group of a time and key; its values become one reading. */
function groupAt(scene: Scene, at: number, key: string | undefined): Group | Rejection {
  const { known, speaker, groups } = scene;
  for (const group of groups) if (group.at === at && group.key === key) return group;
  const group = openGroup(known.tables, known.directory, speaker.device.id, speaker.kind, at, key);
  if (!isRejection(group)) groups.push(group);
  return group;
}

function refuse(scene: Scene, rejection: Rejection, part: string): void {
  scene.refused.push({ part, rejection: { field: part, ...rejection } });
}
