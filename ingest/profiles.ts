import { fileURLToPath } from 'node:url';
import type { Kinds, Rejection } from '#model';
import { checkProfile } from './check-profile.ts';
import { profile, type Profile } from './profile.ts';
import { createUnits } from './units.ts';
import { readYamlFolders } from './yaml-folder.ts';

export type { Profile };

/** Folder of the profiles that ship. */
export const shippedProfiles = fileURLToPath(new URL('profiles', import.meta.url));

/**
 * Reads the device profiles of folders, a later one's in place of an earlier one's of the same name, for
 * the metrics of `kinds`; resolves with all that is wrong (`config.invalid`) if anything is.
 */
export async function loadProfiles(
  folders: readonly string[],
  kinds: Kinds,
): Promise<ReadonlyMap<string, Profile> | Rejection[]> {
  const units = createUnits();
  return readYamlFolders(
    folders,
    profile,
    (data) => data.profile,
    (data) => checkProfile(data, kinds, units),
  );
}
