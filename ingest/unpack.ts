import { isRejection, reject, type Rejection } from '#model';
import type { Message, Raw, RefusedPart } from './decoders/envelope.ts';
import { pathOf, show } from './decoders/json.ts';
import { readFrame, type Frame } from './frame.ts';
import { maxFrame, type Grammar } from './grammar.ts';
import type { Profile } from './profile.ts';

/** Values as they were said, all at one time. */
export interface ValueSet {
  /** Path of the values in the body. */
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds, where they are not of the message's time. */
  readonly ownTime?: number | undefined;
}

/**
 * What a LoRaWAN message says. Its bytes come before what a codec made of them, since versions of a codec
 * differ in names: if the profile can read them. A frame that no form of the profile fits is left to the
 * codec, where there is one.
 */
export function unpack(
  message: Message,
  raw: Raw,
  profile: Profile | undefined,
  refused: RefusedPart[],
): readonly ValueSet[] {
  const frame = profile?.bytes === undefined ? undefined : read(profile.bytes, raw);
  if (frame === undefined) {
    if (raw.isDecoded) return [message];
    refused.push(unread(message, raw, profile));
    return [];
  }
  if (isRejection(frame)) {
    refused.push({ part: raw.path, rejection: { ...frame, field: raw.path } });
    return [];
  }
  for (const { part, rejection } of frame.refused) {
    const path = pathOf(raw.path, part);
    refused.push({ part: path, rejection: { ...rejection, field: path } });
  }
  return frame.said.map(({ time, values }) => ({ path: raw.path, values, ownTime: time }));
}

/** Base64 with or without its padding. */
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const longest = Math.ceil(maxFrame / 3) * 4;

function read(grammar: Grammar, { port, bytes }: Raw): Frame | Rejection | undefined {
  if (bytes.length > longest || !base64.test(bytes)) {
    const reason = `Base64 of at most ${maxFrame} bytes is needed, not ${show(bytes)}`;
    return reject('ingest.frame_invalid', reason);
  }
  return readFrame(grammar, port, Buffer.from(bytes, 'base64'));
}

/** Says that nobody has read the bytes, and what helps. */
function unread(message: Message, { path, port, bytes }: Raw, profile?: Profile): RefusedPart {
  if (profile?.bytes === undefined) {
    const reason =
      'only raw bytes: give the device a profile that reads them, or a payload codec at the network server';
    return { part: message.path, rejection: reject('ingest.body_invalid', reason, message.path) };
  }
  const hex = Buffer.from(bytes, 'base64').subarray(0, 16).toString('hex');
  const reason = `no form of profile ${profile.profile} fits port ${port} and bytes ${hex}`;
  return { part: path, rejection: reject('ingest.frame_invalid', reason, path) };
}
