import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ask } from '#app/commands/ask.ts';
import { addAsset, removeAsset, showAsset } from '#app/commands/assets.ts';
import { exit, usage, type Call, type CommandLine } from '#app/commands/call.ts';
import { listLetters, replayLetters } from '#app/commands/dead-letters.ts';
import {
  addDevice,
  adoptDevice,
  removeDevice,
  revokeToken,
  rotateToken,
  showDevice,
} from '#app/commands/devices.ts';
import { traceCommand } from '#app/commands/trace.ts';
import { programFolder } from '#app/config.ts';

const help = `Siaga: from a city's sensors and citizens to one incident.

Usage: ./siaga <command> [options]

  start                     run the server; the demo where there is no siaga.yaml
  simulate [options]        simulate a city's devices and citizens (--help: its options)
  rules check [--rules FOLDER]
                            check rules, kinds, profiles and categories, without starting
  rules test [--rules FOLDER] [--json]
                            play the golden tests of all rules
  rules list [--json]       the rules in force, and how many instances are in which state
  rules show RULE [--asset A]
                            one of them, with its parameters as they are for an asset
  rules reload              read rules and overrides again; all of it takes effect, or nothing
  rules shelve [--rule R] [--asset A] [--zone Z] --for 8h --reason TEXT [--from T | --until T]
                            no incidents of these breaches for a while, or in a window to come
  rules shelves [--all] [--json]
                            what is shelved, and will be
  rules unshelve N          end a shelf
  rules record --out FILE [--from T] [--to T] [--recording FOLDER | --store]
                            readings of the log, or of the series store, for backtests
  rules backtest --rules FILE|FOLDER [--recording FILE|FOLDER] [--from T] [--to T]
              [--examples N] [--json FILE] [--html FILE]
                            what rules would have raised, against the rules in force; needs no server
  devices list              the devices of the running server
  devices show ID [--json]  what is known of a device
  devices add ID --kind K --lat N --lon N [--name TEXT] [--profile P] [--identity SYSTEM/NAME …]
                            register a device and print its token, once; takes the options of
                            assets add, and writes over what was there
  devices add ID --asset A [--profile P] [--identity SYSTEM/NAME …] [--replaces OLD]
                            hardware for a thing that is there; OLD is taken off and locked out
  devices remove ID         forget a device; its thing and what it said stay
  devices import FILE [--dry-run] [--report FILE]
                            a CSV or GeoJSON of devices; the report holds their tokens
  devices quarantine        who was heard and is not registered
  devices adopt SYSTEM/NAME --kind K --lat N --lon N [--id ID] [--profile P]
                            register one of them, and take what it said until now
  devices rotate ID [--overlap 24h]
                            a new token, printed once; the old one works so much longer
  devices revoke ID         no token any more: nobody logs in as it, and who is inside is hung up on
  devices try --profile P (--hex BYTES [--port N] | --object JSON) [--kind K]
              [--attribute NAME=NUMBER] [--json]
                            what would become of a message: its values, the readings, what is
                            refused; needs no server
  assets list               the things in the street, and what serves them
  assets show ID [--json]   what is known of a thing
  assets add ID --kind K --lat N --lon N [--name TEXT] [--district D] [--zone Z] [--parent ID]
              [--interval 4h] [--attribute NAME=NUMBER …]
                            a thing without hardware of its own; writes over what was there
  assets remove ID          forget a thing that no device serves
  assets import FILE [--dry-run] [--report FILE]
                            things without hardware of their own
  ledger                    the books: what was accepted, and how it ended
  ledger --verify [--json]  count again from logs and store, and compare with the books
  dead-letters list [--code C] [--principal P] [--topic T] [--stranger S] [--limit N] [--all]
                            what could not be used, and why
  dead-letters show N       one of them, with its bytes
  dead-letters replay [N …] [--code C] [--principal P] [--topic T] [--stranger S] [--all]
                            send them the road again, once the reason is mended
  trace DEVICE [--for 10m] [--stop]
                            what each station did with a device's messages, and when;
                            --for begins, --stop ends and forgets
  log inspect [packets|readings] [--segments] [--from N] [--to N] [--limit N]
              [--device ID] [--topic FILTER] [--json]
                            records (or segments) of a log, every checksum verified

Options
  --config FILE             configuration (siaga.yaml)
  -h, --help                this text

Environment: SIAGA_DATA, SIAGA_HTTP_PORT, SIAGA_MQTT_PORT, SIAGA_ADMIN_KEY, SIAGA_INFLUX_TOKEN
Exit codes: 0 ok, 1 failed, 64 usage, 78 configuration
`;

// Each command loads what it needs: the whole server takes a second that `log inspect` can do without.
const commands: Readonly<Record<string, CommandLine>> = {
  start: async (call) => (await import('#app/commands/start.ts')).startCommand(call),
  'rules check': async (call) => (await import('#app/commands/rules-check.ts')).checkCommand(call),
  'rules test': async (call) => (await import('#app/commands/rules-test.ts')).testCommand(call),
  'rules list': async (call) => (await import('#app/commands/rules.ts')).listRules(call),
  'rules show': async (call) => (await import('#app/commands/rules.ts')).showRule(call),
  'rules reload': (call) => ask(call, 'POST', '/api/v1/rules/reload'),
  'rules shelve': async (call) => (await import('#app/commands/rules.ts')).shelve(call),
  'rules shelves': async (call) => (await import('#app/commands/rules.ts')).listShelved(call),
  'rules unshelve': async (call) => (await import('#app/commands/rules.ts')).unshelve(call),
  'rules record': async (call) =>
    (await import('#app/commands/rules-record.ts')).recordCommand(call),
  'rules backtest': async (call) =>
    (await import('#app/commands/rules-backtest.ts')).backtestCommand(call),
  'devices list': (call) => ask(call, 'GET', '/api/v1/devices?limit=500'),
  'devices add': addDevice,
  'devices show': showDevice,
  'devices remove': removeDevice,
  'devices import': importFile,
  'devices quarantine': (call) => ask(call, 'GET', '/api/v1/quarantine?limit=500'),
  'devices adopt': adoptDevice,
  'assets list': (call) => ask(call, 'GET', '/api/v1/assets?limit=500'),
  'assets show': showAsset,
  'assets add': addAsset,
  'assets remove': removeAsset,
  'assets import': importFile,
  'devices rotate': rotateToken,
  'devices revoke': revokeToken,
  'devices try': async (call) => (await import('#app/commands/devices-try.ts')).tryCommand(call),
  ledger: async (call) => (await import('#app/commands/ledger.ts')).ledgerCommand(call),
  'log inspect': async (call) =>
    (await import('#app/commands/log-inspect.ts')).inspectCommand(call),
  trace: traceCommand,
  'dead-letters list': listLetters,
  'dead-letters show': (call) => ask(call, 'GET', `/api/v1/dead-letters/${call.positionals[2]}`),
  'dead-letters replay': replayLetters,
};

async function importFile(call: Call): Promise<number> {
  return (await import('#app/commands/import.ts')).importCommand(call);
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  help: { type: 'boolean', short: 'h' },
  config: text,
  rules: text,
  kind: text,
  lat: text,
  lon: text,
  name: text,
  profile: text,
  hex: text,
  object: text,
  port: text,
  attribute: { type: 'string', multiple: true },
  identity: { type: 'string', multiple: true },
  district: text,
  zone: text,
  parent: text,
  interval: text,
  verify: flag,
  segments: flag,
  from: text,
  to: text,
  limit: text,
  device: text,
  principal: text,
  topic: text,
  for: text,
  overlap: text,
  stop: flag,
  asset: text,
  replaces: text,
  id: text,
  rule: text,
  until: text,
  reason: text,
  'dry-run': flag,
  report: text,
  code: text,
  stranger: text,
  all: flag,
  json: flag,
  recording: text,
  store: flag,
  out: text,
  html: text,
  examples: text,
} as const;

/** Where an option means something else for one command. */
const own: Readonly<Record<string, Readonly<Record<string, typeof text>>>> = {
  'rules backtest': { json: text },
};

/** Runs a command line and resolves with the exit code. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (argv[0] === 'simulate') return simulate(argv.slice(1));
  let call: Call;
  try {
    const { positionals, values } = parseArgs({
      args: joinNegatives(argv),
      allowPositionals: true,
      options: { ...options, ...own[argv.slice(0, 2).join(' ')] },
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

function simulate(args: readonly string[]): Promise<number> {
  const file = join(programFolder, 'simulators/main.ts');
  const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code ?? exit.failed));
  });
}
