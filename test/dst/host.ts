import { isRejection, type CommandBody, type CommandKind, type LogEntry } from '#model';
import { Log, type Disk } from '#ingest';
import { createInfluxStore } from '#store';
import { createExecute } from '#app/execute.ts';
import { startPipeline, type Pipeline } from '#app/pipeline.ts';
import { openStations, type Stations } from '#app/stations.ts';
import type { Setting } from './city.ts';
import { ignoreInjected, isInjected } from './injected.ts';
import { plants, type Bug } from './plants.ts';
import type { SimDatabase } from './sim-database.ts';
import type { SimDisk } from './sim-disk.ts';
import type { SimInflux } from './sim-influx.ts';
import { watchTicks, type Tick } from './ticks.ts';
import { Violation } from './violation.ts';
import { Life, type World } from './world.ts';

export const packetsFolder = 'packets';
export const readingsFolder = 'readings';

/** What tells a server where things are; the simulated parts do not look. */
const address = { url: 'http://influx', database: 'city', username: 'siaga', token: 't' };
const folder = {
  database: '',
  packets: packetsFolder,
  readings: readingsFolder,
  series: '',
  secret: 's',
  adminKey: 'k',
};

/** `power` loses what was not flushed, `kill` does not, `thread` ends the pipeline only, `stop` is SIGTERM. */
export type Death = 'power' | 'kill' | 'thread' | 'stop';

export interface HostDeps {
  readonly world: World;
  readonly setting: Setting;
  readonly disk: SimDisk;
  readonly database: SimDatabase;
  readonly influx: SimInflux;
  /** Segment size in bytes. */
  readonly segment: number;
  readonly bug: Bug | undefined;
  /** The packets log was opened. */
  readonly opened: (log: Log) => Promise<void>;
  readonly broke: (violation: unknown) => void;
}

interface PipelineLife {
  readonly life: Life;
  readonly stations: Stations;
  readonly pipeline: Pipeline;
}

/** The machine that the server runs on: starts it as app/ does, lets it die in every way, starts it again. */
export class Host {
  packets: Log | undefined;
  road: PipelineLife | undefined;
  /** Of the rules, as far as they were committed. */
  readonly ticks: Tick[] = [];
  /** Why the last start failed. */
  problem = '';
  readonly #deps: HostDeps;
  #main = new Life('main 0');
  #listeningSince = 0;
  #pipelineLife: Life | undefined;
  #lives = 0;
  #isStopping = false;
  /** Counts deaths, so that what was to start after one does not start after the next. */
  #deaths = 0;

  constructor(deps: HostDeps) {
    this.#deps = deps;
  }

  /** Whether it takes messages and its road runs. */
  get isUp(): boolean {
    return this.packets !== undefined && this.road !== undefined;
  }

  /** The boundary to the broker. */
  accept(entry: LogEntry, done: (number: number) => void): boolean {
    if (this.packets === undefined || this.#isStopping) return false;
    const life = this.#main;
    this.packets.append(entry, (number) => {
      if (life.dead) return;
      try {
        done(number);
      } catch (error) {
        this.#deps.broke(error);
      }
    });
    return true;
  }

  /** What a person or a citizen asks of the desk; undefined when the server died over it. */
  async execute<K extends CommandKind>(kind: K, body: CommandBody<K>): Promise<unknown> {
    if (this.road === undefined || this.#isStopping) return undefined;
    const { stations } = this.road;
    const execute = createExecute({ ...stations, changed: () => undefined });
    const answer = await execute({ id: 'c', kind, actor: 'citizen', body });
    return isRejection(answer) ? undefined : answer;
  }

  start(): void {
    const { world } = this.#deps;
    const life = new Life(`main ${++this.#lives}`);
    this.#main = life;
    this.#isStopping = false;
    world.note(`start ${life.name}`);
    void this.#open(life).catch((error: unknown) => this.#failed(error, () => this.start(), life));
  }

  die(of: Death): void {
    const { world, disk, database } = this.#deps;
    world.note(`death: ${of}`);
    // A process that is stopping starts no thread anew: what is left of its stop is its end.
    const death = of === 'thread' && this.#isStopping ? 'kill' : of;
    if (death === 'stop') return void this.#stop();
    const road = this.#pipelineLife;
    if (road !== undefined) road.dead = true;
    this.road = undefined;
    database.crash();
    if (death === 'thread') {
      if (road !== undefined) disk.threadEnded(road);
      if (this.packets !== undefined) this.#later(() => this.#startRoad(this.#main));
      return;
    }
    this.#main.dead = true;
    this.packets = undefined;
    if (death === 'power') disk.powerCut();
    else for (const life of [this.#main, road]) if (life !== undefined) disk.processKilled(life);
    this.#later(() => this.start());
  }

  async #open(life: Life): Promise<void> {
    const packets = await Log.open({
      folder: packetsFolder,
      segmentBytes: this.#deps.segment,
      linger: 3,
      disk: this.#disk(life),
      timers: this.#deps.world.timers(life),
    });
    if (life.dead) return;
    await this.#deps.opened(packets);
    this.packets = packets;
    this.#listeningSince = this.#deps.world.now();
    packets.onHead((head) => {
      const to = this.#pipelineLife;
      if (to !== undefined)
        this.#deps.world.at(0.05, to, () => this.road?.stations.packets.advance(head));
    });
    this.#startRoad(life);
  }

  #startRoad(main: Life): void {
    const life = new Life(`road ${++this.#lives}`);
    this.#pipelineLife = life;
    this.#deps.world.note(`start ${life.name}`);
    void this.#openRoad(life).catch((error: unknown) => {
      life.dead = true;
      this.#deps.database.crash();
      this.#failed(error, () => this.#startRoad(main), main);
    });
  }

  async #openRoad(life: Life): Promise<void> {
    const { world, setting, database, influx, segment, bug } = this.#deps;
    const { config, city } = setting;
    const timers = world.timers(life);
    const packets = this.packets!;
    const { id, head, oldest } = packets;
    const store = createInfluxStore({ ...address, transport: influx.transport(life), timers });
    const stations = await openStations({
      config: { ...config, log: { ...config.log, segment: segment / 1_048_576 } },
      folder,
      city,
      packetsLog: { id, head, oldest, since: this.#listeningSince },
      now: world.now,
      ports: {
        disk: this.#disk(life),
        timers,
        openDatabase: async () => database.open(life),
        openStore: () => plants.store(bug, store),
      },
    });
    if (life.dead) return;
    this.ticks.push({ after: stations.cursors.get('rules')!, listening: this.#listeningSince });
    const { road, stage } = watchTicks(this.ticks);
    const pipeline = startPipeline(stations, {
      road: (whole) => plants.road(bug, road(whole)),
      stage,
    });
    stations.packets.advance(packets.head);
    this.road = { life, stations, pipeline };
    this.problem = '';
    world.note(`up ${life.name}`);
    pipeline.failed.catch((error: unknown) => {
      if (life.dead) return;
      life.dead = true;
      this.road = undefined;
      this.#deps.disk.threadEnded(life);
      database.crash();
      this.#failed(error, () => this.#startRoad(this.#main), this.#main);
    });
  }

  /** SIGTERM: as the server does it, in its order. */
  async #stop(): Promise<void> {
    const { packets, road } = this;
    if (packets === undefined || road === undefined) return this.die('kill');
    const main = this.#main;
    this.#isStopping = true;
    await road.pipeline.close().catch(ignoreInjected);
    await packets.close().catch(ignoreInjected);
    if (this.#main !== main || main.dead) return;
    this.#deps.world.note('stopped');
    main.dead = true;
    road.life.dead = true;
    // Told to stop twice, it goes while the first close is still at the disk: nothing of it outlives it.
    for (const life of [main, road.life]) this.#deps.disk.processKilled(life);
    this.#deps.database.crash(); // a command may have been under way
    this.packets = undefined;
    this.road = undefined;
    this.#later(() => this.start());
  }

  /** A start or a road that failed: an injected fault is waited for, anything else is a bug. */
  #failed(error: unknown, again: () => void, owner: Life): void {
    if (owner.dead) return;
    this.problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#deps.world.note(`failed: ${this.problem.split('\n')[0]}`);
    if (error instanceof Violation) return this.#deps.broke(error);
    if (!isInjected(error)) {
      return this.#deps.broke(new Violation(8, `the road met a bug: ${this.problem}`));
    }
    this.#later(again);
  }

  /** Starts something again soon, unless another death comes first. */
  #later(work: () => void): void {
    const deaths = ++this.#deaths;
    this.#deps.world.at(this.#deps.world.random.uniform(50, 2_000), undefined, () => {
      if (deaths === this.#deaths) work();
    });
  }

  #disk(life: Life): Disk {
    return plants.disk(this.#deps.bug, this.#deps.disk.port(life));
  }
}
