import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, makeFolder, startServer, type TestServer } from '../support/server.ts';

const rule = (id: string, above: number): string => `id: ${id}
title: { en: ${id}, id: ${id} }
applies: { kind: bin }
when: { metric: fill_level, above: $limit }
severity: minor
category: full-bin
respond: desk
params: { limit: { default: ${above}, unit: '%' } }
`;

/* What an operator does to the rules of a running city. */
describe('rules at work', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;
  let rules: string;
  const write = (id: string, text: string): void => writeFileSync(join(rules, `${id}.yaml`), text);
  const list = async () =>
    (await server.api<{ items: { id: string; counts: object }[] }>('GET', '/api/v1/rules')).body
      .items;
  const says = async (token: string, fill_level: number): Promise<void> => {
    const client = await server.connect('bin-1', token);
    const topic = 'city/v1/kupang/bin/bin-1/telemetry';
    await client.publishAsync(topic, JSON.stringify({ fill_level }), { qos: 1 });
    await client.endAsync();
  };

  beforeAll(async () => {
    const made = await makeFolder('influxd: none\nrules: rules\n');
    remove = made.remove;
    rules = join(made.folder, 'rules');
    mkdirSync(rules);
    write('full', rule('full', 85));
    server = await startServer(made.folder);
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  test('shows rules, what they see, and their parameters for an asset', async () => {
    const token = await server.device('bin-1', { kind: 'bin', lat: -10.17, lon: 123.6 });
    await says(token, 90);
    const [full] = await eventually(list, ([one]) => 'firing' in one!.counts);
    expect(full).toMatchObject({ id: 'full', enabled: true, raised: 1, counts: { firing: 1 } });
    expect((await server.api('GET', '/api/v1/rules/full?asset=bin-1')).body).toMatchObject({
      rule: { id: 'full' },
      params: { limit: 85 },
      overrides: [],
      is_about: true,
    });
    const unknown = await server.api('GET', '/api/v1/rules/fill');
    expect(unknown).toMatchObject({ status: 404, body: { code: 'rules.rule_unknown' } });
    const lamp = await server.api('GET', '/api/v1/rules/full?asset=lamp-1');
    expect(lamp).toMatchObject({ status: 404, body: { code: 'registry.asset_unknown' } });
    const run = server.run('rules', 'list');
    expect(run.stdout).toMatch(/^full +yes +minor +desk +0 +1 +1$/m);
    expect(server.run('rules', 'show', 'nothing').status).toBe(1);
    expect(server.run('rules', 'show').status).toBe(64);
  });

  test('shelves by command line and HTTP, and counts what is shelved', async () => {
    const shelve = ['rules', 'shelve', '--asset', 'bin-1', '--reason', 'road works'];
    expect(server.run(...shelve).status).toBe(64);
    expect(server.run(...shelve, '--for', '500d').stderr).toContain('rules.shelf_invalid');
    const made = server.run(...shelve, '--for', '8h');
    expect([made.stderr, made.status]).toEqual(['', 0]);
    const { id } = JSON.parse(made.stdout) as { id: string };
    expect((await list())[0]).toMatchObject({ counts: { firing: 1, shelved: 1 } });
    expect(server.run('rules', 'shelves').stdout).toContain('road works');
    const metrics = await (await fetch(`${server.http}/metrics`)).text();
    expect(metrics).toContain('siaga_rule_instances{rule="full",state="shelved"} 1');
    expect(metrics).toContain('siaga_rule_raises_total{rule="full"} 1');
    expect(metrics).toContain('siaga_rule_shelves 1');

    await server.stop();
    server = await startServer(server.folder);
    expect((await list())[0]).toMatchObject({ counts: { firing: 1, shelved: 1 } });
    expect(server.run('rules', 'unshelve', id).status).toBe(0);
    expect((await list())[0]!.counts).toEqual({ firing: 1 });
    const { body } = await server.api('GET', '/api/v1/shelves?all=true');
    expect(body).toMatchObject({
      items: [{ id, asset: 'bin-1', ended_at: expect.any(String) as string }],
    });
    expect((await server.api('GET', '/api/v1/shelves')).body).toMatchObject({ items: [] });
    expect((await server.api('DELETE', `/api/v1/shelves/${id}`)).status).toBe(404);
    const windowed = {
      zone: 'Oesapa',
      from: '2099-01-01T00:00:00Z',
      until: '2099-01-02T00:00:00Z',
    };
    const refused = await server.api('POST', '/api/v1/shelves', { ...windowed, reason: 'x' });
    expect(refused).toMatchObject({ status: 400, body: { code: 'rules.shelf_invalid' } });
  });

  test('reloads by command line and SIGHUP: all of it or nothing', async () => {
    write('half', rule('half', 50).replace('fill_level', 'fil_level'));
    const refused = server.run('rules', 'reload');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('half.yaml');
    expect((await list()).map(({ id }) => id)).toEqual(['full']);
    write('half', rule('half', 50));
    const done = server.run('rules', 'reload');
    expect(JSON.parse(done.stdout)).toEqual({
      added: ['half'],
      removed: [],
      changed: [],
      kept: ['full'],
    });
    rmSync(join(rules, 'half.yaml'));
    server.process.kill('SIGHUP');
    await eventually(list, (items) => items.length === 1);
    expect((await list())[0]).toMatchObject({ id: 'full', counts: { firing: 1 } });
  });
});
