import { describe, expect, test, vi } from 'vitest';
import { leave, openKept } from './kept.ts';
import { login, topics } from './wire.ts';

const first = { will: topics.status };
const second = { id: 'bin-2', login: 'bin-2', will: 'city/v1/kupang/bin/bin-2/status' };

describe('a will', () => {
  test('is owed by a server that ends, and told once after the next start', async () => {
    const before = await openKept({}, { wills: 0 });
    await login(before, first);
    const after = await before.restart();
    await vi.waitFor(() => expect(after.appended).toHaveLength(1));
    expect(after.appended).toMatchObject([{ principal: 'bin-1', topic: topics.status }]);
    expect(before.appended).toEqual([]);
    const then = await after.restart();
    await login(then);
    expect(then.appended).toEqual([]);
  });

  test('is owed by a server that was killed, to those who neither said goodbye nor come back', async () => {
    const before = await openKept({}, { wills: 400 });
    await login(before, first);
    await login(before, second);
    const polite = await login(before, { ...first, id: 'bin-1:polite' });
    polite.send(Buffer.from([0xe0, 0]));
    await polite.ended;
    await leave(before, await login(before, { ...first, id: 'bin-1:rude' }));
    await vi.waitFor(() => expect(before.appended).toHaveLength(1));
    const after = await before.afterKill();
    await login(after, second);
    await vi.waitFor(() => expect(after.appended).toHaveLength(1)); // all that are owed, in one go
    expect(after.appended).toMatchObject([{ principal: 'bin-1' }]);
  });

  test('is not told of a device that is back under another client id', async () => {
    const before = await openKept({}, { wills: 300 });
    await login(before, { ...first, id: 'mqttjs_a' });
    await login(before, second);
    const after = await before.afterKill();
    await login(after, { ...first, id: 'mqttjs_b' });
    await vi.waitFor(() => expect(after.appended).toHaveLength(1)); // all that are owed, in one go
    expect(after.appended).toMatchObject([{ principal: 'bin-2' }]);
  });

  test('is not told of a client of a bridge that is back with the same, and of its others is', async () => {
    const bridge = (id: string, device: string) => ({
      id,
      login: 'simulator',
      will: `city/v1/kupang/bin/${device}/status`,
    });
    const before = await openKept({}, { wills: 300 });
    await login(before, bridge('a', 'bin-1'));
    await login(before, bridge('b', 'bin-2'));
    const after = await before.afterKill();
    await login(after, bridge('c', 'bin-1'));
    await login(after, { id: 'd', login: 'simulator' });
    await vi.waitFor(() => expect(after.appended).toHaveLength(1));
    expect(after.appended).toMatchObject([{ topic: bridge('b', 'bin-2').will }]);
  });

  test('stays that of the client that has come when the one before it is hung up on', async () => {
    const before = await openKept({}, { wills: 0 });
    await login(before, first);
    await login(before, first);
    await vi.waitFor(() => expect(before.appended).toHaveLength(1)); // of the one before it
    const after = await before.afterKill();
    await vi.waitFor(() => expect(after.appended).toHaveLength(1));
  });

  test('is not told when its login may not say it any longer', async () => {
    const before = await openKept({}, { wills: 50 });
    await login(before, second);
    const after = await before.restart();
    after.forget('bin-2');
    await vi.waitFor(() => expect(after.codes()).toEqual(['broker.login_failed']));
    expect(after.appended).toEqual([]);
  });
});
