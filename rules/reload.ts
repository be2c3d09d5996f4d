import { isDeepStrictEqual } from 'node:util';
import { reject, type Rejection, type RulesChange } from '#model';
import { prepare } from './prepare.ts';
import type { Rule } from './rule.ts';

/** What other rules change, by id. */
export function compareRules(before: readonly Rule[], after: readonly Rule[]): RulesChange {
  const old = new Map(before.map((each) => [each.id, each]));
  const ids = new Set(after.map(({ id }) => id));
  const known = after.filter(({ id }) => old.has(id));
  const isSame = (each: Rule): boolean => isDeepStrictEqual(each, old.get(each.id));
  return {
    added: after.filter(({ id }) => !old.has(id)).map(({ id }) => id),
    removed: before.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    changed: known.filter((each) => !isSame(each)).map(({ id }) => id),
    kept: known.filter(isSame).map(({ id }) => id),
  };
}

/** Prepares each rule once: what the checks let pass must not be found out by the rules at work. */
export function tryRules(rules: readonly Rule[]): Rejection[] {
  return rules.flatMap((each) => {
    try {
      prepare(each);
      return [];
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return [reject('rules.invalid', reason, each.id)];
    }
  });
}
