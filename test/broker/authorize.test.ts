import { expect, test } from 'vitest';
import type { Asset, Principal } from '#model';
import { createAuthorize } from '../../broker/authorize.ts';

const place = { lat: 0, lon: 0, district: '', zone: '', attributes: {} };
const assets: Record<string, Asset> = {
  'gateway-1': { id: 'gateway-1', kind: 'gateway', ...place },
  'lamp-1': { id: 'lamp-1', kind: 'streetlight', parent: 'gateway-1', ...place },
  'lamp-2': { id: 'lamp-2', kind: 'streetlight', parent: 'gateway-2', ...place },
  'lamp-3': { id: 'lamp-3', kind: 'streetlight', ...place },
};
const authorize = createAuthorize({ assetOf: (device) => assets[device] }, () => 1, 100);
const login = (name: string, role: Principal['role'] = 'device'): Principal => ({
  name,
  role,
  hash: '',
  publish: [`city/v1/kupang/gateway/${name}/telemetry`],
  subscribe: [],
});
const topicOf = (lamp: string, channel = 'telemetry') =>
  `city/v1/kupang/streetlight/${lamp}/${channel}`;

test.each([
  ['its own topic', 'city/v1/kupang/gateway/gateway-1/telemetry'],
  ['the telemetry of its child', topicOf('lamp-1')],
  ['the status of its child', topicOf('lamp-1', 'status')],
])('a gateway publishes to %s', (_, topic) => {
  expect(authorize(login('gateway-1'), topic)).toBeUndefined();
});

test.each([
  ['the child of another', topicOf('lamp-2')],
  ['a device that hangs on nothing', topicOf('lamp-3')],
  ['a device that nobody knows', topicOf('nobody')],
  ['a command to its child', topicOf('lamp-1', 'cmd')],
  ['a topic beyond its child', `${topicOf('lamp-1')}/more`],
])('a gateway is refused for %s', (_, topic) => {
  expect(authorize(login('gateway-1'), topic)).toMatchObject({ code: 'broker.topic_denied' });
});

test.each(['lamp-1', 'lamp-3', 'stranger'])('%s is refused for a device beside it', (name) => {
  expect(authorize(login(name), topicOf('lamp-1'))).toMatchObject({ code: 'broker.topic_denied' });
});

test.each(['v1/gateway/#', '/json/+/gateway-1/#'])(
  '%s is a filter of the list and no topic',
  (filter) => {
    const own = { ...login('gateway-1'), publish: [filter] };
    expect(authorize(own, filter)).toMatchObject({ code: 'broker.topic_invalid' });
  },
);

test('a topic that is none is refused as such, whoever hangs on what', () => {
  expect(authorize(login('gateway-1'), `${topicOf('lamp-1')}\u0000`)).toMatchObject({
    code: 'broker.topic_invalid',
  });
});
