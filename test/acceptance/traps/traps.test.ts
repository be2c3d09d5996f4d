import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  eventually,
  hungUp,
  makeFolder,
  startServer,
  type TestServer,
} from '../../support/server.ts';
import { carried } from './carried.ts';
import { codecs } from './codecs.ts';
import { lorawan } from './lorawan.ts';
import { said } from './said.ts';
import { scales } from './scales.ts';
import { signals } from './signals.ts';
import { spat } from './spat.ts';
import { deviceOf, euiOf, watch } from './street.ts';
import type { Trap } from './trap.ts';

/* Every trap that was seen in the field, sent to a real server: the table of docs/devices.md is these rows. */

const traps = [...codecs, ...scales, ...lorawan, ...said, ...signals, ...carried, ...spat];
const page = new URL('../../../docs/devices.md', import.meta.url);
const [begin, end] = ['<!-- traps: written by traps.test.ts -->', '<!-- end of traps -->'];

describe('a trap', { timeout: 60_000 }, () => {
  let server: TestServer;
  let remove: () => Promise<void>;
  let bridge: string;

  beforeAll(async () => {
    const made = await makeFolder('influxd: none\n');
    remove = made.remove;
    server = await startServer(made.folder);
    const lora = await server.api<{ token: string }>('PUT', '/api/v1/bridges/lora', {
      publish: ['v3/#', 'application/#'],
    });
    bridge = lora.body.token;
    await server.device('other', { kind: 'bin', lat: -10.17, lon: 123.6 });
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await remove?.();
  });

  const read = async (kind: string, asset: string, metric: string): Promise<unknown[]> => {
    const from = new Date(Date.now() - 90 * 86_400_000).toISOString();
    const path = `/api/v1/readings?kind=${kind}&metric=${metric}&asset=${asset}&from=${from}`;
    const { body } = await server.api<{ items: { value: unknown }[] }>('GET', path);
    return body.items.map(({ value }) => value);
  };

  const check = async ({ reads = {}, isQuiet }: Trap, kind: string, id: string): Promise<void> => {
    for (const [metric, values] of Object.entries(reads)) {
      const stored = await eventually(
        () => read(kind, id, metric),
        (found) => found.length >= values.length,
      );
      expect(stored.map(Number)).toEqual(values.map(Number));
    }
    if (!isQuiet) return;
    const { body } = await server.api('GET', `/api/v1/breaches?asset=${id}`);
    expect(body).toMatchObject({ items: [] });
  };

  test.for(traps.map((trap, at) => [trap.input, trap, at] as const))(
    'ends as the page says when it is %s',
    async ([, trap, at]) => {
      const id = `trap-${at}`;
      const { isLora, ...of } = trap.asset ?? {};
      const tts = (name: string): object => ({ system: 'tts', id: `city/${name}` });
      const identities = isLora ? [tts(id), { system: 'dev_eui', id: euiOf(at) }] : [];
      const asset = { kind: 'bin', lat: -10.17, lon: 123.6, identities, ...of };
      const device = deviceOf(id, asset.kind, await server.device(id, asset), at);
      const fleet = Array.from({ length: trap.fleet ?? 0 }, (_, member) => `${id}-${member}`);
      for (const name of fleet) await server.device(name, { ...asset, identities: [tts(name)] });
      const packets = trap.packets(device, Date.now());
      const login = trap.byBridge ? { id: 'lora', token: bridge } : device;
      const first = trap.isTakeover ? await server.connect(device.id, device.token) : undefined;
      const gone = first && hungUp(first);
      const { answer, moved } = await watch(server, login, packets, trap);
      await gone;
      expect({ answer, moved: [...moved].sort() }).toEqual({
        answer: trap.answer,
        moved: [...trap.moved].sort(),
      });
      for (const name of fleet.length > 0 ? fleet : [id]) await check(trap, asset.kind, name);
    },
  );
});

test('docs/devices.md has each trap with its answer, outcome and counters', () => {
  const head = '| Input | Answer | What becomes of it | Counters that move |';
  const table = [head, '| --- | --- | --- | --- |', ...traps.map(toRow)];
  const before = readFileSync(page, 'utf8');
  if (process.env['UPDATE_DOCS'] === '1') {
    const [from, to] = [before.indexOf(begin) + begin.length, before.indexOf(end)];
    writeFileSync(page, `${before.slice(0, from)}\n\n${table.join('\n')}\n\n${before.slice(to)}`);
  }
  const written = readFileSync(page, 'utf8');
  const found = written.slice(written.indexOf(begin) + begin.length, written.indexOf(end));
  expect(plain(found)).toEqual(plain(table.join('\n')));
});

/** The formatter pads the cells; what they say is what counts. */
function plain(markdown: string): string[] {
  return markdown
    .trim()
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim());
}

function toRow(trap: Trap): string {
  const { input, answer, moved } = trap;
  const counters = moved.map((name) => `\`${name}\``).join(', ');
  const cells = [input, answer, outcome(trap), counters];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function outcome({ moved, reads = {}, isQuiet = false }: Trap): string {
  const classes = moved.flatMap((name) => /class="(\w+)"/.exec(name)?.[1] ?? []);
  const values = Object.entries(reads).map(([name, all]) => `${name} ${all.join(', ')}`);
  if (classes.length === 0) return 'refused';
  return [classes.join(', '), ...values, ...(isQuiet ? ['no breach'] : [])].join('; ');
}
