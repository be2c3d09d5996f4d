import {
  isRejection,
  reject,
  type Device,
  type Directory,
  type Kinds,
  type Packet,
  type Reading,
  type Rejection,
} from '#model';
import { judgeTime } from './clock-rule.ts';
import { countedIn } from './counted.ts';
import { dead, deadOf, limit, refusalOf, type Decoded, type Draft } from './decoded.ts';
import type { Births } from './decoders/birth.ts';
import type { Message, Origin, Telemetry, Who } from './decoders/envelope.ts';
import { formats } from './decoders/formats.ts';
import { tabulate, type Group } from './group.ts';
import { identify, maySpeakFor } from './identify.ts';
import { interpret, type Knowledge, type Speaker } from './interpret.ts';
import { contentOrigin, duplicateKey, nanoOf } from './origin.ts';
import type { Profile } from './profile.ts';
import { isReplay, readReplay } from './replay.ts';
import { createUnits } from './units.ts';

export type { Decoded };

/** Says what a packet means, by the births of the packets before it. */
export type Decode = (packet: Packet, births?: Births) => Decoded;

export interface DecodeDeps {
  readonly kinds: Kinds;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly directory: Directory;
  /** The only site that native topics may name. */
  readonly site: string;
  /** The city's (IANA), for times that say none. */
  readonly timeZone: string;
  /** Milliseconds for which raw data is kept: no device time is believed that lies further back. */
  readonly retention: number;
}

/**
 * Makes the function that says what a packet means. It is pure, and throws on no packet:
 *
 * 1. topic → format, which reads the packet into an envelope
 * 2. envelope → device, by the registry; whoever logged in must be allowed to speak for it
 * 3. message → time, by the clock rule, and the asset that the device was bound to then
 * 4. raw value → canonical metric, by the device's profile; its type, unit and bounds checked
 * 5. values of one time → reading
 * 6. origin → duplicate key, and the nanosecond that keeps readings apart
 */
export function createDecode(deps: DecodeDeps): Decode {
  const { directory, retention } = deps;
  const known = { tables: tabulate(deps.kinds), units: createUnits(), directory, retention };

  const decode: Decode = (packet, births) => {
    const format = formats.find((each) => each.owns(packet.topic));
    if (format === undefined) {
      if (isReplay(packet)) return decodeAgain(packet, decode, births);
      const names = formats.map(({ name }) => name).join(', ');
      return dead(reject('ingest.format_unknown', `a topic of none of ${names}`, 'topic'));
    }
    const envelope = format.read(packet, births, deps.timeZone);
    if (isRejection(envelope)) return dead(envelope);
    if (envelope.says === 'nothing') return { class: 'empty', readings: [], refused: [] };

    if (envelope.says === 'presence') {
      const device = find(deps, packet, envelope.who);
      const counted = countedIn(envelope, undefined, (who) => find(deps, packet, who));
      const own = counted && { counted };
      if (isRejection(device)) return { ...dead(device, envelope.who), ...own };
      const { online: isOnline, reason } = envelope;
      const leaving = isOnline || reason === undefined ? undefined : { reason };
      const online = { device: device.id, online: isOnline, ...leaving };
      return { class: 'empty', readings: [], refused: [], online, ...own };
    }
    return decodeTelemetry(deps, known, packet, envelope);
  };
  return decode;
}

/**
 * A dead letter that comes again is decoded as if it came then, for its times and its place among the
 * others; for those who read on it comes now, so that nothing old is taken for news. Who was heard, born
 * or counted then is not so once more.
 */
function decodeAgain(record: Packet, decode: Decode, births: Births | undefined): Decoded {
  const replay = readReplay(record);
  if (isRejection(replay)) return dead(replay);
  const { class: name, refused, readings, duplicateKey: key } = decode(replay.packet, births);
  const { number, receivedAt } = record;
  return {
    class: name,
    refused,
    readings: readings.map((reading) => ({ ...reading, packet: number, receivedAt })),
    replay,
    // The rest of a packet that was partly refused is known: it is no resend for that.
    ...(key !== undefined && replay.part === '' && { duplicateKey: key }),
  };
}

function decodeTelemetry(
  deps: DecodeDeps,
  known: Knowledge,
  packet: Packet,
  envelope: Telemetry,
): Decoded {
  const { strict, birth } = envelope;
  const home = envelope.who && introduce(deps, packet, envelope.who, strict);
  const isStranger = home !== undefined && isRejection(home);
  const decoded = isStranger
    ? dead(home, envelope.who)
    : decodeMessages(known, packet, envelope, (message) =>
        message.who === undefined ? home : introduce(deps, packet, message.who, strict),
      );
  const device = isStranger ? undefined : home?.device;
  const counted = countedIn(envelope, device, (who) => find(deps, packet, who));
  if (counted !== undefined) decoded.counted = counted;
  // Whoever may publish there may say what is meant: a birth counts before the registry knows whose it is.
  if (birth !== undefined) decoded.birth = birth;
  if (birth !== undefined && device !== undefined)
    decoded.online = { device: device.id, online: true };
  return decoded;
}

/** The device that is spoken for, if the packet's login may. */
function find({ directory, site }: DecodeDeps, packet: Packet, who: Who): Device | Rejection {
  const device = identify(who, directory, site);
  if (isRejection(device)) return device;
  return maySpeakFor(packet.principal, device, directory, packet.receivedAt) ?? device;
}

/** The device that is spoken for, with its profile. */
function introduce(
  deps: DecodeDeps,
  packet: Packet,
  who: Who,
  strict: boolean,
): Speaker | Rejection {
  const device = find(deps, packet, who);
  if (isRejection(device)) return device;
  const profile = device.profile === undefined ? undefined : deps.profiles.get(device.profile);
  if (device.profile !== undefined && profile === undefined) {
    const reason = `there is no profile ${device.profile}, which ${device.id} has`;
    return reject('registry.profile_unknown', reason);
  }
  const kind = 'kind' in who ? who.kind : undefined;
  return { device, profile, kind, strict, receivedAt: packet.receivedAt };
}

/** `speakerOf` says who speaks in a message; in one of nobody, nothing is said. */
function decodeMessages(
  known: Knowledge,
  packet: Packet,
  envelope: Telemetry,
  speakerOf: (message: Message) => Speaker | Rejection | undefined,
): Draft {
  let refused = [...envelope.refused];
  const origin = originOf(envelope, packet, known.retention);
  const readings: Reading[] = [];
  for (const [place, message] of envelope.messages.entries()) {
    const speaker = speakerOf(message);
    if (speaker === undefined) continue;
    if (isRejection(speaker)) {
      refused.push({ part: message.part, ...refusalOf(speaker, message.who) });
      continue;
    }
    const groups = interpret(known, speaker, message, refused);
    const own = message.origin;
    const nano = own ? nanoOf(own, packet.number, 0) : nanoOf(origin, packet.number, place);
    for (const group of groups) {
      if (Object.keys(group.values).length === 0) continue;
      readings.push(toReading(group, speaker, packet, nano));
    }
  }
  // What a birth lists and nobody here has a use for is no error of its sender's.
  if (envelope.birth !== undefined)
    refused = refused.filter(({ rejection }) => rejection.code !== 'ingest.metric_unknown');
  if (readings.length === 0 && refused.length > 0) return deadOf(refused);
  return {
    class: readings.length === 0 ? 'empty' : 'decoded',
    readings,
    refused: limit(refused),
    ...(origin !== undefined && { duplicateKey: duplicateKey(origin) }),
  };
}

/**
 * What tells the packet from others. Where the sender counts nothing, its content does, if every
 * message says when it was made by a clock that can be right: two bins may well be 40 % full twice,
 * and a clock that stands still makes all messages alike.
 */
function originOf(envelope: Telemetry, packet: Packet, retention: number): Origin | undefined {
  if (envelope.origin !== undefined) return envelope.origin;
  const isDated = envelope.messages.every(
    ({ time, origin, isRelative }) =>
      origin !== undefined ||
      (time !== undefined &&
        isRelative !== true &&
        !judgeTime(time, packet.receivedAt, retention).isSuspect),
  );
  return isDated && envelope.messages.length > 0 ? contentOrigin(packet) : undefined;
}

function toReading(
  { at, key, asset, values, quality }: Group,
  { device }: Speaker,
  packet: Packet,
  nano: number,
): Reading {
  const reading = {
    asset: asset.id,
    device: device.id,
    kind: asset.kind,
    observedAt: at,
    receivedAt: packet.receivedAt,
    packet: packet.number,
    nano,
    values,
  };
  if (key === undefined && quality === undefined) return reading;
  return {
    ...reading,
    ...(key !== undefined && { key }),
    ...(quality !== undefined && { quality }),
  };
}
