import { duration } from '#model';
import { text, type Call, type OptionValue } from '#app/commands/call.ts';

const degrees = /^-?\d{1,3}(?:\.\d{1,12})?$/;

/** What is asked for of a thing, as the API takes it; a text says which option is wrong or missing. */
export function readPlace({ values }: Call): Record<string, unknown> | string {
  const { kind, lat, lon, name, district, zone, parent } = values;
  if (!kind || !lat || !lon) return 'needs --kind, --lat and --lon';
  if (!degrees.test(String(lat)) || !degrees.test(String(lon))) {
    return 'takes degrees for --lat and --lon, such as -10.17';
  }
  const interval = readInterval(text(values['interval']));
  if (typeof interval === 'string') return interval;
  const attributes = readAttributes(values['attribute']);
  if (typeof attributes === 'string') return attributes;
  const said = { name, district, zone, parent, interval };
  return {
    kind,
    lat: Number(lat),
    lon: Number(lon),
    ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
    ...(values['attribute'] !== undefined && { attributes }),
  };
}

function readInterval(given: string | undefined): number | string | undefined {
  if (given === undefined) return undefined;
  const parsed = duration.safeParse(given);
  return parsed.success ? parsed.data : 'takes a duration for --interval, such as 4h';
}

/** Pairs NAME=NUMBER as an object; a text says what is wrong with them. */
export function readAttributes(given: OptionValue): Record<string, number> | string {
  const all = typeof given === 'object' ? given : [];
  const pairs = all.map((one) => /^(\w{1,64})=(-?\d{1,12}(?:\.\d{1,12})?)$/.exec(one));
  if (pairs.includes(null)) return '--attribute is NAME=NUMBER, as mount_height=1500';
  return Object.fromEntries(pairs.map((pair) => [pair![1]!, Number(pair![2])]));
}

/** Pairs SYSTEM/NAME as identities; a text says what is wrong with them. */
export function readIdentities(given: OptionValue): { system: string; id: string }[] | string {
  const all = typeof given === 'object' ? given : [];
  const pairs = all.map((one) => /^(\w+)\/(.+)$/.exec(one));
  if (pairs.includes(null)) return '--identity is SYSTEM/NAME, as dev_eui/0004A30B001C0530';
  return pairs.map((pair) => ({ system: pair![1]!, id: pair![2]! }));
}
