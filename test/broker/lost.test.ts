import { describe, expect, test, vi } from 'vitest';
import { Lost } from '../../broker/lost.ts';
import { leave, openKept } from './kept.ts';
import { dial, hello, login, publish, puback, topics, type Bench, type Line } from './wire.ts';

const ping = Buffer.from([0xc0, 0]);
const goodbye = Buffer.from([0xe0, 0]);
const lost = { principal: 'bin-1', topic: '$siaga/connection' };

const words = ({ appended }: Bench): string[] =>
  appended.map(({ principal, topic, bytes }) => {
    const end = topic.slice(topic.lastIndexOf('/') + 1);
    return `${principal} ${end} ${Buffer.from(bytes).toString()}`;
  });

/** A device with a keep-alive of a second that has stayed for longer. */
async function settled(bench: Bench, options: object = {}): Promise<Line> {
  const line = await login(bench, { keepAlive: 1, ...options });
  const begun = performance.now();
  let answers = '';
  const stays = (): void => {
    line.send(ping);
    answers += 'd000';
    expect(performance.now() - begun).toBeGreaterThan(1_000);
  };
  await vi.waitFor(stays, { interval: 200, timeout: 5_000 });
  await vi.waitFor(() => expect(line.heard()).toBe(answers));
  return line;
}

/** A device that is lost after all that a test does with others: what is told by then is all. */
async function withWitness(bench: Bench, options: object = {}) {
  const [line, witness] = await Promise.all([
    settled(bench, options),
    settled(bench, { id: 'bin-2', login: 'bin-2' }),
  ]);
  const told = async (): Promise<string[]> => {
    witness.socket.destroy();
    await vi.waitFor(() => expect(words(bench).at(-1)).toMatch(/^bin-2/));
    return words(bench).slice(0, -1);
  };
  return [line, told] as const;
}

describe('a device without a will', () => {
  test('whose connection ends without a word is told to be gone, and to be back, each once', async () => {
    const bench = await openKept({}, { lost: 20 });
    await leave(bench, await settled(bench));
    await vi.waitFor(() => expect(bench.appended).toHaveLength(1));
    expect(bench.appended).toMatchObject([lost]);
    await login(bench);
    await login(bench, { id: 'another' });
    expect(words(bench)).toEqual([
      'bin-1 connection {"online":false}',
      'bin-1 connection {"online":true}',
    ]);
  });

  test('that says nothing for one and a half keep-alive times is told to be gone', async () => {
    const bench = await openKept({}, { lost: 20 });
    const line = await settled(bench);
    await line.ended;
    await vi.waitFor(() => expect(bench.appended).toMatchObject([lost]));
  });

  test('that is there under another client id by then is not told to be gone', async () => {
    const bench = await openKept({}, { lost: 200 });
    const [line, told] = await withWitness(bench);
    await login(bench, { id: 'bin-1:other' });
    await leave(bench, line);
    expect(await told()).toEqual([]);
  });

  test('that takes its own connection over is not told to be gone', async () => {
    const bench = await openKept({}, { lost: 20 });
    const [line, told] = await withWitness(bench);
    await dial(bench, hello());
    await line.ended;
    expect(await told()).toEqual([]);
  });

  test('that says goodbye is not told to be gone, nor one that publishes and drops its connection', async () => {
    const bench = await openKept({}, { lost: 20 });
    const [polite, told] = await withWitness(bench);
    polite.send(goodbye);
    await polite.ended;
    const sleeper = await login(bench, { keepAlive: 1 });
    sleeper.send(publish(topics.own));
    await sleeper.hear(puback());
    await leave(bench, sleeper);
    expect(await told()).toEqual(['bin-1 telemetry {}']);
  });

  test('that names no keep-alive time has promised nothing, and a bridge is no device', async () => {
    const bench = await openKept({}, { lost: 20 });
    const [[endless, told], server] = await Promise.all([
      withWitness(bench, { keepAlive: 0 }),
      settled(bench, { id: 'tts', login: 'tts' }),
    ]);
    await leave(bench, endless);
    await leave(bench, server);
    expect(await told()).toEqual([]);
  });

  test('that lost its login is not told to be gone', async () => {
    const bench = await openKept({}, { lost: 20 });
    const [line, told] = await withWitness(bench);
    bench.forget('bin-1');
    await leave(bench, line);
    expect(await told()).toEqual([]);
  });

  test('is told to be back also after a restart', async () => {
    const bench = await openKept({}, { lost: 20 });
    await leave(bench, await settled(bench));
    await vi.waitFor(() => expect(bench.appended).toHaveLength(1));
    const after = await bench.restart();
    await login(after);
    expect(words(after)).toEqual(['bin-1 connection {"online":true}']);
    const then = await after.restart();
    await login(then);
    expect(then.appended).toEqual([]);
  });
});

test('a device with a will is told to be gone by that alone', async () => {
  const bench = await openKept({}, { lost: 20 });
  const [line, told] = await withWitness(bench, { will: topics.status });
  await leave(bench, line);
  expect(await told()).toEqual(['bin-1 status {"online":false}']);
});

describe('when a network fails', () => {
  const open = () => {
    let now = 0;
    const there = new Set<string>();
    const told: string[] = [];
    const unwritten: (() => void)[] = [];
    vi.useFakeTimers();
    const book = new Lost({
      clock: () => now,
      isThere: (name) => there.has(name),
      append(name, _topic, _bytes, done) {
        told.push(name);
        unwritten.push(done);
      },
      store: { put: () => undefined, delete: () => undefined },
      told: [],
      grace: 10_000,
    });
    const device = (name: number) =>
      ({ name: String(name), role: 'device', hash: '', publish: [], subscribe: [] }) as const;
    const pass = (ms: number) => {
      now += ms;
      vi.advanceTimersByTime(ms);
    };
    const written = () => unwritten.splice(0).forEach((done) => done());
    return { book, there, told, device, pass, written };
  };

  test('the log gets its devices by two hundred, and no more while it does not write', () => {
    const { book, told, device, pass, written } = open();
    for (let name = 0; name < 50_000; name++) book.leave(device(name));
    pass(9_999);
    expect(told).toEqual([]);
    pass(1);
    expect(told).toHaveLength(200);
    pass(60_000);
    expect(told).toHaveLength(200);
    written();
    pass(500);
    expect(told).toHaveLength(400);
    vi.useRealTimers();
  });

  test('the log hears of none that is back by then', () => {
    const { book, there, told, device, pass, written } = open();
    for (let name = 0; name < 50_000; name++) book.leave(device(name));
    for (let name = 1; name < 50_000; name++) {
      there.add(String(name));
      book.enter(device(name));
    }
    pass(10_000);
    written();
    pass(60_000);
    expect(told).toEqual(['0']);
    vi.useRealTimers();
  });
});
