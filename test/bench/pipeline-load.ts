import type { CommandBody, LogEntry } from '#model';

/** One registered thing and its place in the fleet. */
export interface Thing {
  readonly place: number;
  readonly device: CommandBody<'device.put'>;
}

/** Epoch ms of the first round; a round is one message of each thing, ten thousand a second. */
const start = Date.UTC(2026, 5, 1, 4);
const round = 100;

/** 60 % bins, 30 % street lights, 10 % signals. */
export function fleetOf(count: number): Thing[] {
  return Array.from({ length: count }, (_, place) => {
    const tenth = place % 10;
    const kind = tenth < 6 ? 'bin' : tenth < 9 ? 'streetlight' : 'signal';
    const device = {
      id: `${kind}-${String(place).padStart(4, '0')}`,
      kind,
      lat: -10.17 + (place % 40) / 1_000,
      lon: 123.6 + Math.floor(place / 40) / 1_000,
      district: `Kecamatan ${place % 6}`,
      zone: `Kelurahan ${place % 51}`,
      attributes: kind === 'streetlight' ? { rated_power: 90 } : {},
      identities: [],
    };
    return { place, device };
  });
}

/** The message of a thing in a round, about 200 bytes; one in a hundred of all begins a breach. */
export function messageOf({ place, device: { id, kind } }: Thing, turn: number): LogEntry {
  const ts = start + turn * round + Math.floor((place * round) / 1_000);
  const body = { v: 1, ts, boot: 3, seq: turn, values: valuesOf(kind, place, turn) };
  return {
    receivedAt: ts + 40,
    principal: id,
    topic: `city/v1/kupang/${kind}/${id}/telemetry`,
    bytes: Buffer.from(JSON.stringify(body)),
  };
}

function valuesOf(kind: string, place: number, turn: number): Record<string, unknown> {
  const drift = ((place * 31 + turn * 7) % 500) / 10;
  switch (kind) {
    case 'bin': {
      // Each bin is due in one message of sixty, and empty in the next; one in ten of these flows over.
      const isDue = (place + turn) % 60 === 0;
      const isOver = isDue && (place + turn) % 600 === 0;
      return {
        fill_level: isOver ? 101 : isDue ? 90.5 : drift,
        temperature: 25 + drift / 10,
        tilt: 1.5,
        battery: 87.5,
        rssi: -97,
        battery_voltage: 3.61,
      };
    }
    case 'streetlight':
      return {
        dim_level: 80,
        commanded_level: 80,
        power: 70 + drift / 5,
        voltage: 221.4,
        current: 0.33,
        energy: 120_000 + turn,
      };
    default:
      return {
        mode: 'normal',
        vehicle_count: place % 17,
        period: 60,
        occupancy: drift,
        avg_speed: 31.5,
        on_battery: false,
      };
  }
}
