import { describe, expect, test, vi } from 'vitest';
import {
  connack,
  dial,
  hello,
  login,
  openBroker,
  publish,
  puback,
  subscribe,
  type Bench,
} from './wire.ts';

/* [MQTT-1.5.3-1, -2] and the notes to them: what must not, or should not, stand in a string. */

const range = (from: number, to: number): number[][] =>
  Array.from({ length: to - from + 1 }, (_, i) => [...Buffer.from(String.fromCodePoint(from + i))]);

const sequences: Readonly<Record<string, readonly (readonly number[])[]>> = {
  'U+0000': [[0]],
  'U+0001 to U+001F': range(0x01, 0x1f),
  'U+007F to U+009F': range(0x7f, 0x9f),
  // One by one, and as a pair in six bytes (CESU-8).
  surrogates: [
    ...[0xd800, 0xdbff, 0xdc00, 0xdfff].map((code) => [
      0xe0 | (code >> 12),
      0x80 | ((code >> 6) & 0x3f),
      0x80 | (code & 0x3f),
    ]),
    [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  ],
  'U+FFFE and U+FFFF': range(0xfffe, 0xffff),
  'non-characters': [
    ...range(0xfdd0, 0xfdef),
    ...Array.from({ length: 16 }, (_, i) =>
      range(0x1fffe + i * 0x10000, 0x1ffff + i * 0x10000),
    ).flat(),
  ],
  'overlong forms': [
    [0xc0, 0x80],
    [0xc0, 0xaf],
    [0xc1, 0xbf],
    [0xe0, 0x80, 0x80],
    [0xe0, 0x80, 0xaf],
    [0xe0, 0x9f, 0xbf],
    [0xf0, 0x80, 0x80, 0x80],
    [0xf0, 0x8f, 0xbf, 0xbf],
    [0xf8, 0x88, 0x80, 0x80, 0x80],
    [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80],
  ],
  'beyond U+10FFFF': [
    [0xf4, 0x90, 0x80, 0x80],
    [0xf7, 0xbf, 0xbf, 0xbf],
  ],
  'cut forms': [[0xc3], [0xe2], [0xe2, 0x82], [0xf0], [0xf0, 0x9f], [0xf0, 0x9f, 0x98]],
  'bytes that begin nothing': [[0x80], [0xbf], [0xa0, 0x80], [0xfe], [0xff]],
};

/** `city/…x`: in the middle of a string that is fit otherwise. */
const around = (bytes: readonly number[], before = 'city/'): Buffer =>
  Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from('x')]);
const atEnd = (bytes: readonly number[]): Buffer =>
  Buffer.concat([Buffer.from('city/'), Buffer.from(bytes)]);

let clients = 0;
const newId = (name: string): string => `${name}:${++clients}`;

/** Where a string can stand, and how one that is not fit is refused there. */
const places: Readonly<Record<string, (bench: Bench, bytes: readonly number[]) => Promise<void>>> =
  {
    'the topic of a plain PUBLISH': (bench, bytes) => publishes(bench, around(bytes), 1),
    'the end of a topic': (bench, bytes) => publishes(bench, atEnd(bytes), 0),
    'the topic of a PUBLISH with QoS 2': (bench, bytes) => publishes(bench, around(bytes), 2),
    async 'a topic filter'(bench, bytes) {
      const line = await login(bench, { id: newId('reader'), login: 'reader' });
      line.send(subscribe(1, around(bytes)));
      await Promise.race([line.hear('9003000980'), line.ended]);
      line.socket.destroy();
    },
    async 'a client id'(bench, bytes) {
      const line = await dial(bench, hello({ id: around(bytes, 'id-') }));
      await line.hear(connack(2));
      await line.ended;
    },
    async 'a user name'(bench, bytes) {
      const line = await dial(
        bench,
        hello({ id: newId('x'), login: around(bytes, 'bin-'), token: 'x' }),
      );
      await line.hear(connack(4));
      await line.ended;
    },
    async 'the topic of a will'(bench, bytes) {
      const options = { id: newId('simulator'), login: 'simulator', will: around(bytes) };
      const line = await dial(bench, hello(options));
      await line.hear(connack(5));
      await line.ended;
    },
  };

async function publishes(bench: Bench, topic: Buffer, qos: 0 | 1 | 2): Promise<void> {
  const line = await login(bench, { id: newId('simulator'), login: 'simulator' });
  line.send(publish(topic, { qos }));
  await line.ended;
  expect(line.heard()).toBe('');
}

const cases = Object.keys(places).flatMap((place) =>
  Object.keys(sequences).map((what) => [place, what] as const),
);

describe.each(cases)('%s', (place, what) => {
  test(`holds no ${what}`, async () => {
    const bench = await openBroker();
    await Promise.all(sequences[what]!.map((bytes) => places[place]!(bench, bytes)));
    expect([bench.appended, bench.control]).toEqual([[], []]);
    expect(bench.codes().length).toBeGreaterThanOrEqual(sequences[what]!.length);
    // The broker is as before.
    const line = await login(bench);
    await vi.waitFor(() => expect(bench.broker.connections()).toBe(1));
    expect(line.socket.destroyed).toBe(false);
  });
});

test.each(['é', 'ᨕ', '漢字', '😀', '\ufeff', '\u00a0', '\u{10fffd}'])(
  'a topic may hold %j, which comes and goes as it is [MQTT-1.5.3-3]',
  async (word) => {
    const bench = await openBroker();
    const topic = `city/${word}x`;
    const reader = await login(bench, { id: 'reader', login: 'reader' });
    reader.send(subscribe(0, topic));
    await reader.hear('9003000900');
    const line = await login(bench, { id: 'simulator', login: 'simulator' });
    line.send(publish(topic));
    await line.hear(puback());
    expect(bench.appended).toMatchObject([{ topic }]);
    await reader.hear(publish(topic, { qos: 0 }).toString('hex'));
  },
);
