import { describe, expect, test } from 'vitest';
import { createAgenda } from '../../simulators/agenda.ts';
import { createRandom } from '../../simulators/random.ts';

describe('createAgenda', () => {
  test('gives nothing when it is empty', () => {
    expect(createAgenda().take()).toBeUndefined();
  });

  test('gives the entries of one time in the order in which they were added', () => {
    const agenda = createAgenda<string>();
    for (const task of ['a', 'b', 'c', 'd', 'e']) agenda.add(5, task);
    agenda.add(4, 'first');
    const taken = Array.from({ length: 6 }, () => agenda.take()?.task);
    expect(taken).toEqual(['first', 'a', 'b', 'c', 'd', 'e']);
  });

  test('gives everything in order when entries come and go', () => {
    const random = createRandom('agenda');
    const agenda = createAgenda<number>();
    const inside: { at: number; task: number }[] = [];
    const taken: unknown[] = [];
    const expected: unknown[] = [];
    for (let task = 0; task < 2_000; task += 1) {
      const at = Math.floor(random.uniform(0, 50));
      agenda.add(at, task);
      inside.push({ at, task });
      if (random.chance(0.4)) {
        inside.sort((a, b) => a.at - b.at || a.task - b.task);
        expected.push(inside.shift()?.task);
        taken.push(agenda.take()?.task);
      }
    }
    inside.sort((a, b) => a.at - b.at || a.task - b.task);
    expected.push(...inside.map(({ task }) => task));
    taken.push(...inside.map(() => agenda.take()?.task));
    expect(taken).toEqual(expected);
    expect(agenda.take()).toBeUndefined();
  });
});
