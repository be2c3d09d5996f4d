import { reject, type Reading, type Rejection } from '#model';
import { listSegments, readReading, realDisk, walkSegment } from '#ingest';
import type { Readings } from '#app/backtest/readings.ts';
import type { Span } from '#app/backtest/wish.ts';

/**
 * The readings of a readings log, a chunk at a time, also while a server writes it. Damaged records
 * are left out and counted.
 */
export async function openJournal(folder: string, span: Span): Promise<Readings | Rejection> {
  const { segments, log } = await listSegments(folder, realDisk);
  if (log === undefined) {
    return reject('rules.recording_invalid', `${folder} holds no readings log`, folder);
  }
  const size = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const { from = -Infinity, to = Infinity } = span;
  let damaged = 0;
  return {
    size,
    async *pages() {
      let before = 0;
      for (const segment of segments) {
        for await (const step of walkSegment({ folder, disk: realDisk, log }, segment)) {
          const readings: Reading[] = [];
          for (const record of step.records) {
            if (record.corrupt) damaged += 1;
            else if (record.receivedAt >= from && record.receivedAt < to) {
              readings.push(readReading(record));
            }
          }
          yield { readings, done: before + step.done };
        }
        before += segment.bytes;
      }
    },
    notes: () => (damaged > 0 ? [`${damaged} records of the log can't be read back.`] : []),
    close: () => Promise.resolve(),
  };
}
