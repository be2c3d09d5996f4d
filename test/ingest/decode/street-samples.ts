import { corpus, packet } from './city.ts';
import { arrival, type Sample } from './sample.ts';

/* Samples of the formats that speak of things in the street: SPaT, and entities of FIWARE's models. */

interface Movement {
  readonly signalGroup: number;
  readonly state_time_speed: {
    readonly movementEventList: readonly {
      readonly eventState: string;
      readonly timing: Readonly<Record<string, number>>;
    }[];
  };
}

interface Spat {
  readonly payload: {
    readonly data: {
      readonly intersectionStateList: {
        readonly intersectionStatelist: readonly {
          readonly timeStamp: number;
          readonly states: { readonly movementList: readonly Movement[] };
        }[];
      };
    };
  };
}

/** The message, and what its publisher's decoder made of its bytes. */
export function spat(): Sample[] {
  const name = 'spat/expected-spat.json';
  const body = corpus(name) as Spat;
  const [intersection] = body.payload.data.intersectionStateList.intersectionStatelist;
  const { timeStamp, states } = intersection!;
  const answers = new Map<string | undefined, string>([
    [undefined, `all flags false, timeStamp ${timeStamp}`],
  ]);
  for (const { signalGroup, state_time_speed: said } of states.movementList) {
    const [{ eventState, timing } = { eventState: '', timing: {} }] = said.movementEventList;
    const marks = Object.entries(timing).map(([mark, value]) => `${mark} ${value}`);
    answers.set(`group-${signalGroup}`, [eventState, ...marks].join(', '));
  }
  const own = packet('spat/12111', body, arrival('2024-12-10T17:34:41Z'));
  return [{ format: 'spat', name, device: 'spat-1', packet: own, answers }];
}

interface Model {
  readonly device: string;
  /** Of the time that the entity tells. */
  readonly receivedAt?: string;
  readonly without?: string;
}

export const models: Readonly<Record<string, Model>> = {
  Device: { device: 'ngsi-bin' },
  DeviceMeasurement: { device: 'ngsi-bin', receivedAt: '2021-09-03T07:34:00Z' },
  Streetlight: { device: 'ngsi-lamp', receivedAt: '2021-01-11T10:22:00Z' },
  StreetlightControlCabinet: { device: 'ngsi-cabinet' },
  StreetlightGroup: {
    device: 'ngsi-lamp',
    without: 'a circuit and its hours; that it is on says no lamp’s level',
  },
  TrafficFlowObserved: { device: 'ngsi-junction', receivedAt: '2016-12-07T11:16:00Z' },
  WasteContainer: { device: 'ngsi-bin', without: 'what the bin is, and no level of it' },
  WasteContainerModel: { device: 'ngsi-bin', without: 'what bins of a model are like' },
};

/** Each entity twice, simplified and normalized. */
export function entities(): Sample[] {
  return Object.entries(models).flatMap(([model, { device, receivedAt, without }]) =>
    ['example', 'example-normalized'].map((file) => {
      const name = `smart-data-models/${model}/${file}.json`;
      const at = receivedAt === undefined ? {} : arrival(receivedAt);
      return {
        format: 'fiware',
        name,
        device,
        packet: packet(`/json/key/${device}/attrs`, corpus(name), at),
        ...(without !== undefined && { without }),
      };
    }),
  );
}
