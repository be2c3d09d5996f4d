import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openAcknowledged } from './acknowledged.ts';
import { below, createFigures, missed, none } from './figures.ts';
import { checkTrace } from './flush-trace.ts';
import { startSink } from './sink.ts';

function newFile(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'siaga-verdict-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

describe('the line sink', () => {
  test('tells missing, double, repeated and overwritten apart when lines come', async () => {
    const sink = await startSink();
    onTestFinished(() => sink.leave());
    const line = (seq: number, time: string) => `bin,asset=bin-1 distance=${seq},weight=0 ${time}`;
    const post = (...lines: string[]) =>
      fetch(`${sink.url}/write?db=siaga`, { method: 'POST', body: lines.join('\n') });
    await post(line(1, '1000000'), line(2, '2000000'), line(2, '2000000'));
    expect(sink.missing(['bin-1 1', 'bin-1 2'])).toBe(0);
    expect(sink.missing(['bin-1 1', 'bin-1 3', 'bin-2 1'])).toBe(2);
    expect([sink.repeated(), sink.doubles(), sink.overwritten()]).toEqual([1, 0, 0]);
    await post(line(1, '1000007')); // the same message at another time
    expect([sink.repeated(), sink.doubles(), sink.overwritten()]).toEqual([1, 1, 0]);
    await post(line(4, '2000000')); // another message in its place
    expect([sink.repeated(), sink.doubles(), sink.overwritten()]).toEqual([1, 1, 1]);
    sink.mood = 503;
    expect((await post(line(5, '5000000'))).status).toBe(503);
    expect([sink.messages(), sink.refused()]).toEqual([3, 1]);
  });
});

describe('the figures', () => {
  test('miss a gate when one round of many does, and where there is none', () => {
    const figures = createFigures(() => undefined);
    figures.add('a', 'messages', [0, 0, 1], none);
    figures.add('b', 'messages', [0, 0, 0], none);
    figures.add('c', 'messages', [], none);
    figures.add('d', 's', [1, 2, 4], below(3));
    figures.add('e', 'times', Number.NaN, none);
    expect(figures.figures.map(({ ok }) => ok)).toEqual([false, true, false, false, false]);
    expect(missed(figures).map(({ name }) => name)).toEqual(['a', 'c', 'e']);
    expect(figures.figures[3]).toMatchObject({ median: 2, min: 1, max: 4, gate: '< 3' });
  });
});

describe('the durable list', () => {
  test('reads back what was added when it is asked in between', () => {
    const list = openAcknowledged(newFile('list'));
    list.add('bin-1 1');
    expect([...list.read()]).toEqual(['bin-1 1']);
    list.add('bin-1 2');
    expect(list.read().size).toBe(2);
    list.close();
  });
});

/** A trace of strace's form: a record written, its flush, and the PUBACK of packet 7 to port 5. */
function trace(order: readonly ('write' | 'begin' | 'end' | 'puback')[]): string {
  const hex = (text: string) =>
    [...Buffer.from(text, 'latin1')].map((b) => `\\x${b.toString(16).padStart(2, '0')}`).join('');
  const file = `4<${hex('/data/packets/0000000000000001.log')}>`;
  const lines = {
    write: `11 1.0 pwrite64(${file}, "${hex('[mark]')}", 6, 64) = 6`,
    begin: `12 1.0 fdatasync(${file} <unfinished ...>`,
    end: '12 1.0 <... fdatasync resumed>) = 0',
    puback: `10 1.0 writev(9<TCP:[127.0.0.1:1883->127.0.0.1:5]>, [{iov_base="${hex('\u0040\u0002')}", iov_len=2}, {iov_base="${hex('\u0000\u0007')}", iov_len=2}], 2) = 4`,
  };
  return order.map((name) => lines[name]).join('\n');
}

describe('the trace check', () => {
  test.each([
    { order: ['write', 'begin', 'end', 'puback'], violations: [] },
    { order: ['begin', 'write', 'end', 'puback'], violations: ['[mark]'] },
    { order: ['write', 'begin', 'puback', 'end'], violations: ['[mark]'] },
    { order: ['write', 'puback', 'begin', 'end'], violations: ['[mark]'] },
    { order: ['write', 'puback'], violations: ['[mark]'] },
    { order: ['begin', 'end', 'puback'], violations: ['[mark]'] },
  ] as const)('finds $violations when the calls are $order', ({ order, violations }) => {
    const file = newFile('trace');
    writeFileSync(file, trace(order));
    const verdict = checkTrace(file, new Map([['5:7', '[mark]']]));
    expect(verdict).toMatchObject({ pubacks: 1, violations });
  });
});
