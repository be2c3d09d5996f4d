import { ask, named, show } from '#app/commands/ask.ts';
import { usage, type Call } from '#app/commands/call.ts';
import { readIdentities, readPlace } from '#app/commands/place.ts';

/** `devices add`: registers a device, with a thing of its own or for one that is there; prints its token. */
export async function addDevice(call: Call): Promise<number> {
  const id = named(call);
  if (id === undefined) return usage('devices add needs one ID');
  const { asset, replaces, kind } = call.values;
  const hardware = readHardware(call);
  if (typeof hardware === 'string') return usage(`devices add: ${hardware}`);
  if (asset !== undefined) {
    if (kind !== undefined) return usage('devices add takes --asset or --kind, not both');
    const path = `/api/v1/assets/${encodeURIComponent(String(asset))}/devices`;
    const body = { ...hardware, ...(replaces && { replaces }) };
    return ask(call, 'PUT', `${path}/${encodeURIComponent(id)}`, body);
  }
  if (replaces !== undefined) return usage('devices add takes --replaces with --asset only');
  const place = readPlace(call);
  if (typeof place === 'string') return usage(`devices add: ${place}, or --asset`);
  return ask(call, 'PUT', pathOf(id), { ...place, ...hardware });
}

/** `devices show`: what is known of a device, but not its token, which nobody keeps. */
export async function showDevice(call: Call): Promise<number> {
  const id = named(call);
  return id === undefined ? usage('devices show needs one ID') : show(call, pathOf(id));
}

/** `devices remove`: forgets a device, not its thing. */
export async function removeDevice(call: Call): Promise<number> {
  const id = named(call);
  return id === undefined ? usage('devices remove needs one ID') : ask(call, 'DELETE', pathOf(id));
}

/** `devices adopt`: registers who was heard under an unknown name, and takes what it said. */
export async function adoptDevice(call: Call): Promise<number> {
  const [, system, name] = /^([^/]+)\/(.+)$/.exec(named(call) ?? '') ?? [];
  const [place, hardware] = [readPlace(call), readHardware(call)];
  if (name === undefined) return usage('devices adopt needs SYSTEM/NAME');
  if (typeof place === 'string') return usage(`devices adopt: ${place}`);
  if (typeof hardware === 'string') return usage(`devices adopt: ${hardware}`);
  const { id } = call.values;
  const path = `/api/v1/quarantine/${encodeURIComponent(system!)}/${encodeURIComponent(name)}/adopt`;
  return ask(call, 'POST', path, { ...place, ...hardware, ...(id && { id }) });
}

/** `devices rotate`: a new token, printed once. */
export async function rotateToken(call: Call): Promise<number> {
  const id = named(call);
  if (id === undefined) return usage('devices rotate needs one ID');
  const { overlap } = call.values;
  const query = overlap === undefined ? '' : `?overlap=${encodeURIComponent(String(overlap))}`;
  return ask(call, 'POST', `${pathOf(id)}/token${query}`);
}

/** `devices revoke`: takes the token away. */
export async function revokeToken(call: Call): Promise<number> {
  const id = named(call);
  if (id === undefined) return usage('devices revoke needs one ID');
  return ask(call, 'DELETE', `${pathOf(id)}/token`);
}

/** What is asked for of the hardware; what is not said is left out. */
function readHardware({ values }: Call): object | string {
  const { profile, identity } = values;
  const identities = readIdentities(identity);
  if (typeof identities === 'string') return identities;
  return { ...(profile && { profile }), ...(identity && { identities }) };
}

function pathOf(id: string): string {
  return `/api/v1/devices/${encodeURIComponent(id)}`;
}
