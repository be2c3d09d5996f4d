import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Wire {
  /** Where the server behind the wire is reached. */
  readonly url: string;
  /** Cuts every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Mends it on the same port. */
  mend(): Promise<void>;
}

/** A real TCP connection to a server that can be cut and mended, whatever the server is. */
export async function createWire(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const listen = async (at: number): Promise<number> => {
    server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    }).listen(at, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const at = await listen(0);
  return {
    url: `http://127.0.0.1:${at}`,
    async cut() {
      const closed = once(server!, 'close');
      server!.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async mend() {
      await listen(at);
    },
  };
}
