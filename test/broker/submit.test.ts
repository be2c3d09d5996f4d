import { expect, test } from 'vitest';
import { openBroker, topics } from './wire.ts';

const submission = (body = '{}', extra: object = {}) => ({
  login: 'bin-1',
  token: 'token of bin-1',
  topic: topics.own,
  bytes: Buffer.from(body),
  address: '127.0.0.1',
  ...extra,
});

test('a message without a connection waits for its flush, as PUBACK does', async () => {
  const bench = await openBroker();
  const { broker, appended } = bench;
  bench.hold();
  let answered = false;
  const done = broker.submit(submission('{"fill_level":1}')).then((refused) => {
    answered = true;
    return refused;
  });
  await new Promise(setImmediate);
  expect([appended.length, answered]).toEqual([1, false]);
  bench.release();
  expect(await done).toBeUndefined();
  expect(appended[0]).toMatchObject({ principal: 'bin-1', topic: topics.own, receivedAt: 1_000 });
});

test('messages are turned away when too many wait, and taken again when they are on disk', async () => {
  const bench = await openBroker();
  const { broker, appended } = bench;
  bench.hold();
  const waiting = Array.from({ length: 1_000 }, () => broker.submit(submission()));
  expect(await broker.submit(submission())).toMatchObject({ code: 'ingest.log_full' });
  bench.release();
  await Promise.all(waiting);
  expect(await broker.submit(submission())).toBeUndefined();
  expect(appended).toHaveLength(1_001);
});

test('a login has one share, by HTTP and by MQTT', async () => {
  const pace = { rate: 1, burst: 3, patience: 60_000 };
  const { broker, codes, appended } = await openBroker({ pace: { device: pace, bridge: pace } });
  const answers = [];
  for (let i = 0; i < 6; i++) answers.push(await broker.submit(submission()));
  expect(answers.slice(0, 3)).toEqual([undefined, undefined, undefined]);
  expect(answers.at(-1)).toMatchObject({ code: 'broker.publish_rate' });
  expect(codes()).toContain('broker.publish_rate');
  expect(
    await broker.submit(
      submission('{}', {
        login: 'bin-2',
        token: 'token of bin-2',
        topic: 'city/v1/kupang/bin/bin-2/telemetry',
      }),
    ),
  ).toBeUndefined();
  expect(appended.length).toBeLessThan(6);
});

test.each([
  ['a login that nobody has', { login: 'nobody' }, 'broker.login_failed'],
  ['an empty login', { login: '' }, 'broker.login_failed'],
  ['no topic and no thing that it serves', { topic: undefined }, 'broker.topic_invalid'],
  ['a topic with a control character', { topic: 'a/\u0001' }, 'broker.topic_invalid'],
  ['a topic too deep', { topic: 'a/'.repeat(101) }, 'broker.topic_too_deep'],
  [
    'a letter that comes again',
    { login: 'simulator', token: 'token of simulator', topic: '$siaga/clock' },
    'broker.topic_denied',
  ],
  ['too many bytes', { bytes: Buffer.alloc(16_385) }, 'broker.packet_too_large'],
])('%s is refused and reaches no log', async (_, extra, code) => {
  const { broker, appended, codes } = await openBroker();
  expect(await broker.submit(submission('{}', extra))).toMatchObject({ code });
  expect([appended.length, codes()]).toEqual([0, [code]]);
});
