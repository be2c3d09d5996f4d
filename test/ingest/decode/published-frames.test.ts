import { describe, expect, test } from 'vitest';
import { isRejection } from '#model';
import { plainValues } from '../../../ingest/decoders/lorawan.ts';
import { readFrame } from '../../../ingest/frame.ts';
import { decode, gist, needCorpora, profiles } from './city.ts';
import { codecSamples, type CodecTest } from './samples.ts';

/** Profile by the model as ChirpStack names it. */
const profileOf: Readonly<Record<string, string>> = {
  'dl-mbx': 'decentlab-dl-mbx',
  'dl-lid': 'decentlab-dl-lid',
  'dl-kl66': 'decentlab-dl-kl66',
  elsys: 'elsys',
  pulsedrop: 'pulsedrop',
  rak_standard: 'rak-standard',
};

/** Equal to nine digits: we round to twelve, codecs not at all. */
function nearly(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) {
    return expect.closeTo(value, 9 - Math.ceil(Math.log10(Math.abs(value))));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, nearly(own)]));
}

function readBytes(model: string, { input }: CodecTest) {
  const grammar = profiles.get(profileOf[model]!)!.bytes!;
  const frame = readFrame(grammar, input.fPort ?? 1, Uint8Array.from(input.bytes));
  return frame === undefined || isRejection(frame) ? frame : frame.said.map(({ values }) => values);
}

describe('the frames that ChirpStack publishes', () => {
  test('say the same raw values, by name and unit, as the published codecs', (context) => {
    needCorpora(context);
    const samples = codecSamples().filter(({ carries }) => carries === 'bytes');
    expect(samples).toHaveLength(16);
    for (const sample of samples) {
      const model = /test_decode_(.+)\.json/.exec(sample.name)![1]!;
      expect([sample.name, readBytes(model, sample)]).toEqual([
        sample.name,
        [nearly(plainValues(sample.expected.data))],
      ]);
    }
  });

  test('become the same readings by their bytes, by a codec, and by both', (context) => {
    needCorpora(context);
    const outcomes = Map.groupBy(codecSamples(), ({ name }) => name);
    for (const [name, samples] of outcomes) {
      const [both, bytes, object] = samples.map(({ packet }) => gist(decode(packet)));
      expect([name, bytes!.class, bytes!.values]).toEqual([
        name,
        object!.class,
        nearly(object!.values),
      ]);
      expect([name, both]).toEqual([name, bytes]);
    }
  });
});
