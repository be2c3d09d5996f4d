import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { Health } from '#model';
import { readAccounts, type IngestTables } from '#ingest';
import { loadEntries, type RegistryTables } from '#registry';
import { watchBooks } from '#app/books.ts';
import { watchBugs } from '#app/bugs.ts';
import { createCareful } from '#app/careful.ts';
import { loadCity } from '#app/city.ts';
import { retention } from '#app/config.ts';
import { createFollowedClock, fineClock, wallClock } from '#app/clock.ts';
import { scope } from '#app/database/database.ts';
import { createExecute } from '#app/execute.ts';
import { createLogger } from '#app/logging.ts';
import { retainLetters } from '#app/letter-retention.ts';
import { measureLog } from '#app/metrics/log.ts';
import { measureDatabase, measurePipeline } from '#app/metrics/pipeline.ts';
import { measureThread } from '#app/metrics/runtime.ts';
import { measureStages } from '#app/metrics/stage.ts';
import { measureStore } from '#app/metrics/store.ts';
import { openNotebook } from '#app/notebook.ts';
import { startPipeline } from '#app/pipeline.ts';
import { retain } from '#app/retention.ts';
import { reportRule, reportRules } from '#app/rules-report.ts';
import { openSpans, sampleCommits, spanOfCommit } from '#app/spans.ts';
import { openStations } from '#app/stations.ts';
import type { PipelineCalls, PipelineData, PipelineNews } from '#app/threads/contracts.ts';
import { link } from '#app/threads/link.ts';
import { giveWay } from '#app/threads/priority.ts';
import { createTracer } from '#app/tracer.ts';

/* The pipeline thread: everything behind the packets log, and the only writer of siaga.db. */

giveWay(5);
const { config, folder, packetsLog, followFrom, hasDied } = workerData as PipelineData;
const log = createLogger('pipeline', config.log.level);
const followed = followFrom === undefined ? undefined : createFollowedClock(followFrom);
const now = followed?.now ?? wallClock;

const city = await loadCity(config);
if (Array.isArray(city))
  throw new Error(city.map(({ field, reason }) => `${field}: ${reason}`).join('\n'));
for (const { field, reason } of city.gaps) log.warn({ field }, reason);
const registry = measureThread('pipeline');
const spans = await openSpans(config.otel?.endpoint, 'pipeline');
const readingsMeter = measureLog(registry, 'readings');
const sample = spans && sampleCommits(spans, 'readings', fineClock);
const stations = await openStations({
  config,
  folder,
  city,
  packetsLog,
  now,
  meters: {
    onDatabase: measureDatabase(registry).onCommit,
    onReadings(commit) {
      readingsMeter.onCommit(commit);
      sample?.(commit);
    },
  },
});
const { db, cursors } = stations;
const bugs = await watchBugs(scope<IngestTables>(db));
const heads = () => ({ packets: stations.packets.head(), readings: stations.readings.head });
const notebook = openNotebook(join(folder.path, 'pipeline.json'), {
  positions: cursors,
  isPending: [...cursors].some(
    ([name, at]) => at < (name === 'decode' ? heads().packets : heads().readings),
  ),
  hasDied,
});
if (notebook.isSuspicious) log.warn({ note: notebook.last }, 'goes on with care after a death');
const careful = createCareful({
  notebook,
  db,
  onSetAside: ({ consumer, record }) => log.error({ consumer, record }, 'a record was set aside'),
});
const tracer = createTracer({
  db,
  now: fineClock,
  send: (marks) => void main.marked(marks).catch(() => undefined),
});
const meters = measureStages(registry, now, (commit) =>
  spans?.add(spanOfCommit(commit, fineClock)),
);
const store = measureStore(registry, stations.store);
const pipeline = startPipeline(stations, {
  road: (road) => tracer.road({ ...road, store }),
  stage: (stage, cursor) => meters.watch(careful(tracer.stage(stage), cursor)),
});
const stopping = new AbortController();
const retaining = retain(stations.readings, {
  ...retention(config),
  now,
  passed: async () => pipeline.passed('readings'),
  logger: log,
  signal: stopping.signal,
});

const dropped = { open: 0, replayed: 0 };
const retainingLetters = retainLetters(scope<IngestTables>(db), {
  keep: config.retention.letters,
  now,
  oldest: async () => ({
    packets: await stations.packets.oldest(),
    readings: stations.readings.oldest,
  }),
  count({ open, replayed }) {
    dropped.open += open;
    dropped.replayed += replayed;
  },
  logger: log,
  signal: stopping.signal,
});

const books = watchBooks({
  async measure() {
    const positions = new Map(pipeline.stages.map((stage) => [stage.name, stage.position()]));
    const accounts = await readAccounts(scope<IngestTables>(db));
    return { positions, accounts, heads: heads() };
  },
  log,
  signal: stopping.signal,
});
measurePipeline(registry, { pipeline, stations, books, dropped });

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
  async health() {
    const problem = stations.readingsProblem();
    const readings: Health = problem
      ? { part: 'readings log', state: 'waiting', reason: problem.message }
      : { part: 'readings log', state: 'ok' };
    const stages = pipeline.stages.map((stage) => stage.health());
    return [readings, ...stages, books.health(), await bugs.health()];
  },
  metrics: () => registry.getMetricsAsJSON(),
  rules: () => reportRules(stations),
  rule: (id, about) => reportRule(stations, id, about),
  readingsHead: () => stations.readings.head,
  packetsPassed: () => pipeline.passed('packets'),
  trace: (devices) => tracer.follow(devices),
  async stop() {
    notebook.close(); // what is cut off from here on is no death
    stopping.abort();
    await books.ended;
    await retaining;
    await retainingLetters;
    await pipeline.close();
    await spans?.close();
    setImmediate(() => process.exit(0)); // a neighbour that hangs must not hold the thread
  },
};
const { calls: main } = link<PipelineNews>(parentPort!, calls);

pipeline.failed.catch((error: unknown) => {
  log.fatal({ err: error }, 'a bug ended the pipeline thread');
  process.exit(1);
});
await main.ready(await loadEntries(scope<RegistryTables>(stations.db)));
