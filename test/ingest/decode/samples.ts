import { readdirSync } from 'node:fs';
import type { Packet } from '#model';
import { corpus, corporaPath, corpusText, packet } from './city.ts';

/** A published sample, as a device of the test city sends it. */
export interface Sample {
  readonly format: string;
  /** File of the corpora, and which of its samples. */
  readonly name: string;
  readonly device: string;
  readonly packet: Packet;
}

/** Samples of the corpora for which the test city has a device. */
export function readSamples(): Sample[] {
  return [...tts(), ...chirpstack(), ...senml(), ...rsmp(), ...hires(), ...fiware()];
}

/** The time of arrival: that of the samples' own documents, so that their clocks are believed. */
const arrival = (time: string): Partial<Packet> => ({ receivedAt: Date.parse(time) });

function tts(): Sample[] {
  const events: Readonly<Record<string, string>> = {
    'uplink-message-example': 'up',
    'join-message-example': 'join',
    'downlink-message-example': 'down/push',
    'downlink-event-message-example': 'down/queued',
    'downlink-failed-event-message-example': 'down/failed',
  };
  return Object.entries(events).map(([file, event]) => ({
    format: 'tts',
    name: `tts/${file}.json`,
    device: 'tts-1',
    packet: packet(
      `v3/app1@tenant/devices/dev1/${event}`,
      corpus(`tts/${file}.json`),
      arrival('2020-02-12T15:16:00Z'),
    ),
  }));
}

/** A test of a codec as ChirpStack publishes it: bytes, and what the codec makes of them. */
export interface CodecTest {
  readonly input: { readonly fPort?: number; readonly bytes: readonly number[] };
  readonly expected: { readonly data: Readonly<Record<string, unknown>> };
}

/** Device of the test city and its DevEUI, by the model as ChirpStack names it. */
const models: Readonly<Record<string, readonly [string, string]>> = {
  'dl-mbx': ['mbx-1', '0101010101010101'],
  'dl-lid': ['lid-1', '0303030303030303'],
  'dl-kl66': ['kl66-1', '0404040404040404'],
  elsys: ['elsys-1', '0202020202020202'],
  pulsedrop: ['pulse-1', '0505050505050505'],
  rak_standard: ['rak-1', '0606060606060606'],
};

/** A codec's test by way of ChirpStack: with the bytes, with what the codec makes of them, or both. */
export interface CodecSample extends Sample {
  readonly carries: 'bytes' | 'object' | 'both';
  readonly index: number;
}

export function codecSamples(): (CodecSample & CodecTest)[] {
  return Object.entries(models).flatMap(([model, [device, devEui]]) => {
    const name = `chirpstack-device-profiles/test_decode_${model}.json`;
    return (corpus(name) as CodecTest[]).flatMap((codecTest, index) =>
      (['both', 'bytes', 'object'] as const).map((carries) => ({
        ...codecTest,
        format: 'chirpstack',
        name: `${name} #${index}`,
        device,
        carries,
        index,
        packet: packet(`application/1/device/${devEui}/event/up`, {
          deduplicationId: `${model}-${index}`,
          time: '2026-11-24T07:59:58Z',
          deviceInfo: { devEui },
          fPort: codecTest.input.fPort,
          ...(carries !== 'object' && {
            data: Buffer.from(codecTest.input.bytes).toString('base64'),
          }),
          ...(carries !== 'bytes' && { object: codecTest.expected.data }),
        }),
      })),
    );
  });
}

/** As a network without a codec hands them on, and as one with it does, whose bytes then count. */
function chirpstack(): Sample[] {
  return codecSamples()
    .filter(({ carries }) => carries !== 'object')
    .map(({ format, name, device, packet: own, carries }) => ({
      format,
      name: carries === 'bytes' ? `${name}, without codec` : name,
      device,
      packet: own,
    }));
}

/** Two of them are what a lamp would say; the others measure what no kind of ours has. */
function senml(): Sample[] {
  return [1, 2, 3, 4, 5].map((number) => {
    const device = number === 2 || number === 3 ? 'lamp-1' : 'senml-1';
    const topic = device === 'lamp-1' ? 'senml/lamp-1' : 'senml/urn:dev:ow:10e2073a01080063';
    return {
      format: 'senml',
      name: `senml/ex${number}.json`,
      device,
      packet: packet(topic, corpus(`senml/ex${number}.json`), arrival('2010-06-08T18:01:00Z')),
    };
  });
}

function rsmp(): Sample[] {
  const name = 'rsmp/examples-subset.json';
  const examples = corpus(name) as { section: string; message: { type: string } }[];
  return examples.map(({ section, message }) => ({
    format: 'rsmp',
    name: `${name} ${section.split(' ')[0]} ${message.type}`,
    device: 'rsmp-1',
    packet: packet('rsmp/KK+AG0503=001', message, arrival('2019-10-01T00:00:00Z')),
  }));
}

/** The first rows of two hours at one junction. */
function hires(): Sample[] {
  const name = 'atspm/sample_raw_first6000.csv';
  const rows = corpusText(name).split('\n').slice(0, 21).join('\n');
  const packets = packet('hires/1136', rows, arrival('2024-04-15T12:20:00Z'));
  return [{ format: 'hires', name: `${name} #0–19`, device: 'hires-1', packet: packets }];
}

function fiware(): Sample[] {
  const devices: Readonly<Record<string, string>> = {
    WasteContainer: 'ngsi-bin',
    Streetlight: 'ngsi-lamp',
    StreetlightControlCabinet: 'ngsi-cabinet',
    TrafficFlowObserved: 'ngsi-junction',
  };
  const folders = readdirSync(new URL('smart-data-models', corporaPath));
  return folders.flatMap((folder) => {
    const device = devices[folder];
    if (device === undefined) return [];
    const name = `smart-data-models/${folder}/example.json`;
    return [
      { format: 'fiware', name, device, packet: packet(`/json/key/${device}/attrs`, corpus(name)) },
    ];
  });
}
