import type { Device, Principal } from '#model';
import { keyOf, type Entry } from './directory.ts';
import { grantsOf } from './grants.ts';
import { readKnown } from './read.ts';
import { savePrincipals, type Trx } from './rows.ts';

/**
 * Takes the identities that a device claims from those that have them, with what these may publish and
 * hear for their sake; in the caller's transaction, before the device is put.
 */
export async function release(
  trx: Trx,
  site: string,
  { id, identities }: Device,
): Promise<Entry[]> {
  if (identities.length === 0) return [];
  const claimed = new Set(identities.map(keyOf));
  const { owners } = await readKnown(trx, [id], identities);
  const losers = new Set([...owners].filter(([key]) => claimed.has(key)).map(([, owner]) => owner));
  losers.delete(id);
  if (losers.size === 0) return [];
  const { devices, principals } = await readKnown(trx, [...losers]);
  const entries = [...losers].map((loser) => {
    const before = devices.get(loser)!;
    const rest = before.identities.filter((each) => !claimed.has(keyOf(each)));
    const device = { ...before, identities: rest };
    return { device, principal: narrow(principals.get(loser)!, before, device, site) };
  });
  // Their rows of identities are written over by whoever claims them.
  await savePrincipals(
    trx,
    entries.map(({ principal }) => principal),
  );
  return entries;
}

/** What only the lost names allowed: whether the device serves anything makes no difference to that. */
function narrow(principal: Principal, before: Device, after: Device, site: string): Principal {
  const [had, has] = [before, after].map((each) => grantsOf({ kind: '' }, each, site));
  const left = (of: 'publish' | 'subscribe'): string[] => {
    const lost = new Set(had![of]).difference(new Set(has![of]));
    return principal[of].filter((filter) => !lost.has(filter));
  };
  return { ...principal, publish: left('publish'), subscribe: left('subscribe') };
}
