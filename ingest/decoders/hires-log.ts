import { isRejection, reject, type Rejection } from '#model';
import type { RefusedPart } from './envelope.ts';
import { show } from './json.ts';
import { readLocalTime } from './local-time.ts';

/** One row of a controller's log. */
export interface Event {
  readonly row: number;
  readonly time: number;
  readonly isImpossible: boolean;
  readonly event: number;
  readonly parameter: number;
}

export interface Clock {
  readonly timeZone: string;
  readonly receivedAt: number;
}

export interface EventLog {
  readonly events: readonly Event[];
  readonly refused: readonly RefusedPart[];
}

/** The largest packet holds some 8,000. */
const maxRows = 10_000;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads CSV with or without a head; a row that can't be read is refused by its number and costs no other. */
export function readLog(payload: Uint8Array, clock: Clock): EventLog | Rejection {
  const rows = readRows(payload);
  return isRejection(rows) ? rows : readEvents(rows, clock);
}

/** Rows, and which of their cells is what. */
interface Rows {
  readonly lines: readonly string[];
  /** Number of the first of them in the body. */
  readonly first: number;
  readonly columns: Columns;
}

interface Columns {
  readonly time: number;
  readonly device: number;
  readonly event: number;
  readonly parameter: number;
}

function readRows(payload: Uint8Array): Rows | Rejection {
  let text: string;
  try {
    text = utf8.decode(payload);
  } catch {
    return reject('ingest.body_invalid', 'the body is not UTF-8');
  }
  const lines = text.split(/\r?\n/, maxRows + 3);
  while (lines.at(-1) === '') lines.pop();
  const hasHead = /^\s*[a-z]/i.test(lines[0] ?? '');
  const columns = hasHead ? readHead(lines.shift()!) : inOrder;
  if (isRejection(columns)) return columns;
  if (lines.length > maxRows) {
    return reject('ingest.body_invalid', `more than ${maxRows} rows`);
  }
  return { lines, first: hasHead ? 2 : 1, columns };
}

const inOrder: Columns = { time: 0, device: 1, event: 2, parameter: 3 };

function readHead(line: string): Columns | Rejection {
  const names = line.split(',').map((name) => name.trim().toLowerCase());
  const of = (name: string): number => names.indexOf(name);
  const columns = {
    time: of('timestamp'),
    device: of('deviceid'),
    event: of('eventid'),
    parameter: of('parameter'),
  };
  if (Object.values(columns).every((column) => column >= 0)) return columns;
  const reason = `the columns TimeStamp,DeviceId,EventId,Parameter are needed, not ${show(line)}`;
  return reject('ingest.body_invalid', reason);
}

/** The events, each once: controllers write a row twice now and then, 2 in 1,000. */
function readEvents({ lines, first, columns }: Rows, clock: Clock): EventLog {
  const events: Event[] = [];
  const refused: RefusedPart[] = [];
  const seen = new Set<string>();
  let device: string | undefined;
  for (const [index, line] of lines.entries()) {
    const cells = line.split(',', 16).map((cell) => cell.trim());
    const event = readRow(cells, columns, device, clock);
    if (isRejection(event)) {
      const part = `row ${first + index}`;
      refused.push({ part, rejection: { ...event, field: part } });
      continue;
    }
    device ??= cells[columns.device];
    const key = `${event.time} ${event.event} ${event.parameter}`;
    if (seen.has(key)) continue;
    seen.add(key);
    events.push({ row: first + index, ...event });
  }
  return { events, refused };
}

const whole = /^\d{1,6}$/;

function readRow(
  cells: readonly string[],
  columns: Columns,
  device: string | undefined,
  { timeZone, receivedAt }: Clock,
): Omit<Event, 'row'> | Rejection {
  const [event = '', parameter = ''] = [cells[columns.event], cells[columns.parameter]];
  if (!whole.test(event) || !whole.test(parameter)) {
    const reason = `EventId and Parameter are whole numbers, not ${show(event)} and ${show(parameter)}`;
    return reject('ingest.value_type', reason);
  }
  // Who speaks, the topic says: a log of several controllers would be given to one.
  if (device !== undefined && cells[columns.device] !== device) {
    const reason = `a row of ${show(cells[columns.device])} in the log of ${show(device)}`;
    return reject('ingest.body_invalid', reason);
  }
  const time = readLocalTime(cells[columns.time] ?? '', timeZone, receivedAt);
  if (time === undefined) {
    const reason = `2026-11-24T08:00:00.1, with or without a zone, is needed, not ${show(cells[columns.time])}`;
    return reject('ingest.clock_implausible', reason);
  }
  return { ...time, event: Number(event), parameter: Number(parameter) };
}
