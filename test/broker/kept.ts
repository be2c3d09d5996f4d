import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { Limits } from '#broker';
import { dial, hello, login, openBroker, publish, puback, subscribe, topics } from './wire.ts';
import type { Bench, Hello, Line } from './wire.ts';

/** A broker whose sessions are in a folder of their own, and what may come after it. */
export interface Kept extends Bench {
  readonly folder: string;
  /** The next broker, after this one was closed. */
  restart(limits?: Partial<Limits>): Promise<Kept>;
  /** The broker that finds what this one would leave if it were killed now. */
  afterKill(): Promise<Kept>;
}

interface More {
  readonly folder?: string;
  readonly keep?: number;
  readonly wills?: number;
  readonly lost?: number;
  readonly now?: number;
}

export async function openKept(limits: Partial<Limits> = {}, more: More = {}): Promise<Kept> {
  const { folder = newFolder(), now = 1_000, ...sessions } = more;
  const bench = await openBroker(limits, { now, sessions: { folder, ...sessions } });
  const open = (where: string, changed: Partial<Limits>) =>
    openKept({ ...limits, ...changed }, { ...more, folder: where, now: bench.clock.now });
  return {
    ...bench,
    folder,
    async restart(changed = {}) {
      await bench.broker.close();
      return open(folder, changed);
    },
    async afterKill() {
      // The process's own writes are with the kernel: a copy is what a kill leaves.
      const copy = newFolder();
      cpSync(folder, copy, { recursive: true });
      return open(copy, {});
    },
  };
}

export function newFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'siaga-sessions-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true, maxRetries: 5 }));
  return join(parent, 'sessions');
}

/** bin-1's durable session, as it is found: `present` as CONNACK says. */
export async function back(bench: Bench, present: boolean, options: Partial<Hello> = {}) {
  const line = await dial(bench, hello({ clean: false, ...options }));
  await vi.waitFor(() => {
    if (!line.heard().startsWith(`20020${present ? 1 : 0}00`)) throw new Error(line.heard());
  });
  return line;
}

/** bin-1 asks for its commands and goes away. */
export async function leaveListening(bench: Bench, qos: 0 | 1 | 2 = 1): Promise<void> {
  const line = await login(bench, { clean: false });
  line.send(subscribe(qos, topics.cmd));
  await line.hear(`900300090${qos}`);
  await leave(bench, line);
}

export async function leave(bench: Bench, line: Line): Promise<void> {
  const others = bench.broker.connections() - 1;
  line.socket.destroy();
  await vi.waitFor(() => {
    if (bench.broker.connections() !== others) throw new Error('still there');
  });
}

/** Somebody sends commands to bin-1, each acknowledged. */
export async function command(bench: Bench, ...words: string[]): Promise<void> {
  const line = await login(bench, { id: 'simulator', login: 'simulator' });
  for (const [i, body] of words.entries()) {
    line.send(publish(topics.cmd, { id: i + 1, body }));
    await line.hear(puback(i + 1));
  }
  await leave(bench, line);
}

/** The words that a line has got, in order. */
export function wordsOf(line: Line): string[] {
  return Buffer.from(line.heard(), 'hex').toString('latin1').match(/n\d+;/g) ?? [];
}
