import { z } from 'zod';
import { segment, type CommandBody } from '#model';
import type { Categories } from './category.ts';
import { both, open311Error, type Open311Error } from './open311-error.ts';
import { once, text, texts, toErrors } from './open311-fields.ts';

/** The codes printed on poles and bins are in capitals; ids are not. */
const assetCode = text(64)
  .toLowerCase()
  .refine((code) => segment.safeParse(code).success, {
    error: both({
      en: 'the code on the asset, such as BIN-1',
      id: 'kode pada aset, seperti BIN-1',
    }),
  });

/**
 * What we take of a request. Who sent it (email, phone, first_name, last_name, device_id, account_id) is
 * accepted as the protocol wants and dropped here, with every other field not named.
 */
const form = z.object({
  lat: degrees(90),
  long: degrees(180),
  address_string: text(500).default(''),
  description: text(4_000).default(''),
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
  const { service_code: category, lat, long, ...rest } = texts(body);
  if (typeof category !== 'string') {
    return [open311Error('http.body_invalid', once, 'service_code')];
  }
  if (!categories.has(category)) return [unknownService()];
  // An address alone is allowed by GeoReport v2; until we can place one it needs its coordinates.
  if (lat === undefined || long === undefined) return [missingLocation()];
  const parsed = form.safeParse({ lat, long, ...rest });
  if (!parsed.success) return toErrors(parsed.error);
  const fields = parsed.data;
  return {
    category,
    lat: fields.lat,
    lon: fields.long,
    description: fields.description,
    address: fields.address_string,
    media: fields.media_url,
    asset: fields['attribute[asset]'] ?? fields.asset_id,
  };
}

/** The error for a service_code that stands for no category. */
export function unknownService(): Open311Error {
  const reason = { en: 'no such service, see services.json', id: 'tidak ada, lihat services.json' };
  return open311Error('incidents.category_unknown', both(reason), 'service_code');
}

function missingLocation(): Open311Error {
  const reason = {
    en: 'coordinates are needed, an address alone cannot be placed yet',
    id: 'koordinat diperlukan, alamat saja belum dapat ditempatkan',
  };
  return open311Error('incidents.location_missing', both(reason), 'lat, long');
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
