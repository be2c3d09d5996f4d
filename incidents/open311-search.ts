import { z } from 'zod';
import { both, type Open311Error } from './open311-error.ts';
import { once, text, texts, toErrors } from './open311-fields.ts';
import type { ReportQuery } from './read-reports.ts';

/** GeoReport v2: a search spans at most 90 days, the last 90 when it names none. Milliseconds. */
const longest = 90 * 86_400_000;

/** GeoReport v2: the first 1,000 requests at most. */
const limit = 1_000;

const instant = z
  .string({ error: once })
  .refine((value) => z.iso.datetime({ offset: true }).safeParse(value).success, {
    error: both({
      en: 'a time with its zone, such as 2026-11-24T08:00:00Z',
      id: 'waktu dengan zonanya, seperti 2026-11-24T08:00:00Z',
    }),
  })
  .transform((value) => Date.parse(value));

const words = text(8_000).transform((value) => value.split(',').map((word) => word.trim()));

const search = z
  .object({
    service_request_id: words.optional(),
    service_code: words.optional(),
    status: words
      .refine((list) => list.every((word) => word === 'open' || word === 'closed'), {
        error: both({ en: 'open, closed or both', id: 'open, closed, atau keduanya' }),
      })
      .optional(),
    start_date: instant.optional(),
    end_date: instant.optional(),
  })
  .refine(({ start_date: from, end_date: to }) => !from || !to || to - from <= longest, {
    path: ['end_date'],
    error: both({
      en: 'at most 90 days after start_date',
      id: 'paling lama 90 hari setelah start_date',
    }),
  });

/** A search for requests; ids override every other filter, as GeoReport v2 says. */
export function readSearch(query: unknown, now: number): ReportQuery | Open311Error[] {
  const parsed = search.safeParse(texts(query));
  if (!parsed.success) return toErrors(parsed.error);
  const { service_request_id: ids, service_code: categories, status } = parsed.data;
  if (ids) return { ids, limit };
  const { start_date, end_date } = parsed.data;
  const from = start_date ?? (end_date ?? now) - longest;
  return {
    categories,
    // Both words, like none, are no filter.
    open: status && new Set(status).size === 1 ? status.includes('open') : undefined,
    from,
    to: end_date ?? from + longest,
    limit,
  };
}
