/** The model's `segment` without zod, which the hot path can't afford; a test holds them together. */
const segment = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** What a device may say: measurements, events, and its presence. `cmd` is what is said to it. */
export type Channel = 'telemetry' | 'event' | 'status';

/** Who speaks on a native topic, and about what. */
export interface NativeTopic {
  readonly site: string;
  readonly kind: string;
  readonly device: string;
  readonly channel: Channel;
}

/** Topics come again and again: splitting one costs ten times as much as finding it. */
const known = new Map<string, NativeTopic>();
const maxKnown = 20_000;

/** Reads `city/v1/{site}/{kind}/{device}/{channel}`; undefined when a topic is anything else. */
export function parseNativeTopic(topic: string): NativeTopic | undefined {
  const found = known.get(topic);
  if (found !== undefined) return found;
  const parsed = parse(topic);
  if (parsed !== undefined) {
    if (known.size >= maxKnown) known.clear();
    known.set(topic, parsed);
  }
  return parsed;
}

function parse(topic: string): NativeTopic | undefined {
  const parts = topic.split('/', 7);
  const [root, version, site, kind, device, channel] = parts;
  if (parts.length !== 6 || root !== 'city' || version !== 'v1') return undefined;
  if (!isSegment(site) || !isSegment(kind) || !isSegment(device)) return undefined;
  if (channel !== 'telemetry' && channel !== 'event' && channel !== 'status') return undefined;
  return { site, kind, device, channel };
}

/** Whether a text is safe as one level of a topic, a tag and a file name. */
export function isSegment(text: unknown): text is string {
  return typeof text === 'string' && segment.test(text);
}
