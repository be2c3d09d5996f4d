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

  test('has a name that no device or bridge can have', () => {
    expect(segment.safeParse(anonymousName).success).toBe(false);
  });
});
