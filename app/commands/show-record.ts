import { iso, type LogRecord } from '#model';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const longest = 200;

/** A payload for people: text where it is text, else hex; what a terminal would obey is escaped. */
export function showBytes(bytes: Uint8Array): { readonly text: string } | { readonly hex: string } {
  try {
    return { text: utf8.decode(bytes) };
  } catch {
    return { hex: Buffer.from(bytes).toString('hex') };
  }
}

/** One line of a record for people. */
export function recordLine(record: LogRecord): string {
  const { number, receivedAt, principal, topic, bytes } = record;
  if (record.corrupt) return `${number}  damaged\n`;
  const shown = showBytes(bytes);
  const content = 'text' in shown ? shown.text : `hex ${shown.hex}`;
  const cut = content.length > longest ? `${content.slice(0, longest)}…` : content;
  const parts = [String(number), iso(receivedAt), principal, topic, `${bytes.length} B`, cut];
  return `${parts.map(plain).join('  ')}\n`;
}

/** A record as a machine reads it. */
export function recordJson({
  number,
  receivedAt,
  principal,
  topic,
  bytes,
  corrupt,
}: LogRecord): object {
  return corrupt
    ? { number, damaged: true }
    : {
        number,
        received_at: iso(receivedAt),
        principal,
        topic,
        size: bytes.length,
        ...showBytes(bytes),
      };
}

/** A text as a terminal may have it: that obeys control characters, and a device may send any. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (sign) => {
    return `\\u${sign.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
}
