import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A new token: 192 random bits, so that a plain HMAC is enough to keep it. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** The HMAC-SHA-256 (hex) under which a token is kept; `secret` lies outside the database. */
export function hashToken(token: string, secret: string): string {
  return createHmac('sha256', secret).update(token).digest('hex');
}

/** Compares a token with a kept hash in constant time; an unknown login costs as much as a wrong token. */
export function tokenMatches(token: string, hash: string | undefined, secret: string): boolean {
  const given = Buffer.from(hashToken(token, secret), 'hex');
  const kept = Buffer.from(hash ?? '0'.repeat(64), 'hex');
  return given.length === kept.length && timingSafeEqual(given, kept) && hash !== undefined;
}
