import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { startCityServer } from './city-server.ts';
import { serve, simulate, telemetry } from './stage.ts';

describe('the life of the program', () => {
  test('disconnects and exits 0 within two seconds when it is told to stop', async () => {
    const server = await serve();
    const program = simulate(server);
    await server.until(() => telemetry(server).length > 100);

    const { code, took } = await program.stop();
    await server.until(() => server.connected() === 0);
    expect(code).toBe(0);
    expect(took).toBeLessThan(2_000);
    // A clean DISCONNECT: no last will.
    expect(server.messages.filter(({ payload }) => payload['online'] === false)).toEqual([]);
  });

  test('exits 0 within two seconds when the server has gone', async () => {
    const server = await startCityServer();
    const program = simulate(server);
    await server.until(() => telemetry(server).length > 100);
    await server.close();

    const { code, took } = await program.stop();
    expect(code).toBe(0);
    expect(took).toBeLessThan(2_000);
  });

  test('has eight messages a device under way, and can stop, when none is acknowledged', async () => {
    const server = await serve({ isFull: true });
    const program = simulate(server);
    await server.until(() => telemetry(server).length >= 2 * 8 + 2 * 8);
    const ticks = () => server.messages.filter(({ topic }) => topic === '$siaga/clock').length;
    await server.until(() => ticks() >= 3);

    const { code, took } = await program.stop();
    expect(code).toBe(0);
    expect(took).toBeLessThan(2_000);
    const each = Map.groupBy(telemetry(server), ({ login }) => login);
    expect(
      [...each.values()]
        .map(({ length }) => length)
        .toSorted((a, b) => a - b)
        .at(-1),
    ).toBe(8);
  });

  test('exits 0 within two seconds when no server was ever there', async () => {
    const server = await startCityServer();
    await server.close();
    const program = simulate(server);
    if (program.child.stderr) await once(program.child.stderr, 'data');

    const { code, took, stderr } = await program.stop();
    expect(code).toBe(0);
    expect(took).toBeLessThan(2_000);
    expect(stderr).toContain('ECONNREFUSED');
  });

  test('ends with its parent when tied', async () => {
    const server = await serve();
    const program = simulate(server, ['--tied']);
    await server.until(() => telemetry(server).length > 10);

    program.child.stdin?.end();
    expect((await program.ended).code).toBe(0);
  });

  test('exits 0 when the time to live through is over', async () => {
    const server = await serve();
    const program = simulate(server, ['--for', '1h']);
    expect((await program.ended).code).toBe(0);
  });

  test('goes on without a gap, the time first, when the server comes back', async () => {
    const before = await startCityServer();
    simulate(before, ['--speed', '600']);
    await before.until(() => telemetry(before).length > 50);
    await before.close();

    const after = await serve({ ports: before.ports, registered: before.registered });
    await after.until(() => telemetry(after).length > 60);
    expect(after.messages[0]?.topic).toBe('$siaga/clock');
    const seqs = [before, after].map((server) =>
      telemetry(server)
        .filter(({ login }) => login === 'signal-0001')
        .map(({ payload }) => Number(payload['seq'])),
    );
    const seen = [...new Set(seqs.flat())];
    expect(seen).toEqual(seen.map((_, index) => index + 1));
  });

  test('gets new tokens when the server has lost the old ones', async () => {
    const before = await startCityServer();
    const program = simulate(before, ['--speed', '600']);
    await before.until(() => telemetry(before).length > 10);
    await before.close();

    const after = await serve({ ports: before.ports });
    await after.until(() => telemetry(after).length > 10);
    expect((await program.stop()).stderr).toContain('asking for another token');
  });

  test('rotates the tokens when the devices are known from an earlier start', async () => {
    const server = await serve();
    const earlier = simulate(server);
    await server.until(() => telemetry(server).length >= 6);
    await earlier.stop();
    const first = server.registered.get('bin-0001')?.token;
    simulate(server);
    const boots = () => new Set(telemetry(server).map(({ payload }) => payload['boot']));
    await server.until(() => boots().size === 2);

    expect(server.registered.get('bin-0001')?.token).not.toBe(first);
  });

  test('exits 1 with the words of the server when the key is wrong', async () => {
    const server = await serve();
    const { code, stderr } = await simulate(server, [], 'wrong').ended;
    expect(code).toBe(1);
    expect(stderr).toContain('http.key_denied: the key is not known');
    expect(stderr).not.toContain('    at ');
  });
});
