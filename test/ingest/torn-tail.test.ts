import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { recordLength } from '../../ingest/record.ts';
import { firstRecord, segmentBases, segmentName } from '../../ingest/segment.ts';
import { appendTexts, entry, newFolder, openLog, readTexts } from './logs.ts';

const commits = [['a', 'b'], ['c'], ['d', 'e', 'f']];
const all = commits.flat();

/** Where record `number` begins in a segment whose records these are. */
const offset = (number: number): number =>
  all.slice(0, number - 1).reduce((at, text) => at + recordLength(entry(text)), firstRecord);

function newestSegment(folder: string): string {
  return join(folder, segmentName(segmentBases(readdirSync(folder)).at(-1)!));
}

/** A log whose folder holds the commits above, and copies of it to be damaged. */
let original = '';
function damaged(change: (bytes: Buffer) => Uint8Array): string {
  const folder = newFolder();
  cpSync(original, folder, { recursive: true });
  const file = newestSegment(folder);
  writeFileSync(file, change(readFileSync(file)));
  return folder;
}

function flip(...numbers: number[]) {
  return (bytes: Buffer) => {
    for (const number of numbers) bytes[offset(number) + 40]! ^= 0x10;
    return bytes;
  };
}

beforeEach(async () => {
  original = newFolder();
  const log = await openLog(original);
  for (const commit of commits) await appendTexts(log, ...commit);
  await log.close();
});

describe('log with a torn tail', () => {
  const tears: Record<string, (bytes: Buffer, from: number) => Uint8Array> = {
    'zeros follow': (bytes, from) => bytes.fill(0, from),
    'the file ends': (bytes, from) => bytes.subarray(0, from),
    'other bytes follow': (bytes, from) => bytes.fill(0x5a, from),
  };

  test.each(Object.entries(tears))(
    'keeps what was acknowledged and goes on, wherever the last commit is cut, when %s',
    async (_, tear) => {
      for (let at = offset(4); at <= offset(7); at++) {
        const folder = damaged((bytes) => tear(bytes, at));
        const log = await openLog(folder);
        const whole = [4, 5, 6].filter((number) => offset(number + 1) <= at).length;
        expect(log.head).toBe(3 + whole);
        const kept = all.slice(0, 3 + whole);
        expect(await readTexts(folder, log.head)).toEqual(kept);
        await appendTexts(log, 'x', 'y');
        await log.close();
        const again = await openLog(folder);
        expect(await readTexts(folder, again.head)).toEqual([...kept, 'x', 'y']);
        await again.close();
      }
    },
  );

  test('cuts a commit whose first record is lost while the later ones are there', async () => {
    const folder = damaged((bytes) => bytes.fill(0, offset(4), offset(5)));
    const log = await openLog(folder);
    expect(log.head).toBe(3);
    await appendTexts(log, 'x'); // as long as the lost one, with the later ones right behind it
    const killed = newFolder();
    cpSync(folder, killed, { recursive: true });
    await log.close();
    const again = await openLog(killed);
    expect(await readTexts(killed, again.head)).toEqual(['a', 'b', 'c', 'x']);
    await appendTexts(again, 'y', 'z');
    expect(await readTexts(killed, again.head)).toEqual(['a', 'b', 'c', 'x', 'y', 'z']);
    await again.close();
  });

  test('starts anew when not even the header of the only segment was completed', async () => {
    const folder = damaged((bytes) => bytes.fill(0));
    const log = await openLog(folder);
    expect(log.head).toBe(0);
    await appendTexts(log, 'x');
    expect(await readTexts(folder, 1)).toEqual(['x']);
    await log.close();
  });
});

describe('log with damage in the middle', () => {
  test.each([
    ['one record', [2]],
    ['a whole commit', [3]],
    ['the first of several', [1]],
    ['two in a row, over a commit', [2, 3]],
  ])('calls only %s corrupt when later commits follow', async (_, numbers) => {
    const folder = damaged(flip(...numbers));
    const log = await openLog(folder);
    expect(log.head).toBe(6);
    const texts = all.map((text, i) => (numbers.includes(i + 1) ? 'corrupt' : text));
    expect(await readTexts(folder, 6)).toEqual(texts);
    await appendTexts(log, 'x');
    expect(await readTexts(folder, 7)).toEqual([...texts, 'x']);
    await log.close();
  });

  test('removes nothing when a header is damaged in front of records', async () => {
    const folder = damaged((bytes) => {
      bytes[20]! ^= 1;
      return bytes;
    });
    await expect(openLog(folder)).rejects.toThrow('damaged');
    expect(segmentBases(readdirSync(folder))).toEqual([1]);
  });

  test('does not believe a payload that looks like a record', async () => {
    const forger = newFolder();
    const other = await openLog(forger);
    await appendTexts(other, ...Array.from({ length: 8 }, () => 'q'));
    await appendTexts(other, 'forged');
    await other.close();
    const bytes = readFileSync(newestSegment(forger)).subarray(firstRecord);

    const folder = newFolder();
    const log = await openLog(folder);
    await appendTexts(log, 'a');
    await log.appendAll([{ ...entry(''), bytes }]);
    await log.close();
    const file = newestSegment(folder);
    const torn = readFileSync(file);
    torn[firstRecord + recordLength(entry('a'))]! ^= 1;
    writeFileSync(file, torn);
    const again = await openLog(folder);
    expect(again.head).toBe(1);
    await again.close();
  });
});
