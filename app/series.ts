import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '#model';
import type { Config } from '#app/config.ts';
import type { Folder } from '#app/folder.ts';
import { findInfluxd, startInfluxd, type Influxd } from '#app/influxd.ts';
import type { Logger } from '#app/logging.ts';

/** Where time series go: the InfluxDB that is configured, one of our own, or the embedded store. */
export interface Series {
  /** How to reach the InfluxDB; undefined with the embedded store. */
  readonly influx: Config['influx'];
  /** One line for people. */
  readonly description: string;
  health(): Health;
  close(): Promise<void>;
}

/** Finds or starts the time-series database; an influxd of our own is started again when it dies. */
export async function openSeries(
  config: Config,
  folder: Folder,
  log: Logger,
  signal: AbortSignal,
): Promise<Series> {
  if (config.influx !== undefined) {
    return fixed(
      config.influx,
      `InfluxDB at ${config.influx.url}, database ${config.influx.database}`,
    );
  }
  const command = config.influxd === 'auto' ? findInfluxd() : undefined;
  if (command === undefined) {
    return fixed(undefined, 'embedded store (Grafana boards need an InfluxDB)');
  }
  const options = { folder: folder.influxd, command, log };
  let child: Influxd | undefined = await startInfluxd({ ...options, signal });
  const closing = new AbortController();
  const { url, database, username, token } = child;

  const watch = async (): Promise<void> => {
    const port = Number(new URL(url).port);
    for (let delay = 500; !closing.signal.aborted; delay = Math.min(30_000, delay * 2)) {
      const from = performance.now();
      try {
        child ??= await startInfluxd({ ...options, port });
        if (closing.signal.aborted) await child.stop();
        await child.exited;
        if (!closing.signal.aborted) log.error('influxd ended; starting it again');
      } catch (error) {
        log.error({ err: error }, 'influxd does not start');
      }
      child = undefined;
      if (performance.now() - from > 60_000) delay = 500;
      await sleep(delay, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  const watching = watch();

  return {
    influx: { url, database, username, token },
    description: `InfluxDB 1.x started here at ${url}, database ${database}`,
    health: () =>
      child === undefined
        ? { part: 'influxd', state: 'waiting', reason: 'it ended and is started again' }
        : { part: 'influxd', state: 'ok' },
    async close() {
      closing.abort();
      await child?.stop();
      await watching;
    },
  };
}

function fixed(influx: Config['influx'], description: string): Series {
  return {
    influx,
    description,
    health: () => ({ part: 'series', state: 'ok' }),
    close: () => Promise.resolve(),
  };
}
