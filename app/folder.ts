import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { reject, type Rejection } from '#model';
import { newToken } from '#registry';

/** What a data folder was made for. A folder made by the demo never becomes production. */
export interface Stamp {
  readonly mode: 'demo' | 'production';
  /** `follow`: the folder's time is a simulator's. */
  readonly clock: 'wall' | 'follow';
}

/** The paths below `data` and the secrets kept there, while this process holds the folder. */
export interface Folder {
  readonly path: string;
  readonly stamp: Stamp;
  readonly database: string;
  readonly packets: string;
  readonly readings: string;
  readonly sessions: string;
  readonly series: string;
  readonly influxd: string;
  readonly adminKeyFile: string;
  /** Key of the HMAC under which tokens and keys are kept. */
  readonly secret: string;
  readonly adminKey: string;
  /** True when the admin's key was made just now: it is shown once. */
  readonly newAdminKey: boolean;
  readonly release: () => void;
}

/** The stamp of a folder, if it has one. */
export function readStamp(path: string): Stamp | undefined {
  const file = join(path, 'folder.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Stamp) : undefined;
}

/**
 * Takes a data folder, making it when it is new; `adminKey` from the environment replaces the kept one.
 * A Rejection says that another process holds it, or that it was made for something else.
 */
export function takeFolder(
  path: string,
  wanted: Stamp,
  adminKey: string | undefined,
): Folder | Rejection {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o700); // also one that was there before: databases hold what citizens wrote
  const release = lock(path);
  if (release === undefined) {
    return reject('config.folder_locked', `another Siaga runs on ${path}; stop it first`, 'data');
  }
  const stamp = readStamp(path) ?? wanted;
  if (stamp.mode !== wanted.mode || stamp.clock !== wanted.clock) {
    release();
    const reason = `${path} was made as ${stamp.mode} (clock: ${stamp.clock}) and can't become ${wanted.mode} (clock: ${wanted.clock}); give another folder`;
    return reject('config.folder_demo', reason, 'data');
  }
  writeOnce(path, 'folder.json', JSON.stringify(stamp));
  const adminKeyFile = join(path, 'admin.key');
  const newAdminKey = !existsSync(adminKeyFile) && adminKey === undefined;
  if (adminKey !== undefined) replace(path, 'admin.key', `${adminKey}\n`);
  return {
    path,
    stamp,
    database: join(path, 'siaga.db'),
    packets: join(path, 'packets'),
    readings: join(path, 'readings'),
    sessions: join(path, 'sessions'),
    series: join(path, 'series.db'),
    influxd: join(path, 'influxd'),
    adminKeyFile,
    secret: writeOnce(path, 'token.key', `${newToken()}\n`).trim(),
    adminKey: writeOnce(path, 'admin.key', `${newToken()}\n`).trim(),
    newAdminKey,
    release,
  };
}

const busy = 5; // SQLITE_BUSY

/** An exclusive SQLite lock: the operating system lets go of it however the process ends. */
function lock(path: string): (() => void) | undefined {
  const database = new DatabaseSync(join(path, 'lock.db'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return () => database.close();
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === busy) return undefined;
    throw error;
  }
}

/** The file's content, written now (mode 0600) if it is missing. */
function writeOnce(path: string, name: string, content: string): string {
  if (!existsSync(join(path, name))) replace(path, name, content);
  return readFileSync(join(path, name), 'utf8');
}

function replace(path: string, name: string, content: string): void {
  const file = join(path, name);
  writeFileSync(`${file}.new`, content, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}
