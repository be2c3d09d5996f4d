import { isRejection, reject, type Rejection } from '#model';
import { loadCategories, type Categories } from '#incidents';
import { loadKinds, loadProfiles } from '#ingest';
import { loadZones, type Zones } from '#registry';
import { loadRules, type Override, type Rule } from '#rules';
import type { Config } from '#app/config.ts';
import { kindFolders, profileFolders, type Models } from '#app/models.ts';

/** Everything about the city that is data: read at start, checked as a whole. */
export interface City extends Models {
  readonly rules: readonly Rule[];
  readonly overrides: readonly Override[];
  /** What rules were not tried with: told, and no reason not to start. */
  readonly gaps: readonly Rejection[];
  readonly categories: Categories;
  readonly zones: Zones;
}

/** Reads kinds, profiles, rules, categories and zones; every problem of every file comes back at once. */
export async function loadCity(config: Config): Promise<City | Rejection[]> {
  const kinds = await loadKinds(...kindFolders(config));
  if (Array.isArray(kinds)) return kinds;
  const profiles = await loadProfiles(profileFolders(config), kinds);
  const categories = await loadCategories(config.categories);
  const zones = await loadZones(config.zones);
  const names = 'names' in zones ? zones.names : undefined;
  const { rules, overrides, problems, gaps } = await loadRules(config.rules, kinds, names);
  const found = [profiles, problems, categories, zones].flat().filter(isRejection);
  if (found.length > 0) return found;
  const strays = checkCategories(rules, categories as Categories);
  if (strays.length > 0) return strays;
  return {
    kinds,
    profiles: profiles as Models['profiles'],
    rules,
    overrides,
    gaps,
    categories: categories as Categories,
    zones: zones as Zones,
  };
}

/** A rule that files incidents of a category nobody knows would stop the road at its first breach. */
function checkCategories(rules: readonly Rule[], categories: Categories): Rejection[] {
  const known = [...categories.keys()].join(', ');
  return rules
    .filter(({ category }) => !categories.has(category))
    .map(({ id, category }) =>
      reject('rules.invalid', `no category ${category}; there are ${known}`, `${id}: category`),
    );
}
