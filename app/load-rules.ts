import { isDeepStrictEqual } from 'node:util';
import { reject, type Rejection } from '#model';
import { tryRules } from '#rules';
import { loadCity, type City } from '#app/city.ts';
import type { Config } from '#app/config.ts';
import type { Loaded } from '#app/rule-handlers.ts';

/**
 * Makes what reads the rules of a running city again, with all checks of a start. Kinds and categories
 * are those that it began with: rules for others can't be taken before the next start.
 */
export function createRulesLoader(
  config: Config,
  running: Pick<City, 'kinds' | 'categories'>,
): () => Promise<Loaded | Rejection> {
  return async () => {
    const city = await loadCity(config).catch((error: unknown) => [unreadable(error)]);
    if (Array.isArray(city)) return allOf(city);
    const strays = (['kinds', 'categories'] as const).flatMap((name) => {
      if (isDeepStrictEqual(city[name], running[name])) return [];
      return [reject('rules.invalid', `${name} have changed: restart the server for that`, name)];
    });
    const problems = [...strays, ...tryRules(city.rules)];
    return problems.length > 0 ? allOf(problems) : loadedOf(city);
  };
}

/** The part of a city that may change while it runs. */
export function loadedOf({
  rules,
  overrides = [],
}: Pick<Loaded, 'rules'> & Partial<Loaded>): Loaded {
  return { rules, overrides };
}

function allOf(problems: readonly Rejection[]): Rejection {
  const [first] = problems;
  const more = problems.length > 1 ? `; and ${problems.length - 1} more` : '';
  const { field, reason } = first!;
  return { ...reject('rules.invalid', `${reason}${more}`, field), problems };
}

function unreadable(error: unknown): Rejection {
  return reject('rules.invalid', error instanceof Error ? error.message : String(error));
}
