import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/**
 * Lets other threads go first where cores are few, by so much niceness (0 to 19): a device waits for
 * main's PUBACK, and nobody for the others by the millisecond. Linux only; elsewhere the scheduler is left alone.
 */
export function giveWay(nice: number): void {
  try {
    // A link to <process>/task/<thread>; setpriority(2) takes a thread's number.
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), nice);
  } catch {
    // No /proc, or not allowed: slower, not wrong.
  }
}
