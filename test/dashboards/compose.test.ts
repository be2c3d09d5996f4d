import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '#app/config.ts';

interface Service {
  readonly image: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly configs: { readonly siaga: { readonly content: string } };
  readonly volumes: Readonly<Record<string, null>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** What is wrong with a compose file, one sentence each. */
function faults(text: string): string[] {
  const { services, volumes } = parse(text) as Compose;
  return Object.entries(services).flatMap(([name, service]) => {
    const paths = (service.volumes ?? []).map((volume) => volume.split(':')[0]!);
    return [
      ...(/:\d[\w.-]*$/.test(service.image) ? [] : [`${name}: ${service.image} has no fixed tag`]),
      ...(service.ports ?? [])
        .filter((port) => !port.startsWith('127.0.0.1:'))
        .map((port) => `${name}: port ${port} is open to other machines`),
      ...paths
        .filter((path) =>
          path.startsWith('.') ? !existsSync(join(root, path)) : !(path in volumes),
        )
        .map((path) => `${name}: nothing to mount at ${path}`),
      ...Object.entries(service.environment ?? {})
        .filter(([key, value]) => /TOKEN|PASSWORD/.test(key) && !/^\$\{\w+:\?.+\}$/.test(value))
        .map(([key]) => `${name}: ${key} is not taken from .env, or has a default`),
      ...(service.healthcheck ? [] : [`${name}: no health check`]),
      ...Object.entries(service.depends_on ?? {})
        .filter(([, { condition }]) => condition !== 'service_healthy')
        .map(([other]) => `${name}: does not wait until ${other} is healthy`),
    ];
  });
}

describe('compose.yaml', () => {
  const text = read('compose.yaml');

  test('pins its images, listens on loopback, mounts what there is and has no secret of its own', () => {
    expect(faults(text)).toEqual([]);
  });

  test.each([
    ['an image without a tag', 'influxdb:2.8.0', 'influxdb', 'no fixed tag'],
    ['the latest image', 'grafana:13.2.3', 'grafana:latest', 'no fixed tag'],
    ['an open port', '127.0.0.1:3000:3000', '3000:3000', 'open to other machines'],
    ['a path that is not there', './dashboards/grafana/boards', './boards', 'nothing to mount'],
    ['a volume that is not declared', '- data:/data', '- dat:/data', 'nothing to mount'],
    [
      'a default password',
      '${SIAGA_GRAFANA_PASSWORD:?see',
      '${SIAGA_GRAFANA_PASSWORD:-admin',
      'has a default',
    ],
  ])('is refused with %s', (_, from, to, words) => {
    expect(text).toContain(from);
    expect(faults(text.replace(from, to)).join('\n')).toContain(words);
  });

  test('gives Siaga a configuration that it takes', () => {
    const { configs } = parse(text) as Compose;
    const environment = { SIAGA_INFLUX_TOKEN: 'made-up' };
    expect(parseConfig(configs.siaga.content, 'siaga.yaml', environment)).toMatchObject({
      influx: { url: 'http://influxdb:8086', database: 'siaga', token: 'made-up' },
    });
  });

  test('gives Grafana every variable that its data source names, and the boards where it looks', () => {
    const { services } = parse(text) as Compose;
    const { environment = {}, volumes = [] } = services['grafana']!;
    const datasource = read('dashboards/grafana/provisioning/datasources/siaga.yaml');
    const names = [...datasource.matchAll(/\$(\w+)/g)].map(([, name]) => name);
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(names));
    const provider = parse(read('dashboards/grafana/provisioning/dashboards/siaga.yaml')) as {
      providers: { options: { path: string } }[];
    };
    const { path } = provider.providers[0]!.options;
    expect(volumes).toContain(`./dashboards/grafana/boards:${path}:ro`);
  });

  test('gets its secrets from the line in the README, long, random and for nobody else to read', () => {
    const line = read('dashboards/README.md').match(/^mkdir -p .*$/m)?.[0] ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'siaga-env-'));
    execFileSync('sh', ['-c', line], { cwd: folder });
    const secrets = readFileSync(join(folder, '.env'), 'utf8').trim().split('\n');
    const asked = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
    expect(new Set(secrets.map((secret) => secret.split('=')[0]))).toEqual(asked);
    expect(secrets.every((secret) => /=[0-9a-f]{48}$/.test(secret))).toBe(true);
    expect(new Set(secrets.map((secret) => secret.split('=')[1])).size).toBe(secrets.length);
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
    rmSync(folder, { recursive: true });
  });
});
