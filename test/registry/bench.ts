import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Kysely } from 'kysely';
import { onTestFinished } from 'vitest';
import { commands, isRejection, kind, type CommandResults } from '#model';
import { openDatabase, scope } from '#app/database/database.ts';
import { createDirectory, type Change, type LiveDirectory } from '../../registry/directory.ts';
import type { RegistryDeps } from '../../registry/put.ts';
import { createRegistry } from '../../registry/registry.ts';
import type { RegistryTables } from '../../registry/tables.ts';

const title = { en: 'Bin', id: 'Tempat sampah' };
const bin = kind.parse({ kind: 'bin', title, icon: 'bin', interval: '10m', metrics: {} });
export const secret = 'secret';
export const deps: RegistryDeps = {
  kinds: new Map([
    ['bin', bin],
    ['streetlight', bin],
  ]),
  profiles: new Set(['milesight-em400']),
  site: 'kupang',
  zones: {
    find: ({ lat }) => (lat < -10 ? { zone: 'Fatululi', district: 'Oebobo' } : undefined),
  },
  secret,
};
export const registry = createRegistry(deps);

export const bodyOf = (extra: object) =>
  commands['device.put'].parse({ id: 'bin-1', kind: 'bin', lat: -10.17, lon: 123.6, ...extra });

/** A registry on a database of its own, with the directory that follows it. */
export interface Bench {
  readonly db: Kysely<RegistryTables>;
  readonly directory: LiveDirectory;
  /** Carries a change out as the pipeline does: in a transaction, then into the directory. */
  readonly change: <T>(
    work: (trx: Kysely<RegistryTables>) => Promise<Change<T> | { rejected: true }>,
  ) => Promise<T>;
  /** Registers bin-1, or changes it. */
  readonly put: (extra?: object, at?: number) => Promise<CommandResults['device.put']>;
}

export async function openBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'siaga-registry-'));
  const database = await openDatabase(join(folder, 'siaga.db'));
  onTestFinished(async () => {
    await database.destroy();
    rmSync(folder, { recursive: true });
  });
  const db = scope<RegistryTables>(database);
  const directory = createDirectory();
  const change: Bench['change'] = async <T>(
    work: (trx: Kysely<RegistryTables>) => Promise<Change<T> | { rejected: true }>,
  ) => {
    const done = await db.transaction().execute(work);
    if (isRejection(done)) throw new Error(done.reason);
    for (const each of (done as Change<T>).entries) directory.put(each);
    return (done as Change<T>).result;
  };
  return {
    db,
    directory,
    change,
    put: (extra = {}, at = 1_000) => change((trx) => registry.putDevice(trx, bodyOf(extra), at)),
  };
}
