import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LogRecord } from '#model';
import { realDisk } from '../../ingest/disk.ts';
import { listSegments, walkSegment } from '../../ingest/walk.ts';
import { entry, newFolder, openLog, readAll, textOf } from './logs.ts';

/** Records of every segment, as a walk without any head finds them. */
async function walk(folder: string): Promise<{ records: LogRecord[]; torn: boolean }> {
  const { segments, log } = await listSegments(folder, realDisk);
  const records: LogRecord[] = [];
  let torn = false;
  for (const segment of segments) {
    for await (const step of walkSegment({ folder, disk: realDisk, log: log! }, segment)) {
      records.push(...step.records);
      torn ||= step.torn === true;
    }
  }
  return { records, torn };
}

async function filled(count: number, size = 200): Promise<string> {
  const folder = newFolder();
  const log = await openLog(folder, { segmentBytes: 4_096 });
  for (let n = 1; n <= count; n++) await log.appendAll([entry(n, size)]);
  await log.close();
  return folder;
}

/** Turns one bit of the text of a record over. */
function damage(folder: string, text: string): void {
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.log'))) {
    const file = join(folder, name);
    const bytes = readFileSync(file);
    const at = bytes.indexOf(`${text} ..`);
    if (at < 0) continue;
    bytes[at]! ^= 1;
    writeFileSync(file, bytes);
    return;
  }
  throw new Error(`no record says ${text}`);
}

describe('a walk through a log', () => {
  test('finds what a reader finds, in order and without its head', async () => {
    const folder = await filled(60);
    const { records, torn } = await walk(folder);
    expect(records.map(textOf)).toEqual((await readAll(folder, 60)).map(textOf));
    expect(records.map(({ number }) => number)).toEqual(
      Array.from({ length: 60 }, (_, i) => i + 1),
    );
    expect(torn).toBe(false);
  });

  test('goes over records that are longer than a step', async () => {
    const folder = newFolder();
    const log = await openLog(folder, { segmentBytes: 16 << 20 });
    for (let n = 1; n <= 12; n++) await log.appendAll([entry(n, 1_000_000)]);
    const { records } = await walk(folder); // while it is open, with zeros behind the last record
    expect(records.map(textOf)).toEqual(Array.from({ length: 12 }, (_, i) => String(i + 1)));
    await log.close();
  });

  test.each([1, 7, 30])('tells record %i as damaged, and goes on behind it', async (number) => {
    const folder = await filled(60);
    damage(folder, String(number));
    const { records } = await walk(folder);
    expect(records).toHaveLength(60);
    expect(records.filter(({ corrupt }) => corrupt).map((each) => each.number)).toEqual([number]);
    expect(records.map(textOf)).toEqual((await readAll(folder, 60)).map(textOf));
  });

  test('takes the end of an unfinished commit for no damage', async () => {
    const folder = newFolder();
    const log = await openLog(folder, { segmentBytes: 1 << 20 });
    await log.appendAll([entry(1, 200)]);
    await log.appendAll([entry(2, 200), entry(3, 200)]);
    await log.close();
    const name = readdirSync(folder).find((each) => each.endsWith('.log'));
    const file = join(folder, name!);
    truncateSync(file, readFileSync(file).length - 50);
    const { records, torn } = await walk(folder);
    expect(records.map(textOf)).toEqual(['1', '2']);
    expect(torn).toBe(true);
  });

  test('counts nothing that a later segment has taken over', async () => {
    const folder = newFolder();
    const log = await openLog(folder, { segmentBytes: 1 << 20 });
    for (const text of ['a', 'b', 'gone']) await log.appendAll([entry(text, 200)]);
    await log.cutAfter(2);
    await log.appendAll([entry('c', 200)]);
    await log.close();
    expect((await walk(folder)).records.map(textOf)).toEqual(['a', 'b', 'c']);
  });

  test('tells a segment whose header is damaged', async () => {
    const folder = await filled(60);
    const [first] = readdirSync(folder)
      .filter((each) => each.endsWith('.log'))
      .sort();
    const bytes = readFileSync(join(folder, first!));
    bytes[3]! ^= 1;
    writeFileSync(join(folder, first!), bytes);
    const { segments } = await listSegments(folder, realDisk);
    expect(segments.map(({ isSound }) => isSound).slice(0, 2)).toEqual([false, true]);
    expect((await walk(folder)).records).toHaveLength(60);
  });
});
