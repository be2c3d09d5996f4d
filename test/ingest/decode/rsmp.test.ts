import { describe, expect, test } from 'vitest';
import { corpus, decode, gist, needCorpora, packet } from './city.ts';

interface Example {
  readonly section: string;
  readonly message: { readonly type: string; readonly aCId?: string; readonly mId: string };
}

const received = { receivedAt: Date.parse('2019-10-01T00:00:00Z') };
const hear = (message: unknown) => decode(packet('rsmp/KK+AG0503=001', message, received));

const alarm = {
  mType: 'rSMsg',
  type: 'Alarm',
  mId: '34a3f91b-e5b7-42ae-aee3-c9ce8577358a',
  cId: 'KK+AG0503=001SG001',
  aCId: 'A0201',
  aSp: 'Issue',
  aS: 'Active',
  aTs: '2019-09-26T12:54:03.598Z',
};
const status = (sS: object[]) => ({
  mType: 'rSMsg',
  type: 'StatusUpdate',
  mId: 'm',
  cId: 'KK+AG0503=001DL001',
  sTs: '2019-09-30T12:24:10.904Z',
  sS,
});

describe('RSMP', () => {
  test('takes an alarm as the fault of the component that it names', () => {
    expect(hear(alarm)).toMatchObject({
      class: 'decoded',
      readings: [
        {
          asset: 'rsmp-1',
          key: 'sg001',
          observedAt: Date.parse(alarm.aTs),
          values: { red_lamp_fault: true },
        },
      ],
      duplicateKey: `rsmp/KK+AG0503=001/${alarm.mId}`,
    });
    expect(gist(hear({ ...alarm, aS: 'inActive' })).values).toEqual({ red_lamp_fault: false });
  });

  test('knows every published example', (context) => {
    needCorpora(context);
    const examples = corpus('rsmp/examples-subset.json') as Example[];
    const said = examples.map(({ section, message }) => {
      const { class: outcome, values, refused } = gist(hear(message));
      return [section.split(' ')[0], message.type, outcome, values, refused];
    });
    expect(said).toEqual([
      ['A0010', 'Alarm', 'decoded', { door_open: true }, []],
      ['A0201', 'Alarm', 'decoded', { red_lamp_fault: true }, []],
      ['A0301', 'Alarm', 'decoded', { detector_fault: true }, []],
      ['S0001', 'StatusRequest', 'empty', {}, []],
      ['S0001', 'StatusResponse', 'empty', {}, []],
      ['S0014', 'StatusRequest', 'empty', {}, []],
      ['S0014', 'StatusResponse', 'empty', {}, []],
      ['S0201', 'StatusRequest', 'empty', {}, []],
      ['S0201', 'StatusResponse', 'decoded', { vehicle_count: 20 }, []],
    ]);
  });

  test.each([
    ['recent', { vehicle_count: 20 }, undefined],
    ['old', { vehicle_count: 20 }, { vehicle_count: 'suspect' }],
  ])('takes a status whose quality is %s', (q, values, quality) => {
    const [reading] = hear(status([{ sCI: 'S0201', n: 'vehicles', s: '20', q }])).readings;
    expect(reading).toMatchObject({ key: 'dl001', values });
    expect(reading?.quality).toEqual(quality);
  });

  test('has no reading where the controller does not know', () => {
    const unknown = status([{ sCI: 'S0201', n: 'vehicles', s: '', q: 'undefined' }]);
    expect(hear(unknown).class).toBe('empty');
  });

  test.each(['Watchdog', 'Version', 'MessageAck', 'AggregatedStatus', 'CommandResponse'])(
    'is empty when it is a %s',
    (type) => {
      expect(hear({ mType: 'rSMsg', type, mId: 'm' }).class).toBe('empty');
    },
  );

  test('is empty when an operator acknowledged an alarm', () => {
    expect(hear({ ...alarm, aSp: 'Acknowledge' }).class).toBe('empty');
  });

  test.each([
    ['is of another protocol', { ...alarm, mType: 'other' }, 'mType'],
    ['is of a type that nobody knows', { ...alarm, type: 'Gossip' }, 'type'],
    ['does not say whether the alarm is active', { ...alarm, aS: 'perhaps' }, 'aS'],
    ['lacks its id', { ...alarm, mId: undefined }, 'mId'],
    ['has an empty id', { ...alarm, mId: '' }, 'mId'],
    ['has a status that is no list', { ...status([]), sS: {} }, 'sS'],
  ])('is dead when it %s', (_, message, field) => {
    const { class: outcome, refused } = hear(message);
    expect([outcome, refused[0]?.rejection]).toMatchObject([
      'dead',
      { code: 'ingest.body_invalid', field },
    ]);
  });

  test('doubts the values when the time can not be read', () => {
    const [reading] = hear({ ...alarm, aTs: '26/9/2019' }).readings;
    expect(reading).toMatchObject({ quality: { red_lamp_fault: 'suspect' } });
  });
});
