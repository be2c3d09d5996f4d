import type { Packet } from '#model';
import { decode, packet } from './city.ts';

/* Messages of Signal Phase and Timing, in the JSON of ASN.1. */

export const minute = 60_000;
/** Whole seconds of its minute and of its hour: 07:59:35.2, of the 24th of November. */
export const at = Date.parse('2026-11-24T07:59:35.200Z');
export const moy = (time: string): number =>
  (Date.parse(time) - Date.UTC(new Date(time).getUTCFullYear())) / minute;
export const moyOfAt = moy('2026-11-24T07:59:00Z');

export const event = (eventState = 'protected-Movement-Allowed', timing = {}) => ({
  eventState,
  timing,
});
export const group = (signalGroup: unknown, ...events: object[]) => ({
  signalGroup,
  'state-time-speed': events,
});
export const intersection = (states: unknown, more: object = {}) => ({
  id: { region: 0, id: 12111 },
  revision: 0,
  moy: moyOfAt,
  timeStamp: 35_200,
  states,
  ...more,
});
export const hear = (list: unknown, body: object = {}, packetOf: Partial<Packet> = {}) =>
  decode(packet('spat/12111', { ...body, intersections: list }, packetOf));
