import { afterEach } from 'vitest';
import { key, startCityServer, type CityServer, type CityServerOptions } from './city-server.ts';
import { start, type Program } from './program.ts';

const programs: Program[] = [];
const servers: CityServer[] = [];

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A server that is closed after the test. */
export async function serve(options?: CityServerOptions): Promise<CityServer> {
  const server = await startCityServer(options);
  servers.push(server);
  return server;
}

/** The program, stopped after the test: six devices, and an evening in two seconds unless told otherwise. */
export function simulate(server: CityServer, args: readonly string[] = [], withKey = key): Program {
  const size = ['--bins', '2', '--lights', '2', '--signals', '2'];
  const always = [...server.args, ...size, '--clock', '--speed', '3600'];
  const program = start([...always, ...args], withKey);
  programs.push(program);
  return program;
}

export function telemetry(server: CityServer) {
  return server.messages.filter(({ topic }) => topic.endsWith('/telemetry'));
}
