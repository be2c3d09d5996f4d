import { describe, expect, test, vi } from 'vitest';
import { segment } from '#model';
import { anonymousName } from '../../broker/anonymous.ts';
import { leave } from './kept.ts';
import { connack, dial, hello, login, openBroker, publish, puback, subscribe } from './wire.ts';

const nobody = { login: null, id: 'x' };
const may = { anonymous: { publish: ['test/#'], subscribe: ['test/+'] } };

describe('a client without a user name', () => {
  test('is refused where nothing is said of such', async () => {
    const bench = await openBroker();
    const line = await dial(bench, hello(nobody));
    await line.hear(connack(4));
    expect(bench.codes()).toEqual(['broker.login_failed']);
  });

  test('may what the configuration says, and nothing else', async () => {
    const bench = await openBroker({}, may);
    const line = await login(bench, nobody);
    line.send(publish('test/a/b'), subscribe(1, 'test/+', 'test/#', '$siaga/clock'));
    await line.hear(puback(), '90050009018080');
    expect(bench.appended).toMatchObject([{ principal: anonymousName, topic: 'test/a/b' }]);
    line.send(publish('city/v1/kupang/bin/bin-1/telemetry'));
    await line.ended;
    expect(bench.codes()).toEqual(Array(3).fill('broker.topic_denied'));
    const willing = await dial(
      bench,
      hello({ ...nobody, will: 'city/v1/kupang/bin/bin-1/status' }),
    );
    await willing.hear(connack(5));
  });

  test('may have a durable session under any name that is no login', async () => {
    const bench = await openBroker({}, may);
    const line = await login(bench, { ...nobody, clean: false });
    line.send(subscribe(1, 'test/a'));
    await line.hear('9003000901');
    await leave(bench, line);
    const again = await dial(bench, hello({ ...nobody, clean: false }));
    await vi.waitFor(() => expect(again.heard()).toBe('20020100'));
    for (const id of ['bin-1', 'bin-1:x', '']) {
      const refused = await dial(bench, hello({ ...nobody, id, clean: false }));
      await refused.hear(connack(2));
    }
  });

  test.each(['', 'guess'])('is nobody who logs in under its name with %j', async (token) => {
    const bench = await openBroker({}, may);
    const line = await dial(bench, hello({ login: anonymousName, id: 'y', token }));
    await line.hear(connack(4));
    expect(bench.codes()).toEqual(['broker.login_failed']);
  });

  test.each([
    ['a device', {}, 16_384],
    ['a bridge where it is told so', { limits: 'bridge' }, 262_144],
  ] as const)('has the packets of %s', async (_, limits, most) => {
    const bench = await openBroker({}, { anonymous: { ...may.anonymous, ...limits } });
    const line = await login(bench, nobody);
    const room = most - Buffer.byteLength('test/a') - 4;
    line.send(publish('test/a', { body: 'x'.repeat(room - 10) }));
    await line.hear(puback());
    line.send(publish('test/a', { body: 'x'.repeat(room + 10) }));
    await line.ended;
    expect(bench.codes()).toEqual(['broker.packet_too_large']);
  });

  test("has a device's pace, one for all of them", async () => {
    const slow = { rate: 1, burst: 4, patience: 60_000 };
    const bridge = { rate: 10_000, burst: 10_000, patience: 60_000 };
    const bench = await openBroker({ pace: { device: slow, bridge } }, may);
    const [one, two] = [await login(bench, nobody), await login(bench, { ...nobody, id: 'y' })];
    one.send(...Array.from({ length: 3 }, () => publish('test/a')));
    await one.hear(puback(), puback(), puback());
    two.send(publish('test/a'), publish('test/a'));
    await two.hear(puback(), puback());
    one.send(publish('test/a'));
    await vi.waitFor(() => expect(bench.guarded).toContain('publish_held'));
  });

  test('has a name that no device or bridge can have', () => {
    expect(segment.safeParse(anonymousName).success).toBe(false);
  });
});
