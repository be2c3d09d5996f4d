import { z } from 'zod';

/** Tells the time as epoch milliseconds, UTC. Injected everywhere, so tests and the demo can set it. */
export type Now = () => number;

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration as people write it (`90s`, `15m`, `6h`), read into milliseconds. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'a duration such as 90s, 15m, 6h or 2d')
  .transform((text) => {
    const unit = text.replace(/^[\d.]+/, '') as keyof typeof units;
    return Number.parseFloat(text) * units[unit];
  });

/** Epoch milliseconds as ISO 8601 in UTC, as every answer of the API shows a time. */
export function iso(time: number): string {
  return new Date(time).toISOString();
}

/** Whether a text names a time zone that this runtime knows. */
export function isTimeZone(text: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
