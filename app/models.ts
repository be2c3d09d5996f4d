import type { Kinds, Rejection } from '#model';
import { loadKinds, loadProfiles, shippedKinds, shippedProfiles, type Profile } from '#ingest';
import type { Config } from '#app/config.ts';

/** What there can be in the city, and how it speaks. */
export interface Models {
  readonly kinds: Kinds;
  readonly profiles: ReadonlyMap<string, Profile>;
}

/** Reads kinds and profiles, those that ship and the city's own; or says all that is wrong with them. */
export async function loadModels(config: Config): Promise<Models | Rejection[]> {
  const kinds = await loadKinds(...kindFolders(config));
  if (Array.isArray(kinds)) return kinds;
  const profiles = await loadProfiles(profileFolders(config), kinds);
  return Array.isArray(profiles) ? profiles : { kinds, profiles };
}

/** Where kinds lie, the city's own last. */
export function kindFolders({ kinds }: Config): string[] {
  return kinds === undefined ? [shippedKinds] : [shippedKinds, kinds];
}

/** Where profiles lie, the city's own last. */
export function profileFolders({ profiles }: Config): string[] {
  return profiles === undefined ? [shippedProfiles] : [shippedProfiles, profiles];
}
