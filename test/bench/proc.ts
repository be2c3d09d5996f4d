import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';

/** What the operating system says that processes have used. */
export interface Usage {
  /** Seconds of user and system time of all threads. */
  readonly cpu: number;
  /** Resident bytes. */
  readonly rss: number;
}

/** Linux counts CPU time in hundredths of a second on all that Node runs on. */
const ticks = 100;

/** Uses of a process and all below it, summed; processes that are gone count nothing. Linux only. */
export function usageOf(roots: readonly number[]): Usage {
  const usage = { cpu: 0, rss: 0 };
  for (const pid of treeOf(roots)) {
    try {
      const stat = fieldsOf(pid);
      usage.cpu += (Number(stat[11]) + Number(stat[12])) / ticks;
      usage.rss += numberIn(`/proc/${pid}/status`, /^VmRSS:\s+(\d+)/m) * 1_024;
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  return usage;
}

/**
 * Bytes that the disk under a folder was given to write since the machine started, by all who use it.
 * The kernel's own sum by process counts whole folios, up to a megabyte for a record of 300 bytes.
 */
export function writtenUnder(folder: string): number | undefined {
  const { dev } = statSync(folder);
  // As glibc takes a device number apart.
  const major = (dev >> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
  const file = `/sys/dev/block/${major}:${minor}/stat`;
  if (!existsSync(file)) return undefined; // a file system on no one disk
  return Number(readFileSync(file, 'utf8').trim().split(/\s+/)[6]) * 512;
}

function treeOf(roots: readonly number[]): Set<number> {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      parents.set(pid, Number(fieldsOf(pid)[1]));
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  const tree = new Set(roots);
  for (let before = 0; before < tree.size;) {
    before = tree.size;
    for (const [pid, parent] of parents) if (tree.has(parent)) tree.add(pid);
  }
  return tree;
}

/** Fields of /proc/<pid>/stat behind the name, which may hold blanks and brackets: state is the first. */
function fieldsOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function numberIn(file: string, pattern: RegExp): number {
  return Number(pattern.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
}
