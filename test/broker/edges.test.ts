import { connectAsync } from 'mqtt';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  connack,
  dial,
  hello,
  login,
  openBroker,
  packet,
  puback,
  publish,
  subscribe,
  text,
  topics,
  type Bench,
} from './wire.ts';

const ping = Buffer.from([0xc0, 0]);
const body = ({ bytes }: { bytes: Uint8Array }): string => Buffer.from(bytes).toString();

describe('broker, edges of the short way', () => {
  test('answers a bridge in order when $siaga/clock is mixed in', async () => {
    const bench = await openBroker();
    const line = await login(bench, { id: 'simulator', login: 'simulator' });
    bench.hold();
    line.send(
      publish('any/where', { id: 1 }),
      publish('$siaga/clock', { id: 2 }),
      publish('any/where', { id: 3 }),
    );
    await vi.waitFor(() => expect(bench.control).toHaveLength(1));
    bench.release();
    await line.hear(puback(1), puback(2), puback(3));
    expect(bench.appended).toHaveLength(2);
  });

  test('appends no topic of more levels than the matcher takes, and lives on', async () => {
    const bench = await openBroker();
    const deep = Array(101).fill('a').join('/');
    const line = await login(bench, { id: 'simulator', login: 'simulator' });
    line.send(publish(deep.slice(2)));
    await line.hear(puback());
    line.send(publish(deep));
    await line.ended;
    expect(bench.appended).toHaveLength(1);
    const next = await login(bench);
    next.send(publish(topics.own));
    await next.hear(puback());
  });

  test('hangs up on a length of more than four bytes', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    const whole = publish(topics.own);
    const length = Buffer.from([0x32, 0x80 | (whole.length - 2), 0x80, 0x80, 0x80]);
    line.send(length, whole.subarray(2), ping);
    await line.ended;
    expect(bench.appended).toEqual([]);
  });

  test.each([1, 2] as const)('hangs up on message id 0 with QoS %i', async (qos) => {
    const bench = await openBroker();
    const line = await login(bench);
    line.send(publish(topics.own, { qos, id: 0 }));
    await line.ended;
    expect([bench.appended, bench.guarded]).toEqual([[], ['protocol_error']]);
  });

  test('refuses what comes after the token was changed, and nothing before', async () => {
    const bench = await openBroker();
    const line = await login(bench);
    line.send(publish(topics.own));
    await line.hear(puback());
    bench.changeToken('bin-1');
    line.send(publish(topics.own, { id: 8 }));
    await line.ended;
    expect([line.heard(), bench.codes()]).toEqual(['', ['broker.login_failed']]);
    expect(bench.appended).toHaveLength(1);
  });

  test('hangs up on who is inside with an old token, and on nobody else', async () => {
    const bench = await openBroker();
    const [old, other] = [await login(bench), await login(bench, { id: 'b', login: 'bin-2' })];
    bench.broker.hangUp('bin-1');
    other.send(ping);
    await other.hear('d000');
    expect([old.socket.destroyed, bench.codes()]).toEqual([false, []]); // its token is its own
    bench.changeToken('bin-1');
    bench.broker.hangUp('bin-1');
    await old.ended;
    expect(bench.codes()).toEqual(['broker.login_failed']);
    expect(other.socket.destroyed).toBe(false);
  });

  test('takes the old token beside the new one while that was agreed, and no longer', async () => {
    const bench = await openBroker();
    const inside = await login(bench);
    bench.changeToken('bin-1', 1_001);
    bench.broker.hangUp('bin-1');
    inside.send(publish(topics.own));
    await inside.hear(puback());
    await login(bench, { id: 'second' }); // with the old one
    await login(bench, { id: 'third', token: 'another' });
    bench.changeToken('bin-1', 1_000); // just over
    const late = await dial(bench, hello({ id: 'fourth', token: 'token of bin-1' }));
    await late.hear(connack(4));
    expect(bench.codes()).toEqual(['broker.login_failed']);
  });

  test('hangs up on who only listens on a token that no longer works', async () => {
    const bench = await openBroker();
    const listener = await login(bench);
    listener.send(subscribe(0, topics.cmd));
    await listener.hear('9003000900');
    bench.changeToken('bin-1', 1_000); // just over, and nobody told
    const office = await login(bench, { id: 'office', login: 'simulator' });
    office.send(publish(topics.cmd));
    await listener.ended;
    expect(listener.heard()).toBe('');
  });

  test('lets nobody in by a token that was revoked', async () => {
    const bench = await openBroker();
    bench.revoke('bin-1');
    for (const token of ['', 'token of bin-1']) {
      const line = await dial(bench, hello({ token }));
      await line.hear(connack(4));
    }
    expect(bench.codes()).toEqual(['broker.login_failed', 'broker.login_failed']);
  });

  test('keeps a device that is held back for longer than its keep-alive time', async () => {
    const device = { rate: 10, burst: 10, patience: 60_000 };
    const bench = await openBroker({ pace: { device, bridge: device } });
    const line = await login(bench, { keepAlive: 1 });
    line.send(...Array.from({ length: 35 }, (_, id) => publish(topics.own, { id: id + 1 })));
    await vi.waitFor(() => expect(bench.appended).toHaveLength(35));
    line.send(ping); // is read only when the bucket has filled again, in 2.5 s
    await vi.waitFor(() => expect(bench.guarded).toEqual(['publish_held']));
    await vi.waitFor(() => expect(line.heard()).toContain('d000'), { timeout: 6_000 });
    expect(line.socket.destroyed).toBe(false);
  });

  test('carries every QoS of an ordinary client to another', async () => {
    const bench = await openBroker();
    const url = `mqtt://127.0.0.1:${bench.broker.port}`;
    const enter = (name: string) =>
      connectAsync(url, { username: name, password: `token of ${name}` });
    const [reader, writer] = await Promise.all([enter('bin-1'), enter('simulator')]);
    const got: string[] = [];
    reader.on('message', (_, payload, { qos }) => got.push(`${payload.toString()} as ${qos}`));
    for (const asked of [0, 1, 2] as const) {
      await reader.subscribeAsync(topics.cmd, { qos: asked });
      for (const qos of [0, 1, 2] as const) {
        await writer.publishAsync(topics.cmd, `${asked}${qos}`, { qos });
        const least = Math.min(asked, qos);
        await vi.waitFor(() => expect(got.at(-1)).toBe(`${asked}${qos} as ${least}`));
      }
    }
    expect(got).toHaveLength(9);
    await Promise.all([reader.endAsync(), writer.endAsync()]);
  });
});

describe('broker, both ways', () => {
  type Step = { readonly kind: 'publish' | 'ping' | 'subscribe'; qos: 0 | 1; cut: number };

  /** Sends the steps in chunks, as PUBLISH or (retained: aedes's way) not; what was appended and answered. */
  async function run(bench: Bench, steps: readonly Step[], retained: boolean) {
    const line = await login(bench);
    bench.appended.length = 0;
    const packets = steps.map(({ kind, qos }, i) => {
      if (kind === 'ping') return ping;
      if (kind === 'subscribe') {
        return packet(0x82, Buffer.from([0, i + 1]), text(topics.cmd), Buffer.from([qos]));
      }
      const plain = publish(topics.own, { qos, id: i + 1, body: `${i}` });
      if (retained) plain[0]! |= 1;
      return plain;
    });
    const bytes = Buffer.concat(packets);
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const end = at + steps[i % steps.length]!.cut;
      line.send(bytes.subarray(at, end));
      at = end;
    }
    const published = steps.filter(({ kind }) => kind === 'publish').length;
    const answered = steps.reduce((sum, { kind, qos }) => sum + answerLength(kind, qos), 0);
    await vi.waitFor(() => {
      expect(bench.appended).toHaveLength(published);
      expect(line.heard()).toHaveLength(2 * answered);
    });
    line.socket.destroy();
    const answers = [...line.heard().matchAll(/4002....|d000|9003....../g)].map(String);
    return {
      appended: bench.appended.map(body),
      pubacks: answers.filter((each) => each.startsWith('4002')),
      others: answers.filter((each) => !each.startsWith('4002')),
    };
  }
  const answerLength = (kind: Step['kind'], qos: 0 | 1): number =>
    ({ publish: 4 * qos, ping: 2, subscribe: 5 })[kind];

  test('append and answer the same, whatever comes and however it is cut', async () => {
    const [short, long] = [await openBroker(), await openBroker()];
    const step = fc.record({
      kind: fc.constantFrom('publish', 'publish', 'publish', 'ping', 'subscribe'),
      qos: fc.constantFrom(0, 1),
      cut: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 300 })),
    }) as fc.Arbitrary<Step>;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        expect(await run(short, steps, false)).toEqual(await run(long, steps, true));
      }),
      { numRuns: 25 },
    );
  });
});
