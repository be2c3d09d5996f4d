import { reject, type Rejection } from '#model';

/** Measures of one time; the time is text, as it was sent. */
export interface UltralightGroup {
  readonly time?: string;
  readonly values: Readonly<Record<string, unknown>>;
}

const maxGroups = 1_000;

/**
 * Takes UltraLight 2.0 apart: `t|15|k|abc`, groups joined by `#`, each with its time in front where it
 * has one: `2016-06-13T00:35:30Z|lle|100`. A group with an odd number of fields begins with its time.
 */
export function parseUltralight(text: string): readonly UltralightGroup[] | Rejection {
  const parts = text.trim().split('#');
  if (parts.length > maxGroups) return invalid(`${parts.length} groups; at most ${maxGroups}`);
  const groups: UltralightGroup[] = [];
  for (const [index, part] of parts.entries()) {
    const fields = part.split('|');
    const time = fields.length % 2 === 1 ? fields.shift() : undefined;
    if (fields.length === 0) return invalid(`group ${index} has no value: name|value is needed`);
    const values = Object.create(null) as Record<string, unknown>; // names are the sender's
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at]!;
      if (name === '') return invalid(`group ${index} has a value without a name`);
      values[name] = toValue(fields[at + 1]!);
    }
    groups.push({ ...(time !== undefined && { time }), values });
  }
  return groups;
}

/** What a text means: UltraLight knows no types, so what looks like a number or a truth is one. */
export function toValue(text: string): number | boolean | string {
  const word = text.trim();
  if (/^[+-]?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/.test(word)) return Number(word);
  if (word === 'true' || word === 'false') return word === 'true';
  return word;
}

function invalid(reason: string): Rejection {
  return reject('ingest.body_invalid', reason);
}
