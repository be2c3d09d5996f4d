import { isRejection } from '#model';
import { createClient } from '#app/client.ts';
import { configOf, exit, tell, usage, type Call } from '#app/commands/call.ts';

/** Asks the running server and prints its answer as JSON. */
export async function ask(
  call: Call,
  method: string,
  path: string,
  body?: object,
): Promise<number> {
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const client = createClient(config, call.env['SIAGA_ADMIN_KEY']);
  const answer = isRejection(client) ? client : await client.request(method, path, body);
  if (isRejection(answer)) {
    tell(answer.problems ?? [answer]);
    return exit.failed;
  }
  process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`);
  return exit.ok;
}

/** `devices add`: registers a device, with a thing of its own or for one that is there; prints its token. */
export async function addDevice(call: Call): Promise<number> {
  const id = call.positionals[2];
  if (id === undefined) return usage('devices add needs ID');
  const { asset, replaces, profile } = call.values;
  if (asset !== undefined) {
    const body = { ...(profile && { profile }), ...(replaces && { replaces }) };
    const path = `/api/v1/assets/${encodeURIComponent(String(asset))}/devices`;
    return ask(call, 'PUT', `${path}/${encodeURIComponent(id)}`, body);
  }
  const body = placeOf(call);
  if (body === undefined) return usage('devices add needs --asset, or --kind, --lat and --lon');
  return ask(call, 'PUT', `/api/v1/devices/${encodeURIComponent(id)}`, body);
}

/** `devices remove`: forgets a device, not its thing. */
export async function removeDevice(call: Call): Promise<number> {
  const id = call.positionals[2];
  if (id === undefined) return usage('devices remove needs ID');
  return ask(call, 'DELETE', `/api/v1/devices/${encodeURIComponent(id)}`);
}

/** `devices adopt`: registers who was heard under an unknown name, and takes what it said. */
export async function adoptDevice(call: Call): Promise<number> {
  const [, system, name] = /^([^/]+)\/(.+)$/.exec(call.positionals[2] ?? '') ?? [];
  const body = placeOf(call);
  if (name === undefined || body === undefined) {
    return usage('devices adopt needs SYSTEM/NAME, --kind, --lat, --lon');
  }
  const { id } = call.values;
  const path = `/api/v1/quarantine/${encodeURIComponent(system!)}/${encodeURIComponent(name)}/adopt`;
  return ask(call, 'POST', path, { ...body, ...(id && { id }) });
}

/** What stands where: undefined when something of it is missing. */
function placeOf({ values }: Call): object | undefined {
  const { kind, lat, lon, name, profile } = values;
  if (!kind || !lat || !lon) return undefined;
  return {
    kind,
    lat: Number(lat),
    lon: Number(lon),
    ...(name && { name }),
    ...(profile && { profile }),
  };
}

/** `devices rotate`: a new token, printed once. */
export async function rotateToken(call: Call): Promise<number> {
  const id = call.positionals[2];
  if (id === undefined) return usage('devices rotate needs ID');
  const { overlap } = call.values;
  const query = overlap === undefined ? '' : `?overlap=${encodeURIComponent(String(overlap))}`;
  return ask(call, 'POST', `${tokenOf(id)}${query}`);
}

/** `devices revoke`: takes the token away. */
export async function revokeToken(call: Call): Promise<number> {
  const id = call.positionals[2];
  return id === undefined ? usage('devices revoke needs ID') : ask(call, 'DELETE', tokenOf(id));
}

function tokenOf(id: string): string {
  return `/api/v1/devices/${encodeURIComponent(id)}/token`;
}
