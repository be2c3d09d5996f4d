import type { Mark, Now } from '#model';
import { spanOfMessage, type Spans } from '#app/spans.ts';

/** Quiet time, ms, after which a message is taken to have arrived everywhere. */
const quiet = 2_000;

/** Messages on their way at a time; beyond them the oldest is told as far as it has come. */
const most = 1_000;

/** Gathers the marks of each traced message and tells them as one trace once no more come. */
export interface MessageSpans {
  readonly onMark: (mark: Mark) => void;
  /** Tells what is there. */
  close(): void;
}

/** Makes the gatherer; `now` is the machine's clock. It has a timer only while messages are on their way. */
export function createMessageSpans(spans: Pick<Spans, 'add'>, now: Now): MessageSpans {
  const open = new Map<number, Mark[]>();
  let received: Mark[] = [];
  let timer: NodeJS.Timeout | undefined;

  const tell = (packet: number): void => {
    const marks = (open.get(packet) ?? []).toSorted((a, b) => a.at - b.at);
    open.delete(packet);
    const span = spanOfMessage(marks);
    if (span) spans.add(span);
  };

  const sweep = (): void => {
    timer = undefined;
    const since = now() - quiet;
    for (const [packet, marks] of open) if (marks.every(({ at }) => at < since)) tell(packet);
    watch();
  };

  const watch = (): void => {
    if (open.size > 0) timer ??= setTimeout(sweep, quiet / 2).unref();
  };

  return {
    onMark(mark) {
      if (mark.packet === undefined) {
        received = [...received.slice(-most), mark];
        return;
      }
      const { packet } = mark;
      const own = open.get(packet) ?? [];
      if (mark.stop === 'acknowledged') {
        // Its number has been written into the mark of its receipt meanwhile.
        own.push(...received.filter((early) => early.packet === packet));
        received = received.filter((early) => early.packet === undefined);
      }
      own.push(mark);
      open.set(packet, own);
      if (open.size > most) tell(open.keys().next().value!);
      watch();
    },
    close() {
      clearTimeout(timer);
      for (const packet of open.keys()) tell(packet);
    },
  };
}
