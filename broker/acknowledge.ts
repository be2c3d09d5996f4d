import type { Duplex } from 'node:stream';

/** PUBACKs that wait for the end of the tick, by socket. */
export interface Acknowledgements {
  add(socket: Duplex, messageId: number): void;
  /** Writes what waits now, before somebody else writes to the same sockets. */
  flush(): void;
}

/**
 * Writes PUBACKs [MQTT-3.4] so that all of one commit reach a socket in one write, in the order in which
 * they were added: half of a message's cost is the system call of its answer.
 */
export function createAcknowledgements(): Acknowledgements {
  let waiting = new Map<Duplex, string>();

  const flush = (): void => {
    if (waiting.size === 0) return;
    const all = waiting;
    waiting = new Map();
    for (const [socket, bytes] of all) {
      if (!socket.destroyed) socket.write(bytes, 'latin1');
    }
  };

  return {
    flush,
    add(socket, messageId) {
      if (waiting.size === 0) queueMicrotask(flush);
      // Four bytes as a string: shorter than a Buffer's way through the stream.
      const puback = String.fromCharCode(0x40, 2, messageId >> 8, messageId & 0xff);
      const before = waiting.get(socket);
      waiting.set(socket, before === undefined ? puback : before + puback);
    },
  };
}
