import { z } from 'zod';
import { isRejection, reject, type LogEntry, type Packet, type Rejection } from '#model';
import type { KeptLetter } from './dead-letters.ts';
import { invalid } from './decoders/invalid.ts';
import { parseJson } from './decoders/json.ts';

/** Topic of a letter that goes the road again; the broker lets nobody publish below `$siaga/`. */
const topic = '$siaga/replay';

const newline = 0x0a;

/** First line of the record: what the packet was when it came. */
const head = z.strictObject({
  letter: z.int().min(1),
  part: z.string(),
  number: z.int().min(1),
  receivedAt: z.number(),
  principal: z.string(),
  topic: z.string(),
});

/** A packet that comes again from a dead letter. */
export interface Replay {
  /** Number of the letter. */
  readonly letter: number;
  /** The refused part that the letter was about; empty for the whole packet. */
  readonly part: string;
  /** The packet as it came: its time of receipt is that of then. */
  readonly packet: Packet;
}

/** The record under which a letter goes the road again; `actor` is who asked for it. */
export function replayEntry(letter: KeptLetter, actor: string, receivedAt: number): LogEntry {
  const line = JSON.stringify({
    letter: letter.id,
    part: letter.part ?? '',
    number: letter.record,
    receivedAt: letter.receivedAt,
    principal: letter.principal,
    topic: letter.topic,
  });
  const bytes = Buffer.concat([Buffer.from(`${line}\n`), letter.bytes]);
  return { receivedAt, principal: actor, topic, bytes };
}

/** Whether a packet is a letter that comes again. */
export function isReplay(packet: Packet): boolean {
  return packet.topic === topic;
}

/** Takes such a record apart. */
export function readReplay({ payload }: Packet): Replay | Rejection {
  const end = payload.indexOf(newline);
  const line = parseJson(payload.subarray(0, Math.max(0, end)));
  if (isRejection(line)) return line;
  const parsed = head.safeParse(line.json);
  if (!parsed.success) return invalid(parsed.error);
  const { letter, part, ...packet } = parsed.data;
  return { letter, part, packet: { ...packet, payload: payload.subarray(end + 1) } };
}

/** Why a letter can't go the road again; undefined when it can. */
export function replayProblem({ consumer, replayedBy }: KeptLetter): Rejection | undefined {
  if (consumer !== 'decode') {
    const reason = `it was refused by ${consumer}, behind decode; only packets can be replayed`;
    return reject('ingest.letter_fixed', reason, 'id');
  }
  if (replayedBy === undefined) return undefined;
  return reject('ingest.letter_fixed', `it was replayed already, as packet ${replayedBy}`, 'id');
}
