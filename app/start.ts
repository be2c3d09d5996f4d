import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isRejection, reject, type Rejection } from '#model';
import { clientOf } from '#app/client.ts';
import { wallClock } from '#app/clock.ts';
import { defaultFile, loadConfig, type Config } from '#app/config.ts';
import { lastCityTime, planStory, startSimulator, type Story } from '#app/demo.ts';
import { readStamp, type Stamp } from '#app/folder.ts';
import { firstScreen } from '#app/screen.ts';
import { startServer, type Server } from '#app/server.ts';

const demoStamp: Stamp = { mode: 'demo', clock: 'follow' };
const productionStamp: Stamp = { mode: 'production', clock: 'wall' };

/** A server with, in the demo, its simulator. */
export interface Started {
  readonly screen: string;
  /** Reads the rules again. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts what the configuration file says. Without one, on an empty folder or one of the demo's, it is
 * the demo: a simulated city whose clock the server follows. A file that was named must be there. Rejects
 * with the signal's reason when that ends the start.
 */
export async function start(
  given: string | undefined,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Started | Rejection[]> {
  const file = given ?? defaultFile;
  const isDemo = given === undefined && !existsSync(file);
  const config = loadConfig(file, env);
  if (Array.isArray(config)) return config;
  const missing = findMissing(file, config, isDemo);
  if (missing !== undefined) return [missing];
  const story = isDemo
    ? planStory(
        wallClock(),
        config.city.timeZone,
        await lastCityTime(join(config.data, 'siaga.db')),
      )
    : undefined;
  const server = await startServer({
    config,
    stamp: isDemo ? demoStamp : productionStamp,
    adminKey: env['SIAGA_ADMIN_KEY'] || undefined,
    followFrom: story?.from,
    signal,
  });
  if (Array.isArray(server)) return server;
  return story === undefined
    ? {
        screen: firstScreen({ config, server, story, guest: undefined }),
        reload: () => server.reload(),
        stop: () => server.stop(),
      }
    : startDemo(config, server, story);
}

/** A file that was asked for, or that a real city's folder needs, and that is not there. */
function findMissing(file: string, config: Config, isDemo: boolean): Rejection | undefined {
  if (!isDemo && !existsSync(file)) return reject('config.invalid', 'there is no such file', file);
  if (!isDemo || readStamp(config.data)?.mode !== 'production') return undefined;
  const reason = `${config.data} holds a real city; ${file}, which says how to run it, is missing`;
  return reject('config.folder_demo', reason, 'data');
}

async function startDemo(config: Config, server: Server, story: Story): Promise<Started> {
  const guest = await registerGuest(config, server).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  const ports = { mqtt: server.mqttPort, http: server.httpPort };
  const simulator = startSimulator(config, story, ports, server.folder.adminKeyFile);
  return {
    screen: firstScreen({ config, server, story, guest }),
    reload: () => server.reload(),
    async stop() {
      await simulator.stop();
      await server.stop();
    },
  };
}

/** A bin in the town's centre that nobody simulates: the newcomer's own. */
async function registerGuest(
  { city, site }: Config,
  { httpPort, folder }: Server,
): Promise<{ id: string; token: string }> {
  const id = 'bin-guest';
  const client = clientOf(`http://127.0.0.1:${httpPort}`, folder.adminKey);
  const body = {
    kind: 'bin',
    ...city.position,
    name: `Guest bin of ${site}`,
    district: 'Oebobo',
    zone: 'Oebobo',
  };
  const made = await client.request('PUT', `/api/v1/devices/${id}`, body);
  const known = made as { token?: string };
  if (isRejection(made)) throw new Error(`the guest bin: ${made.reason}`);
  if (known.token !== undefined) return { id, token: known.token };
  const rotated = await client.request('POST', `/api/v1/devices/${id}/token`);
  return { id, token: (rotated as { token: string }).token };
}
