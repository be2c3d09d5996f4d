import { describe, expect, test } from 'vitest';
import { createDirectory } from '../../registry/directory.ts';
import { loadEntries } from '../../registry/read.ts';
import { tokenMatches } from '../../registry/token.ts';
import { openBench, registry, secret } from './bench.ts';

describe('a token', () => {
  test('gives up the old token when it is rotated', async () => {
    const { db, directory, change, put } = await openBench();
    const { token: old } = await put();
    const { token } = await change((trx) => registry.rotate(trx, { id: 'bin-1', overlap: 0 }, 1));
    const { hash } = directory.principal('bin-1')!;
    expect([tokenMatches(old!, hash, secret), tokenMatches(token, hash, secret)]).toEqual([
      false,
      true,
    ]);
    expect(await registry.rotate(db, { id: 'bin-2', overlap: 0 }, 1)).toMatchObject({
      code: 'registry.device_unknown',
    });
  });

  test('lets the old token work on for as long as the new one was asked to wait', async () => {
    const { db, directory, change, put } = await openBench();
    const { token: old } = await put();
    const { token } = await change((trx) =>
      registry.rotate(trx, { id: 'bin-1', overlap: 60_000 }, 5_000),
    );
    const rotated = directory.principal('bin-1')!;
    expect(tokenMatches(token, rotated.hash, secret)).toBe(true);
    expect(rotated.previous?.until).toBe(65_000);
    expect(tokenMatches(old!, rotated.previous?.hash, secret)).toBe(true);
    await put({ name: 'At the market' }, 6_000); // changes the thing, not the login
    expect(directory.principal('bin-1')?.previous).toEqual(rotated.previous);
    expect(createDirectory(await loadEntries(db)).principal('bin-1')).toEqual(
      directory.principal('bin-1'),
    );
    await change((trx) => registry.rotate(trx, { id: 'bin-1', overlap: 0 }, 7_000));
    expect(directory.principal('bin-1')).not.toHaveProperty('previous');
  });

  test('takes a token away, and the one before with it, until there is a new one', async () => {
    const { db, directory, change, put } = await openBench();
    const { token } = await put();
    await change((trx) => registry.rotate(trx, { id: 'bin-1', overlap: 60_000 }, 1));
    await change((trx) => registry.revoke(trx, 'bin-1'));
    const revoked = directory.principal('bin-1')!;
    expect(revoked).not.toHaveProperty('previous');
    for (const guess of ['', token!]) {
      expect(tokenMatches(guess, revoked.hash, secret)).toBe(false);
    }
    expect(await put()).not.toHaveProperty('token'); // to be changed is not to be let in again
    const again = await change((trx) => registry.rotate(trx, { id: 'bin-1', overlap: 60_000 }, 2));
    const { hash, previous } = directory.principal('bin-1')!;
    expect(tokenMatches(again.token, hash, secret)).toBe(true);
    expect(previous).toBeUndefined(); // of what was revoked nothing works on
    expect(await registry.revoke(db, 'bin-2')).toMatchObject({ code: 'registry.device_unknown' });
  });
});
