import type { LogEntry, LogRecord } from '#model';
import { expectThat } from './violation.ts';

/**
 * What the packets log must hold, kept apart from it: every record that was acknowledged, and those
 * that a start found to have reached the disk without their acknowledgement.
 */
export class Journal {
  readonly records = new Map<number, LogEntry>();
  /** Records that rot has made unreadable before decode read them. */
  readonly flipped = new Set<number>();
  /** All that rot has touched. */
  readonly #rotten = new Set<number>();
  readonly #offered = new Map<string, number>();
  acknowledged = 0;

  /** A sender tries: only what was offered may ever be found in the log. */
  offer(entry: LogEntry): void {
    const name = nameOf(entry);
    this.#offered.set(name, (this.#offered.get(name) ?? 0) + 1);
  }

  acknowledge(number: number, entry: LogEntry): void {
    const other = this.records.get(number);
    expectThat(other === undefined, 1, () => `record ${number} was acknowledged for two messages`);
    this.records.set(number, entry);
    this.acknowledged += 1;
  }

  /** A bit of the record went bad, before decode was done with it or after. */
  rotten(number: number, unread: boolean): void {
    this.#rotten.add(number);
    if (unread) this.flipped.add(number);
  }

  /** Compares with what the log holds, from `oldest` to `head`; `passed` is what decode is done with. */
  compare(
    found: readonly LogRecord[],
    log: { oldest: number; head: number; passed: number },
  ): void {
    const { oldest, head, passed } = log;
    const read = new Map(found.map((record) => [record.number, record]));
    for (const [number, entry] of this.records) {
      expectThat(
        number <= head,
        1,
        () => `acknowledged record ${number} is beyond the head ${head}`,
      );
      if (number < oldest) {
        expectThat(number <= passed, 3, () => `record ${number} is gone, decode is at ${passed}`);
        continue;
      }
      const record = read.get(number);
      expectThat(record !== undefined, 1, () => `acknowledged record ${number} can't be read`);
      this.#check(record!, entry);
    }
    for (const record of found) if (!this.records.has(record.number)) this.#adopt(record);
  }

  #check(record: LogRecord, entry: LogEntry): void {
    const { number, corrupt = false } = record;
    if (corrupt) {
      return expectThat(this.#rotten.has(number), 1, () => `record ${number} is corrupt`);
    }
    const isSame = nameOf(record) === nameOf(entry) && record.receivedAt === entry.receivedAt;
    expectThat(isSame, 1, () => `record ${number} reads back as something else: ${nameOf(record)}`);
  }

  /** It was on disk when the power went, before anybody was told. */
  #adopt(record: LogRecord): void {
    const isOffered = !record.corrupt && this.#offered.has(nameOf(record));
    expectThat(isOffered, 1, () => `record ${record.number} was never sent: ${nameOf(record)}`);
    const { receivedAt, principal, topic, bytes } = record;
    this.records.set(record.number, { receivedAt, principal, topic, bytes: Buffer.from(bytes) });
  }
}

function nameOf({ principal, topic, bytes }: LogEntry): string {
  return `${principal} ${topic} ${Buffer.from(bytes).toString('latin1')}`;
}
