import type { Directory } from '#model';
import { byAge, chainOf, type OpenInstance, type Opens } from './opens.ts';
import type { Rule } from './rule.ts';

/** What may explain what, by the rules alone. */
export interface Explanations {
  /** The open breach that explains this one, the nearest first; undefined where it stands for itself. */
  parentOf(instance: OpenInstance): OpenInstance | undefined;
  /** The open breaches that this one explains. */
  explainedBy(instance: OpenInstance): OpenInstance[];
}

/** Finds explanations among open breaches by `inhibited_by`: at the same asset or at what it hangs on. */
export function createExplanations(
  rules: readonly Rule[],
  directory: Directory,
  opens: Opens,
): Explanations {
  const causes = new Map(rules.map(({ id, inhibited_by }) => [id, inhibited_by]));
  const effects = new Map<string, string[]>();
  for (const [id, list] of causes) {
    for (const cause of list) effects.set(cause, [...(effects.get(cause) ?? []), id]);
  }

  const isChildOf = (candidate: OpenInstance, instance: OpenInstance): boolean => {
    for (let at: OpenInstance | undefined = candidate; at !== undefined;) {
      if (at === instance) return true;
      const { parent }: { parent?: string } = at.open.breach;
      at = parent === undefined ? undefined : opens.byId(parent);
    }
    return false;
  };

  return {
    parentOf(instance) {
      const list = causes.get(instance.rule) ?? [];
      if (list.length === 0) return undefined;
      for (const asset of chainOf(directory, instance.memory.asset)) {
        for (const rule of list) {
          for (const cause of opens.at(rule, asset)) {
            if (!isChildOf(cause, instance)) return cause;
          }
        }
      }
      return undefined;
    },
    explainedBy(instance) {
      const found: OpenInstance[] = [];
      for (const rule of effects.get(instance.rule) ?? []) {
        for (const each of opens.of(rule)) {
          if (each === instance || isChildOf(instance, each)) continue;
          if (chainOf(directory, each.memory.asset).includes(instance.memory.asset))
            found.push(each);
        }
      }
      return found.sort(byAge);
    },
  };
}
