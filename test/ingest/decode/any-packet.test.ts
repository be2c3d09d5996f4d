import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, now, packet } from './city.ts';

/** Whatever arrives has a class: no packet throws, and a dead one has exactly one reason. */

const topics = fc.constantFrom(
  'city/v1/kupang/bin/bin-1/telemetry',
  'city/v1/kupang/signal/junction-1/event',
  'city/v1/kupang/bin/df702-1/telemetry',
  'city/v1/kupang/bin/bin-1/status',
  'v3/app1@tenant1/devices/dev1/up',
  'v3/app1/devices/df702/up',
  'application/1/device/0101010101010101/event/up',
  'application/1/device/0101010101010101/event/join',
  '/json/key/ngsi-bin/attrs',
  'spat/12111',
);

const names = fc.oneof(
  fc.constantFrom(
    'fill_level',
    'full',
    'level',
    'battery',
    'mode',
    '__proto__',
    'constructor',
    'toString',
  ),
  fc.string(),
);
/** Any value, and one that can't be made a text. */
const any = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant({ toString: 1, valueOf: 1 }));
const said = fc.oneof(
  any,
  fc.record(
    {
      v: fc.jsonValue({ maxDepth: 1 }),
      u: fc.string(),
      t: fc.jsonValue({ maxDepth: 0 }),
      q: fc.constantFrom('good', 'suspect', 'bad', 1),
    },
    { requiredKeys: [] },
  ),
);
const values = fc.dictionary(names, said);
const times = fc.oneof(fc.constant(now), fc.double(), fc.string(), fc.constant(null));
const message = fc.record(
  {
    v: fc.constantFrom(1, 1, 1, 2),
    ts: times,
    boot: fc.integer(),
    seq: fc.integer(),
    key: fc.string(),
    values,
  },
  { requiredKeys: [] },
);
const ids = { device_id: 'dev1', application_ids: { application_id: 'app1' } };
/** Frames of a device that a profile reads, and some that are none. */
const frames = fc.oneof(
  fc.string(),
  fc
    .tuple(fc.constantFrom(2, 0x80), fc.uint8Array({ maxLength: 300 }))
    .map(([first, rest]) => Buffer.from([first, ...rest]).toString('base64')),
);
/** Entities and their attributes, and signal groups, with anything for a value. */
const attribute = fc.record(
  { type: fc.string(), value: any, unitCode: any, observedAt: any, metadata: any },
  { requiredKeys: [] },
);
const entity = fc.record(
  {
    id: fc.constantFrom('a', 'b'),
    type: fc.constantFrom('WasteContainer', 'Device', 'DeviceMeasurement'),
    fillingLevel: fc.oneof(attribute, any),
    controlledProperty: fc.oneof(any, fc.array(any, { maxLength: 1 })),
    value: fc.oneof(any, fc.constantFrom('l%3D1', 'a=b=c;', '%E0')),
    numValue: fc.oneof(attribute, any),
    dateObserved: fc.oneof(attribute, any, fc.constant('/')),
    dateObservedFrom: fc.oneof(attribute, any),
    laneId: any,
  },
  { requiredKeys: ['id', 'type'] },
);
const movement = fc.record(
  {
    signalGroup: fc.oneof(fc.integer(), any),
    'state-time-speed': fc.oneof(
      any,
      fc.array(fc.record({ eventState: fc.oneof(fc.constant('dark'), any), timing: any })),
    ),
  },
  { requiredKeys: [] },
);
const intersection = fc.record(
  {
    id: fc.oneof(fc.record({ id: any }), any),
    status: any,
    moy: fc.oneof(fc.integer(), any),
    timeStamp: fc.oneof(fc.integer(), any),
    states: fc.oneof(fc.array(movement), any),
  },
  { requiredKeys: [] },
);
const bodies = fc.oneof(
  entity,
  fc.array(entity).map((data) => ({ subscriptionId: '1', data })),
  fc.record({ intersections: fc.array(fc.oneof(intersection, any)), timeStamp: any }),
  values,
  message,
  fc.array(message),
  values.map((decoded_payload) => ({ end_device_ids: ids, uplink_message: { decoded_payload } })),
  values.map((object) => ({ deviceInfo: { devEui: '0101010101010101' }, object })),
  frames.map((data) => ({ deviceInfo: { devEui: '0101010101010101' }, data })),
  frames.map((frm_payload) => ({ end_device_ids: ids, uplink_message: { frm_payload } })),
  fc.jsonValue(),
);

/** Whether a packet's outcome is whole; a throw fails the property. */
function isWhole(topic: string, body: unknown): boolean {
  const { class: outcome, readings, refused } = decode(packet(topic, body));
  const isSound = readings.every(
    ({ observedAt, nano, values: own }) =>
      Number.isSafeInteger(observedAt) &&
      Number.isInteger(nano) &&
      nano >= 0 &&
      nano < 1_000_000 &&
      Object.keys(own).length > 0,
  );
  switch (outcome) {
    case 'decoded':
      return isSound && readings.length > 0 && refused.every(({ part }) => part !== undefined);
    case 'empty':
      return readings.length === 0 && refused.length === 0;
    case 'dead':
      return readings.length === 0 && refused.length === 1 && refused[0]?.part === undefined;
  }
}

describe('decode', () => {
  const whole = { failed: false, counterexample: null };

  test('gives every packet one class when the payload is any bytes', () => {
    const property = fc.property(topics, fc.uint8Array(), isWhole);
    expect(fc.check(property, { numRuns: 2_000 })).toMatchObject(whole);
  });

  test('gives every packet one class when the payload is nearly right', () => {
    const property = fc.property(topics, bodies, (topic, body) =>
      isWhole(topic, Buffer.from(JSON.stringify(body))),
    );
    expect(fc.check(property, { numRuns: 5_000 })).toMatchObject(whole);
  });

  test('gives every packet one class when the topic is any text', () => {
    const property = fc.property(fc.string(), (topic) => isWhole(topic, '{"fill_level":1}'));
    expect(fc.check(property)).toMatchObject(whole);
  });

  test.each([
    ['arrays', '['.repeat(8_000) + ']'.repeat(8_000)],
    ['objects', `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`],
  ])('gives a packet one class when its body is as deep in %s as its size allows', (_, body) => {
    expect(isWhole('city/v1/kupang/bin/bin-1/telemetry', body)).toBe(true);
  });
});
