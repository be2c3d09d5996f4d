import { expect, test } from 'vitest';
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
