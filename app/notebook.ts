import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** Records `from` to `to` that a consumer is about to take, and at how many deaths just they were noted before. */
export interface Note {
  readonly consumer: string;
  readonly from: number;
  readonly to: number;
  readonly deaths: number;
}

/** What the pipeline leaves behind for its next start: gone after a clean stop. */
interface Page {
  /** Where each consumer stood at the last start. */
  readonly positions: Readonly<Record<string, number>>;
  /** Starts in a row that ended in a death without any progress. */
  readonly deaths: number;
  readonly note?: Note | undefined;
}

/** The pipeline's memory of its deaths, in a file of the data folder. */
export interface Notebook {
  /** The note that stood at the last death, this one counted in. */
  readonly last: Note | undefined;
  /** Whether the last starts ended in deaths in such a way that a record may have caused them. */
  readonly isSuspicious: boolean;
  /** Notes records before they are taken; the note survives the process. */
  note(records: Omit<Note, 'deaths'>): void;
  /** They did no harm. */
  forget(): void;
  /** A clean stop: nothing is suspected at the next start. */
  close(): void;
}

/** How things are at a start. */
export interface Beginning {
  readonly positions: ReadonlyMap<string, number>;
  /** Whether any consumer has records to pass. */
  readonly isPending: boolean;
  /** Whether the thread before this one died in the same process. */
  readonly hasDied: boolean;
}

/**
 * Opens the notebook at a start. A process that ended is suspicious only when it did so twice without
 * progress in what was pending: kill -9 and power cuts are normal. Nothing is flushed: the notes have to
 * outlive this process, not the machine.
 */
export function openNotebook(file: string, { positions, isPending, hasDied }: Beginning): Notebook {
  const before = read(file);
  const isStuck =
    before !== undefined &&
    isPending &&
    [...positions].every(([consumer, position]) => before.positions[consumer] === position);
  const deaths = before === undefined ? 0 : isStuck ? before.deaths + 1 : 1;
  const last = before?.note && { ...before.note, deaths: before.note.deaths + 1 };
  let page: Page = { positions: Object.fromEntries(positions), deaths, note: undefined };
  let closed = false;
  const write = (note: Note | undefined): void => {
    page = { ...page, note };
    if (closed) return;
    try {
      writeFileSync(file, JSON.stringify(page));
    } catch {
      // A disk without room must not keep the road closed; without its note a record is tried once more.
    }
  };
  write(last);

  return {
    last,
    isSuspicious: hasDied || last !== undefined || deaths >= 2,
    note({ consumer, from, to }) {
      const isLast = last?.consumer === consumer && last.from === from && last.to === to;
      write({ consumer, from, to, deaths: isLast ? last.deaths : 0 });
    },
    forget: () => write(undefined),
    close() {
      closed = true;
      rmSync(file, { force: true });
    },
  };
}

/** The page that was left; undefined after a clean stop, or when it was torn. */
function read(file: string): Page | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Page;
  } catch {
    return undefined;
  }
}
