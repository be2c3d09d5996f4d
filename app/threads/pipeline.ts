import { parentPort, workerData } from 'node:worker_threads';
import type { Health } from '#model';
import { loadEntries, type RegistryTables } from '#registry';
import { loadCity } from '#app/city.ts';
import { keptBytes } from '#app/config.ts';
import { createFollowedClock, wallClock } from '#app/clock.ts';
import { scope } from '#app/database/database.ts';
import { createExecute } from '#app/execute.ts';
import { createLogger } from '#app/logging.ts';
import { pipelineMetrics } from '#app/metrics.ts';
import { startPipeline } from '#app/pipeline.ts';
import { retain } from '#app/retention.ts';
import { openStations } from '#app/stations.ts';
import type { PipelineCalls, PipelineData, PipelineNews } from '#app/threads/contracts.ts';
import { link } from '#app/threads/link.ts';

/* The pipeline thread: everything behind the packets log, and the only writer of siaga.db. */

const { config, folder, packetsLog, followFrom } = workerData as PipelineData;
const log = createLogger('pipeline', config.log.level);
const followed = followFrom === undefined ? undefined : createFollowedClock(followFrom);
const now = followed?.now ?? wallClock;

const city = await loadCity(config);
if (Array.isArray(city))
  throw new Error(city.map(({ field, reason }) => `${field}: ${reason}`).join('\n'));
const stations = await openStations({ config, folder, city, packetsLog, now });
const pipeline = startPipeline(stations);
const metrics = pipelineMetrics(pipeline, stations);
const stopping = new AbortController();
const retention = retain(stations.readings, {
  keep: keptBytes(config),
  passed: async () => pipeline.passed('readings'),
  logger: log,
  signal: stopping.signal,
});

const execute = createExecute({
  ...stations,
  changed(entries) {
    for (const entry of entries) stations.directory.put(entry);
    main.changed(entries).catch(() => undefined);
  },
});

const calls: PipelineCalls = {
  execute,
  advance: (head) => stations.packets.advance(head),
  tick: (tick) => followed?.follow(tick),
  health() {
    const problem = stations.readingsProblem();
    const readings: Health = problem
      ? { part: 'readings log', state: 'waiting', reason: problem.message }
      : { part: 'readings log', state: 'ok' };
    return [readings, ...pipeline.stages.map((stage) => stage.health())];
  },
  metrics: () => metrics.getMetricsAsJSON(),
  readingsHead: () => stations.readings.head,
  packetsPassed: () => pipeline.passed('packets'),
  async stop() {
    stopping.abort();
    await retention;
    await pipeline.close();
    setImmediate(() => parentPort!.close());
  },
};
const { calls: main } = link<PipelineNews>(parentPort!, calls);

pipeline.failed.catch((error: unknown) => {
  log.fatal({ err: error }, 'a bug ended the pipeline thread');
  process.exit(1);
});
await main.ready(await loadEntries(scope<RegistryTables>(stations.db)));
