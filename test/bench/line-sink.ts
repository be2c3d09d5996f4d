import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/* A line-protocol sink of its own process: takes every body, keeps nothing, prints its port. */
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(204).end());
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
