import { describe, expect, test } from 'vitest';
import { parseConfig } from '#app/config.ts';

test('a city’s time zone is one that there is', () => {
  const cityIn = (timeZone: string) =>
    parseConfig(
      `city: { name: X, timeZone: ${timeZone}, position: { lat: 0, lon: 0 } }`,
      'siaga.yaml',
      {},
    );
  expect(cityIn('Asia/Jakarta')).toMatchObject({ city: { timeZone: 'Asia/Jakarta' } });
  expect(cityIn('Asia/Kupang')).toMatchObject([
    { code: 'config.invalid', field: 'siaga.yaml: city.timeZone' },
  ]);
});

const parse = (mqtt: string, rest = ''): unknown =>
  parseConfig(`mqtt: { ${mqtt} }\n${rest}`, 'siaga.yaml', {});
const anonymous = 'anonymous: { publish: ["test/#"], subscribe: [] }';
const tls = 'cert: a.pem, key: a.key';

describe('mqtt.anonymous', () => {
  test.each(['', 'host: localhost', 'host: "::1", ws: { host: 127.0.0.1 }', `tls: { ${tls} }`])(
    'is taken when only this machine can come in (%s)',
    (listeners) => {
      const asked = [anonymous, listeners].filter(Boolean).join(', ');
      expect(parse(asked)).toMatchObject({
        mqtt: { anonymous: { publish: ['test/#'], subscribe: [], limits: 'device' } },
      });
    },
  );

  test.each(['host: 0.0.0.0', 'ws: { host: 192.168.1.2 }', `tls: { host: "::", ${tls} }`])(
    'is refused when others can come in too (%s), whatever else is allowed',
    (listeners) => {
      expect(parse(`${anonymous}, ${listeners}`, 'insecure: true')).toEqual([
        expect.objectContaining({ code: 'config.invalid', field: 'siaga.yaml: mqtt.anonymous' }),
      ]);
    },
  );

  test.each(['anonymous: { publish: ["a"] }', 'anonymous: { publish: ["a/#/b"], subscribe: [] }'])(
    'says everything that it allows: %s does not',
    (given) => {
      expect(parse(given)).toEqual([expect.objectContaining({ code: 'config.invalid' })]);
    },
  );
});
