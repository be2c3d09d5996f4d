import {
  reject,
  type CommandBody,
  type CommandResults,
  type Principal,
  type Rejection,
} from '#model';
import type { Change } from './directory.ts';
import { readKnown } from './read.ts';
import { savePrincipals, type Trx } from './rows.ts';
import { hashToken, newToken } from './token.ts';

/** A new token for a device; the old one goes on working for `overlap` ms from `at` (epoch ms). */
export async function rotate(
  trx: Trx,
  secret: string,
  { id, overlap }: CommandBody<'device.rotate'>,
  at: number,
): Promise<Change<CommandResults['device.rotate']> | Rejection> {
  const known = await findDeviceLogin(trx, id);
  if ('rejected' in known) return known;
  const { previous: _previous, ...rest } = known;
  const token = newToken();
  const principal: Principal = {
    ...rest,
    hash: hashToken(token, secret),
    ...(overlap > 0 && rest.hash !== '' && { previous: { hash: rest.hash, until: at + overlap } }),
  };
  await savePrincipals(trx, [principal]);
  return { result: { token }, entries: [{ principal }] };
}

/** No token at all, until the next one is made. */
export async function revoke(
  trx: Trx,
  id: string,
): Promise<Change<CommandResults['device.revoke']> | Rejection> {
  const known = await findDeviceLogin(trx, id);
  if ('rejected' in known) return known;
  const { previous: _previous, ...rest } = known;
  const principal: Principal = { ...rest, hash: '' };
  await savePrincipals(trx, [principal]);
  return { result: { device: id }, entries: [{ principal }] };
}

/** A bridge with a new token. */
export async function putBridge(
  trx: Trx,
  secret: string,
  { name, publish, subscribe }: CommandBody<'bridge.put'>,
): Promise<Change<CommandResults['bridge.put']> | Rejection> {
  const { principals } = await readKnown(trx, [name]);
  if (principals.get(name)?.role === 'device') {
    return reject('registry.name_taken', `${name} is the login of a device`, 'name');
  }
  const token = newToken();
  const hash = hashToken(token, secret);
  const principal: Principal = { name, role: 'bridge', hash, publish, subscribe };
  await savePrincipals(trx, [principal]);
  return { result: { token }, entries: [{ principal }] };
}

async function findDeviceLogin(trx: Trx, id: string): Promise<Principal | Rejection> {
  const known = (await readKnown(trx, [id])).principals.get(id);
  if (known?.role === 'device') return known;
  return reject('registry.device_unknown', `no device ${id}`, 'id');
}
