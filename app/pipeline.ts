import { run, type Consumer, type Running } from '#app/consumer.ts';
import { decodeStage } from '#app/decode-stage.ts';
import { rulesStage } from '#app/rules-stage.ts';
import { storeStage } from '#app/store-stage.ts';
import type { Stations } from '#app/stations.ts';

/** What the stages work with. */
export type Road = Omit<Stations, 'tail'> & { readonly tail: Pick<Stations['tail'], 'push'> };

/** What stands around the stages: measures, traces, care after a death. */
export interface Watch {
  /** The same stations, watched. */
  readonly road: (road: Road) => Road;
  /** The same stage, watched; `cursor` is where it begins. */
  readonly stage: (consumer: Consumer, cursor: number) => Consumer;
}

/**
 * The road behind the packets log, in order; a reader needs no other map. Each stage has a cursor of
 * its own, so one that waits (InfluxDB away) holds no other up. `isCaughtUp` says that decode has passed
 * all packets.
 */
export function createRoad(stations: Road, isCaughtUp: () => boolean): Consumer[] {
  return [
    decodeStage({ ...stations, log: stations.packets, readings: stations.readings }),
    rulesStage({ ...stations, log: stations.readReadings(), isCaughtUp }),
    storeStage({ ...stations, log: stations.readReadings() }),
  ];
}

/** The road at work. */
export interface Pipeline {
  readonly stages: readonly Running[];
  /** The lowest cursor in a log: what lies below has been passed by every consumer. */
  passed(log: 'packets' | 'readings'): number;
  /** Rejects when a stage met a bug: then the thread must end, loudly. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** Starts every stage behind its cursor; `close` stops them between two commits and closes the stations. */
export function startPipeline(stations: Stations, watch?: Watch): Pipeline {
  const stop = new AbortController();
  const decoded = (): number | undefined => stages[0]?.position();
  const isCaughtUp = (): boolean => decoded() === stations.packets.head();
  const road = createRoad(watch?.road(stations) ?? stations, isCaughtUp);
  const stages: readonly Running[] = road.map((stage) => {
    const cursor = stations.cursors.get(stage.name)!;
    return run(watch?.stage(stage, cursor) ?? stage, cursor, stop.signal, stations.timers);
  });
  const failed = new Promise<never>((_, fail) => {
    for (const { ended } of stages) ended.catch(fail);
  });
  return {
    stages,
    failed,
    passed: (log) =>
      Math.min(
        ...stages
          .filter(({ name }) => (name === 'decode') === (log === 'packets'))
          .map((stage) => stage.position()),
      ),
    async close() {
      stop.abort();
      await Promise.allSettled(stages.map(({ ended }) => ended));
      await stations.close();
    },
  };
}
