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
  const own = who.id === undefined ? undefined : directory.device(who.id);
  const names = who.identities.map(({ system, id }) => `${system} ${id}`);
  return own ?? unknown(names.length > 0 ? names.join(' or ') : String(who.id));
}

/**
 * Whether a login may speak for a device: a device for itself, a gateway also for the devices whose assets
 * hang on its own. A bridge is held by its topics alone.
 */
export function maySpeakFor(
  login: string,
  device: Device,
  directory: Directory,
  at: number,
): Rejection | undefined {
  if (login === device.id || isBridge(login, directory)) return undefined;
  const parent = directory.assetOf(device.id, at)?.parent;
  if (parent !== undefined && parent === directory.assetOf(login, at)?.id) return undefined;
  const reason = `${login} is not ${device.id}, nor the gateway that it hangs on`;
  return reject('ingest.device_foreign', reason);
}

/** A network server, one of our own sources, or who needs no login; not a device that is there no longer. */
function isBridge(login: string, directory: Directory): boolean {
  return /[:$]/.test(login) || directory.principal(login)?.role === 'bridge';
}

function unknown(name: string): Rejection {
  return reject('ingest.device_unknown', `the registry has no device ${name}: add it`);
}
