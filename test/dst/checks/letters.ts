import type { DatabaseSync } from 'node:sqlite';
import { isRejection, type LogEntry } from '#model';
import { readReplay } from '../../../ingest/replay.ts';
import { expectThat } from '../violation.ts';

/** Promise 3: a dead letter for everything refused and for nothing else, and decode's with the raw bytes. */
export function checkLetters(
  raw: DatabaseSync,
  expected: ReadonlySet<string>,
  packets: readonly LogEntry[],
): void {
  const rows = raw
    .prepare('select id, consumer, record, part, code, bytes, replayed_by from dead_letter')
    .all();
  const found = new Set<string>();
  for (const { id, consumer, record, part, code, bytes, replayed_by: again } of rows) {
    const name = [consumer, record, part, code].map(String).join(' ');
    found.add(name);
    expectThat(expected.has(name), 3, () => `a dead letter that should not be: ${name}`);
    if (consumer !== 'decode') continue;
    const sent = originOf(packets[Number(record) - 1]!).bytes;
    const isSame = Buffer.from(sent).equals(bytes as Uint8Array);
    expectThat(isSame, 3, () => `the dead letter of record ${String(record)} has other bytes`);
    if (again === null) continue;
    const { of } = originOf(packets[Number(again) - 1]!);
    const isOwn = of === Number(record);
    expectThat(isOwn, 3, () => `letter ${String(id)} is closed by one of record ${of}`);
  }
  for (const name of expected)
    expectThat(found.has(name), 3, () => `dead letter is missing: ${name}`);
}

/** The bytes of a packet as they came first, and the record that they were. */
function originOf({ topic, bytes, ...entry }: LogEntry): { bytes: Uint8Array; of?: number } {
  if (topic !== '$siaga/replay') return { bytes };
  const replay = readReplay({ ...entry, number: 0, topic, payload: bytes });
  if (isRejection(replay)) throw new Error(replay.reason);
  return { bytes: replay.packet.payload, of: replay.packet.number };
}
