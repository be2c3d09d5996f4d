import { pino, type Logger } from 'pino';

export type { Logger };

/** Names under which a secret could reach a log line. */
const secrets = ['token', 'password', 'key', 'api_key', 'authorization', 'email', 'phone'];

/**
 * The logger of one thread: JSON lines on standard error. `warn` means unexpected but nothing lost,
 * `error` that data is lost or somebody must act, `fatal` a bug; nothing per reading above `trace`.
 */
export function createLogger(thread: string, level: string): Logger {
  return pino(
    {
      level,
      base: { thread },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...secrets, ...secrets.map((name) => `*.${name}`)], censor: '[secret]' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
