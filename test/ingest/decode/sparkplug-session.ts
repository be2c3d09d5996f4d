import type { Packet } from '#model';
import { BirthBook } from '../../../ingest/births.ts';
import type { Decoded } from '../../../ingest/decode.ts';
import { payload, tahu, type SaidMetric } from '../../support/sparkplug.ts';
import { decode, packet } from './city.ts';

const { time } = tahu;

/** An edge node, and what decode makes of what it says, packet after packet. */
export function session() {
  const births = new BirthBook();
  let number = 0;
  const hear = (verb: string, body: Uint8Array, at: Partial<Packet> = {}): Decoded => {
    const device = verb.startsWith('D') ? '/bin' : '';
    const topic = `spBv1.0/Kupang/${verb}/edge-1${device}`;
    number += 1;
    const decoded = decode(
      packet(topic, body, { number, receivedAt: time + number * 1_000, ...at }),
      births,
    );
    if (decoded.birth !== undefined) births.put(decoded.birth, number);
    return decoded;
  };
  const data = (...metrics: SaidMetric[]): Decoded =>
    hear('DDATA', payload({ timestamp: time, seq: 2, metrics }));
  return { births, hear, data };
}

/** A session in which the bin has said what its metrics are called. */
export function bornSession() {
  const own = session();
  own.hear('NBIRTH', tahu.nbirth);
  own.hear('DBIRTH', tahu.dbirth);
  return own;
}
