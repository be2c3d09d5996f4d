/*
 * Loaded into a test server by `--import`: the pipeline thread dies when it parses a body that holds the
 * word `poison`. Production has no hole for this.
 */
import { isMainThread, threadName } from 'node:worker_threads';

const { parse } = JSON;

if (!isMainThread && threadName?.includes('pipeline')) {
  JSON.parse = ((text: string, reviver?: Parameters<typeof parse>[1]): unknown => {
    if (text.includes('"poison"')) process.exit(1);
    return parse(text, reviver);
  }) as typeof parse;
}
