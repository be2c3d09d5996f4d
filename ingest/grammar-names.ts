import type { Grammar, Part } from './grammar.ts';

/** A name under which a frame's value appears. */
export interface Named {
  readonly name: string;
  readonly unit?: string | undefined;
}

/** Every name that a grammar's frames give, as it is written: with `{channel}` where it has that. */
export function namesIn({ frames }: Grammar): Named[] {
  return frames.flatMap(({ parts = [] }) => parts.flatMap(namesOf));
}

function namesOf(part: Part): Named[] {
  if ('name' in part) return [part];
  if ('bits' in part) return Object.entries(part.of).map(([name, { unit }]) => ({ name, unit }));
  if ('flags' in part) return part.groups.flat().flatMap(namesOf);
  if ('switch' in part) return [...part.cases.values()].flat().flatMap(namesOf);
  if ('items' in part) return [...part.items.values()].flat().flatMap(namesOf);
  return [];
}
