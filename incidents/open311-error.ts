import type { FastifyReply } from 'fastify';
import { errorStatus, type Bilingual, type ErrorCode, type Rejection } from '#model';

/** One error as GeoReport v2 answers it; an answer is an array of them. */
export interface Open311Error {
  /** The HTTP status. */
  readonly code: number;
  /** Field, reason in English and Indonesian, and the code that docs/errors.md explains. */
  readonly description: string;
}

/** Both languages in one text: the protocol has one field and no way to ask for a language. */
export function both({ en, id }: Bilingual): string {
  return `${en} / ${id}`;
}

/** Makes an Open311 error; `text` is what {@link both} made. */
export function open311Error(code: ErrorCode, text: string, field?: string): Open311Error {
  const where = field === undefined ? '' : `${field}: `;
  return { code: statusOf(code), description: `${where}${text} [${code}]` };
}

/** A Rejection of the other stations, whose reason is English only, as an Open311 error. */
export function fromRejection({ code, reason, field }: Rejection): Open311Error {
  const id = indonesian[statusOf(code)] ?? 'permintaan ditolak';
  return open311Error(code, both({ en: reason, id }), field);
}

/** Sends errors under the status of the first. */
export function refuse(reply: FastifyReply, errors: readonly Open311Error[]): FastifyReply {
  return reply.code(errors[0]?.code ?? 500).send(errors);
}

const indonesian: Record<number, string> = {
  403: 'kunci API tidak ada atau tidak berlaku',
  404: 'tidak ditemukan',
  429: 'terlalu banyak permintaan, coba lagi nanti',
  500: 'kesalahan di pihak kami',
  503: 'layanan sedang tidak tersedia, coba lagi nanti',
};

/** GeoReport v2 knows 403 for a missing or wrong key, 404, and 400 for the rest; ours beyond it are 429 and 5xx. */
function statusOf(code: ErrorCode): number {
  const status = errorStatus[code];
  if (status === 401) return 403;
  return status === 403 || status === 404 || status >= 429 ? status : 400;
}
