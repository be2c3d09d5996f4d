/**
 * Every code this program can answer, log or count, with the HTTP status that carries it.
 * `docs/errors.md` describes each for users; a test holds the two together both ways.
 * A retired code is never used again.
 */
export const errorStatus = {
  'broker.address_full': 503,
  'broker.client_id_invalid': 400,
  'broker.client_id_taken': 403,
  'broker.connections_full': 503,
  'broker.filters_full': 429,
  'broker.inflight_full': 429,
  'broker.login_failed': 401,
  'broker.packet_too_large': 413,
  'broker.protocol_version': 400,
  'broker.publish_rate': 429,
  'broker.sessions_full': 429,
  'broker.topic_denied': 403,
  'broker.topic_invalid': 400,
  'broker.topic_too_deep': 400,
  'config.invalid': 400,
  'config.folder_locked': 409,
  'config.folder_demo': 409,
  'http.body_invalid': 400,
  'http.key_missing': 401,
  'http.key_denied': 403,
  'http.not_found': 404,
  'http.rate_limited': 429,
  'http.traces_full': 409,
  'incidents.category_unknown': 404,
  'incidents.location_missing': 400,
  'incidents.not_found': 404,
  'incidents.transition_refused': 409,
  'ingest.asset_unbound': 422,
  'ingest.birth_missing': 422,
  'ingest.body_invalid': 422,
  'ingest.clock_implausible': 422,
  'ingest.device_foreign': 422,
  'ingest.device_unknown': 422,
  'ingest.format_unknown': 422,
  'ingest.frame_invalid': 422,
  'ingest.geometry_missing': 422,
  'ingest.json_malformed': 422,
  'ingest.letter_fixed': 409,
  'ingest.log_full': 503,
  'ingest.metric_unknown': 422,
  'ingest.unit_unknown': 422,
  'ingest.value_bad': 422,
  'ingest.value_out_of_bounds': 422,
  'ingest.value_type': 422,
  'internal.bug': 500,
  'internal.unavailable': 503,
  'registry.asset_served': 409,
  'registry.asset_unknown': 404,
  'registry.device_unknown': 404,
  'registry.file_invalid': 400,
  'registry.identity_taken': 409,
  'registry.kind_unknown': 422,
  'registry.name_taken': 409,
  'registry.not_bound': 409,
  'registry.profile_unknown': 422,
  'registry.row_invalid': 422,
  'rules.invalid': 400,
  'rules.rule_unknown': 404,
  'rules.shelf_invalid': 400,
  'rules.shelf_unknown': 404,
  'rules.shelves_full': 409,
  'rules.recording_invalid': 400,
  'store.line_refused': 422,
  'store.unreachable': 503,
  'store.access_denied': 503,
} as const;

/** One of the codes above: a bounded set, so it may label a metric. */
export type ErrorCode = keyof typeof errorStatus;

/** Bad input, as a value: it is counted, kept and answered, and stops nothing else. */
export interface Rejection {
  readonly rejected: true;
  readonly code: ErrorCode;
  /** What is wrong and what would be right, for the person who sent it. */
  readonly reason: string;
  /** Where in the input: a metric, a JSON path, a query parameter. */
  readonly field?: string;
  /** Each mistake by itself, where one answer stands for several. */
  readonly problems?: readonly Rejection[];
}

/** Makes a {@link Rejection} from a code, a reason and the offending field. */
export function reject(code: ErrorCode, reason: string, field?: string): Rejection {
  return field === undefined
    ? { rejected: true, code, reason }
    : { rejected: true, code, reason, field };
}

/** An exception of ours as a {@link Rejection}: its reason is the stack, for whoever mends the bug. */
export function rejectBug(error: unknown): Rejection {
  return reject(
    'internal.bug',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
}

/** Tells a {@link Rejection} from any other result, also after it crossed a thread. */
export function isRejection(value: unknown): value is Rejection {
  return typeof value === 'object' && value !== null && 'rejected' in value;
}

/** A neighbour (disk, database, InfluxDB) that does not answer as it should: wait and try again. */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly retriable = true;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ServiceError';
    this.code = code;
  }
}
