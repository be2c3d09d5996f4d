import { readFileSync } from 'node:fs';

/** What strace is asked for, so that {@link checkTrace} can read it: everything that writes or flushes. */
export const traceOptions = [
  '-ttt',
  '-yy',
  '-xx',
  '-s',
  '65536',
  '-e',
  'trace=write,writev,pwrite64,pwritev,sendto,sendmsg,fdatasync,fsync',
];

/** What a trace says about acknowledgements. */
export interface FlushVerdict {
  readonly pubacks: number;
  /** Commits of the packets log: flushes that covered at least one record. */
  readonly flushes: number;
  /** PUBACKs that were written before a flush of their record had finished, by their marker. */
  readonly violations: readonly string[];
}

interface Call {
  readonly name: string;
  readonly file: string;
  readonly bytes: Buffer;
  /** Lines of the trace at which it was entered and had returned; strace's order is the kernel's. */
  readonly entered: number;
  readonly returned: number;
  readonly failed: boolean;
}

/**
 * Checks for each PUBACK that was written to an MQTT socket that a flush of its record's segment began
 * after the record was written and had finished before the PUBACK's write was entered. `markers` gives
 * the text in a message's payload, by the sender's port and packet id (`51234:7`).
 */
export function checkTrace(file: string, markers: ReadonlyMap<string, string>): FlushVerdict {
  const calls = [...parse(readFileSync(file, 'latin1').split('\n'))];
  const isLog = ({ file: path }: Call): boolean => path.includes('/packets/');
  const writes = calls.filter((c) => c.name.startsWith('pwrite') && isLog(c) && !c.failed);
  const flushes = calls.filter((c) => /^f(?:data)?sync$/.test(c.name) && isLog(c) && !c.failed);
  const violations: string[] = [];
  const used = new Set<Call>();
  let pubacks = 0;

  for (const call of calls) {
    const port = /->127\.0\.0\.1:(\d+)\]/.exec(call.file)?.[1];
    if (port === undefined) continue;
    for (const id of pubackIds(call.bytes)) {
      const marker = markers.get(`${port}:${id}`);
      if (marker === undefined) continue; // an answer to something else
      pubacks++;
      const flush = writes
        .filter(({ bytes }) => bytes.includes(marker))
        .flatMap((written) =>
          flushes.filter(
            (f) =>
              f.file === written.file && f.entered > written.returned && f.returned < call.entered,
          ),
        )[0];
      if (flush === undefined) violations.push(marker);
      else used.add(flush);
    }
  }
  return { pubacks, flushes: used.size, violations };
}

/** Packet ids of the PUBACKs in bytes written to a socket: `40 02 id id`. */
function pubackIds(bytes: Buffer): number[] {
  const ids: number[] = [];
  for (let at = 0; at + 1 < bytes.length;) {
    const length = bytes[at + 1]!; // the server answers such a client with short packets only
    if (bytes[at] === 0x40 && length === 2) ids.push(bytes.readUInt16BE(at + 2));
    at += 2 + length;
  }
  return ids;
}

/** Joins what strace tore apart: `… <unfinished ...>` and `<... name resumed>…`, thread by thread. */
function* parse(lines: readonly string[]): Generator<Call> {
  const begun = new Map<string, { text: string; entered: number }>();
  for (const [number, line] of lines.entries()) {
    const [, thread = '', rest = ''] = /^(\d+) +[\d.]+ (.*)$/.exec(line) ?? [];
    if (rest.endsWith(unfinished)) {
      begun.set(thread, { text: rest.slice(0, -unfinished.length), entered: number });
      continue;
    }
    const tail = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const head = tail === undefined ? { text: rest, entered: number } : begun.get(thread);
    if (head === undefined) continue; // it began before strace came
    const call = toCall(head.text + (tail ?? ''), head.entered, number);
    if (call !== undefined) yield call;
  }
}

const unfinished = '<unfinished ...>';

function toCall(text: string, entered: number, returned: number): Call | undefined {
  const [, name, path] = /^(\w+)\(\d+<((?:->|[^<>]|<[^<>]*>)*)>/.exec(text) ?? [];
  if (name === undefined || path === undefined) return undefined;
  return {
    name,
    file: unescape(path),
    bytes: bytesOf(text),
    entered,
    returned,
    failed: !/ = \d+(?: \(.*\))?$/.test(text),
  };
}

/** All quoted strings of a call, in order: an iovec's parts follow each other. */
function bytesOf(text: string): Buffer {
  const parts = [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, part]) => part!);
  return Buffer.from(parts.join('').replaceAll(String.raw`\x`, ''), 'hex');
}

function unescape(path: string): string {
  return path.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}
