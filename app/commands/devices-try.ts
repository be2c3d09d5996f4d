import { didYouMean } from '#model';
import { likelyKind, tryProfile, type Trial } from '#ingest';
import { wallClock } from '#app/clock.ts';
import { configOf, count, exit, tell, text, usage, type Call } from '#app/commands/call.ts';
import { readAttributes } from '#app/commands/place.ts';
import { showTrial, trialJson } from '#app/commands/show-trial.ts';
import { loadModels, type Models } from '#app/models.ts';

/** The most bytes of a LoRaWAN frame, written in hexadecimal digits. */
const longest = 2 * 255;

/**
 * `devices try`: what would become of a message of a device type, raw or as a codec names its values.
 * Needs no server. Exit code 1 when nothing of it could be used.
 */
export async function tryCommand(call: Call): Promise<number> {
  const config = configOf(call);
  if (Array.isArray(config)) return tell(config);
  const models = await loadModels(config);
  if (Array.isArray(models)) return tell(models);
  const trial = readTrial(call, models);
  if (typeof trial === 'string') return usage(trial);
  const tried = tryProfile(trial);
  process.stdout.write(
    call.values['json'] === true
      ? `${JSON.stringify(trialJson(trial, tried), undefined, 2)}\n`
      : showTrial(trial, tried),
  );
  return tried.readings.length === 0 && tried.refused.length > 0 ? exit.failed : exit.ok;
}

/** What the command line says, or what is wrong with it. */
function readTrial({ values }: Call, { kinds, profiles }: Models): Trial | string {
  const name = text(values['profile']);
  if (name === undefined) return `devices try needs --profile, one of ${list(profiles)}`;
  const profile = profiles.get(name);
  if (profile === undefined) return missing('profile', name, profiles);
  const kindName = text(values['kind']);
  const kind = kindName === undefined ? likelyKind(profile, kinds) : kinds.get(kindName);
  if (kind === undefined) return missing('kind', kindName ?? '', kinds);
  const sent = readSent(values);
  if (typeof sent === 'string') return sent;
  const attributes = readAttributes(values['attribute']);
  if (typeof attributes === 'string') return attributes;
  return { profile, kinds, kind, attributes, sent, now: wallClock() };
}

function readSent(values: Call['values']): Trial['sent'] | string {
  const [hex, object] = [text(values['hex']), text(values['object'])];
  if ((hex === undefined) === (object === undefined)) {
    return 'devices try needs --hex BYTES or --object JSON, and not both';
  }
  if (object !== undefined) return readObject(object);
  const digits = (hex ?? '').replaceAll(/0x|[\s:,-]/gi, '');
  if (!/^(?:[0-9a-f]{2})+$/i.test(digits) || digits.length > longest) {
    return `--hex is 1 to ${longest / 2} bytes, two hexadecimal digits each, as 01755c03824408`;
  }
  const port = count(values['port'], -1);
  if (!(port <= 255)) return '--port is a LoRaWAN port, 0 to 255';
  return { bytes: Buffer.from(digits, 'hex'), port: port < 0 ? undefined : port };
}

function readObject(object: string): Trial['sent'] | string {
  try {
    const values: unknown = JSON.parse(object);
    if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
      return { values: values as Record<string, unknown> };
    }
  } catch {
    // Told below.
  }
  return `--object is a JSON object of a codec's values, as '{"distance": 2116}'`;
}

function missing(what: string, name: string, known: ReadonlyMap<string, unknown>): string {
  const near = didYouMean(name, [...known.keys()]) || '.';
  return `no ${what} "${name}"${near} There are ${list(known)}`;
}

function list(known: ReadonlyMap<string, unknown>): string {
  return [...known.keys()].sort().join(', ');
}
