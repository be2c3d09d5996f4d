import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Asset } from '#model';
import { loadEntries, type RegistryTables } from '#registry';
import type { Config } from '#app/config.ts';
import { openReadOnly, scope } from '#app/database/database.ts';

/** What the registry knows of things and hardware, as a backtest needs it. */
export interface Past {
  readonly assets: readonly Asset[];
  /** Profile of each device that has one. */
  readonly models: Readonly<Record<string, string>>;
  /** The device that serves an asset now. */
  readonly served: Readonly<Record<string, string>>;
}

/** Reads the registry beside a readings log, else that of the configuration; nothing where there is none. */
export async function readPast(config: Config, log?: string): Promise<Past> {
  const own = log === undefined ? [] : [join(dirname(log), 'siaga.db')];
  const file = [...own, join(config.data, 'siaga.db')].find((each) => existsSync(each));
  if (file === undefined) return { assets: [], models: {}, served: {} };
  const db = openReadOnly(file);
  try {
    const entries = await loadEntries(scope<RegistryTables>(db));
    const profiles = entries.flatMap(({ device: { id, profile } = { id: '' } }) =>
      profile === undefined ? [] : [[id, profile] as const],
    );
    const bound = entries.flatMap(({ binding }) =>
      binding === undefined || binding.until !== undefined
        ? []
        : [[binding.asset, binding.device] as const],
    );
    return {
      assets: entries.flatMap(({ asset }) => asset ?? []),
      models: Object.fromEntries(profiles),
      served: Object.fromEntries(bound),
    };
  } finally {
    await db.destroy();
  }
}
