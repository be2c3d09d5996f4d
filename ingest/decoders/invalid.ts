import type { ZodError } from 'zod';
import { reject, type Rejection } from '#model';

/** A rejection that names the first member of a body that is not as it should be. */
export function invalid(error: ZodError): Rejection {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  return reject('ingest.body_invalid', issue?.message ?? 'invalid', path || undefined);
}
