import { connect, type Socket } from 'node:net';
import type { Random } from '../../simulators/random.ts';

/** How a session ended. */
export interface Outcome {
  /** The broker hung up by itself, answered the last ping, or waited for the rest of a packet. */
  readonly end: 'closed' | 'answered' | 'silent';
  /** It was still open this long after we had said that we are done. */
  readonly hung: boolean;
  /** Messages that it acknowledged: PUBACK, and PUBREC once for each id. */
  readonly acknowledged: number;
}

const ping = Buffer.from([0xc0, 0]);

/** How long the broker has, ms: to answer what is not the last; to answer all; to hang up once we are done. */
const patience = { between: 30, answer: 500, close: 15_000 };

/** Sends a session's packets, all at once or one after an answer to the other, then a ping, and looks how it ends. */
export function attack(mqtt: string, packets: readonly Buffer[], random: Random): Promise<Outcome> {
  const { hostname, port } = new URL(mqtt);
  return new Promise((resolve) => {
    const heard: Buffer[] = [];
    let end: Outcome['end'] = 'closed';
    let hung = false;
    let timer: NodeJS.Timeout | undefined;
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: false }, () => {
      const chunks = [...packets, ping];
      void sendAll(socket, random.chance(0.5) ? [Buffer.concat(chunks)] : chunks).then(() => {
        if (!socket.destroyed && end === 'closed')
          timer = setTimeout(finish, patience.answer, 'silent');
      });
    });
    const finish = (how: Outcome['end']): void => {
      end = how;
      clearTimeout(timer);
      socket.end();
      timer = setTimeout(() => {
        hung = true;
        socket.destroy();
      }, patience.close);
    };
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      if (chunk.length >= 2 && chunk.at(-2) === 0xd0 && end === 'closed') finish('answered');
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ end, hung, acknowledged: countAcknowledged(Buffer.concat(heard)) });
    });
  });
}

/** One chunk after the other, each as soon as the one before is answered, or is not for a while. */
async function sendAll(socket: Socket, chunks: readonly Buffer[]): Promise<void> {
  for (const chunk of chunks) {
    if (socket.writableEnded || socket.destroyed) return;
    socket.write(chunk);
    await new Promise<void>((resolve) => {
      const go = (): void => {
        clearTimeout(late);
        socket.off('data', go).off('close', go);
        resolve();
      };
      const late = setTimeout(go, patience.between);
      socket.on('data', go).on('close', go);
    });
  }
}

/** Goes over what a broker said, packet by packet; what is cut at the end does not count. */
function countAcknowledged(bytes: Buffer): number {
  let pubacks = 0;
  const pubrecs = new Set<number>();
  for (let at = 0; at + 1 < bytes.length;) {
    let length = 0;
    let i = 1;
    for (let shift = 0; at + i < bytes.length; shift += 7, i++) {
      length |= (bytes[at + i]! & 0x7f) << shift;
      if (bytes[at + i]! < 0x80) break;
    }
    const body = at + i + 1;
    if (body + length > bytes.length) break;
    const type = bytes[at]! >> 4;
    if (type === 4) pubacks++;
    if (type === 5) pubrecs.add(bytes.readUInt16BE(body));
    at = body + length;
  }
  return pubacks + pubrecs.size;
}
