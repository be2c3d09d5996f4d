import type { Mark, Now } from '#model';
import type { StageCommit } from '#app/metrics/stage.ts';

/** A span as it is told: begun and ended before anybody hears of it. */
export interface SpanData {
  readonly name: string;
  /** Epoch ms, with fractions. */
  readonly from: number;
  readonly to: number;
  readonly attributes?: Record<string, string | number | string[]>;
  readonly children?: readonly SpanData[];
}

/** Where spans go. */
export interface Spans {
  /** Adds a span with its children as one trace; never waits, and drops it when the collector is away. */
  add(span: SpanData): void;
  /** Sends what is left, for a second at most. */
  close(): Promise<void>;
}

/** Bounds of what waits for a collector that is away, and of what is serialised at a time. */
const bounds = { maxQueueSize: 2_048, maxExportBatchSize: 64, exportTimeoutMillis: 5_000 };

/**
 * Opens the way to an OpenTelemetry collector (OTLP over HTTP at `endpoint`); undefined, and nothing
 * loaded, without one. `thread` names the part of the server that tells.
 */
export async function openSpans(
  endpoint: string | undefined,
  thread: string,
): Promise<Spans | undefined> {
  if (endpoint === undefined) return undefined;
  const [{ context, trace }, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: bounds.exportTimeoutMillis });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'siaga', 'thread.name': thread }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000, ...bounds }),
    ],
  });
  const tracer = provider.getTracer('siaga');

  const addTo = (parent: ReturnType<typeof context.active>, data: SpanData): void => {
    const { name, from, to, attributes = {}, children = [] } = data;
    const span = tracer.startSpan(name, { startTime: precise(from), attributes }, parent);
    const within = trace.setSpan(parent, span);
    for (const child of children) addTo(within, child);
    span.end(precise(to));
  };

  return {
    add: (span) => addTo(context.active(), span),
    async close() {
      const late = new Promise((resolve) => {
        setTimeout(resolve, 1_000).unref();
      });
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}

/** Seconds and ns: a plain number might be taken for one since the start of the process. */
function precise(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
}

/** Tells the commits of consumers, each as a span that ends now. */
export function spanOfCommit({ consumer, from, to, ms }: StageCommit, now: Now): SpanData {
  const end = now();
  return {
    name: `commit ${consumer}`,
    from: end - ms,
    to: end,
    attributes: { consumer, records: to - from, from: from + 1, to },
  };
}

/**
 * A traced message as one trace: from its first mark to its last, and a span for each mark from the one
 * it waited for. The rules and the store work side by side: both wait for decode.
 */
export function spanOfMessage(marks: readonly Mark[]): SpanData | undefined {
  const first = marks[0];
  if (first === undefined) return undefined;
  const decoded = marks.find(({ stop }) => stop === 'decoded');
  const judged = marks.find(({ stop }) => stop === 'judged');
  const children = marks.slice(1).map((mark, i): SpanData => {
    const before =
      { judged: decoded, filed: judged, stored: decoded }[mark.stop as string] ?? marks[i]!;
    return {
      name: mark.stop,
      from: Math.min(before.at, mark.at),
      to: mark.at,
      attributes: describe(mark),
    };
  });
  return {
    name: 'message',
    from: first.at,
    to: Math.max(...marks.map(({ at }) => at)),
    attributes: { device: first.device, packet: first.packet ?? 0 },
    children,
  };
}

function describe(mark: Mark): Record<string, string | number | string[]> {
  const { device: _device, stop: _stop, at: _at, readings: _readings, ...known } = mark;
  return { ...known, ...(known.breaches && { breaches: [...known.breaches] }) } as never;
}

/** Tells a log's commits, one a second at most: there are hundreds. */
export function sampleCommits(
  spans: Pick<Spans, 'add'>,
  log: string,
  now: Now,
): (commit: { readonly records: number; readonly bytes: number; readonly ms: number }) => void {
  let told = -Infinity;
  return ({ records, bytes, ms }) => {
    const to = now();
    if (to - told < 1_000) return;
    told = to;
    spans.add({ name: `flush ${log}`, from: to - ms, to, attributes: { log, records, bytes } });
  };
}
