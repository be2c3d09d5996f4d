import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textProblem } from '../../broker/text.ts';
import { matches } from '../../broker/topic-filter.ts';

describe('topic filter', () => {
  test.each([
    // The standard's own examples [MQTT-4.7.1-2, -3, 4.7.2-1, 4.7.3].
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'anything/at/all', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/broker', false],
    ['+/monitor/Clients', '$SYS/monitor/Clients', false],
    ['$SYS/#', '$SYS/broker', true],
    ['$SYS/monitor/+', '$SYS/monitor/Clients', true],
    ['accounts', 'Accounts', false],
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/', false],
    ['a/b/c', 'a/b', false],
    ['a/+/c', 'a/b/c', true],
    ['a/+/c', 'a//c', true],
    ['a/+/c', 'a/b/d', false],
  ])('%s against %s: %s', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
  });

  test('matches each topic with itself, with + for any level and with # behind any', () => {
    const levels = fc.array(fc.stringMatching(/^[a-z0-9]{0,4}$/), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(levels, fc.nat(5), (topic, at) => {
        const level = at % topic.length;
        const name = topic.join('/');
        expect(matches(name, name)).toBe(true);
        expect(matches(topic.with(level, '+').join('/'), name)).toBe(true);
        expect(matches([...topic.slice(0, level), '#'].join('/'), name)).toBe(true);
        expect(matches(`${name}/more`, name)).toBe(false);
      }),
    );
  });
});

describe('text', () => {
  test.each([
    ['', undefined],
    ['city/v1/kupang/bin/bin-1', undefined],
    ['Jalan Sudirman – Oebobo', undefined],
    ['ᨕ 😀 é', undefined],
    ['a\0', 'control character (U+0000)'],
    ['a\u001f', 'control character (U+001F)'],
    ['\u007f', 'control character (U+007F)'],
    ['\u009f', 'control character (U+009F)'],
    ['\u00a0', undefined],
    ['a\ud800b', 'lone surrogate (U+D800)'],
    ['\udfff', 'lone surrogate (U+DFFF)'],
    ['\ufffd', 'not UTF-8'],
    ['\ufffe', 'non-character (U+FFFE)'],
    ['\ufdd0', 'non-character (U+FDD0)'],
    ['\u{1ffff}', 'non-character (U+1FFFF)'],
    ['\u{10fffe}', 'non-character (U+10FFFE)'],
  ])('%j: %s', (text, problem) => {
    if (problem === undefined) expect(textProblem(text)).toBe(undefined);
    else expect(textProblem(text)).toContain(problem);
  });
});
