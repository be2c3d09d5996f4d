import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isRejection } from '#model';
import { readStamp, takeFolder, type Folder, type Stamp } from '#app/folder.ts';
import { newFolder } from '../ingest/logs.ts';

const wall: Stamp = { mode: 'production', clock: 'wall' };
const demo: Stamp = { mode: 'demo', clock: 'follow' };

function take(path: string, stamp = wall, key?: string): Folder {
  const folder = takeFolder(path, stamp, key);
  if (isRejection(folder)) throw new Error(folder.reason);
  onTestFinished(() => {
    try {
      folder.release();
    } catch {
      // released by the test already
    }
  });
  return folder;
}

/** Another process that tries to take the folder; resolves with what it says. */
async function otherProcess(path: string) {
  const child = fork(new URL('hold-folder.ts', import.meta.url), [path]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = (await once(child, 'message')) as [string];
  return { child, said };
}

describe('data folder', () => {
  test('is refused while another process holds it, and free when that one is killed', async () => {
    const path = newFolder();
    const { child, said } = await otherProcess(path);
    expect(said).toBe('taken');
    expect(takeFolder(path, wall, undefined)).toMatchObject({ code: 'config.folder_locked' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(take(path).stamp).toEqual(wall);
  });

  test('is refused to another process while this one holds it, until it lets go', async () => {
    const path = newFolder();
    const folder = take(path);
    expect((await otherProcess(path)).said).toBe('config.folder_locked');
    folder.release();
    expect((await otherProcess(path)).said).toBe('taken');
  });

  test('never becomes production when the demo made it, nor changes its clock', () => {
    const path = newFolder();
    expect([readStamp(path), readStamp(join(path, 'none'))]).toEqual([undefined, undefined]);
    take(path, demo).release();
    expect(readStamp(path)).toEqual(demo);
    expect(takeFolder(path, wall, undefined)).toMatchObject({ code: 'config.folder_demo' });
    const other = takeFolder(path, { mode: 'demo', clock: 'wall' }, undefined);
    expect(other).toMatchObject({ code: 'config.folder_demo' });
    // A refusal holds no lock.
    expect(take(path, demo).stamp).toEqual(demo);
  });

  test('keeps its secrets over starts, in files that only their owner can read', () => {
    const path = join(newFolder(), 'data');
    const first = take(path);
    expect(first.newAdminKey).toBe(true);
    first.release();
    const again = take(path);
    expect(again).toMatchObject({
      newAdminKey: false,
      secret: first.secret,
      adminKey: first.adminKey,
    });
    expect(first.secret).not.toBe(first.adminKey);
    for (const name of ['admin.key', 'token.key']) {
      expect(statSync(join(path, name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('takes the admin’s key from the environment in place of its own', () => {
    const path = newFolder();
    const { adminKey } = take(path);
    expect(adminKey).not.toBe('from outside');
    expect(takeFolder(path, wall, 'from outside')).toMatchObject({ code: 'config.folder_locked' });
    const other = newFolder();
    const folder = take(other, wall, 'from outside');
    expect(folder).toMatchObject({ adminKey: 'from outside', newAdminKey: false });
    expect(readFileSync(folder.adminKeyFile, 'utf8')).toBe('from outside\n');
    expect(statSync(folder.adminKeyFile).mode & 0o777).toBe(0o600);
  });
});
