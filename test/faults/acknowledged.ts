import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** A message of the fleet: which device sent it, under which number. */
export type Message = `${string} ${number}`;

/** The durable list of what was acknowledged: a file, written by a process that no fault touches. */
export interface Acknowledged {
  add(message: Message): void;
  /** Flushes the list and reads it back from its file: verdicts are about that, not about memory. */
  read(): Set<Message>;
  close(): void;
}

/** Begins a list in a new file. */
export function openAcknowledged(file: string): Acknowledged {
  const fd = openSync(file, 'wx');
  let waiting = '';
  const write = (): void => {
    if (waiting !== '') writeSync(fd, waiting);
    waiting = '';
  };
  return {
    add(message) {
      if (waiting === '') setImmediate(write);
      waiting += `${message}\n`;
    },
    read() {
      write();
      fsyncSync(fd);
      return new Set(readFileSync(file, 'utf8').split('\n').slice(0, -1) as Message[]);
    },
    close() {
      write();
      closeSync(fd);
    },
  };
}
