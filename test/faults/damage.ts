import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Log } from '#ingest';
import { exactly, none, type Figures } from './figures.ts';
import { drain } from './judge.ts';
import { makePlace, type Place } from './place.ts';
import { seqValues } from './sink.ts';

const records = 20_000;

/** A flipped bit in an old segment, and one that is gone: counted corrupt and shown; the rest goes on. */
export async function damagedLog(figures: Figures): Promise<void> {
  await damaged(figures, 'flipped bit in an old segment', async (folder, segments) => {
    const file = await open(join(folder, segments[1]!), 'r+');
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, 100_000);
    byte[0]! ^= 0x10;
    await file.write(byte, 0, 1, 100_000);
    await file.close();
    return 1;
  });
  await damaged(figures, 'segment missing in the middle', async (folder, segments) => {
    await rm(join(folder, segments[1]!));
    return baseOf(segments[2]!) - baseOf(segments[1]!);
  });
  await firstMissing(figures);
}

/** Records are gone that nobody has seen, and nobody can say how many were acknowledged: no start without a person. */
async function firstMissing(figures: Figures): Promise<void> {
  const name = 'first segment missing';
  const place = await makePlace();
  try {
    const segments = await fill(place);
    await rm(join(place.folder, 'data/packets', segments[0]!));
    const said = await place.start().then(() => '', String);
    figures.say(`${name}: ${said.slice(0, 300)}`);
    const isTold = said.includes('the log begins with record');
    figures.add(`${name}: start refused, with the reason`, 'times', isTold ? 1 : 0, exactly(1));
  } finally {
    await place.end();
  }
}

/** Stops the server and leaves it a log of several segments; their names. */
async function fill(place: Place): Promise<string[]> {
  await place.register(1);
  await place.server.stop();
  const folder = join(place.folder, 'data/packets');
  await writeRecords(folder);
  return (await readdir(folder)).filter((file) => file.endsWith('.log')).sort();
}

function baseOf(name: string): number {
  return Number(name.slice(0, 16));
}

async function damaged(
  figures: Figures,
  name: string,
  damage: (folder: string, segments: readonly string[]) => Promise<number>,
): Promise<void> {
  const place = await makePlace();
  try {
    const segments = await fill(place);
    const lost = await damage(join(place.folder, 'data/packets'), segments);
    await place.start();
    await recount(figures, place, name, lost);
  } finally {
    await place.end();
  }
}

async function recount(figures: Figures, place: Place, name: string, lost: number): Promise<void> {
  const books = await drain(place, records, 30).catch(() => undefined);
  const decode = books?.consumers.find(({ consumer }) => consumer === 'decode');
  if (books === undefined) figures.say(`${name}: the books were never closed`);
  const corrupt = decode?.classes['corrupt'] ?? 0;
  figures.add(`${name}: records counted corrupt`, 'records', corrupt, exactly(lost));
  const stored = place.sink.messages();
  figures.add(`${name}: the others stored`, 'messages', stored, exactly(records - lost));
  const bad = books?.consumers.filter(({ balanced }) => !balanced).length ?? 3;
  figures.add(`${name}: books out of balance`, 'consumers', bad, none);
}

async function writeRecords(folder: string): Promise<void> {
  const log = await Log.open({ folder, segmentBytes: 1 << 20, linger: 0 });
  const now = Date.now() - records;
  for (let from = 0; from < records; from += 1_000) {
    await log.appendAll(
      Array.from({ length: 1_000 }, (_, i) => {
        const [seq, receivedAt] = [from + i, now + from + i];
        const body = { v: 1, ts: receivedAt, boot: 1, seq, values: seqValues(seq) };
        return {
          receivedAt,
          principal: 'bin-0000',
          topic: 'city/v1/kupang/bin/bin-0000/telemetry',
          bytes: Buffer.from(JSON.stringify(body)),
        };
      }),
    );
  }
  await log.close();
}
