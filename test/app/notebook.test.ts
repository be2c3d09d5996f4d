import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openNotebook, type Beginning } from '#app/notebook.ts';
import { newFolder } from '../ingest/logs.ts';

const at = (position: number, extra: Partial<Beginning> = {}): Beginning => ({
  positions: new Map([['decode', position]]),
  isPending: true,
  hasDied: false,
  ...extra,
});
const newFile = () => join(newFolder(), 'pipeline.json');

test('suspects nothing at the first start, after a clean stop, or when the file is torn', () => {
  const file = newFile();
  const first = openNotebook(file, at(0));
  expect(first.isSuspicious).toBe(false);
  first.close();
  expect(openNotebook(file, at(0)).isSuspicious).toBe(false);
  writeFileSync(file, '{"posi');
  expect(openNotebook(file, at(0)).isSuspicious).toBe(false);
});

test('suspects nothing when a process is killed that gets on, or had nothing to do', () => {
  const file = newFile();
  for (const position of [0, 3, 9, 12]) {
    expect(openNotebook(file, at(position)).isSuspicious).toBe(false);
  }
  for (let n = 0; n < 4; n++) {
    expect(openNotebook(file, at(12, { isPending: false })).isSuspicious).toBe(false);
  }
});

test('is suspicious when a thread died, or a process twice at the same place', () => {
  expect(openNotebook(newFile(), at(0, { hasDied: true })).isSuspicious).toBe(true);
  const file = newFile();
  const starts = [0, 0, 0].map((position) => openNotebook(file, at(position)).isSuspicious);
  expect(starts).toEqual([false, false, true]);
});

test('counts the deaths at records that were noted, and forgets those that did no harm', () => {
  const file = newFile();
  const first = openNotebook(file, at(0, { hasDied: true }));
  expect(first.last).toBeUndefined();
  first.note({ consumer: 'decode', from: 1, to: 1 });
  first.forget();
  first.note({ consumer: 'decode', from: 2, to: 2 });
  const second = openNotebook(file, at(1));
  expect(second.last).toEqual({ consumer: 'decode', from: 2, to: 2, deaths: 1 });
  second.note({ consumer: 'decode', from: 2, to: 2 });
  const third = openNotebook(file, at(1));
  expect(third.last).toEqual({ consumer: 'decode', from: 2, to: 2, deaths: 2 });
  third.note({ consumer: 'rules', from: 2, to: 2 });
  expect(openNotebook(file, at(1)).last).toEqual({ consumer: 'rules', from: 2, to: 2, deaths: 1 });
});

test('goes on without its notes when there is no room for them', () => {
  const notebook = openNotebook(join(newFolder(), 'missing/pipeline.json'), at(0));
  notebook.note({ consumer: 'decode', from: 1, to: 1 });
  expect(notebook.isSuspicious).toBe(false);
});
