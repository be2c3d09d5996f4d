import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openSessionStore } from '../../broker/session-store.ts';
import { newFolder } from './kept.ts';

/** A store with what it was told, and what it found as text. */
async function open(folder: string) {
  const problems: (string | undefined)[] = [];
  const { kept, store } = await openSessionStore(
    folder,
    (entries) => Object.fromEntries(entries.map(([key, value]) => [key, value.toString()])),
    { onProblem: (reason) => problems.push(reason), onDamage: (aside) => problems.push(aside) },
  );
  onTestFinished(() => store.close());
  return { kept, store, problems };
}

const bytesOf = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

describe('the store of sessions', () => {
  test('has after a restart what was put last, and nothing that was deleted', async () => {
    const folder = newFolder();
    const { store } = await open(folder);
    store.put('a', () => Buffer.from('1'));
    store.put('b', () => Buffer.from('1'));
    await store.written();
    store.put('a', () => Buffer.from('2'));
    store.delete('b');
    store.put('c', () => Buffer.from('1'));
    await store.close();
    store.put('d', () => Buffer.from('late'));
    expect((await open(folder)).kept).toEqual({ a: '2', c: '1' });
  });

  test('writes what holds when it writes, and never what is gone by then', async () => {
    const folder = newFolder();
    const { store } = await open(folder);
    const before = bytesOf(folder);
    let value = 'first';
    store.put('a', () => Buffer.from(value));
    value = 'second';
    for (let n = 0; n < 10_000; n++) {
      store.put(`gone ${n}`, () => Buffer.alloc(1_000));
      store.delete(`gone ${n}`);
    }
    await store.written();
    expect(bytesOf(folder) - before).toBeLessThan(100);
    await store.close();
    expect((await open(folder)).kept).toEqual({ a: 'second' });
  });

  test('deletes what is just being written', async () => {
    const folder = newFolder();
    const { store } = await open(folder);
    store.put('a', () => Buffer.alloc(1_000));
    await new Promise(setImmediate); // it is on its way
    store.delete('a');
    await store.close();
    expect((await open(folder)).kept).toEqual({});
  });

  test('writes more than one batch holds', async () => {
    const folder = newFolder();
    const { store } = await open(folder);
    for (let n = 0; n < 50; n++) store.put(`${n}`, () => Buffer.alloc(100_000, `${n % 10}`));
    await store.written();
    await store.close();
    expect(Object.values((await open(folder)).kept).map(({ length }) => length)).toEqual(
      Array(50).fill(100_000),
    );
  });

  test('lets nobody wait for what came later, and those who wait go in turn', async () => {
    const { store } = await open(newFolder());
    let taken = 0;
    // Each that is written brings another: more than a batch always waits.
    const feed = (): void => {
      store.put(`load ${taken}-${Math.random()}`, () => {
        if (taken++ < 400) feed();
        return Buffer.alloc(600_000);
      });
    };
    for (let n = 0; n < 4; n++) feed();
    const order: string[] = [];
    const asks = ['first', 'second', 'third'].map(async (name) => {
      store.put(name, () => Buffer.from(name));
      await new Promise(setImmediate);
      await store.written();
      order.push(name);
    });
    await Promise.all(asks);
    expect(order).toEqual(['first', 'second', 'third']);
    expect(taken).toBeLessThan(40);
    taken = 400;
  });

  test('tells who waits only when what it put is on disk', async () => {
    const folder = newFolder();
    const { store } = await open(folder);
    const sizes: number[] = [];
    // 3 MB: LevelDB's first file is not yet turned over.
    for (let n = 0; n < 10; n++) {
      store.put(`${n}`, () => randomBytes(300_000)); // nothing that can be compressed
      void store.written().then(() => sizes.push(bytesOf(folder)));
    }
    await store.written();
    expect(sizes).toHaveLength(10);
    for (const [n, size] of sizes.entries()) expect(size).toBeGreaterThan((n + 1) * 300_000);
  });
});

/** A disk of 4 MiB of its own, where this machine lets us mount one. */
const canMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

describe.skipIf(!canMount)(
  'the store of sessions on a full disk (skipped: no right to mount)',
  () => {
    function smallDisk() {
      const folder = newFolder();
      const disk = dirname(folder);
      mkdirSync(disk, { recursive: true });
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', disk]);
      onTestFinished(() => void spawnSync('umount', ['-l', disk]));
      const filler = join(disk, 'filler');
      return {
        folder,
        fill: () => void spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']),
        free: () => rmSync(filler),
      };
    }

    test(
      'says so, makes nobody wait, and writes it all once there is room',
      { timeout: 30_000 },
      async () => {
        const { folder, fill, free } = smallDisk();
        const { store, problems } = await open(folder);
        store.put('before', () => Buffer.from('1'));
        await store.written();
        fill();
        for (let n = 0; n < 10; n++) store.put(`${n}`, () => Buffer.alloc(20_000, 'x'));
        await store.written();
        expect(problems).toEqual([expect.stringMatching(/no space/i)]);
        store.put('after', () => Buffer.from('1'));
        await store.written(); // at once
        free();
        await vi.waitFor(() => expect(problems).toHaveLength(2), { timeout: 20_000 });
        expect(problems[1]).toBeUndefined();
        await store.close();
        const { kept } = await open(folder);
        expect(Object.keys(kept)).toHaveLength(12);
      },
    );

    test('begins without what it can not read now, and has it at the next start', async () => {
      const { folder, fill, free } = smallDisk();
      const first = await open(folder);
      first.store.put('a', () => Buffer.from('1'));
      await first.store.close();
      fill();
      const second = await open(folder);
      expect([second.kept, second.problems]).toEqual([{}, [expect.stringMatching(/no space/i)]]);
      second.store.put('b', () => Buffer.from('1'));
      await second.store.close();
      free();
      expect((await open(folder)).kept).toEqual({ a: '1' });
    });
  },
);
