import { isRejection, type Rejection } from '#model';
import { createBroker, type Broker, type SourceOptions } from '#broker';
import { createDirectory, tokenMatches, type Entry } from '#registry';
import { createAnnouncement } from '#app/announce.ts';
import { loadCity } from '#app/city.ts';
import { createFollowedClock, wallClock } from '#app/clock.ts';
import { retention, type Config } from '#app/config.ts';
import { takeFolder, type Folder, type Stamp } from '#app/folder.ts';
import { follow } from '#app/follow.ts';
import { createHub } from '#app/hub.ts';
import { createHome, createIntake } from '#app/intake.ts';
import { brokerLimits } from '#app/limits.ts';
import { checkCertificate } from '#app/listeners.ts';
import { createLogger } from '#app/logging.ts';
import { openObservation } from '#app/observe.ts';
import { openPackets } from '#app/packets.ts';
import { createRefusals } from '#app/refusals.ts';
import { createReload } from '#app/reload.ts';
import { retain } from '#app/retention.ts';
import { openSources, readSources, type Sources } from '#app/sources.ts';
import { openSeries, type Series } from '#app/series.ts';
import { tellOfSessions } from '#app/sessions.ts';
import type {
  HttpCalls,
  HubCalls,
  PipelineCalls,
  PipelineData,
  PipelineNews,
  ThreadData,
} from '#app/threads/contracts.ts';
import { supervise } from '#app/threads/supervise.ts';
import { unless } from '#app/unless.ts';

/** A server that runs. */
export interface Server {
  readonly folder: Folder;
  readonly mqttPort: number;
  readonly tlsPort: number | undefined;
  readonly wsPort: number | undefined;
  readonly httpPort: number;
  readonly series: Series;
  /** Reads the rules again; what came of it is in the log. */
  reload(): Promise<void>;
  /** Stops taking, commits, acknowledges, and closes everything in the reverse order of its opening. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly config: Config;
  readonly stamp: Stamp;
  readonly adminKey: string | undefined;
  /** City time (epoch ms) at which a followed clock starts. */
  readonly followFrom: number | undefined;
  /** Ends the start: then it rejects with its reason, everything closed. */
  readonly signal: AbortSignal;
}

/**
 * Starts everything: data folder, time series, packets log, pipeline, HTTP, broker open in this order,
 * so that nothing is taken before it can be kept. Bad rules, profiles or a folder in use are Rejections.
 */
export async function startServer(options: ServerOptions): Promise<Server | Rejection[]> {
  const { stamp, adminKey, followFrom, signal } = options;
  const prepared = await prepare(options.config);
  if (Array.isArray(prepared)) return prepared;
  signal.throwIfAborted();
  const folder = takeFolder(options.config.data, stamp, adminKey);
  if (isRejection(folder)) return [folder];
  const log = createLogger('main', options.config.log.level);
  const cleanup: (() => unknown)[] = [() => folder.release()];
  const stop = async (): Promise<void> => {
    for (const close of cleanup.reverse()) await close();
    cleanup.length = 0;
  };

  try {
    const series = await openSeries(options.config, folder, log, signal);
    cleanup.push(() => series.close());
    const config: Config = series.influx
      ? { ...options.config, influx: series.influx }
      : options.config;
    const { release: _release, ...paths } = folder;
    const data: ThreadData = { config, folder: paths, followFrom };
    const clock = followFrom === undefined ? undefined : createFollowedClock(followFrom);
    const now = clock?.now ?? wallClock;
    const since = now();

    let broker: Broker | undefined;
    let sources: Sources | undefined;
    const observation = await openObservation(
      config,
      {
        head: () => packets.head,
        connections: () => broker?.connections() ?? 0,
        threads: () =>
          Object.entries({ pipeline, http }).map(([thread, supervised]) => ({
            thread,
            up: supervised.problem() === undefined,
            restarts: supervised.restarts(),
          })),
        folder: folder.path,
      },
      (devices) => void pipeline.calls()?.trace(devices).catch(ignore),
    );
    const { metrics, traces } = observation;
    cleanup.push(() => observation.close());
    const packetsLog = await openPackets(config, folder.packets, observation.onCommit, log);
    const { packets } = packetsLog;
    cleanup.push(() => packets.close());

    const refusals = createRefusals({ log, now: wallClock, count: metrics.refused });
    const directory = createDirectory();
    const hangUp = (logins: readonly string[]): void => {
      for (const login of logins) broker?.hangUp(login);
    };

    const ready = Promise.withResolvers<void>();
    const pipeline = supervise<PipelineCalls>({
      file: new URL('./threads/pipeline.ts', import.meta.url),
      data: (hasDied): PipelineData => ({
        ...data,
        followFrom: clock?.now(), // at a restart city time goes on where it was
        packetsLog: { id: packets.id, head: packets.head, oldest: packets.oldest, since },
        hasDied,
      }),
      own: {
        ready(entries: readonly Entry[]) {
          // A thread that died may have committed what it told nobody of.
          hangUp(directory.replace(entries));
          pipeline.calls()?.advance(packets.head).catch(ignore);
          pipeline.calls()?.trace(traces.devices()).catch(ignore);
          pipeline.up();
          ready.resolve();
        },
        changed: (entries: readonly Entry[]) => hangUp(directory.put(...entries)),
        marked: (marks) => traces.add(marks),
      } satisfies PipelineNews,
      log,
      onDeath: (reason) => ready.reject(new Error(reason)), // matters before it was ready only
    });
    cleanup.push(() => pipeline.stop());
    packets.onHead(
      createAnnouncement((head) => void pipeline.calls()?.advance(head).catch(ignore)),
    );
    const hub = createHub({
      pipeline,
      packets,
      metrics,
      refusals,
      series,
      traces,
      submit: () => broker?.submit,
      sources: () => sources?.health() ?? [],
      logProblem: packetsLog.problem,
    });
    const listening = Promise.withResolvers<number>();
    listening.promise.catch(ignore); // heard below, once the pipeline is ready
    const http = supervise<HttpCalls>({
      file: new URL('./threads/http.ts', import.meta.url),
      data: (): ThreadData => ({ ...data, followFrom: clock?.now() }),
      own: {
        loaded: () => void ready.promise.then(() => http.calls()?.open()).catch(ignore),
        listening(port: number) {
          http.up();
          listening.resolve(port);
        },
        ...hub,
      } satisfies HubCalls,
      log,
      onDeath: (reason) => listening.reject(new Error(reason)),
    });
    cleanup.push(() => http.stop());
    await unless(signal, ready.promise);
    const stopping = new AbortController();
    const retaining = retain(packets, {
      ...retention(config),
      now,
      passed: async () =>
        pipeline.problem() === undefined ? pipeline.calls()?.packetsPassed() : undefined,
      logger: log,
      signal: stopping.signal,
    });
    cleanup.push(() => {
      stopping.abort();
      return retaining;
    });

    const httpPort = await unless(signal, listening.promise);

    broker = await createBroker(
      {
        ...config.mqtt,
        limits: brokerLimits(config.mqtt.limits),
        sessions: { folder: folder.sessions, ...config.mqtt.sessions },
      },
      {
        directory,
        tokenMatches: (token, hash) => tokenMatches(token, hash, folder.secret),
        now,
        wall: wallClock,
        append: createIntake(packets, metrics, traces),
        control: (topic, payload) => follow(topic, payload, clock, [pipeline, http]),
        refused: refusals.note,
        guarded: metrics.guarded,
        home: createHome(directory, config.site, now),
        certificateProblem: (reason) =>
          log.error(
            { reason },
            'the files of mqtt.tls are of no use as they are: what was read before stays',
          ),
        sessionStore: tellOfSessions(log),
      },
    );
    cleanup.push(() => broker?.close());
    sources = openSources(prepared.sources, {
      append: createIntake(packets, metrics, traces),
      now,
      refused: refusals.note,
      frame: brokerLimits(config.mqtt.limits).frame.bridge,
      levels: config.mqtt.limits.levels,
    });
    cleanup.push(() => sources?.close());
    const { port: mqttPort, tlsPort, wsPort } = broker;
    const reload = createReload(hub.execute, log);
    return { folder, mqttPort, tlsPort, wsPort, httpPort, series, reload, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Reads what the configuration names, before anything is opened; or says all that is wrong with it. */
async function prepare(config: Config): Promise<{ sources: SourceOptions[] } | Rejection[]> {
  const certificate = checkCertificate(config.mqtt.tls);
  if (certificate !== undefined) return [certificate];
  const sources = readSources(config.sources, config.site);
  if (!isSound(sources)) return sources;
  // Each thread loads it for itself; here it is only known to be loadable.
  const city = await loadCity(config);
  return Array.isArray(city) ? city : { sources };
}

function isSound(read: SourceOptions[] | Rejection[]): read is SourceOptions[] {
  return !read.some(isRejection);
}

function ignore(): undefined {
  return undefined;
}
