/*
 * Loaded into a test server by `--import`, into each of its threads: the faults that can't be made from
 * outside. Production has no hole for them. The parent tells what to do by `process.send` (see `Inside`);
 * `?flush=none` in its address takes the flush away from the start.
 */
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import threads, { BroadcastChannel, isMainThread, type WorkerOptions } from 'node:worker_threads';

/** A fault that a test server does to itself. `thread` is part of the name of a worker's file. */
export type Inside =
  | { readonly fault: 'end'; readonly thread: string }
  | { readonly fault: 'block'; readonly thread: string; readonly ms: number }
  /** Sets the clock of every thread on by `ms`; negative is back. */
  | { readonly fault: 'clock'; readonly ms: number };

/** Reaches every thread. */
const port = new BroadcastChannel('siaga-faults');
port.unref();
const trueNow = Date.now.bind(Date);

function suffer(told: Inside): void {
  if (told.fault === 'clock') Date.now = () => trueNow() + told.ms;
  if (told.fault === 'block' && !isMainThread && threads.threadName?.includes(told.thread)) {
    const until = performance.now() + told.ms;
    while (performance.now() < until); // a thread that is busy answers nobody
  }
}
port.addEventListener('message', (event: unknown) => {
  suffer((event as { data: Inside }).data);
});

if (isMainThread) {
  const workers = new Map<string, threads.Worker>();
  class KnownWorker extends threads.Worker {
    constructor(file: string | URL, options?: WorkerOptions) {
      super(file, options);
      workers.set(String(file), this);
    }
  }
  Object.assign(threads, { Worker: KnownWorker });
  syncBuiltinESMExports();

  process.on('message', (told: Inside) => {
    suffer(told);
    port.postMessage(told);
    if (told.fault !== 'end') return;
    for (const [file, worker] of workers) if (file.includes(told.thread)) void worker.terminate();
  });
  process.channel?.unref();
}

if (import.meta.url.endsWith('?flush=none')) {
  const handle = await open(import.meta.filename);
  const prototype = Object.getPrototypeOf(handle) as object;
  await handle.close();
  Object.assign(prototype, { datasync: () => Promise.resolve(), sync: () => Promise.resolve() });
  Object.assign(fs, {
    fdatasync: (_: number, done: () => void) => setImmediate(done),
    fdatasyncSync: () => undefined,
  });
  syncBuiltinESMExports();
}
