import { expect, test, vi } from 'vitest';
import { isRejection } from '#model';
import { createTraceBook } from '#app/trace-book.ts';

function openBook() {
  let time = 1_000;
  const told: string[][] = [];
  const book = createTraceBook({ now: () => time, onChange: (devices) => told.push([...devices]) });
  return { book, told, pass: (ms: number) => (time += ms) };
}
const from = (principal: string, topic = 't') => ({ principal, topic });

test('keeps nothing of anybody when nobody is traced', () => {
  const { book } = openBook();
  expect(book.receive(from('bin-1'))).toBeUndefined();
  book.add([{ device: 'bin-1', stop: 'decoded', at: 1, packet: 1 }]);
  expect(book.read('bin-1')).toBeUndefined();
});

test('gathers the marks of a message from all threads in the order of time', () => {
  const { book, pass } = openBook();
  book.start('bin-1', 60_000);
  const acknowledged = book.receive(from('bin-1'))!;
  expect(book.read('bin-1')!.messages).toMatchObject([{ packet: null }]);
  pass(2);
  acknowledged(7);
  book.add([
    { device: 'bin-1', stop: 'stored', at: 1_009, packet: 7, reading: 3 },
    { device: 'bin-1', stop: 'decoded', at: 1_005, packet: 7, class: 'decoded' },
    { device: 'bin-2', stop: 'decoded', at: 1_005, packet: 8 },
  ]);
  const { messages } = book.read('bin-1')!;
  expect(messages).toHaveLength(1);
  expect(messages[0]!.marks.map(({ stop, at }) => [stop, at])).toEqual([
    ['received', 1_000],
    ['acknowledged', 1_002],
    ['decoded', 1_005],
    ['stored', 1_009],
  ]);
  book.close();
});

test('knows a device behind a bridge by its topic, whole levels only', () => {
  const { book } = openBook();
  book.start('bin-1', 60_000);
  expect(book.receive(from('bridge', 'city/v1/kupang/bin/bin-1/telemetry'))).toBeDefined();
  expect(book.receive(from('bridge', 'city/v1/kupang/bin/bin-10/telemetry'))).toBeUndefined();
  book.close();
});

test('stays bounded: a thousand marks a device, twenty devices, those that are over give way', () => {
  const { book, pass } = openBook();
  for (let n = 0; n < 20; n++) expect(isRejection(book.start(`bin-${n}`, 60_000))).toBe(false);
  expect(book.start('bin-20', 1)).toMatchObject({ code: 'http.traces_full' });
  for (let n = 0; n < 1_500; n++)
    book.add([{ device: 'bin-0', stop: 'decoded', at: n, packet: n }]);
  const { messages } = book.read('bin-0')!;
  expect([messages.length, messages[0]!.packet]).toEqual([1_000, 500]);
  pass(60_001);
  book.start('bin-1', 60_000);
  expect(book.start('bin-20', 60_000)).toMatchObject({ device: 'bin-20' });
  expect(book.read('bin-0')).toBeUndefined();
  book.close();
});

test('ends by itself, and tells the other threads who is traced', async () => {
  const { book, told, pass } = openBook();
  book.start('bin-1', 30);
  expect(told).toEqual([['bin-1']]);
  pass(31);
  await vi.waitFor(() => expect(told.at(-1)).toEqual([]));
  expect(book.receive(from('bin-1'))).toBeUndefined();
  expect(book.read('bin-1')).toBeDefined(); // what was seen can still be read
  expect(book.stop('bin-1')).toMatchObject({ device: 'bin-1' });
  expect(book.stop('bin-1')).toBeUndefined();
});
