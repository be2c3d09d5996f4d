import type { Random } from '../../simulators/random.ts';
import type { Recording } from './record.ts';

/** How many packets are spoilt. */
const share = 0.35;

type Mutation = (packet: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

const at = (packet: Buffer, random: Random): number => Math.floor(random.uniform(0, packet.length));

/** Each spoils one packet in a way of its own. */
export const mutations: Readonly<Record<string, Mutation>> = {
  flip(packet, random) {
    const spoilt = Buffer.from(packet);
    const bits = Math.floor(random.uniform(1, 9));
    for (let n = 0; n < bits; n++)
      spoilt[at(packet, random)]! ^= 1 << Math.floor(random.uniform(0, 8));
    return spoilt;
  },
  cut: (packet, random) => packet.subarray(0, at(packet, random)),
  repeat: (packet) => Buffer.concat([packet, packet]),
  splice(packet, random, others) {
    const other = others[Math.floor(random.uniform(0, others.length))]!;
    return Buffer.concat([
      packet.subarray(0, at(packet, random)),
      other.subarray(at(other, random)),
    ]);
  },
  length(packet, random) {
    const bytes = Array.from({ length: Math.floor(random.uniform(1, 5)) }, () =>
      Math.floor(random.uniform(0, 256)),
    );
    return Buffer.concat([packet.subarray(0, 1), Buffer.from(bytes), packet.subarray(2)]);
  },
  insert(packet, random) {
    const noise = Buffer.from(
      Array.from({ length: Math.floor(random.uniform(1, 33)) }, () => random.uniform(0, 256)),
    );
    const place = at(packet, random);
    return Buffer.concat([packet.subarray(0, place), noise, packet.subarray(place)]);
  },
};

/** A session with about a third of its packets spoilt, and how many those are. */
export function mutate(
  recording: Recording,
  random: Random,
): { readonly packets: Buffer[]; readonly spoilt: number } {
  const ways = Object.values(mutations) as [Mutation, ...Mutation[]];
  let spoilt = 0;
  const packets = recording.map((packet) => {
    if (!random.chance(share)) return packet;
    spoilt++;
    return random.pick(ways)(packet, random, recording);
  });
  return { packets, spoilt };
}
