/*
 * The floor under any MQTT broker in Node: reads whole packets off its sockets, answers CONNECT, PUBLISH of
 * QoS 1 and PINGREQ, and does nothing else: no login, no log, nobody hears. What the bench measures of it
 * is the cost of the sockets themselves.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';

const connack = Buffer.from([0x20, 2, 0, 0]);
const pingresp = Buffer.from([0xd0, 0]);

/** The answer to one packet from `at`, whose body begins at `body`. */
function answer(chunk: Buffer, at: number, body: number): Buffer | undefined {
  const first = chunk[at]!;
  if (first >> 4 === 1) return connack;
  if (first >> 4 === 12) return pingresp;
  if (first >> 4 !== 3 || (first & 6) === 0) return undefined;
  const id = body + 2 + chunk.readUInt16BE(body);
  return Buffer.from([0x40, 2, chunk[id]!, chunk[id + 1]!]);
}

function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (fresh: Buffer) => {
    const chunk = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
    const answers: Buffer[] = [];
    let at = 0;
    for (;;) {
      let length = 0;
      let body = at + 1;
      for (let shift = 0; body < chunk.length; shift += 7) {
        const byte = chunk[body++]!;
        length += (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      if (body > chunk.length || at + 2 > chunk.length || body + length > chunk.length) break;
      const said = answer(chunk, at, body);
      if (said !== undefined) answers.push(said);
      at = body + length;
    }
    rest = Buffer.from(chunk.subarray(at));
    if (answers.length > 0)
      socket.write(answers.length === 1 ? answers[0]! : Buffer.concat(answers));
  });
}

const server = createServer({ noDelay: true }, serve);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
