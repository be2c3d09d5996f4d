import { reject, type Rejection } from '#model';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a payload. The value is wrapped, since a body may well say `{"rejected": true}` itself. */
export function parseJson(payload: Uint8Array): { readonly json: unknown } | Rejection {
  let text: string;
  try {
    text = utf8.decode(payload);
  } catch {
    return reject('ingest.json_malformed', 'the body is not UTF-8');
  }
  try {
    return { json: JSON.parse(text) };
  } catch (error) {
    // V8 says what it expected and where, and quotes the body, which may hold anything.
    const reason = (error as SyntaxError).message.replaceAll(/\p{Cc}/gu, ' ').slice(0, 200);
    return reject('ingest.json_malformed', reason);
  }
}

/** Whether a JSON value is an object, neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as it stood in the body, short enough for a sentence. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** Path of a member; a name that is no plain word is quoted and cut, for logs and lists. */
export function pathOf(parent: string, name: string): string {
  const word = /^[\w.-]{1,64}$/.test(name) ? name : show(name);
  return parent === '' ? word : `${parent}.${word}`;
}
