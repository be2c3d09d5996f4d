import { setTimeout as sleep } from 'node:timers/promises';
import { reject, type Execute, type Health, type Rejection } from '#model';
import type { Submit } from '#broker';
import type { Log } from '#ingest';
import type { BrokerMetrics } from '#app/metrics/broker.ts';
import type { Refusals } from '#app/refusals.ts';
import type { RuleDetail, RuleReport } from '#app/rules-report.ts';
import type { Series } from '#app/series.ts';
import type { HubCalls, PipelineCalls } from '#app/threads/contracts.ts';
import type { Linked } from '#app/threads/link.ts';
import type { Supervised } from '#app/threads/supervise.ts';
import type { TraceBook } from '#app/trace-book.ts';

export interface HubDeps {
  readonly pipeline: Supervised<PipelineCalls>;
  readonly packets: Log;
  readonly metrics: BrokerMetrics;
  readonly refusals: Refusals;
  readonly series: Series;
  readonly traces: TraceBook;
  /** How the brokers do to which we listen. */
  readonly sources: () => Health[];
  /** The broker's way in; undefined until it is open. */
  readonly submit: () => Submit | undefined;
  /** Why the packets log can't be written; undefined while it can. */
  readonly logProblem: () => string | undefined;
}

/** What the http thread asks of main: main's own answers, and the pipeline's passed on. */
export function createHub(deps: HubDeps): Omit<HubCalls, 'loaded' | 'listening'> {
  const { pipeline, packets, metrics, refusals, series, traces, logProblem } = deps;
  /** As far as was heard: while the pipeline is away nothing is written there. */
  let readings = 0;
  return {
    execute: execute(pipeline),
    health: async () => [
      part('packets log', logProblem()),
      part('pipeline', pipeline.problem()),
      ...(await stagesOf(pipeline)),
      series.health(),
      ...deps.sources(),
    ],
    async heads() {
      readings = await ask(pipeline, (calls) => calls.readingsHead(), readings);
      return { packets: packets.head, readings, refused: refusals.counts };
    },
    metrics: async () => [
      ...(await metrics.registry.getMetricsAsJSON()),
      ...(await ask(pipeline, (calls) => calls.metrics(), [])),
    ],
    rules: () => ask<RuleReport[] | Rejection>(pipeline, (calls) => calls.rules(), away),
    async rule(id, about) {
      const unknown = reject('rules.rule_unknown', `no rule ${id}`, 'id');
      return ask<RuleDetail | Rejection>(
        pipeline,
        async (calls) => (await calls.rule(id, about)) ?? unknown,
        away,
      );
    },
    async submit(submission) {
      const submit = deps.submit();
      return submit === undefined ? away : submit(submission);
    },
    async append(entries) {
      const problem = logProblem();
      if (problem !== undefined) return reject('ingest.log_full', problem);
      if (entries.length === 0) return undefined;
      const late = sleep(patience, reject('ingest.log_full', 'the log does not write'), {
        ref: false,
      });
      // What is late may still be written: to ask again is safe.
      return Promise.race([packets.appendAll(entries).then(() => undefined), late]);
    },
    startTrace: async (device, ms) => traces.start(device, ms),
    readTrace: async (device) => traces.read(device),
    stopTrace: async (device) => traces.stop(device),
  };
}

/** What the pipeline says, or something else while it is away or does not answer in 2 s. */
async function ask<T>(
  pipeline: Supervised<PipelineCalls>,
  question: (calls: Linked<PipelineCalls>) => Promise<T>,
  otherwise: T,
): Promise<T> {
  const calls = pipeline.problem() === undefined ? pipeline.calls() : undefined;
  if (calls === undefined) return otherwise;
  const late = sleep(2_000, otherwise, { ref: false });
  return Promise.race([question(calls), late]).catch(() => otherwise);
}

/** How the stages do; a thread that does not answer in time is down. */
async function stagesOf(pipeline: Supervised<PipelineCalls>): Promise<Health[]> {
  if (pipeline.problem() !== undefined) return [];
  const late = sleep(2_000, [part('pipeline', 'no answer in 2 s')], { ref: false });
  const asked = pipeline.calls()?.health() ?? late;
  return Promise.race([asked, late]).catch(() => [part('pipeline', 'it died just now')]);
}

/** How long, ms, somebody waits for a disk that does not write. */
const patience = 10_000;

const away = reject('internal.unavailable', 'the server is being started; try again');

/** Passes commands on to the pipeline; while it is away, or when it dies over one, the answer is to try again. */
function execute(pipeline: Supervised<PipelineCalls>): Execute {
  return async (command) => {
    const calls = pipeline.problem() === undefined ? pipeline.calls() : undefined;
    if (calls === undefined) return away;
    return calls.execute(command).catch((error: unknown) => {
      if (pipeline.calls() === calls) throw error;
      return away;
    });
  };
}

function part(name: string, problem: string | undefined): Health {
  return problem === undefined
    ? { part: name, state: 'ok' }
    : { part: name, state: 'down', reason: problem };
}
