import { spawn } from 'node:child_process';
import { existsSync, openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { programFolder, type Config } from '#app/config.ts';
import { openReadOnly } from '#app/database/database.ts';

const minute = 60_000;

/** When the demo's city wakes, and until when it runs sixty times as fast as the wall. */
export interface Story {
  /** City time at the start, epoch ms. */
  readonly from: number;
  /** City time from which it runs at 1×; undefined when it does from the start. */
  readonly slowAt: number | undefined;
}

/**
 * The demo's evening: the last 17:30 of the city, so that dusk and its faults come within two minutes
 * at 60×. A folder that has lived already goes on where it stopped: its time never goes back.
 */
export function planStory(wall: number, timeZone: string, last: number | undefined): Story {
  const local = Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO(timeZone);
  const today = local.with({ hour: 17, minute: 30, second: 0, millisecond: 0 });
  const evening = today.epochMilliseconds <= wall ? today : today.subtract({ days: 1 });
  const from = Math.max(evening.epochMilliseconds, (last ?? 0) + minute);
  const slowAt = evening.epochMilliseconds + 120 * minute;
  return { from, slowAt: slowAt > from ? slowAt : undefined };
}

/** City time (epoch ms) at which a folder was last heard of; undefined for a new one. */
export async function lastCityTime(database: string): Promise<number | undefined> {
  if (!existsSync(database)) return undefined;
  const db = openReadOnly(database);
  try {
    const row = await db
      .selectFrom('presence')
      .select((eb) => eb.fn.max('seen_at').as('latest'))
      .executeTakeFirst();
    return row?.latest ?? undefined;
  } catch {
    return undefined; // made, but never started
  } finally {
    await db.destroy();
  }
}

export interface Simulator {
  stop(): Promise<void>;
}

/** Starts the simulators as a process of their own, which knows the server by its ports and the admin's key file. */
export function startSimulator(
  config: Config,
  story: Story,
  ports: { readonly mqtt: number; readonly http: number },
  keyFile: string,
): Simulator {
  const iso = (time: number): string => new Date(time).toISOString();
  const speed =
    story.slowAt === undefined
      ? ['--speed', '1']
      : ['--speed', '60', '--slow-at', iso(story.slowAt)];
  const args = [
    ['--mqtt', `mqtt://127.0.0.1:${ports.mqtt}`],
    ['--api', `http://127.0.0.1:${ports.http}`],
    ['--key-file', keyFile],
    ['--site', config.site],
    ['--from', iso(story.from)],
    speed,
    ['--clock', '--tied', '--quiet'],
  ].flat();
  const log = openSync(join(config.data, 'simulator.log'), 'w', 0o600);
  const child = spawn(
    process.execPath,
    [join(programFolder, 'simulators/main.ts'), ...args],
    // A group of its own, so that Ctrl-C reaches us alone; --tied ends it if we are killed.
    { detached: true, stdio: ['pipe', 'ignore', log], env: { PATH: process.env['PATH'] } },
  );
  closeSync(log);
  child.stdin?.on('error', () => undefined);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    async stop() {
      const insist = setTimeout(() => child.kill('SIGKILL'), 2_000);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(insist);
    },
  };
}
