import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isRejection, type Rejection } from '#model';
import { loadCity } from '#app/city.ts';
import { createClient } from '#app/client.ts';
import { loadConfig, programFolder, type Config } from '#app/config.ts';
import { defaultFile, start } from '#app/start.ts';

/** Exit codes, as sysexits(3) has them. */
const exit = { ok: 0, failed: 1, usage: 64, configuration: 78 } as const;

const help = `Siaga: from a city's sensors and citizens to one incident.

Usage: ./siaga <command> [options]

  start                     run the server; the demo where there is no siaga.yaml
  simulate [options]        simulate a city's devices and citizens (--help: its options)
  rules check               check rules, kinds, profiles and categories, without starting
  devices list              the devices of the running server
  devices add ID --kind K --lat N --lon N [--name TEXT] [--profile P]
                            register a device and print its token, once
  ledger                    the books: what was accepted, and how it ended
  dead-letters list         what could not be used, and why

Options
  --config FILE             configuration (siaga.yaml)
  -h, --help                this text

Environment: SIAGA_DATA, SIAGA_HTTP_PORT, SIAGA_MQTT_PORT, SIAGA_ADMIN_KEY, SIAGA_INFLUX_TOKEN
Exit codes: 0 ok, 1 failed, 64 usage, 78 configuration
`;

type Env = NodeJS.ProcessEnv;
interface Call {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly env: Env;
}

const commands: Readonly<Record<string, (call: Call) => Promise<number>>> = {
  start: startCommand,
  'rules check': checkCommand,
  'devices list': (call) => show(call, 'GET', '/api/v1/devices?limit=500'),
  'devices add': addDevice,
  ledger: (call) => show(call, 'GET', '/api/v1/ledger'),
  'dead-letters list': (call) => show(call, 'GET', '/api/v1/dead-letters'),
};

/** Runs a command line and resolves with the exit code. */
export async function run(argv: readonly string[], env: Env): Promise<number> {
  if (argv[0] === 'simulate') return simulate(argv.slice(1));
  const text = { type: 'string' } as const;
  let call: Call;
  try {
    const { positionals, values } = parseArgs({
      args: joinNegatives(argv),
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        config: text,
        kind: text,
        lat: text,
        lon: text,
        name: text,
        profile: text,
      },
    });
    call = { positionals, values, env };
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  if (call.values['help'] === true || argv.length === 0) {
    process.stdout.write(help);
    return argv.length === 0 ? exit.usage : exit.ok;
  }
  const [first = '', second = ''] = call.positionals;
  const command = [`${first} ${second}`, first]
    .filter((name) => Object.hasOwn(commands, name))
    .map((name) => commands[name])[0];
  return command === undefined
    ? usage(`no command "${call.positionals.join(' ')}"`)
    : command(call);
}

/** parseArgs takes the value of `--lat -10.17` for an option; `--lat=-10.17` says what it is. */
function joinNegatives(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of argv) {
    const before = joined.at(-1);
    if ((before === '--lat' || before === '--lon') && /^-[\d.]/.test(arg)) {
      joined[joined.length - 1] = `${before}=${arg}`;
    } else {
      joined.push(arg);
    }
  }
  return joined;
}

function usage(reason: string): number {
  process.stderr.write(`siaga: ${reason}; see ./siaga --help\n`);
  return exit.usage;
}

async function startCommand({ values, env }: Call): Promise<number> {
  const stopAsked = asked();
  const started = await start(configFile(values), env).catch((error: unknown) => {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    // A taken port is no bug, and needs no stack.
    process.stderr.write(`siaga: ${message.includes('EADDRINUSE') ? message : stack}\n`);
    return exit.failed;
  });
  if (started === exit.failed) return started;
  if (Array.isArray(started)) return tell(started);
  process.stdout.write(started.screen);
  await stopAsked;
  await started.stop();
  return exit.ok;
}

/** Resolves at the first SIGINT or SIGTERM; npm passes on a second one, which is the same wish. */
function asked(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  return promise.then(() => {
    // What has not stopped after five seconds will not; everything acknowledged is on disk.
    setTimeout(() => process.exit(exit.failed), 4_800).unref();
  });
}

function configFile(values: Call['values']): string | undefined {
  return typeof values['config'] === 'string' ? values['config'] : undefined;
}

async function checkCommand({ values, env }: Call): Promise<number> {
  const config = loadConfig(configFile(values) ?? defaultFile, env);
  if (Array.isArray(config)) return tell(config);
  const city = await loadCity(config);
  if (Array.isArray(city)) return tell(city);
  const { rules, kinds, profiles, categories } = city;
  process.stdout.write(
    `${rules.length} rules, ${kinds.size} kinds, ${profiles.size} profiles, ${categories.size} categories: all well\n`,
  );
  return exit.ok;
}

async function addDevice(call: Call): Promise<number> {
  const { kind, lat, lon, name, profile } = call.values;
  const id = call.positionals[2];
  if (id === undefined || !kind || !lat || !lon)
    return usage('devices add needs ID, --kind, --lat, --lon');
  const body = {
    kind,
    lat: Number(lat),
    lon: Number(lon),
    ...(name && { name }),
    ...(profile && { profile }),
  };
  return show(call, 'PUT', `/api/v1/devices/${encodeURIComponent(id)}`, body);
}

/** Asks the running server and prints its answer as JSON. */
async function show(
  { values, env }: Call,
  method: string,
  path: string,
  body?: object,
): Promise<number> {
  const config: Config | Rejection[] = loadConfig(configFile(values) ?? defaultFile, env);
  if (Array.isArray(config)) return tell(config);
  const client = createClient(config, env['SIAGA_ADMIN_KEY']);
  const answer = isRejection(client) ? client : await client.request(method, path, body);
  if (isRejection(answer)) {
    tell([answer]);
    return exit.failed;
  }
  process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`);
  return exit.ok;
}

function tell(problems: readonly Rejection[]): number {
  for (const { code, field, reason } of problems) {
    process.stderr.write(`siaga: ${field === undefined ? '' : `${field}: `}${reason} [${code}]\n`);
  }
  return exit.configuration;
}

function simulate(args: readonly string[]): Promise<number> {
  const file = join(programFolder, 'simulators/main.ts');
  const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code ?? exit.failed));
  });
}
