/*
 * Loaded into a test server by `--import`: its pipeline thread dies between the commit of a deletion and
 * the message in which it tells main of it. From outside that moment can't be hit.
 */
import { parentPort, threadName } from 'node:worker_threads';

if (parentPort !== null && threadName?.includes('pipeline')) {
  const post = parentPort.postMessage.bind(parentPort);
  parentPort.postMessage = (data: { m?: string; a?: [readonly { gone?: object }[]] }) => {
    const isDeletion = data.m === 'changed' && data.a?.[0].some(({ gone }) => gone !== undefined);
    if (isDeletion === true) process.exit(1);
    post(data);
  };
}
