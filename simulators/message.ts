import type { Asset } from '#model';
import type { Report } from './citizen.ts';
import type { CityEvent } from './event.ts';

/** One MQTT message. */
export interface Message {
  readonly topic: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly payload: object;
}

/** The login that carries what is not a device's own. */
export const bridge = 'simulator';
export const clockTopic = '$siaga/clock';

/** Tells the server what time it is in the city, and how fast it runs. */
export function clockMessage(time: number, rate: number): Message {
  return { topic: clockTopic, qos: 0, retain: false, payload: { time, rate } };
}

/** Retained, and the last will: whether the device is there. */
export function statusMessage(site: string, asset: Asset, online: boolean): Message {
  return { topic: topicOf(site, asset, 'status'), qos: 1, retain: true, payload: { online } };
}

/** What the device measured. (device, boot, seq) never comes twice. */
export function telemetryMessage(
  site: string,
  boot: number,
  { asset, at, seq, values }: Extract<CityEvent, { type: 'telemetry' }>,
): Message {
  const payload = { v: 1, ts: at, boot, seq, values };
  return { topic: topicOf(site, asset, 'telemetry'), qos: 1, retain: false, payload };
}

function topicOf(site: string, { id, kind }: Asset, channel: 'status' | 'telemetry'): string {
  return `city/v1/${site}/${kind}/${id}/${channel}`;
}

export const requestsPath = '/open311/v2/requests.json';

/** A report as the form of Open311 GeoReport v2, without the key. */
export function reportForm({ category, lat, lon, description }: Report): Record<string, string> {
  return { service_code: category, lat: String(lat), long: String(lon), description };
}
