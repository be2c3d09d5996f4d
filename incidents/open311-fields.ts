import { z } from 'zod';
import { both, open311Error, type Open311Error } from './open311-error.ts';

/** Said of a field that is missing, given twice, or neither text nor number. */
export const once = both({
  en: 'must be given once, as text',
  id: 'harus diberikan satu kali, sebagai teks',
});

/** A field of free text. */
export function text(max: number) {
  const error = both({ en: `at most ${max} characters`, id: `paling banyak ${max} karakter` });
  return z.string({ error: once }).max(max, { error });
}

/** Address, form and JSON alike as trimmed texts; an empty parameter counts as absent, as GeoReport v2 says. */
export function texts(input: unknown): Record<string, unknown> {
  const entries = Object.entries(input ?? {})
    .map(([name, value]) => [name, trimmed(value)] as const)
    .filter(([, value]) => value !== '' && value !== null);
  return Object.fromEntries(entries);
}

function trimmed(value: unknown): unknown {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : value;
}

/** Every problem that zod found, by field. */
export function toErrors(error: z.ZodError): Open311Error[] {
  return error.issues.map(({ path, message }) =>
    open311Error('http.body_invalid', message, String(path[0])),
  );
}
