import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { iso, type Metric, type Reading, type Value } from '#model';
import type { Decoded } from '../../../ingest/decode.ts';
import { decode, kinds, needCorpora, profiles } from './city.ts';
import { withoutRow } from './corpora.ts';
import type { Sample } from './sample.ts';
import { readSamples } from './samples.ts';

/* The tables of docs/devices.md are what decode makes of every published sample: UPDATE_DOCS=1 writes it. */

const page = new URL('../../../docs/devices.md', import.meta.url);
const [begin, end] = [
  '<!-- samples: written by devices-page.test.ts -->',
  '<!-- end of samples -->',
];

function unitOf(metric: Metric | undefined): string {
  return metric?.type === 'number' && metric.unit !== '1' ? ` ${metric.unit}` : '';
}

function describe({ kind, values, quality, key }: Reading): string {
  const said = Object.entries(values).map(([name, value]) => {
    const unit = unitOf(kinds.get(kind)?.metrics[name]);
    const doubt = quality?.[name] === 'suspect' ? ' (suspect)' : '';
    return `${name} ${value}${unit}${doubt}`;
  });
  return `${key === undefined ? '' : `_${key}_ `}${said.join(', ')}`;
}

function rowsOf(sample: Sample): string[] {
  const { format, name, device, packet, answer = '', answers, without, rows } = sample;
  const decoded = decode(packet);
  const { class: outcome, readings, refused } = decoded;
  const problems = refused
    .map(({ part, rejection }) => `\`${rejection.code}\`${part === undefined ? '' : ` ${part}`}`)
    .join('; ');
  const head = (own: string): string[] => [format, own, device, outcome];
  if (answers !== undefined) {
    return readings.map((reading) =>
      toRow(
        ...head(`\`${name}\` ${reading.key ?? ''}`),
        describe(reading),
        answers.get(reading.key) ?? '',
        timesOf([reading]),
        problems,
      ),
    );
  }
  const values = rows === undefined ? readings.map(describe).join('; ') : count(sample, decoded);
  const said = without === undefined ? values : `no reading: ${without}`;
  return [toRow(...head(`\`${name}\``), said, answer, timesOf(readings), problems)];
}

function toRow(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').trim()).join(' | ')} |`;
}

function timesOf(readings: readonly Reading[]): string {
  const times = [...new Set(readings.map(({ observedAt }) => observedAt))].sort((a, b) => a - b);
  const [first, last] = [iso(times[0] ?? 0), iso(times.at(-1) ?? 0)];
  return times.length > 2 ? `${first} … ${last}` : times.map(iso).join(', ');
}

/** A log in numbers: its rows, each once, and what was made of them. */
function count({ packet, rows }: Sample, { readings, refused }: Decoded): string {
  const lines = Buffer.from(packet.payload).toString().trim().split('\n').slice(1);
  const events = new Set(lines).size;
  const said = [...byMetric(readings)].map(([metric, keys]) => {
    const times = keys.values().reduce((all, values) => all + values.length, 0);
    return `${times} of ${metric} (${keys.size} keys)`;
  });
  const bad = Map.groupBy(refused, ({ rejection }) => rejection.code);
  const reasons = [...bad].map(([code, parts]) => ` (${parts.length} \`${code}\`)`).join('');
  return `${rows} rows, ${events} events, ${readings.length} readings: ${said.join(', ')}; ${refused.length} rows refused${reasons}`;
}

type ByKey = ReadonlyMap<string, readonly Value[]>;

function byMetric(readings: readonly Reading[]): ReadonlyMap<string, ByKey> {
  const metrics = new Map<string, Map<string, Value[]>>();
  for (const { key = '', values } of readings) {
    for (const [metric, value] of Object.entries(values)) {
      const keys = metrics.get(metric) ?? new Map<string, Value[]>();
      metrics.set(metric, keys.set(key, [...(keys.get(key) ?? []), value]));
    }
  }
  return metrics;
}

/** The log as a whole, by metric and key: how often, or what where it was said once. */
function keyTable(samples: readonly Sample[]): string[] {
  const whole = samples.filter(({ rows }) => rows !== undefined);
  const rows = whole.flatMap(({ name, packet }) =>
    [...byMetric(decode(packet).readings)].map(([metric, keys]) => {
      const said = [...keys].map(
        ([key, values]) => `${key} ${values.length === 1 ? values[0] : `× ${values.length}`}`,
      );
      return toRow(`\`${name}\``, metric, said.join(', '));
    }),
  );
  const head = '| Sample | Metric | By key: the value, or how often it was said |';
  return [head, '| --- | --- | --- |', ...rows];
}

function reasonTable(): string[] {
  const rows = withoutRow.map(([file, , why]) => toRow(`\`${file}\``, why));
  return ['| File | Why it has no row |', '| --- | --- |', ...rows];
}

function tables(samples: readonly Sample[]): string {
  const head =
    '| Format | Sample | Device | Outcome | Values | Published answer | Observed | Refused |';
  const rule = '| --- | --- | --- | --- | --- | --- | --- | --- |';
  const main = [head, rule, ...samples.flatMap(rowsOf)];
  return [main, keyTable(samples), reasonTable()].map((rows) => rows.join('\n')).join('\n\n');
}

test('the tables of docs/devices.md are what decode makes of every sample', (context) => {
  needCorpora(context);
  const table = tables(readSamples());
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (process.env['UPDATE_DOCS'] === '1') {
    writeFileSync(page, `${text.slice(0, from)}\n\n${table}\n\n${text.slice(to)}`);
  }
  // The formatter pads the cells; what they say is what counts.
  const plain = (markdown: string): string[] =>
    markdown
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim());
  const written = readFileSync(page, 'utf8');
  expect(plain(written.slice(written.indexOf(begin) + begin.length, written.indexOf(end)))).toEqual(
    plain(table),
  );
});

test('docs/devices.md names every format and profile', () => {
  const text = readFileSync(page, 'utf8');
  for (const name of profiles.keys()) expect(text).toContain(`\`${name}\``);
});
