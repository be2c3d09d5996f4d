import { describe, expect, test } from 'vitest';
import { fiware } from '../../../ingest/decoders/fiware.ts';
import { decode, gist, now, packet } from './city.ts';

const hear = (body: unknown, device = 'ngsi-bin') =>
  decode(packet(`/json/key/${device}/attrs`, body));
const bin = { id: 'urn:ngsi-ld:WasteContainer:7', type: 'WasteContainer' };
const seen = '2026-11-24T07:59:00Z';
const seenAt = Date.parse(seen);

describe('an entity of a bin', () => {
  test.each([
    ['simplified', { fillingLevel: 0.4, dateObserved: seen }],
    [
      'normalized by NGSI-v2',
      {
        fillingLevel: { type: 'Number', value: 0.4, metadata: {} },
        dateObserved: { type: 'DateTime', value: seen, metadata: {} },
      },
    ],
    [
      'normalized by NGSI-v2, its time in the metadata',
      {
        fillingLevel: {
          type: 'Number',
          value: 0.4,
          metadata: { TimeInstant: { type: 'DateTime', value: seen } },
        },
      },
    ],
    [
      'normalized by NGSI-LD',
      {
        '@context': ['https://smart-data-models.org/context.jsonld'],
        fillingLevel: { type: 'Property', value: 0.4, unitCode: 'C62', observedAt: seen },
        refDevice: { type: 'Relationship', object: 'urn:ngsi-ld:Device:1' },
      },
    ],
    [
      'normalized by NGSI-LD, its time an attribute',
      {
        fillingLevel: { type: 'Property', value: 0.4 },
        dateObserved: { type: 'Property', value: { '@type': 'DateTime', '@value': seen } },
      },
    ],
  ])('is read with its time when it is %s', (_, attributes) => {
    expect(hear({ ...bin, ...attributes })).toMatchObject({
      class: 'decoded',
      readings: [{ observedAt: seenAt, values: { fill_level: 40 } }],
      refused: [],
    });
  });

  test('keeps the time of each attribute', () => {
    const { readings } = hear({
      ...bin,
      fillingLevel: { type: 'Property', value: 0.4, observedAt: seen },
      temperature: { type: 'Property', value: 77, unitCode: '°F' },
    });
    expect(readings.map(({ observedAt, values }) => [observedAt, values])).toEqual(
      expect.arrayContaining([
        [seenAt, { fill_level: 40 }],
        [now, { temperature: 25 }],
      ]),
    );
  });

  test('is read from the notification of a context broker', () => {
    const data = [{ ...bin, fillingLevel: { type: 'Number', value: 0.5, metadata: {} } }];
    expect(gist(hear({ subscriptionId: '5f', data })).values).toEqual({ fill_level: 50 });
  });

  test('loses nothing to another entity, which the topic does not name', () => {
    const data = [
      { ...bin, fillingLevel: 0.5 },
      { ...bin, id: 'urn:ngsi-ld:WasteContainer:8', fillingLevel: 0.9 },
    ];
    expect(gist(hear({ subscriptionId: '5f', data }))).toEqual({
      class: 'decoded',
      values: { fill_level: 50 },
      refused: [['data[1]', 'ingest.body_invalid']],
    });
  });

  test('is empty when it says only what the bin is, if the profile is there to know', () => {
    const described = { ...bin, location: { type: 'Point', coordinates: [0, 0] }, binCapacity: 43 };
    expect(hear(described)).toMatchObject({ class: 'empty', refused: [] });
    expect(gist(hear(described, 'bin-1'))).toMatchObject({
      class: 'dead',
      refused: [['', 'ingest.metric_unknown']],
    });
  });

  test('is doubtful at a time without a zone', () => {
    const decoded = hear({ ...bin, fillingLevel: 0.4, dateObserved: '2026-11-24T07:59' });
    expect(decoded).toMatchObject({
      readings: [{ values: { fill_level: 40 }, quality: { fill_level: 'suspect' } }],
      refused: [{ part: 'dateObserved' }],
    });
  });
});

test('attributes are normalized without an entity, too', () => {
  const { values } = gist(hear({ fillingLevel: { type: 'Number', value: 0.4 } }));
  expect(values).toEqual({ fill_level: 40 });
});

test('a flow is of its lane and of the end of its interval, over its period', () => {
  const flow = {
    id: 'flow',
    type: 'TrafficFlowObserved',
    laneId: 2,
    intensity: 12,
    dateObserved: '2026-11-24T07:50:00Z/2026-11-24T07:55:00Z',
  };
  expect(hear(flow, 'ngsi-junction').readings).toMatchObject([
    {
      key: 'lane-2',
      observedAt: Date.parse('2026-11-24T07:55:00Z'),
      values: { vehicle_count: 12, period: 300 },
    },
  ]);
});

describe('a measurement', () => {
  const measurement = {
    id: 'm',
    type: 'DeviceMeasurement',
    controlledProperty: 'fillingLevel',
    numValue: 0.3,
    unit: '',
    dateObserved: seen,
  };

  test('is a value of the property that it names', () => {
    expect(hear(measurement).readings).toMatchObject([
      { observedAt: seenAt, values: { fill_level: 30 } },
    ]);
    const named = {
      ...measurement,
      controlledProperty: 'temperature',
      numValue: 295.15,
      unit: 'K',
    };
    expect(gist(hear(named)).values).toEqual({ temperature: 22 });
  });

  test('is doubtful when it calls itself an outlier', () => {
    const [reading] = hear({ ...measurement, outlier: true }).readings;
    expect(reading).toMatchObject({ quality: { fill_level: 'suspect' } });
  });

  test('is dead without its property, or of one that a bin does not have', () => {
    const { controlledProperty: _, ...nameless } = measurement;
    expect(gist(hear(nameless)).refused).toEqual([['controlledProperty', 'ingest.body_invalid']]);
    const { class: outcome, refused } = gist(
      hear({ ...measurement, controlledProperty: 'humidity' }),
    );
    expect([outcome, refused]).toEqual(['dead', [['', 'ingest.metric_unknown']]]);
  });
});

describe('a Device', () => {
  const device = { id: 'd', type: 'Device', batteryLevel: 0.75 };

  test('has a share as battery, and a reception only with its unit', () => {
    expect(gist(hear({ ...device, rssi: 0.86 })).values).toEqual({ battery: 75 });
    const rssi = { type: 'Property', value: -86, unitCode: 'DBM' };
    expect(gist(hear({ ...device, rssi })).values).toEqual({ battery: 75, rssi: -86 });
  });

  test('reports one value as the one property that it has', () => {
    const body = { ...device, controlledProperty: ['fillingLevel'], value: '0.22' };
    expect(gist(hear(body)).values).toEqual({ battery: 75, fill_level: 22 });
  });

  test.each(['l%3D0.22%3Bt%3D21.2', 'l=0.22;t=21.2'])(
    'reports several under names of its own: %s',
    (value) => {
      const body = { ...device, controlledProperty: ['fillingLevel', 'temperature'], value };
      expect(fiware.read(packet('/json/key/ngsi-bin/attrs', body))).toMatchObject({
        messages: [{ values: { l: 0.22, t: 21.2 } }],
      });
    },
  );

  test('is read without a report that nobody can read', () => {
    expect(gist(hear({ ...device, value: '%E0%A4%A' })).values).toEqual({ battery: 75 });
  });
});
