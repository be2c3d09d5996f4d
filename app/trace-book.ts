import { reject, type LogEntry, type Mark, type Now, type Rejection, type Trace } from '#model';
import type { TracedMessage } from '#model';
import { inTopic } from '#app/tracer.ts';

/** Devices whose marks are kept at a time. */
const maxDevices = 20;

/** Marks kept of each device: the oldest go first. */
const maxMarks = 1_000;

interface Page {
  until: number;
  marks: Mark[];
}

/** Main's book of traced devices: who is traced, and the marks of all threads. */
export interface TraceBook {
  /** Traces a device for some ms more; a Rejection when too many are traced. */
  start(device: string, ms: number): Trace | Rejection;
  /** Ends a trace, forgets it and hands it out as it was; undefined when there was none. */
  stop(device: string): Trace | undefined;
  read(device: string): Trace | undefined;
  /** The devices that are traced now. */
  devices(): string[];
  /** Notes a message of a traced device; what comes back is to be called once it is acknowledged. */
  receive(entry: Pick<LogEntry, 'principal' | 'topic'>): ((packet: number) => void) | undefined;
  add(marks: readonly Mark[]): void;
  close(): void;
}

/**
 * Makes the book; `now` is the machine's clock. `onChange` is told who is traced whenever that changes,
 * `onMark` of each mark.
 */
export function createTraceBook(options: {
  readonly now: Now;
  readonly onChange: (devices: readonly string[]) => void;
  readonly onMark?: ((mark: Mark) => void) | undefined;
}): TraceBook {
  const { now, onChange, onMark } = options;
  const pages = new Map<string, Page>();
  /** Those not yet over: empty at nearly all times, which is all that a message asks. */
  let active: ReadonlySet<string> = new Set();
  let timer: NodeJS.Timeout | undefined;

  const refresh = (): void => {
    clearTimeout(timer);
    const open = [...pages].filter(([, { until }]) => until > now());
    active = new Set(open.map(([device]) => device));
    onChange([...active]);
    if (open.length === 0) return;
    const next = Math.min(...open.map(([, { until }]) => until));
    timer = setTimeout(refresh, Math.max(1, Math.ceil(next - now())));
    timer.unref();
  };

  const keep = (mark: Mark): void => {
    const page = pages.get(mark.device);
    if (page === undefined) return;
    page.marks.push(mark);
    if (page.marks.length > maxMarks) page.marks.shift();
    onMark?.(mark);
  };

  const read = (device: string): Trace | undefined => {
    const page = pages.get(device);
    return page && { device, until: page.until, messages: byMessage(page.marks) };
  };

  return {
    start(device, ms) {
      const page = pages.get(device) ?? { until: 0, marks: [] };
      if (!pages.has(device) && pages.size >= maxDevices) {
        const over = [...pages.keys()].find((name) => !active.has(name));
        if (over === undefined) {
          const reason = `${maxDevices} devices are traced already; end one of ${[...active].join(', ')}`;
          return reject('http.traces_full', reason, 'device');
        }
        pages.delete(over);
      }
      page.until = now() + ms;
      pages.set(device, page);
      refresh();
      return read(device)!;
    },
    stop(device) {
      const trace = read(device);
      if (pages.delete(device)) refresh();
      return trace;
    },
    read,
    devices: () => [...active],
    receive({ principal, topic }) {
      if (active.size === 0) return undefined;
      const device = active.has(principal) ? principal : inTopic(active, topic);
      if (device === undefined) return undefined;
      const received: { -readonly [K in keyof Mark]: Mark[K] } = {
        device,
        stop: 'received',
        at: now(),
      };
      keep(received);
      return (packet) => {
        received.packet = packet;
        keep({ device, stop: 'acknowledged', at: now(), packet });
      };
    },
    add(marks) {
      for (const mark of marks) keep(mark);
    },
    close: () => clearTimeout(timer),
  };
}

/** Marks by message, those of one message in the order of time; what has no number yet stands alone. */
function byMessage(marks: readonly Mark[]): TracedMessage[] {
  const messages = Map.groupBy(marks, (mark) => mark.packet ?? mark);
  return [...messages].map(([packet, own]) => ({
    packet: typeof packet === 'number' ? packet : null,
    marks: own.toSorted((a, b) => a.at - b.at),
  }));
}
