import type { LogRecord, Mark, Now, Packet, Reading } from '#model';
import { readReading, type Decoded, type IngestTables } from '#ingest';
import type { Consumer } from '#app/consumer.ts';
import { scope, type Database } from '#app/database/database.ts';
import type { Road } from '#app/pipeline.ts';

/** A mark whose time is not known before its commit. */
type Draft = Omit<Mark, 'at' | 'readings'> & { readings?: number[] };

/** Marks what the road does with the messages of traced devices. */
export interface Tracer {
  /** Traces these devices from now on, and no others. */
  follow(devices: readonly string[]): void;
  /** The same stations, watched; costs one look at a set's size while nobody is traced. */
  road(road: Road): Road;
  /** The same stage: marks are sent when its commit has worked. */
  stage(consumer: Consumer): Consumer;
}

/** Makes a tracer; `send` gets the marks of each commit, `now` is the machine's clock. */
export function createTracer(deps: {
  readonly db: Database;
  readonly now: Now;
  readonly send: (marks: readonly Mark[]) => void;
}): Tracer {
  const { now, send } = deps;
  const db = scope<IngestTables>(deps.db);
  let traced: ReadonlySet<string> = new Set();
  const drafts = { decode: [] as Draft[], rules: [] as Draft[], store: [] as Draft[] };
  /** Filed in a transaction that is not committed yet. */
  let filed: Draft[] = [];

  const noteDecoded = (packet: Packet, result: Pick<Decoded, 'class' | 'readings' | 'online'>) => {
    const device = deviceOf(traced, packet, result);
    if (device === undefined) return;
    const { number } = packet;
    drafts.decode.push({
      device,
      stop: 'decoded',
      packet: number,
      class: result.class,
      readings: [],
    });
  };

  const noteReadings = (after: number, readings: readonly Reading[]): void => {
    readings.forEach(({ packet }, i) => {
      drafts.decode.find((draft) => draft.packet === packet)?.readings?.push(after + 1 + i);
    });
  };

  /** A message that was decoded and left no reading was sent before. */
  const asResend = (draft: Draft): Draft =>
    draft.class === 'decoded' && draft.readings?.length === 0
      ? { ...draft, class: 'duplicate' }
      : draft;

  const withFate = async (stored: readonly Draft[]): Promise<Draft[]> => {
    const numbers = stored.flatMap(({ reading }) => reading ?? []);
    const rows = await db
      .selectFrom('dead_letter')
      .select('record')
      .where('consumer', '=', 'store')
      .where('record', 'in', numbers)
      .execute();
    const dead = new Set(rows.map(({ record }) => record));
    return stored.map((draft) => ({ ...draft, class: dead.has(draft.reading!) ? 'dead' : 'done' }));
  };

  const takeDrafts = async (name: string): Promise<readonly Draft[]> => {
    if (name === 'decode') return drafts.decode.splice(0).map(asResend);
    if (name === 'rules') return [...drafts.rules.splice(0), ...filed.splice(0)];
    return drafts.store.length === 0 ? [] : withFate(drafts.store.splice(0));
  };

  const noteTaken = (records: readonly LogRecord[]): void => {
    for (const record of records) {
      const { principal: device, number } = record;
      if (record.corrupt || !traced.has(device)) continue;
      const { packet } = readReading(record);
      drafts.store.push({ device, stop: 'stored', packet, reading: number });
    }
  };

  return {
    follow(devices) {
      traced = new Set(devices);
    },

    road: (road) => ({
      ...road,
      decode(packet, births) {
        if (traced.size === 0) return road.decode(packet, births);
        try {
          const result = road.decode(packet, births);
          noteDecoded(packet, result);
          return result;
        } catch (error) {
          noteDecoded(packet, { class: 'dead', readings: [] });
          throw error;
        }
      },
      tail: {
        push(after, readings, bytes) {
          if (drafts.decode.length > 0) noteReadings(after, readings);
          road.tail.push(after, readings, bytes);
        },
      },
      rules: {
        ...road.rules,
        judge(readings) {
          const judgement = road.rules.judge(readings);
          if (traced.size === 0) return judgement;
          for (const { number, reading } of readings) {
            const { device, packet } = reading;
            if (!traced.has(device)) continue;
            const own = judgement.breaches.filter((breach) => breach.reading === number);
            const breaches = own.map(({ id }) => id);
            drafts.rules.push({ device, stop: 'judged', packet, reading: number, breaches });
          }
          return judgement;
        },
      },
      desk: {
        ...road.desk,
        async take(trx, breach, at) {
          const taken = await road.desk.take(trx, breach, at);
          const judged = drafts.rules.find(({ reading }) => reading === breach.reading);
          if (judged !== undefined) {
            const { breaches: _breaches, ...rest } = judged;
            filed.push({ ...rest, ...taken, stop: 'filed', breach: breach.id });
          }
          return taken;
        },
      },
    }),

    stage: (consumer) => ({
      ...consumer,
      take(records) {
        if (traced.size > 0 && consumer.name === 'store') noteTaken(records);
        return consumer.take(records);
      },
      async commit(from, to) {
        if (filed.length > 0 && consumer.name === 'rules') filed = [];
        await consumer.commit(from, to);
        // What is committed must not be tried again because a trace could not be told.
        const done = await takeDrafts(consumer.name).catch(() => []);
        if (done.length === 0) return;
        const at = now();
        send(done.map((draft) => ({ ...draft, at })));
      },
    }),
  };
}

/** Whose message it is: by what decode made of it, its login, or its topic. */
function deviceOf(
  traced: ReadonlySet<string>,
  { principal, topic }: Pick<Packet, 'principal' | 'topic'>,
  { readings, online }: Pick<Decoded, 'readings' | 'online'>,
): string | undefined {
  const named = [...readings.map(({ device }) => device), online?.device, principal];
  return (
    named.find((device) => device !== undefined && traced.has(device)) ?? inTopic(traced, topic)
  );
}

/** The traced device whose id is a level of a topic. */
export function inTopic(traced: Iterable<string>, topic: string): string | undefined {
  const levels = new Set(topic.split('/'));
  for (const device of traced) if (levels.has(device)) return device;
  return undefined;
}
