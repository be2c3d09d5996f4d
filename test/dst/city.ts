import { isRejection, type Asset, type Directory } from '#model';
import { createDirectory, createRegistry, loadEntries, type RegistryTables } from '#registry';
import { loadCity, type City } from '#app/city.ts';
import { parseConfig, type Config } from '#app/config.ts';
import { openDatabase, scope } from '#app/database/database.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What all histories share: read and made once, changed by none. */
export interface Setting {
  readonly config: Config;
  readonly city: City;
  readonly directory: Directory;
  readonly assets: readonly Asset[];
  /** A serialised database with all tables and the registry. */
  readonly image: Uint8Array;
}

const kinds = ['signal', 'bin', 'streetlight'] as const;
const before = Date.UTC(2026, 0, 1);

/** Builds the city: twelve devices along one street, in the shipped kinds, rules and categories. */
export async function createSetting(): Promise<Setting> {
  const config = parseConfig('', 'siaga.yaml', {});
  if (Array.isArray(config)) throw new Error('the default configuration is refused');
  const city = await loadCity(config);
  if (Array.isArray(city)) throw new Error('the shipped city is refused');
  const folder = mkdtempSync(join(tmpdir(), 'siaga-dst-'));
  const file = join(folder, 'siaga.db');
  try {
    const db = await openDatabase(file);
    const registry = createRegistry({
      ...city,
      profiles: new Set(),
      site: config.site,
      secret: 's',
    });
    for (let i = 0; i < 12; i++) {
      const kind = kinds[i % kinds.length]!;
      const body = {
        id: `${kind}-${i}`,
        kind,
        lat: -10.17,
        lon: 123.6 + i * 0.01,
        district: 'Kelapa Lima',
        zone: 'Oesapa',
        interval: 60_000,
        attributes: kind === 'streetlight' ? { rated_power: 100 } : {},
        identities: [],
      };
      const made = await db
        .transaction()
        .execute((trx) => registry.putDevice(scope<RegistryTables>(trx), body, before));
      if (isRejection(made)) throw new Error(made.reason);
    }
    const directory = createDirectory(await loadEntries(scope<RegistryTables>(db)));
    await db.destroy();
    const raw = new DatabaseSync(file);
    raw.exec('PRAGMA journal_mode = DELETE'); // an image in memory has no write-ahead log
    const image = raw.serialize();
    raw.close();
    return { config, city, directory, assets: [...directory.assets()], image };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
