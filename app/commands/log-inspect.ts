import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { iso, type LogRecord } from '#model';
import { listSegments, realDisk, walkSegment, type SegmentFile } from '#ingest';
import { configOf, count, exit, fail, tell, text, usage, type Call } from '#app/commands/call.ts';
import { createProgress, type Progress } from '#app/commands/progress.ts';
import { recordJson, recordLine } from '#app/commands/show-record.ts';
import { table } from '#app/commands/table.ts';
import { topicFilter } from '#app/commands/topic-filter.ts';

/** What of a log is looked at, and what of that is listed. */
interface Wish {
  readonly from: number;
  readonly to: number;
  /** How many records may still be listed. */
  left: number;
  readonly isWanted: (record: LogRecord) => boolean;
  readonly isJson: boolean;
}

/** What the scan of one segment found. */
interface Found {
  readonly base: number;
  last: number;
  readonly bytes: number;
  oldest: number | undefined;
  newest: number | undefined;
  damaged: number;
  torn: boolean;
  readonly isSound: boolean;
}

/**
 * `log inspect`: segments or records of a log, every checksum verified. It only reads, a chunk at a
 * time, so it may run beside the server: then it sees what was whole when it came there. Exit code 1
 * when something is damaged.
 */
export async function inspectCommand(call: Call): Promise<number> {
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const name = call.positionals[2] ?? 'packets';
  if (name !== 'packets' && name !== 'readings') return usage('log inspect packets or readings');
  const wish = readWish(call);
  if (typeof wish === 'string') return usage(wish);
  const folder = join(config.data, name);
  if (!existsSync(folder)) return fail(`there is no log at ${folder}`);

  const { segments, log } = await listSegments(folder, realDisk);
  if (log === undefined) {
    return segments.length === 0
      ? say(`${folder} holds no segment yet\n`, exit.ok)
      : fail(`no segment in ${folder} has a header that can be read`);
  }
  const chosen = segments.filter(({ base, end = Infinity }) => base <= wish.to && end > wish.from);
  const whole = chosen.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = createProgress('checking', whole);
  const place = { folder, disk: realDisk, log };
  const found: Found[] = [];
  let passed = 0;
  for (const segment of chosen) {
    const at: Progress = { ...progress, at: (done) => progress.at(passed + done) };
    const one = await scan(place, segment, wish, at);
    passed += segment.bytes;
    if (one !== undefined) found.push(one);
  }
  progress.end();
  return report(found, call.values['segments'] === true, wish);
}

function readWish({ values }: Call): Wish | string {
  const from = count(values['from'], 1);
  const to = count(values['to'], Infinity);
  const isSegments = values['segments'] === true;
  const limit = isSegments ? 0 : count(values['limit'], 100);
  if ([from, to, limit].some(Number.isNaN)) return '--from, --to and --limit are whole numbers';
  const principal = text(values['principal']) ?? text(values['device']);
  const filter = text(values['topic']);
  const fits = filter === undefined ? () => true : topicFilter(filter);
  return {
    from,
    to,
    left: limit,
    isWanted: (record) =>
      (principal === undefined || record.principal === principal) && fits(record.topic),
    isJson: values['json'] === true,
  };
}

/** Goes through one segment and lists what is wanted; undefined when it has gone meanwhile. */
async function scan(
  place: Parameters<typeof walkSegment>[0],
  segment: SegmentFile,
  wish: Wish,
  progress: Progress,
): Promise<Found | undefined> {
  const { base, bytes, isSound } = segment;
  const none = { oldest: undefined, newest: undefined, damaged: 0, torn: false };
  const found: Found = { base, last: base - 1, bytes, isSound, ...none };
  try {
    for await (const { records, done, torn = false } of walkSegment(place, segment)) {
      for (const record of records) {
        if (record.number > wish.to) return found;
        note(found, record);
        list(wish, record);
      }
      found.torn ||= torn;
      progress.at(done);
    }
    return found;
  } catch (error) {
    // A server that runs may have given the oldest segments back.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function list(wish: Wish, record: LogRecord): void {
  if (wish.left <= 0 || record.number < wish.from) return;
  if (!record.corrupt && !wish.isWanted(record)) return;
  wish.left -= 1;
  process.stdout.write(
    wish.isJson ? `${JSON.stringify({ record: recordJson(record) })}\n` : recordLine(record),
  );
}

function note(found: Found, record: LogRecord): void {
  found.last = record.number;
  if (record.corrupt) {
    found.damaged += 1;
    return;
  }
  found.oldest ??= record.receivedAt;
  found.newest = record.receivedAt;
}

function report(found: readonly Found[], isSegments: boolean, { isJson }: Wish): number {
  const damaged = found.reduce((sum, each) => sum + each.damaged, 0);
  const unsound = found.filter(({ isSound }) => !isSound).length;
  const records = found.reduce((sum, { base, last }) => sum + last - base + 1, 0);
  const state = damaged + unsound === 0 ? exit.ok : exit.failed;
  if (isJson) {
    for (const each of isSegments ? found : [])
      say(`${JSON.stringify({ segment: segmentJson(each) })}\n`, 0);
    return say(
      `${JSON.stringify({ checked: { segments: found.length, records, damaged } })}\n`,
      state,
    );
  }
  if (isSegments) {
    const head = ['first', 'last', 'bytes', 'received from', 'to', 'damaged', ''];
    say(table(head, found.map(segmentRow)), 0);
  }
  const torn = found.some((each) => each.torn) ? '; an unfinished commit at the end' : '';
  const words = `${records} records in ${found.length} segments checked, ${damaged} damaged${torn}\n`;
  return say(words, state);
}

function segmentRow(found: Found): string[] {
  const { base, last, bytes, oldest, newest, damaged, torn, isSound } = found;
  const remark = isSound ? (torn ? 'ends in an unfinished commit' : '') : 'header damaged';
  return [base, last, bytes, time(oldest) ?? '-', time(newest) ?? '-', damaged, remark].map(String);
}

function segmentJson({ base, last, bytes, oldest, newest, damaged, torn, isSound }: Found): object {
  const times = { received_from: time(oldest) ?? null, received_to: time(newest) ?? null };
  return { first: base, last, bytes, ...times, damaged, torn, header: isSound ? 'ok' : 'damaged' };
}

function time(at: number | undefined): string | undefined {
  return at === undefined ? undefined : iso(at);
}

function say(words: string, code: number): number {
  process.stdout.write(words);
  return code;
}
