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
    tell([answer]);
    return exit.failed;
  }
  process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`);
  return exit.ok;
}

/** `devices add`: registers a device, and prints its token. */
export async function addDevice(call: Call): Promise<number> {
  const { kind, lat, lon, name, profile } = call.values;
  const id = call.positionals[2];
  if (id === undefined || !kind || !lat || !lon)
    return usage('devices add needs ID, --kind, --lat, --lon');
  const body = {
    kind,
    lat: Number(lat),
    lon: Number(lon),
    ...(name && { name }),
    ...(profile && { profile }),
  };
  return ask(call, 'PUT', `/api/v1/devices/${encodeURIComponent(id)}`, body);
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
