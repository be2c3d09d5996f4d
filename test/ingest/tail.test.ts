import { describe, expect, onTestFinished, test } from 'vitest';
import type { LogRecord, Reading } from '#model';
import { FolderReader } from '../../ingest/log-reader.ts';
import { readReading, Tail, toEntry } from '../../ingest/tail.ts';
import { newFolder, openLog } from './logs.ts';

const reading = (packet: number): Reading => ({
  asset: 'bin-1',
  device: 'sensor-1',
  kind: 'bin',
  observedAt: 1_000 + packet,
  receivedAt: 2_000 + packet,
  packet,
  nano: 0,
  values: { fill_level: packet },
});

/** Readings of so many packets, appended to a log and pushed to a tail. */
async function open() {
  const folder = newFolder();
  const log = await openLog(folder);
  const tail = new Tail();
  const append = async (from: number, to: number): Promise<void> => {
    const readings = Array.from({ length: to - from + 1 }, (_, i) => reading(from + i));
    const entries = readings.map(toEntry);
    const head = await log.appendAll(entries);
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    tail.push(head - entries.length, readings, bytes);
  };
  const read = (head: number): FolderReader => {
    const reader = new FolderReader(folder, head, undefined, tail.reader());
    onTestFinished(() => reader.close());
    return reader;
  };
  onTestFinished(() => log.close());
  return { folder, tail, append, read };
}

/** Every record above `after`, and which of them came from memory. */
async function drain(reader: FolderReader, after = 0, limit = 7) {
  const records: LogRecord[] = [];
  for (let last = after; last < reader.head(); last = records.at(-1)!.number) {
    records.push(...(await reader.read(last, limit)));
  }
  const fromMemory = records.filter((record) => 'reading' in record).map(({ number }) => number);
  return { records, fromMemory, packets: records.map((record) => readReading(record).packet) };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('tail', () => {
  test('gives a reader that keeps up the readings themselves, no further than its head', async () => {
    const { append, read } = await open();
    const reader = read(0);
    await append(1, 20);
    expect(await reader.read(0, 9)).toEqual([]);
    reader.advance(12);
    const { fromMemory, packets } = await drain(reader);
    expect(packets).toEqual(range(1, 12));
    expect(fromMemory).toEqual(range(1, 12));
  });

  test('says in each record what the log says', async () => {
    const { folder, append, read } = await open();
    const reader = read(3);
    await append(1, 3);
    const { records } = await drain(reader);
    const plain = new FolderReader(folder, 3);
    const kept = await plain.read(0, 3);
    const tell = ({ number, receivedAt, principal, topic, bytes }: LogRecord) => {
      return { number, receivedAt, principal, topic, bytes: Buffer.from(bytes).toString() };
    };
    expect(records.map(tell)).toEqual(kept.map(tell));
    expect(records.map(readReading)).toEqual(kept.map(readReading));
    await plain.close();
  });

  test('leaves a reader that is behind to the log, until it has caught up', async () => {
    const { append, read } = await open();
    await append(1, 30);
    await append(31, 35); // nobody reads yet, so the first thirty go
    const late = read(40);
    await append(36, 40);
    const { packets, fromMemory } = await drain(late);
    expect(packets).toEqual(range(1, 40));
    expect(fromMemory).toEqual(range(31, 40));
  });

  test('keeps no more than its bounds for a reader that stands still', async () => {
    const { append, read } = await open();
    const still = read(0);
    for (let from = 1; from <= 50_000; from += 5_000) await append(from, from + 4_999);
    still.advance(50_000);
    const { packets, fromMemory } = await drain(still, 0, 5_000);
    expect(packets).toEqual(range(1, 50_000));
    expect(fromMemory).toEqual(range(30_001, 50_000));
  }, 30_000);

  test('starts anew at a gap and at a step back', async () => {
    const { tail, append, read } = await open();
    const reader = read(0);
    await append(1, 5);
    tail.push(8, [reading(9)], 1);
    reader.advance(5);
    expect((await drain(reader)).fromMemory).toEqual([]);
    tail.push(3, [reading(4), reading(5)], 1);
    expect((await drain(reader, 0, 3)).fromMemory).toEqual([4, 5]);
  });
});
