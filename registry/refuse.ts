import { reject, type Asset, type Device, type Kinds, type Rejection } from '#model';
import type { Known } from './read.ts';
import { keyOf } from './directory.ts';

/** Says which of the names that a row uses is none. */
export function findUnknown(
  { kind }: Asset,
  device: Device | undefined,
  { kinds, profiles }: { readonly kinds: Kinds; readonly profiles: ReadonlySet<string> },
): Rejection | undefined {
  if (!kinds.has(kind)) return unknown('kind', kind, kinds.keys());
  const profile = device?.profile;
  if (profile === undefined || profiles.has(profile)) return undefined;
  return unknown('profile', profile, profiles);
}

function unknown(field: 'kind' | 'profile', value: string, known: Iterable<string>): Rejection {
  const code = `registry.${field}_unknown` as const;
  return reject(code, `no ${field} ${value}; there are ${[...known].join(', ')}`, field);
}

/** Says what a device wants that another has. */
export function findTaken(
  device: Device | undefined,
  { principals, owners, devices, bound }: Known,
  moves: boolean,
): Rejection | undefined {
  if (device === undefined) return undefined;
  if (principals.get(device.id)?.role === 'bridge') {
    return reject('registry.name_taken', `${device.id} is the login of a bridge`, 'id');
  }
  if (moves) return undefined;
  const serves = bound.get(device.id)?.asset;
  if (devices.has(device.id) && serves !== device.id) {
    const reason = `${device.id} serves ${serves ?? 'nothing'} by now: bind it on purpose`;
    return reject('registry.not_bound', reason, 'id');
  }
  for (const identity of device.identities) {
    const owner = owners.get(keyOf(identity));
    if (owner === undefined || owner === device.id) continue;
    return reject('registry.identity_taken', `${keyOf(identity)} is ${owner}`, 'identities');
  }
  return undefined;
}
