import { parseArgs } from 'node:util';
import { duration, reject, segment, type Rejection } from '#model';
import { z } from 'zod';

const whole = z
  .string()
  .regex(/^\d{1,15}$/, 'a whole number')
  .transform(Number);
const fleetSize = whole.pipe(z.number().max(100_000));
const time = z.iso
  .datetime({ offset: true, error: 'a time with its zone such as 2026-11-23T17:30:00+08:00' })
  .transform((text) => Date.parse(text));
const flag = z.boolean().default(false);

const options = z.object({
  mqtt: z.url({ protocol: /^mqtts?$/, error: 'an address such as mqtt://127.0.0.1:1883' }),
  api: z.url({ protocol: /^https?$/, error: 'an address such as http://127.0.0.1:8080' }),
  'key-file': z.string().optional(),
  city: z.string().optional(),
  site: segment,
  seed: z.string().min(1),
  bins: fleetSize,
  lights: fleetSize,
  signals: fleetSize,
  citizens: fleetSize,
  from: time,
  speed: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'a number such as 60')
    .transform(Number)
    .pipe(z.number().max(86_400)),
  'slow-at': time.optional(),
  for: duration.optional(),
  clock: flag,
  record: z.string().optional(),
  tied: flag,
  quiet: flag,
});

export type Options = Readonly<z.infer<typeof options>>;

const text = { type: 'string' } as const;
const boolean = { type: 'boolean' } as const;

/** Reads the command line: what to do, `help`, or what is wrong with it. `now` is epoch ms. */
export function readOptions(argv: readonly string[], now: number): Options | 'help' | Rejection {
  try {
    const { help: wanted, ...values } = parse(argv);
    return wanted === true ? 'help' : check(values, now);
  } catch (error) {
    // Node's own words, such as "Unknown option '--bin'", without its advice on positionals.
    const reason = error instanceof Error ? error.message : String(error);
    return reject('config.invalid', reason.split('. ')[0] ?? reason);
  }
}

function check(values: Omit<ReturnType<typeof parse>, 'help'>, now: number): Options | Rejection {
  const story = values.clock === true || values.record !== undefined;
  const from = values.from ?? (story ? '2026-11-23T17:30:00+08:00' : new Date(now).toISOString());
  const read = options.safeParse({ ...values, from });
  if (read.success) return contradiction(read.data) ?? read.data;
  const [issue] = read.error.issues;
  const name = `--${String(issue?.path[0])}`;
  return reject('config.invalid', `${name} is not ${issue?.message ?? 'valid'}`, name);
}

function parse(argv: readonly string[]) {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      mqtt: { ...text, default: 'mqtt://127.0.0.1:1883' },
      api: { ...text, default: 'http://127.0.0.1:8080' },
      'key-file': text,
      city: text,
      site: { ...text, default: 'kupang' },
      seed: { ...text, default: '7' },
      bins: { ...text, default: '24' },
      lights: { ...text, default: '24' },
      signals: { ...text, default: '8' },
      citizens: { ...text, default: '6' },
      from: text,
      speed: { ...text, default: '1' },
      'slow-at': text,
      for: text,
      clock: boolean,
      record: text,
      tied: boolean,
      quiet: boolean,
      help: { ...boolean, short: 'h' },
    },
  });
  return values;
}

/** What each flag allows and two together do not. */
function contradiction(given: Options): Rejection | undefined {
  if (given.bins + given.lights + given.signals + given.citizens === 0) {
    return reject('config.invalid', 'nobody and nothing to simulate', '--bins');
  }
  if (given.speed > 0) return undefined;
  if (given.record === undefined) {
    return reject('config.invalid', '--speed 0 (as fast as possible) needs --record', '--speed');
  }
  if (given.for === undefined) {
    return reject('config.invalid', '--speed 0 would never end: say --for how long', '--for');
  }
  if (given.clock) {
    return reject('config.invalid', '--clock needs a --speed above 0', '--clock');
  }
  return undefined;
}

export const help = `Simulates a city's things and people against a Siaga server, by MQTT and HTTP only.

Usage: node simulators/main.ts [options]

Server
  --mqtt URL        the broker (mqtt://127.0.0.1:1883)
  --api URL         the HTTP server (http://127.0.0.1:8080)
  --key-file FILE   the admin key; else SIAGA_ADMIN_KEY, else data/admin.key
  --site NAME       the site in the topics (kupang)
  --clock           make the server follow the city's clock

City
  --city FILE       its places and voices (kupang.yaml beside this program)
  --seed TEXT       same seed, same city, same evening (7)
  --bins N  --lights N  --signals N  --citizens N   (24, 24, 8, 6)

Time
  --from TIME       city time at the start (now; with --clock or --record 2026-11-23T17:30:00+08:00)
  --speed N         city seconds a second (1); 0, with --record, as fast as possible
  --slow-at TIME    from this city time on as fast as the wall's clock
  --for DURATION    city time to live through, such as 6h (for ever)

Program
  --record FILE     write what would be sent as JSON lines, - for standard output; no server needed
  --tied            end when standard input ends, so that nobody's child is left behind
  --quiet           no status line
  --help

Exit codes: 0 done or stopped, 1 failed, 64 wrong usage, 78 configuration not readable.
`;
