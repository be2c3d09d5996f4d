/*
 * A stand-in for InfluxDB that takes line protocol and keeps nothing: `node sink.ts [--keys]`.
 * GET /count tells how many lines came; with --keys also how many different points (series and time),
 * so that losses and doubles show. DELETE /count starts again. It prints its port and obeys SIGTERM.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

const keys = process.argv.includes('--keys') ? new Set<string>() : undefined;
let lines = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const path = request.url?.split('?', 1)[0] ?? '';
    if (path.endsWith('/count')) {
      if (request.method === 'DELETE') {
        lines = 0;
        keys?.clear();
      }
      return response.end(JSON.stringify({ lines, points: keys?.size ?? lines }));
    }
    if (path.endsWith('/query')) {
      response.setHeader('content-type', 'application/json');
      return response.end('{"results":[{"statement_id":0}]}');
    }
    if (path.endsWith('/write')) {
      const body = Buffer.concat(chunks);
      count(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
    }
    response.statusCode = 204;
    response.setHeader('x-influxdb-version', '1.8.10');
    return response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));

function count(body: Buffer): void {
  if (keys === undefined) {
    for (let at = body.indexOf(10); at >= 0; at = body.indexOf(10, at + 1)) lines++;
    if (body.length > 0 && body.at(-1) !== 10) lines++;
    return;
  }
  for (const line of body.toString('utf8').split('\n')) {
    if (line === '') continue;
    lines++;
    // No blank is escaped here: names of districts come as `Kelapa\ Lima`.
    const words = line.split(/(?<!\\) /);
    keys.add(`${words[0]} ${words.at(-1)}`);
  }
}
