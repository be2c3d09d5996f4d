import { expect, test } from 'vitest';
import type { LogRecord, Packet } from '#model';
import { FolderReader, openCursor, type Decoded } from '#ingest';
import { decodeStage } from '#app/decode-stage.ts';
import { counting, openBooks, schedule } from '../ingest/books.ts';
import { newFolder, openLog } from '../ingest/logs.ts';

/** Every packet is one reading of bin a. */
function decode({ number, receivedAt }: Packet): Decoded {
  const time = { observedAt: receivedAt, receivedAt, packet: number, nano: 0 };
  const reading = { asset: 'a', device: 'a', kind: 'bin', ...time, values: { fill_level: 1 } };
  return { class: 'decoded', readings: [reading], refused: [] };
}

test('the decode stage announces readings only when their cursor is committed, and writes them once', async () => {
  const db = await openBooks();
  const readings = await openLog(newFolder());
  await openCursor(db, 'decode', { id: 'packets', head: 9 });
  const announced: number[] = [];
  const log = new FolderReader(newFolder(), 0);
  const announce = (head: number): void => void announced.push(head);
  const stage = decodeStage({
    decode,
    db,
    readings,
    remember: 100,
    schedule,
    counting,
    log,
    announce,
  });
  const records: LogRecord[] = [1, 2].map((number) => ({
    number,
    receivedAt: 1_000,
    principal: 'a',
    topic: 'a',
    bytes: new Uint8Array(),
  }));

  expect(stage.take(records)).toBe(false);
  // The cursor is at 0, so this commit fails, after the readings were flushed.
  await expect(stage.commit(5, 7)).rejects.toThrow('is not at 5');
  expect(readings.head).toBe(2);
  expect(announced).toEqual([]);

  await stage.commit(0, 2);
  expect(announced).toEqual([2]);
  expect(readings.head).toBe(2);
});

test('the decode stage asks for a commit when the packets it took are many bytes', async () => {
  const db = await openBooks();
  const readings = await openLog(newFolder());
  await openCursor(db, 'decode', { id: 'packets', head: 99 });
  const log = new FolderReader(newFolder(), 0);
  const stage = decodeStage({
    decode,
    db,
    readings,
    remember: 100,
    schedule,
    counting,
    log,
    announce: () => undefined,
  });
  const large = (number: number): LogRecord[] => [
    {
      number,
      receivedAt: 1_000,
      principal: 'a',
      topic: 'a',
      bytes: new Uint8Array(3 * 1024 * 1024),
    },
  ];
  expect(stage.take(large(1))).toBe(false);
  expect(stage.take(large(2))).toBe(true);
  await stage.commit(0, 2);
  expect(stage.take(large(3))).toBe(false);
});
