import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import {
  duration,
  explain,
  isRejection,
  isTimeZone,
  position,
  reject,
  segment,
  type Rejection,
} from '#model';
import { limits } from '#app/limits.ts';
import { anonymous, checkAnonymous, isLoopback, tls, ws } from '#app/listeners.ts';
import { sessions } from '#app/sessions.ts';
import { sources } from '#app/sources.ts';

/** Where the program itself lies: shipped rules, kinds, profiles and categories are below. */
export const programFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** The configuration that may be absent: then it is the demo. */
export const defaultFile = 'siaga.yaml';

const port = z.number().int().min(0).max(65_535);
const timeZone = z.string().refine(isTimeZone, 'a time zone of IANA, such as Asia/Makassar');
const mebibyte = 1024 * 1024;

const schema = z.strictObject({
  /** Second segment of every native topic. */
  site: segment.default('kupang'),
  city: z.strictObject({ name: z.string(), timeZone, position }).default({
    name: 'Kota Kupang',
    timeZone: 'Asia/Makassar',
    position: { lat: -10.17, lon: 123.6 },
  }),
  data: z.string().default('./data'),
  mqtt: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: port.default(1883),
      tls: tls.optional(),
      ws: ws.optional(),
      anonymous: anonymous.optional(),
      sessions: sessions.prefault({}),
      limits: limits.prefault({}),
    })
    .prefault({}),
  /** Brokers of others, to which we listen. */
  sources: sources.default([]),
  http: z
    .strictObject({ host: z.string().default('127.0.0.1'), port: port.default(8080) })
    .prefault({}),
  /** Lets the server listen beyond this machine without TLS. */
  insecure: z.boolean().default(false),
  influx: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/ })
        .refine(
          (url) => new URL(url).username === '',
          'an address without a login: use username and token',
        ),
      database: z.string().min(1).default('siaga'),
      username: z.string().default('siaga'),
      token: z.string().default(''),
    })
    .optional(),
  /** `none` keeps series in the embedded store even where influxd is installed. */
  influxd: z.enum(['auto', 'none']).default('auto'),
  log: z
    .strictObject({
      segment: z.number().int().min(1).max(1024).default(64).describe('MiB'),
      linger: duration.prefault('3ms'),
      keep: z.number().int().min(16).default(4_096).describe('MiB a log'),
      /** A week, as Kafka has it: long enough to find out on Monday what went wrong on Friday. */
      keepFor: duration.prefault('7d'),
      /** Beyond, nothing is acknowledged until consumers have caught up. */
      limit: z.number().int().default(32_768).describe('MiB a log'),
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('warn'),
    })
    .prefault({}),
  /** Where spans go, by OTLP over HTTP; none without it. */
  otel: z.strictObject({ endpoint: z.url({ protocol: /^https?$/ }) }).optional(),
  retention: z
    .strictObject({
      raw: duration.prefault('90d'),
      /** Dead letters since they were received: those that wait, and those that went the road again. */
      letters: z
        .strictObject({
          open: duration.prefault('180d'),
          replayed: duration.prefault('30d'),
        })
        .prefault({}),
    })
    .prefault({}),
  /** GeoJSON of the city's zones, and which properties name them. */
  zones: z.strictObject({ file: z.string(), zone: z.string(), district: z.string() }).default({
    file: join(programFolder, 'registry/zones/kupang.geojson'),
    zone: 'kelurahan',
    district: 'kecamatan',
  }),
  /** Folders of kinds and profiles of the city's own, beside those that ship. */
  kinds: z.string().optional(),
  profiles: z.string().optional(),
  rules: z.string().default(join(programFolder, 'rules')),
  categories: z.string().default(join(programFolder, 'incidents/categories.yaml')),
});

export type Config = Readonly<z.output<typeof schema>>;

/** Environment that scripts set; it wins over the file. */
export interface Environment {
  readonly SIAGA_DATA?: string | undefined;
  readonly SIAGA_HTTP_PORT?: string | undefined;
  readonly SIAGA_MQTT_PORT?: string | undefined;
  readonly SIAGA_INFLUX_TOKEN?: string | undefined;
  readonly SIAGA_ADMIN_KEY?: string | undefined;
}

/**
 * Reads the configuration from YAML text and the environment, opening nothing. All problems are
 * reported at once, each with the field, the reason and, for a mistyped name, the likely one.
 */
export function parseConfig(text: string, file: string, env: Environment): Config | Rejection[] {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    return document.errors.map((error) => reject('config.invalid', error.message, file));
  }
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (!parsed.success) return explain(parsed.error, schema, file);
  const config = withEnvironment(parsed.data, env);
  const problems = [config].flat().filter(isRejection);
  return problems.length > 0 ? problems : check(config as Config, file);
}

/** Reads `siaga.yaml` (or another file) where it exists. */
export function loadConfig(file: string, env: Environment): Config | Rejection[] {
  return parseConfig(existsSync(file) ? readFileSync(file, 'utf8') : '', file, env);
}

function withEnvironment(config: Config, env: Environment): Config | Rejection[] {
  const problems: Rejection[] = [];
  const portOf = (name: 'SIAGA_HTTP_PORT' | 'SIAGA_MQTT_PORT', otherwise: number): number => {
    const parsed = port.safeParse(Number(env[name] || otherwise));
    if (parsed.success) return parsed.data;
    problems.push(reject('config.invalid', `${env[name]} is not a port (0 to 65535)`, name));
    return otherwise;
  };
  const merged: Config = {
    ...config,
    data: resolve(env.SIAGA_DATA || config.data),
    http: { ...config.http, port: portOf('SIAGA_HTTP_PORT', config.http.port) },
    mqtt: { ...config.mqtt, port: portOf('SIAGA_MQTT_PORT', config.mqtt.port) },
    ...(config.influx && {
      influx: { ...config.influx, token: env.SIAGA_INFLUX_TOKEN ?? config.influx.token },
    }),
  };
  if (env.SIAGA_ADMIN_KEY && !/^[\x21-\x7e]+$/.test(env.SIAGA_ADMIN_KEY)) {
    const reason = 'a key is one word of visible ASCII, since it travels in a header';
    problems.push(reject('config.invalid', reason, 'SIAGA_ADMIN_KEY'));
  }
  return problems.length > 0 ? problems : merged;
}

/** What no field can say alone. */
function check(config: Config, file: string): Config | Rejection[] {
  const strangers = checkAnonymous(config.mqtt).map((reason) =>
    reject('config.invalid', reason, `${file}: mqtt.anonymous`),
  );
  const problems = [...checkLog(config, file), ...checkHosts(config, file), ...strangers];
  return problems.length > 0 ? problems : config;
}

/** With less room, a log at its limit could not start the segment that lets it go on. */
function checkLog({ log }: Config, file: string): Rejection[] {
  const least = Math.max(log.keep, log.segment) + log.segment;
  if (log.limit >= least) return [];
  const reason = `${log.limit} MiB is too little: at least keep (or a segment, if that is more) and one more segment, ${least}`;
  return [reject('config.invalid', reason, `${file}: log.limit`)];
}

/** Nothing listens beyond this machine without TLS unless the file says `insecure: true`. */
function checkHosts(config: Config, file: string): Rejection[] {
  if (config.insecure) return [];
  const hosts = { mqtt: config.mqtt.host, 'mqtt.ws': config.mqtt.ws?.host, http: config.http.host };
  return Object.entries(hosts)
    .filter(([, host]) => host !== undefined && !isLoopback(host))
    .map(([part, host]) =>
      reject(
        'config.invalid',
        `${host} is reachable from other machines without TLS; bind 127.0.0.1 (and let devices come by mqtt.tls), or say "insecure: true" if the network in front is safe`,
        `${file}: ${part}.host`,
      ),
    );
}

/** What of a log stays once its consumers have passed it: bytes, and ms since it was received. */
export function retention({ log }: Config): { readonly keep: number; readonly keepFor: number } {
  return { keep: log.keep * mebibyte, keepFor: log.keepFor };
}

/** Segment size in bytes. */
export function segmentBytes(config: Config): number {
  return config.log.segment * mebibyte;
}

/** Bytes that all segments of a log may take. */
export function limitBytes(config: Config): number {
  return config.log.limit * mebibyte;
}
