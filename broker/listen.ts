import type { Server } from 'node:net';

/** Listens on a host and port; rejects when the port is taken. */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, fail) => {
    server.once('error', fail);
    server.listen({ host, port, backlog: 4_096 }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
