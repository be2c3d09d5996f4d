import type { Class, LogRecord } from '#model';
import {
  BirthBook,
  hashKey,
  KeyTable,
  type Account,
  type Decode,
  type Decoded,
  type FolderReader,
} from '#ingest';
import { compare, createNames, type Recount } from '#app/verify/line.ts';
import { ReadingFeed } from '#app/verify/reading-feed.ts';

const batch = 1_000;

export interface DecodeRecountDeps {
  readonly packets: Pick<FolderReader, 'read' | 'oldest' | 'head' | 'wait'>;
  readonly readings: Pick<FolderReader, 'read' | 'oldest' | 'head' | 'wait'>;
  /** Decode's books: everything up to its position is committed and changes no more. */
  readonly account: Account;
  readonly decode: Decode;
  /** For how many packets a resend is recognised. */
  readonly remember: number;
  /** Which packets of `from` to `to` are kept as dead letters, as a whole. */
  readonly deadLetters: (from: number, to: number) => Promise<ReadonlySet<number>>;
  readonly progress: (packet: number) => void;
}

interface Scene extends DecodeRecountDeps {
  readonly feed: ReadingFeed;
  readonly keys: KeyTable;
  /** Those since the first packet: what was born before it is not known as it was then. */
  readonly births: BirthBook;
  /** The first packet that is judged; resends of what lies before it can't be told. */
  readonly first: number;
  readonly counts: Map<Class, number>;
  readonly wrong: ReturnType<typeof createNames>;
  changed: number;
  unknown: number;
  /** Packets that lean on a birth from before the first. */
  unborn: number;
  damaged: number;
}

/**
 * Counts decode's work again. What became of a packet is read from what is on disk: its readings, its
 * dead letter. Beside that it is decoded again: a packet that has a meaning and no reading was lost,
 * one that repeats another and has readings was counted twice. The counters have no part in it.
 */
export async function recountDecode(deps: DecodeRecountDeps): Promise<Recount> {
  const { account, packets, readings } = deps;
  const start = await beginning(deps);
  const feed = new ReadingFeed(readings, (await readings.oldest()) - 1, account.output);
  const scene: Scene = {
    ...deps,
    feed,
    keys: new KeyTable(deps.remember),
    births: new BirthBook(),
    first: start,
    counts: new Map(),
    wrong: createNames(),
    changed: 0,
    unknown: 0,
    unborn: 0,
    damaged: 0,
  };
  await skip(feed, start);
  for (let after = start - 1; after < account.position;) {
    const records = await packets.read(after, Math.min(batch, account.position - after));
    const last = records.at(-1)!.number;
    const dead = await deps.deadLetters(after + 1, last);
    for (const record of records) await judge(scene, record, dead.has(record.number));
    deps.progress(last);
    after = last;
  }
  for (let reading = await feed.peek(); reading !== undefined; reading = await feed.peek()) {
    scene.wrong.add(`reading of packet ${reading.packet}, which decode has not passed`);
    feed.take();
  }
  return report(scene, start);
}

/** The first packet whose readings, if it has any, are all there. */
async function beginning({ account, packets, readings }: DecodeRecountDeps): Promise<number> {
  const oldest = Math.max(account.base + 1, await packets.oldest());
  const firstReading = await readings.oldest();
  if (firstReading === 1) return oldest;
  const feed = new ReadingFeed(readings, firstReading - 1, account.output);
  const reading = await feed.peek();
  return Math.max(oldest, reading === undefined ? account.position + 1 : reading.packet + 1);
}

async function skip(feed: ReadingFeed, start: number): Promise<void> {
  for (let reading = await feed.peek(); reading !== undefined; reading = await feed.peek()) {
    if (reading.packet >= start) return;
    feed.take();
  }
}

async function judge(scene: Scene, record: LogRecord, isDead: boolean): Promise<void> {
  const { number } = record;
  const found = await readingsOf(scene, number);
  if (record.corrupt) scene.damaged += 1;
  const today = record.corrupt ? undefined : decodeAgain(scene, record);
  const key = today?.duplicateKey;
  // What was dead then had no key, and may have come again since.
  const isKeyed = key !== undefined && !isDead;
  const isResend = isKeyed && (scene.keys.put(hashKey(key), number) ?? 0) > 0;
  if (today?.birth !== undefined && !isResend) scene.births.put(today.birth, number);
  const name = outcome(scene, { number, found, isDead, isResend, today });
  if (name !== undefined) scene.counts.set(name, (scene.counts.get(name) ?? 0) + 1);
}

interface Evidence {
  readonly number: number;
  /** Readings that the packet has on disk. */
  readonly found: number;
  readonly isDead: boolean;
  readonly isResend: boolean;
  /** What it comes to now; undefined for a record that can't be read. */
  readonly today: Decoded | undefined;
}

/** What became of a packet, by what is on disk; undefined when nobody can tell. */
function outcome(scene: Scene, evidence: Evidence): Class | undefined {
  const { found, isDead, today } = evidence;
  if (today !== undefined && isUnborn(scene, today)) {
    scene.unborn += 1;
    return found > 0 ? 'decoded' : isDead ? 'dead' : undefined;
  }
  // It could be read when decode passed it: then its readings or its letter tell what it was.
  if (today === undefined) return found > 0 ? 'decoded' : isDead ? 'dead' : 'corrupt';
  if (found > 0) {
    checkDecoded(scene, evidence, today);
    return 'decoded';
  }
  if (!isDead) return withoutTrace(scene, evidence, today);
  // Refused then, of use now: somebody mended the registry.
  if (today.class !== 'dead') scene.changed += 1;
  return 'dead';
}

/** Whether a packet means what a birth says that came before all that is judged. */
function isUnborn({ first, account }: Scene, { refused }: Decoded): boolean {
  if (first <= account.base + 1) return false;
  return refused.some(({ rejection }) => rejection.code === 'ingest.birth_missing');
}

function checkDecoded(scene: Scene, evidence: Evidence, today: Decoded): void {
  const { number, found, isDead, isResend } = evidence;
  const { wrong } = scene;
  if (isResend) wrong.add(`packet ${number} repeats an earlier one, and has readings all the same`);
  if (isDead) wrong.add(`packet ${number} has readings and is a dead letter too`);
  if (today.class !== 'decoded') scene.changed += 1;
  else if (today.readings.length !== found)
    wrong.add(`packet ${number} has ${found} of ${today.readings.length} readings`);
}

/** Neither reading nor letter: right for a packet without values and for a resend, else it was lost. */
function withoutTrace(scene: Scene, { number, isResend }: Evidence, today: Decoded): Class {
  const { wrong, first, remember, account } = scene;
  if (isResend) return 'duplicate';
  if (today.class === 'empty') return 'empty';
  if (today.class === 'dead') {
    scene.changed += 1;
    return 'empty';
  }
  const couldRepeat = first > account.base + 1 && number - first < remember;
  if (couldRepeat && today.duplicateKey !== undefined) scene.unknown += 1;
  else wrong.add(`packet ${number} has no reading, no dead letter, and repeats none`);
  return 'duplicate';
}

function decodeAgain({ decode, births }: Scene, record: LogRecord): Decoded {
  const { number, receivedAt, principal, topic, bytes } = record;
  try {
    return decode({ number, receivedAt, principal, topic, payload: bytes }, births);
  } catch {
    return { class: 'dead', readings: [], refused: [] }; // a bug then was a dead letter too
  }
}

async function readingsOf({ feed, wrong }: Scene, packet: number): Promise<number> {
  let found = 0;
  for (let reading = await feed.peek(); reading !== undefined; reading = await feed.peek()) {
    if (reading.packet > packet) break;
    if (reading.packet === packet) found += 1;
    else wrong.add(`reading of packet ${reading.packet} stands behind those of later ones`);
    feed.take();
  }
  return found;
}

function report(scene: Scene, start: number): Recount {
  const { account, counts, feed, wrong, changed, unknown, unborn, damaged } = scene;
  const isPart = start > account.base + 1;
  const names: Class[] = ['decoded', 'empty', 'duplicate', 'dead', 'corrupt'];
  const lines = names.map((name) =>
    compare(`decode: ${name}`, account.counts[name] ?? 0, counts.get(name) ?? 0, isPart),
  );
  lines.push(compare('decode: readings written', account.output, feed.position));
  const differences = wrong.all();
  if (feed.damaged > 0) differences.push(`${feed.damaged} readings can't be read back`);
  const notes: string[] = [];
  if (damaged > 0)
    notes.push(
      `${damaged} packets can't be read back; what became of them was told by their readings and dead letters (./siaga log inspect packets names them)`,
    );
  if (isPart)
    notes.push(
      `packets ${start} to ${account.position} were counted; of those from ${account.base + 1} on, packets or readings are no longer in the logs, so that decode's classes can only be bounded`,
    );
  if (changed > 0)
    notes.push(`${changed} packets would be taken otherwise today: the registry has changed since`);
  if (unborn > 0)
    notes.push(
      `${unborn} packets mean what a Sparkplug birth said that is no longer in the log; what became of them was told by their readings and dead letters`,
    );
  if (unknown > 0)
    notes.push(
      `${unknown} packets may repeat one that is no longer in the log; taken for duplicates`,
    );
  return { lines, differences, notes };
}
