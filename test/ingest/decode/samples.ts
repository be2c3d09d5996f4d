import type { Packet } from '#model';
import { plainValues } from '../../../ingest/decoders/lorawan.ts';
import { corpus, corpusText, packet } from './city.ts';
import { arrival, type Sample } from './sample.ts';
import { entities, spat } from './street-samples.ts';

/** Samples of the corpora for which the test city has a device. */
export function readSamples(): Sample[] {
  return [...tts(), ...chirpstack(), ...senml(), ...rsmp(), ...hires(), ...spat(), ...entities()];
}

function tts(): Sample[] {
  const events: Readonly<Record<string, readonly [event: string, without?: string]>> = {
    'uplink-message-example': ['up'],
    'join-message-example': ['join', 'a join'],
    'downlink-message-example': ['down/push', 'a downlink'],
    'downlink-event-message-example': ['down/queued', 'a downlink'],
    'downlink-failed-event-message-example': ['down/failed', 'a downlink'],
  };
  return Object.entries(events).map(([file, [event, without]]) => {
    const name = `tts/${file}.json`;
    const body = corpus(name) as { uplink_message?: { decoded_payload: object } };
    const payload = body.uplink_message?.decoded_payload;
    return {
      format: 'tts',
      name,
      device: 'tts-1',
      packet: packet(`v3/app1@tenant/devices/dev1/${event}`, body, arrival('2020-02-12T15:16:00Z')),
      ...(payload && { answer: list(payload) }),
      ...(without !== undefined && { without }),
    };
  });
}

/** Names, values and units, as many as there is room for. */
function list(values: object): string {
  const said = Object.entries(plainValues(values as Record<string, unknown>)).map(
    ([name, value]) => `${name} ${quantity(value)}`,
  );
  return said.length > 8 ? `${said.slice(0, 8).join(', ')} …` : said.join(', ');
}

function quantity(value: unknown): string {
  const isQuantity = typeof value === 'object' && value !== null && 'v' in value && 'u' in value;
  return isQuantity ? `${String(value.v)} ${String(value.u)}` : JSON.stringify(value);
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
    .map(({ format, name, device, packet: own, carries, expected }) => ({
      format,
      name: carries === 'bytes' ? `${name}, without codec` : name,
      device,
      packet: own,
      answer: list(expected.data),
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
      answer: resolved(corpus(`senml/ex${number}.resolved.json`) as Resolved[]),
    };
  });
}

type Resolved = { n: string; u?: string; t: number; v: unknown };

/** The RFC's own resolution of a pack. */
function resolved(records: readonly Resolved[]): string {
  const said = records.map(({ n, u = '', t, v }) => {
    const time = new Date(t * 1_000).toISOString();
    return `${n.split(':').at(-1)} ${String(v)} ${u} (${time})`;
  });
  return said.length > 3 ? `${said.slice(0, 3).join(', ')} …` : said.join(', ');
}

function rsmp(): Sample[] {
  const name = 'rsmp/examples-subset.json';
  const examples = corpus(name) as { section: string; message: { type: string } }[];
  return examples.map(({ section, message }) => {
    const said = `${section.split(' ')[0]} ${message.type}`;
    const without = message.type === 'StatusRequest' ? 'a question' : noReading[said];
    return {
      format: 'rsmp',
      name: `${name} ${said}`,
      device: 'rsmp-1',
      packet: packet('rsmp/KK+AG0503=001', message, arrival('2019-10-01T00:00:00Z')),
      ...(without !== undefined && { without }),
    };
  });
}

const noReading: Readonly<Record<string, string>> = {
  'S0001 StatusResponse': 'a letter a group, whose list differs by version: not guessed',
  'S0014 StatusResponse': 'the time plan, of which there is no metric',
};

/** Of two hours at one junction the first rows, each told; and all that the file has. */
function hires(): Sample[] {
  const name = 'atspm/sample_raw_first6000.csv';
  const whole = corpusText(name).trim().split('\n');
  const said = (rows: readonly string[]): Packet =>
    packet('hires/1136', rows.join('\n'), arrival('2024-04-15T12:20:00Z'));
  const common = { format: 'hires', device: 'hires-1' };
  return [
    { ...common, name: `${name} #0–19`, packet: said(whole.slice(0, 21)) },
    { ...common, name: `${name} whole`, packet: said(whole), rows: whole.length - 1 },
  ];
}
