import { reject, type Device, type Directory, type Rejection } from '#model';
import type { Who } from './decoders/envelope.ts';

/** The device that a packet speaks for, as the registry knows it. */
export function identify(who: Who, directory: Directory, site: string): Device | Rejection {
  if ('device' in who) {
    if (who.site !== site) {
      const reason = `this is ${site}, the topic says ${who.site}`;
      return reject('ingest.device_unknown', reason, 'topic');
    }
    return directory.device(who.device) ?? unknown(who.device);
  }
  for (const identity of who.identities) {
    const device = directory.deviceOf(identity);
    if (device !== undefined) return device;
  }
  return unknown(who.identities.map(({ system, id }) => `${system} ${id}`).join(' or '));
}

function unknown(name: string): Rejection {
  return reject('ingest.device_unknown', `the registry has no device ${name}: add it`);
}
