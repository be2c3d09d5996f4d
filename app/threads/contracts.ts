import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { Execute, Health, LogEntry, Mark, Rejection, Trace } from '#model';
import type { Submission } from '#broker';
import type { Entry } from '#registry';
import type { Tick } from '#app/clock.ts';
import type { Config } from '#app/config.ts';
import type { Folder } from '#app/folder.ts';
import type { About, RuleDetail, RuleReport } from '#app/rules-report.ts';

/** What each thread is started with. Secrets travel here, never in an environment. */
export interface ThreadData {
  readonly config: Config;
  readonly folder: Omit<Folder, 'release'>;
  /** City time (epoch ms) at the start, where the folder follows a simulator's clock. */
  readonly followFrom: number | undefined;
}

export interface PipelineData extends ThreadData {
  readonly packetsLog: {
    readonly id: string;
    readonly head: number;
    readonly oldest: number;
    /** When the server began to listen, epoch ms. */
    readonly since: number;
  };
  /** Whether the thread before this one died. */
  readonly hasDied: boolean;
}

export type Metrics = MetricObjectWithValues<MetricValue<string>>[];

/** What main asks of the pipeline thread. */
export interface PipelineCalls {
  execute: Execute;
  /** The packets log has grown. */
  advance(head: number): void;
  tick(tick: Tick): void;
  health(): Promise<Health[]>;
  metrics(): Promise<Metrics>;
  /** The rules in force. */
  rules(): RuleReport[];
  rule(id: string, about?: About): RuleDetail | undefined;
  /** Number of the newest reading. */
  readingsHead(): number;
  /** The lowest cursor in the packets log. */
  packetsPassed(): number;
  /** Who is traced from now on. */
  trace(devices: readonly string[]): void;
  stop(): Promise<void>;
}

/** What the pipeline thread tells main. */
export interface PipelineNews {
  ready(entries: readonly Entry[]): void;
  changed(entries: readonly Entry[]): void;
  /** What was done with messages of traced devices. */
  marked(marks: readonly Mark[]): void;
}

/** What main asks of the http thread. */
export interface HttpCalls {
  /** siaga.db is there and may be read. */
  open(): void;
  tick(tick: Tick): void;
  stop(): Promise<void>;
}

/** What the http thread asks of main: the hub between all threads. */
export interface HubCalls {
  /** The thread has loaded its modules and waits to be told to open. */
  loaded(): void;
  listening(port: number): void;
  execute: Execute;
  health(): Promise<Health[]>;
  metrics(): Promise<Metrics>;
  /** The rules in force; a Rejection while the pipeline is away. */
  rules(): Promise<RuleReport[] | Rejection>;
  rule(id: string, about?: About): Promise<RuleDetail | Rejection>;
  heads(): Promise<Heads>;
  /** A message by HTTP: resolves when it is on disk, or with why it is not taken. */
  submit(submission: Submission): Promise<Rejection | undefined>;
  /** Appends to the packets log what comes from inside; resolves when it is on disk. */
  append(entries: readonly LogEntry[]): Promise<Rejection | undefined>;
  /** Traces a device for some ms; a Rejection when too many are traced. */
  startTrace(device: string, ms: number): Promise<Trace | Rejection>;
  readTrace(device: string): Promise<Trace | undefined>;
  /** Ends a trace, forgets it and hands it out as it was. */
  stopTrace(device: string): Promise<Trace | undefined>;
}

/** How far the logs go, and what never reached them. */
export interface Heads {
  readonly packets: number;
  readonly readings: number;
  /** Refused before the log, by reason, since the server started. */
  readonly refused: Readonly<Record<string, number>>;
}
