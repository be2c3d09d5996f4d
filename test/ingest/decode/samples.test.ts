import { describe, expect, test } from 'vitest';
import { decode, gist, needCorpora } from './city.ts';
import { corpusFiles, unaccounted, withoutRow } from './corpora.ts';
import { fileOf } from './sample.ts';
import { readSamples } from './samples.ts';
import { models } from './street-samples.ts';

describe('the samples', () => {
  test('are of every file of the corpora that is not named, with a reason, as none', (context) => {
    needCorpora(context);
    const files = corpusFiles();
    const sampled = new Set(readSamples().map(fileOf));
    expect(unaccounted(files, sampled)).toEqual([]);
    expect([...sampled].filter((file) => !files.includes(file))).toEqual([]);
    // A reason that fits no file, or that hides one with a row, tells nothing.
    for (const [name, form] of withoutRow) {
      const found = files.filter((file) => form.test(file));
      expect([name, found.length > 0]).toEqual([name, true]);
      expect(found.filter((file) => sampled.has(file))).toEqual([]);
    }
  });

  test('would be missed where a file is new', (context) => {
    needCorpora(context);
    const planted = [
      'tts/planted.json',
      'senml/ex6.json',
      'senml/ex6.resolved.json',
      'smart-data-models/Streetlight/example-planted.json',
      'spat/planted.json',
      'planted/LICENSE.json',
    ];
    const sampled = new Set(readSamples().map(fileOf));
    expect(unaccounted([...corpusFiles(), ...planted], sampled)).toEqual(planted);
    sampled.delete('spat/expected-spat.json');
    expect(unaccounted(corpusFiles(), sampled)).toEqual(['spat/expected-spat.json']);
  });

  test('without a reading have their reason, and no others', (context) => {
    needCorpora(context);
    for (const { name, packet, without } of readSamples()) {
      const isEmpty = decode(packet).class === 'empty';
      expect([name, isEmpty]).toEqual([name, without !== undefined]);
    }
  });

  test('of an entity say the same simplified and normalized', (context) => {
    needCorpora(context);
    const byFile = new Map(readSamples().map((sample) => [fileOf(sample), sample]));
    for (const model of Object.keys(models)) {
      const [simple, normalized] = ['example', 'example-normalized'].map((file) => {
        const { packet } = byFile.get(`smart-data-models/${model}/${file}.json`)!;
        const times = decode(packet).readings.map(({ observedAt }) => observedAt);
        return { model, times, ...gist(decode(packet)) };
      });
      expect(normalized).toEqual(simple);
    }
  });

  test('of the event log are all of its rows: none is refused, twins are one', (context) => {
    needCorpora(context);
    const whole = readSamples().find(({ rows }) => rows !== undefined)!;
    const text = Buffer.from(whole.packet.payload).toString().trim().split('\n').slice(1);
    const of = (...events: string[]): number =>
      new Set(text.filter((row) => events.includes(row.split(',')[2]!))).size;
    const { readings, refused } = decode(whole.packet);
    const count = (metric: string): number =>
      readings.filter(({ values }) => metric in values).length;
    expect(text).toHaveLength(6_000);
    expect(refused).toEqual([]);
    expect(count('detector_on')).toBe(of('81', '82'));
    expect(count('phase_state')).toBe(of('1', '8', '10'));
    const vehicles = readings.map(({ values }) => Number(values['vehicle_count'] ?? 0));
    expect(vehicles.reduce((all, one) => all + one)).toBe(of('82'));
  });
});
