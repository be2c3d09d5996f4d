import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { CityEvent } from './event.ts';
import {
  clockMessage,
  reportForm,
  requestsPath,
  statusMessage,
  telemetryMessage,
  type Message,
} from './message.ts';
import type { Outlet } from './outlet.ts';

/**
 * Writes what would be sent as JSON lines, the city time first:
 * `{"at":…,"topic":…,"qos":1,"retain":false,"payload":{…}}` and, for a report,
 * `{"at":…,"post":"/open311/v2/requests.json","form":{…}}`. Closing ends the stream.
 */
export function createRecorder(stream: Writable, site: string, boot: number): Outlet {
  // A reader that has seen enough (`| head`) closes the pipe; whoever plays then stops.
  let broken: Error | undefined;
  stream.on('error', (error) => {
    broken = error;
  });

  return {
    take(event) {
      if (broken !== undefined) throw broken;
      const line = lineOf(event, site, boot);
      if (line === undefined || stream.write(`${JSON.stringify({ at: event.at, ...line })}\n`)) {
        return undefined;
      }
      return once(stream, 'drain').then(() => undefined);
    },
    async close() {
      if (broken !== undefined) return;
      const ended = once(stream, 'finish');
      stream.end();
      await ended;
    },
  };
}

function lineOf(event: CityEvent, site: string, boot: number): object | undefined {
  switch (event.type) {
    case 'clock':
      return publication(clockMessage(event.at, event.rate));
    case 'boot':
      return publication(statusMessage(site, event.asset, true));
    case 'telemetry':
      return publication(telemetryMessage(site, boot, event));
    case 'report':
      return { post: requestsPath, form: reportForm(event.report) };
    case 'fault':
      return undefined;
  }
}

function publication({ topic, qos, retain, payload }: Message): object {
  return { topic, qos, retain, payload };
}
