import type { DatabaseSync } from 'node:sqlite';
import type { LogEntry } from '#model';
import { expectThat } from '../violation.ts';

/** Promise 3: a dead letter for everything refused and for nothing else, and decode's with the raw bytes. */
export function checkLetters(
  raw: DatabaseSync,
  expected: ReadonlySet<string>,
  packets: readonly LogEntry[],
): void {
  const rows = raw.prepare('select consumer, record, part, code, bytes from dead_letter').all();
  const found = new Set<string>();
  for (const { consumer, record, part, code, bytes } of rows) {
    const name = [consumer, record, part, code].map(String).join(' ');
    found.add(name);
    expectThat(expected.has(name), 3, () => `a dead letter that should not be: ${name}`);
    if (consumer !== 'decode') continue;
    const sent = packets[Number(record) - 1]!.bytes;
    const isSame = Buffer.from(sent).equals(bytes as Uint8Array);
    expectThat(isSame, 3, () => `the dead letter of record ${String(record)} has other bytes`);
  }
  for (const name of expected)
    expectThat(found.has(name), 3, () => `dead letter is missing: ${name}`);
}
