import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isRejection, reject, segment, type Health, type Rejection } from '#model';
import { openSource, type SourceDeps, type SourceOptions } from '#broker';

/** Brokers of others to which the server listens, as `siaga.yaml` has them. */
export const sources = z
  .array(
    z
      .strictObject({
        name: segment,
        url: z
          .url({ protocol: /^(mqtts?|wss?)$/ })
          .refine((url) => new URL(url).username === '', 'an address without a login'),
        username: z.string().max(256).optional(),
        password: z.string().max(4_096).optional(),
        /** Holds the password alone, so that the configuration can be shown. */
        passwordFile: z.string().optional(),
        ca: z.string().optional(),
        topics: z.array(z.string().min(1).max(256)).min(1).max(64),
        qos: z.union([z.literal(0), z.literal(1)]).default(1),
        /** Two clients of one id would push each other out for ever. */
        clientId: z.string().min(1).max(64).optional(),
      })
      .refine(
        ({ password, passwordFile }) => password === undefined || passwordFile === undefined,
        'password or passwordFile, not both',
      ),
  )
  .max(64)
  .refine(
    (all) => new Set(all.map(({ name }) => name)).size === all.length,
    'each source has a name of its own',
  );

export type SourceConfig = z.output<typeof sources>[number];

/** Sources that are listened to. */
export interface Sources {
  health(): Health[];
  close(): Promise<void>;
}

/** Reads what lies in files; a Rejection names the source whose file can't be read. */
export function readSources(
  configs: readonly SourceConfig[],
  site: string,
): SourceOptions[] | Rejection[] {
  const read = configs.map((config, at): SourceOptions | Rejection => {
    const { passwordFile, ca, password, ...rest } = config;
    try {
      return {
        ...rest,
        clientId: config.clientId ?? `siaga-${site}-${config.name}`,
        password: passwordFile === undefined ? password : readFileSync(passwordFile, 'utf8').trim(),
        ca: ca === undefined ? undefined : readFileSync(ca),
      };
    } catch (error) {
      return reject('config.invalid', (error as Error).message, `sources.${at}`);
    }
  });
  const bad = read.filter(isRejection);
  return bad.length > 0 ? bad : (read as SourceOptions[]);
}

/** Listens to all of them. */
export function openSources(options: readonly SourceOptions[], deps: SourceDeps): Sources {
  const open = options.map((each) => openSource(each, deps));
  return {
    health: () => open.map((source) => source.health()),
    async close() {
      await Promise.all(open.map((source) => source.close()));
    },
  };
}
