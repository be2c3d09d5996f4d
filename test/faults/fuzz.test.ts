import { expect, test } from 'vitest';
import { createRandom } from '../../simulators/random.ts';
import { createFigures, missed } from './figures.ts';
import { fuzz } from './fuzz.ts';
import { mutate, mutations } from './mutate.ts';
import { splitPackets } from './record.ts';

const packets = ['102a00044d515454', 'c000', `3007000161${'62'.repeat(4)}`, 'e000'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

test(
  'answers or closes spoilt sessions, and nobody else notices',
  { timeout: 300_000 },
  async () => {
    const figures = createFigures(() => undefined);
    await fuzz(figures, { sessions: 160, seed: 'npm test', memory: false });
    expect(missed(figures)).toEqual([]);
    expect(figures.figures.length).toBeGreaterThan(15);
  },
);

test('the same seed spoils the same packets, about a third of them', () => {
  const many = Array.from({ length: 1_000 }, (_, i) => packets[i % packets.length]!);
  const [one, same, other] = ['a', 'a', 'b'].map((seed) => mutate(many, createRandom(seed)));
  expect(one).toEqual(same);
  expect(one).not.toEqual(other);
  expect(one!.spoilt / 1_000).toBeCloseTo(0.35, 1);
  const changed = one!.packets.filter((packet, i) => packet !== many[i]);
  expect(changed).toHaveLength(one!.spoilt);
});

test.each(Object.entries(mutations))(
  '%s spoils a packet, and leaves the recording as it is',
  (_, spoil) => {
    const random = createRandom('spoil');
    const before = packets.map((packet) => packet.toString('hex'));
    const different = packets.flatMap((packet) =>
      Array.from({ length: 50 }, () => spoil(packet, random, packets)).filter(
        (spoilt) => !spoilt.equals(packet),
      ),
    );
    expect(different.length).toBeGreaterThan(100);
    expect(packets.map((packet) => packet.toString('hex'))).toEqual(before);
  },
);

test('a recording is cut into the packets that were sent', () => {
  const long = Buffer.concat([Buffer.from([0x30, 0x80, 0x01]), Buffer.alloc(128)]);
  const sent = [Buffer.from('c000', 'hex'), long, Buffer.from('e000', 'hex')];
  expect(splitPackets(Buffer.concat(sent))).toEqual(sent);
});
