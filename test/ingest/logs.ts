import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { LogEntry, LogRecord } from '#model';
import { realDisk, type Disk, type DiskFile } from '../../ingest/disk.ts';
import { Log, type LogOptions } from '../../ingest/log.ts';
import { FolderReader } from '../../ingest/log-reader.ts';

/** A new folder that goes when the test ends. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'siaga-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An entry whose text names it, `size` bytes long at least. */
export function entry(text: string | number, size = 0): LogEntry {
  const bytes = Buffer.from(`${text} `.padEnd(size, '.'));
  return { receivedAt: 1_764_000_000_000, principal: 'bin-1', topic: 'city/v1/kupang/bin', bytes };
}

export const textOf = ({ bytes, corrupt }: LogRecord): string =>
  corrupt ? 'corrupt' : Buffer.from(bytes).toString().split(' ')[0]!;

/** Opens a log of small segments; the test closes it. */
export function openLog(folder: string, extra: Partial<LogOptions> = {}): Promise<Log> {
  return Log.open({ folder, segmentBytes: 4_096, linger: 0, ...extra });
}

/** Appends texts in one commit and waits for its flush. */
export function appendTexts(log: Log, ...texts: (string | number)[]): Promise<number> {
  return log.appendAll(texts.map((text) => entry(text)));
}

/** Every record above `after`, read `limit` at a time by a new reader. */
export async function readAll(
  folder: string,
  head: number,
  { after = 0, limit = 1_000 } = {},
): Promise<LogRecord[]> {
  const reader = new FolderReader(folder, head);
  const records: LogRecord[] = [];
  for (let last = after; last < head; last = records.at(-1)!.number) {
    records.push(...(await reader.read(last, limit)));
  }
  await reader.close();
  return records;
}

/** Their texts, after a check that the numbers run without a gap. */
export async function readTexts(folder: string, head: number, after = 0): Promise<string[]> {
  const records = await readAll(folder, head, { after });
  records.forEach(({ number }, i) => {
    if (number !== after + 1 + i) throw new Error(`record ${number} stands at ${after + 1 + i}`);
  });
  return records.map(textOf);
}

type Hook = (name: 'create' | 'write' | 'flush' | 'truncate') => Promise<void> | void;

/** The real disk, with `hook` called (and awaited) before each change of a file; it may throw. */
export function hookedDisk(hook: Hook): Disk {
  const wrap = (file: DiskFile): DiskFile => ({
    ...file,
    async write(buffer, position) {
      await hook('write');
      await file.write(buffer, position);
    },
    async flush() {
      await hook('flush');
      await file.flush();
    },
    async truncate(length) {
      await hook('truncate');
      await file.truncate(length);
    },
  });
  return {
    ...realDisk,
    async create(folder, name, size) {
      await hook('create');
      return wrap(await realDisk.create(folder, name, size));
    },
    async open(folder, name, mode) {
      return wrap(await realDisk.open(folder, name, mode));
    },
  };
}

export function noSpace(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
}
