/**
 * Why a string from the wire is not fit to be an id, a name or a topic; undefined when it is. MQTT
 * forbids U+0000 and lone surrogates [MQTT-1.5.3-1, -2] and advises against control characters and
 * non-characters; aedes checks none of it, and these strings end in logs, tags and incident texts.
 * U+FFFD is what bytes that are not UTF-8 were turned into on the way here.
 */
export function textProblem(text: string): string | undefined {
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return `a control character (${hex(code)})`;
    if (code >= 0xd800 && code <= 0xdfff) return `a lone surrogate (${hex(code)})`;
    if (code === 0xfffd) return 'bytes that are not UTF-8';
    if ((code & 0xfffe) === 0xfffe || (code >= 0xfdd0 && code <= 0xfdef)) {
      return `a non-character (${hex(code)})`;
    }
  }
  return undefined;
}

function hex(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
