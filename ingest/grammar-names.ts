import type { Grammar, Part } from './grammar.ts';

/** A name under which a frame's value appears. */
export interface Named {
  readonly name: string;
  readonly unit?: string | undefined;
  /** Whether it stands in an item that has a channel. */
  readonly hasChannel: boolean;
}

/** Every name that a grammar's frames give, as it is written: with `{channel}` where it has that. */
export function namesIn({ frames }: Grammar): Named[] {
  return frames.flatMap(({ parts = [] }) => namesOf(parts, false));
}

function namesOf(parts: readonly Part[], hasChannel: boolean): Named[] {
  return parts.flatMap((part): Named[] => {
    if ('name' in part) return [{ name: part.name, unit: part.unit, hasChannel }];
    if ('bits' in part) {
      return Object.entries(part.of).map(([name, { unit }]) => ({ name, unit, hasChannel }));
    }
    if ('flags' in part) return namesOf(part.groups.flat(), hasChannel);
    if ('switch' in part) return namesOf([...part.cases.values()].flat(), hasChannel);
    if (!('items' in part)) return [];
    const isOne = hasChannel || part.header.includes('channel');
    return namesOf([...part.items.values()].flat(), isOne);
  });
}
