import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realDisk, type Disk } from '../../ingest/disk.ts';
import { recordLength } from '../../ingest/record.ts';
import { firstRecord, spareName } from '../../ingest/segment.ts';
import { appendTexts, entry, newFolder, openLog } from './logs.ts';

/** The real disk, with a note of what survives a power cut from when on. */
function watched(notes: string[]): Disk {
  return {
    ...realDisk,
    async open(folder, name, mode) {
      const file = await realDisk.open(folder, name, mode);
      return {
        ...file,
        async read(buffer, position) {
          notes.push('read');
          return file.read(buffer, position);
        },
        async write(buffer, position) {
          notes.push(`write ${buffer.length} at ${position}`);
          return file.write(buffer, position);
        },
        async flush() {
          notes.push('flush');
          return file.flush();
        },
      };
    },
    async remove(folder, name) {
      notes.push(`remove ${name}`);
      return realDisk.remove(folder, name);
    },
  };
}

test('a start writes the last commit once more and flushes it before anybody can read on', async () => {
  const folder = newFolder();
  const log = await openLog(folder);
  await appendTexts(log, 'a');
  await appendTexts(log, 'b', 'c');
  await log.close();

  const notes: string[] = [];
  const again = await openLog(folder, { disk: watched(notes) });
  expect(again.head).toBe(3);
  // The last commit only; after a failed flush the system would take it for written.
  const length = recordLength(entry('a'));
  const write = `write ${2 * length} at ${firstRecord + length}`;
  expect(notes).toEqual(['read', write, 'flush']);
  await again.close();
});

test('a start flushes the folder when the newest segment holds nothing yet', async () => {
  const folder = newFolder();
  const log = await openLog(folder);
  await appendTexts(log, 'a', 'b');
  await log.cutAfter(1);
  await log.close();
  writeFileSync(join(folder, spareName), 'left over');

  const notes: string[] = [];
  const again = await openLog(folder, { disk: watched(notes) });
  expect(again.head).toBe(1);
  expect(notes).toEqual(['read', 'flush', `remove ${spareName}`]);
  expect(readdirSync(folder)).not.toContain(spareName);
  await again.close();
});

test('a cut that the disk refuses leaves a log with its id, also when all older segments are trimmed', async () => {
  const folder = newFolder();
  const log = await openLog(folder);
  const { id } = log;
  for (let i = 0; i < 60; i++) await log.appendAll([entry(i, 200)]);
  await log.trim(50, 0);
  await log.close();
  expect(log.oldest).toBeGreaterThan(31);

  const create = (): never => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  const full = await openLog(folder, { disk: { ...realDisk, create } });
  await expect(full.cutAfter(30)).rejects.toThrow('no space');
  const again = await openLog(folder);
  expect(again.id).toBe(id);
  await again.cutAfter(30);
  expect([again.id, again.head]).toEqual([id, 30]);
  expect(await appendTexts(again, 'x')).toBe(31);
  await again.close();
});
