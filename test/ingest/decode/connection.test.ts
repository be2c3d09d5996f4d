import { expect, test } from 'vitest';
import { decode, packet } from './city.ts';

const say = (principal: string, body: unknown) => ({
  ...packet('$siaga/connection', body),
  principal,
});

test.each([true, false])(
  "the broker's word that a connection is there (%s) is presence",
  (online) => {
    expect(decode(say('bin-1', { online }))).toEqual({
      class: 'empty',
      readings: [],
      refused: [],
      online: { device: 'bin-1', online, ...(!online && { reason: 'connection' }) },
    });
  },
);

test.each([
  ['nobody who is known', 'bin-404', { online: false }, 'ingest.device_unknown'],
  ['nothing', 'bin-1', {}, 'ingest.body_invalid'],
  ['something else', 'bin-1', [], 'ingest.body_invalid'],
])("the broker's word on %s is refused", (_, principal, body, code) => {
  const { class: name, refused } = decode(say(principal, body));
  expect([name, refused[0]?.rejection.code]).toEqual(['dead', code]);
});
