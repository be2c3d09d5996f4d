import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { iso, type Metric, type Reading } from '#model';
import { decode, kinds, needCorpora, profiles } from './city.ts';
import { readSamples, type Sample } from './samples.ts';

/* The table of docs/devices.md is what decode makes of every published sample: UPDATE_DOCS=1 writes it. */

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

function row({ format, name, device, packet }: Sample): string {
  const { class: outcome, readings, refused } = decode(packet);
  const values = readings.map(describe).join('; ');
  const times = [...new Set(readings.map(({ observedAt }) => iso(observedAt)))];
  const time = times.length > 2 ? `${times[0]} … ${times.at(-1)}` : times.join(', ');
  const problems = refused.map(
    ({ part, rejection }) => `\`${rejection.code}\`${part === undefined ? '' : ` ${part}`}`,
  );
  const cells = [format, `\`${name}\``, device, outcome, values, time, problems.join('; ')];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

test('the table of docs/devices.md is what decode makes of every sample', (context) => {
  needCorpora(context);
  const head = '| Format | Sample | Device | Outcome | Values | Observed | Refused |';
  const table = [head, '| --- | --- | --- | --- | --- | --- | --- |', ...readSamples().map(row)];
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (process.env['UPDATE_DOCS'] === '1') {
    const whole = `${text.slice(0, from)}\n\n${table.join('\n')}\n\n${text.slice(to)}`;
    writeFileSync(page, whole);
  }
  // The formatter pads the cells; what they say is what counts.
  const plain = (markdown: string): string[] =>
    markdown
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim());
  const written = readFileSync(page, 'utf8');
  expect(plain(written.slice(written.indexOf(begin) + begin.length, written.indexOf(end)))).toEqual(
    plain(table.join('\n')),
  );
});

test('docs/devices.md names every format and profile', () => {
  const text = readFileSync(page, 'utf8');
  for (const name of profiles.keys()) expect(text).toContain(`\`${name}\``);
});
