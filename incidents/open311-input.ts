import { z } from 'zod';
import { segment, type CommandBody } from '#model';
import type { Categories } from './category.ts';
import { both, open311Error, type Open311Error } from './open311-error.ts';
import type { ReportQuery } from './read-reports.ts';

const day = 86_400_000;
/** GeoReport v2: a search spans at most 90 days, and the last 90 when it names none. */
const longest = 90 * day;

const once = both({ en: 'give it once, as text', id: 'berikan satu kali, sebagai teks' });

function text(max: number) {
  const error = both({ en: `at most ${max} characters`, id: `paling banyak ${max} karakter` });
  return z.string({ error: once }).max(max, { error });
}

function degrees(limit: number) {
  const error = both({
    en: `degrees from -${limit} to ${limit}, with a decimal point`,
    id: `derajat dari -${limit} sampai ${limit}, dengan titik desimal`,
  });
  return z
    .string({ error: once })
    .regex(/^[+-]?\d{1,3}(\.\d+)?$/, { error })
    .transform(Number)
    .refine((value) => Math.abs(value) <= limit, { error });
}

/** The codes printed on poles and bins are in capitals; ids are not. */
const assetCode = text(64)
  .toLowerCase()
  .refine((code) => segment.safeParse(code).success, {
    error: both({
      en: 'the code on the asset, such as BIN-1',
      id: 'kode pada aset, seperti BIN-1',
    }),
  });

const instant = z
  .string({ error: once })
  .refine((value) => z.iso.datetime({ offset: true }).safeParse(value).success, {
    error: both({
      en: 'a time with its zone, such as 2026-11-24T08:00:00Z',
      id: 'waktu dengan zonanya, seperti 2026-11-24T08:00:00Z',
    }),
  })
  .transform((value) => Date.parse(value));

/**
 * What we take of a request. Who sent it (email, phone, first_name, last_name, device_id, account_id) is
 * accepted as the protocol wants and dropped here, with every other field not named.
 */
const form = z.object({
  lat: degrees(90).optional(),
  long: degrees(180).optional(),
  address_string: text(500).optional(),
  description: text(4_000).optional(),
  media_url: text(2_000)
    .refine((url) => z.url({ protocol: /^https?$/ }).safeParse(url).success, {
      error: both({ en: 'an http or https address', id: 'alamat http atau https' }),
    })
    .optional(),
  asset_id: assetCode.optional(),
  'attribute[asset]': assetCode.optional(),
});

/** A posted request as the command that files it, or everything that is wrong with it. */
export function readRequest(
  body: unknown,
  categories: Categories,
): CommandBody<'report.file'> | Open311Error[] {
  const given = texts(body);
  const service = given['service_code'];
  if (service === undefined) return [missingService];
  if (typeof service !== 'string' || !categories.has(service)) return [unknownService()];
  const parsed = form.safeParse(given);
  const errors = parsed.success ? [] : issues(parsed.error);
  const absent = ['lat', 'long'].filter((field) => given[field] === undefined);
  if (absent.length > 0) errors.push(missingLocation(absent.join(', ')));
  if (!parsed.success || errors.length > 0) return errors;
  const { lat = 0, long = 0, address_string, description, media_url, asset_id } = parsed.data;
  return {
    category: service,
    lat,
    lon: long,
    description: description ?? '',
    address: address_string ?? '',
    media: media_url,
    asset: parsed.data['attribute[asset]'] ?? asset_id,
  };
}

const search = z
  .object({
    service_request_id: text(2_000).transform(list).optional(),
    service_code: text(2_000).transform(list).optional(),
    status: text(32).transform(list).optional(),
    start_date: instant.optional(),
    end_date: instant.optional(),
  })
  .refine(({ status }) => status?.every((word) => word === 'open' || word === 'closed') ?? true, {
    path: ['status'],
    error: both({ en: 'open, closed or both', id: 'open, closed, atau keduanya' }),
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
  if (!parsed.success) return issues(parsed.error);
  const { service_request_id: ids, service_code: categories, status } = parsed.data;
  if (ids) return { ids, limit: 1_000 };
  const { start_date, end_date } = parsed.data;
  const from = start_date ?? (end_date ?? now) - longest;
  const one = new Set(status).size === 1 ? status?.[0] : undefined;
  return {
    categories,
    status: one as ReportQuery['status'],
    from,
    to: end_date ?? from + longest,
    limit: 1_000,
  };
}

/** The service that an address names, as its error when there is none. */
export function unknownService(): Open311Error {
  return open311Error(
    'incidents.category_unknown',
    both({ en: 'no such service, see services.json', id: 'tidak ada, lihat services.json' }),
    'service_code',
  );
}

const missingService = open311Error(
  'http.body_invalid',
  both({ en: 'required', id: 'wajib diisi' }),
  'service_code',
);

function missingLocation(fields: string): Open311Error {
  const text = both({
    en: 'coordinates are needed, an address alone cannot be placed yet',
    id: 'koordinat diperlukan, alamat saja belum dapat ditempatkan',
  });
  return open311Error('incidents.location_missing', text, fields);
}

/** Form and JSON alike as trimmed texts; an empty parameter counts as absent, as GeoReport v2 says. */
function texts(input: unknown): Record<string, unknown> {
  const entries = Object.entries(input ?? {})
    .map(([name, value]) => [name, typeof value === 'number' ? String(value) : value] as const)
    .map(([name, value]) => [name, typeof value === 'string' ? value.trim() : value] as const)
    .filter(([, value]) => value !== '' && value !== null);
  return Object.fromEntries(entries);
}

function list(value: string): string[] {
  return value.split(',').map((part) => part.trim());
}

function issues(error: z.ZodError): Open311Error[] {
  return error.issues.map(({ path, message }) =>
    open311Error('http.body_invalid', message, String(path[0])),
  );
}
