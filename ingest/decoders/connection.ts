import { isRejection, reject } from '#model';
import type { Format } from './envelope.ts';
import { isObject, parseJson, show } from './json.ts';

/** The broker's own word on a device's connection, in the device's name; it lets nobody publish below `$siaga/`. */
export const connection: Format = {
  name: 'connection',

  owns: (topic) => topic === '$siaga/connection',

  read({ principal, payload }) {
    const parsed = parseJson(payload);
    if (isRejection(parsed)) return parsed;
    const online = isObject(parsed.json) ? parsed.json['online'] : undefined;
    if (typeof online !== 'boolean') {
      return reject('ingest.body_invalid', `{"online":false} is needed, not ${show(parsed.json)}`);
    }
    const who = { identities: [], id: principal };
    return { says: 'presence', who, online, reason: 'connection' };
  },
};
