import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { LogEntry } from '#model';
import { FolderReader, Log, readReading } from '#ingest';
import { createRegistry } from '#registry';
import { scope } from '#app/database/database.ts';
import { PointCount } from '#app/verify/series.ts';
import { verifyLedger } from '#app/verify/verify.ts';
import { payload, type SaidMetric } from '../support/sparkplug.ts';
import { bin, books, fillRoad, say, start, type SmallRoad } from './small-road.ts';

/** Thirty good ones, two resends, one without values, two that are of no use. */
function someDay(): LogEntry[] {
  const packets: LogEntry[] = [];
  for (let n = 0; n < 30; n++) {
    const body = {
      boot: 1,
      seq: n,
      ts: start + n * 1_000,
      values: { fill_level: n, temperature: 30 },
    };
    packets.push(say(`bin-${(n % 3) + 1}`, body, n));
    if (n === 4 || n === 20) packets.push(say(`bin-${(n % 3) + 1}`, body, n + 1));
  }
  packets.push(say('bin-1', { values: {} }, 40));
  packets.push(say('bin-1', 'no json', 41), say('ghost-1', { fill_level: 3 }, 42));
  return packets;
}

const verify = ({ config, city }: SmallRoad) => verifyLedger(config, city, () => undefined);

/** Writes the readings log anew, as `change` has it. */
async function rewrite(
  { folder }: SmallRoad,
  change: (entries: LogEntry[]) => LogEntry[],
): Promise<void> {
  const reader = new FolderReader(folder.readings, 30);
  const entries = await reader.read(0, 1_000);
  await reader.close();
  rmSync(folder.readings, { recursive: true });
  const log = await Log.open({ folder: folder.readings, segmentBytes: 1 << 20, linger: 0 });
  await log.appendAll(change([...entries]));
  await log.close();
}

describe('ledger --verify', () => {
  test('counts what the road has counted', async () => {
    const road = await fillRoad(someDay());
    const { lines, differences, notes } = await verify(road);
    expect({ differences, notes }).toEqual({ differences: [], notes: [] });
    const counted = lines.map(({ what, counted: number, verdict }) => [what, number, verdict]);
    expect(counted).toEqual([
      ['decode: decoded', '30', 'same'],
      ['decode: empty', '1', 'same'],
      ['decode: duplicate', '2', 'same'],
      ['decode: dead', '2', 'same'],
      ['decode: corrupt', '0', 'same'],
      ['decode: readings written', '30', 'same'],
      ['rules: done', '30', 'same'],
      ['rules: dead', '0', 'same'],
      ['rules: corrupt', '0', 'same'],
      ['store: done', '30', 'same'],
      ['store: dead', '0', 'same'],
      ['store: corrupt', '0', 'same'],
      ['store: values of bin', '60', 'same'],
    ]);
  });

  test('names a counter that is wrong though the sum is right', async () => {
    const road = await fillRoad(someDay());
    await road.tamper(async (db) => {
      const set = (name: string, count: number) =>
        books(db).updateTable('counter').set({ count }).where('class', '=', name).execute();
      await set('duplicate', 3);
      await set('empty', 0);
    });
    const { lines, differences } = await verify(road);
    expect(differences).toEqual([]); // the sum balances: only counting tells
    const wrong = lines.filter(({ verdict }) => verdict === 'differs').map(({ what }) => what);
    expect(wrong).toEqual(['decode: empty', 'decode: duplicate']);
  });

  test('names a packet whose reading is lost, and one that was taken twice', async () => {
    const lost = await fillRoad(someDay());
    await rewrite(lost, (entries) => entries.filter((_, i) => i !== 9));
    expect((await verify(lost)).differences).toEqual([
      'packet 11 has no reading, no dead letter, and repeats none',
      "1 readings can't be read back",
      'bin bin-1 fill_level: 10 points stored, 9 read',
      'bin bin-1 temperature: 10 points stored, 9 read',
    ]);

    const twice = await fillRoad(someDay());
    await rewrite(twice, (entries) => {
      const reading = readReading({ ...entries[4]!, number: 5 });
      const again = Buffer.from(JSON.stringify({ ...reading, packet: 6 }));
      return [...entries.slice(0, 5), { ...entries[4]!, bytes: again }, ...entries.slice(5, 29)];
    });
    expect((await verify(twice)).differences).toContainEqual(
      'packet 6 repeats an earlier one, and has readings all the same',
    );
  });

  test('names the series of which the store lacks a point, or has one too many', async () => {
    const road = await fillRoad(someDay());
    const series = new DatabaseSync(road.folder.series);
    const pick = `SELECT id FROM series WHERE asset = 'bin-2' AND field = 'fill_level'`;
    series.exec(`DELETE FROM sample WHERE series IN (${pick}) AND time = ${start + 1_000}`);
    series.exec(
      `INSERT INTO sample SELECT id, 5, 5, 5 FROM series WHERE asset = 'bin-3' AND field = 'temperature'`,
    );
    series.close();
    const { lines, differences } = await verify(road);
    expect(differences).toEqual([
      'bin bin-2 fill_level: 9 points stored, 10 read',
      'bin bin-3 temperature: 11 points stored, 10 read',
    ]);
    expect(lines.at(-1)).toMatchObject({ verdict: 'differs' });
  });

  test('says what it cannot compare once old segments are gone', async () => {
    const day = someDay();
    const wide = { values: { fill_level: 1 }, note: 'x'.repeat(12_000) };
    // A megabyte a segment: the packets log has several of them, the readings log one.
    for (let n = 0; n < 300; n++) day.push(say('bin-1', { ...wide, boot: 2, seq: n }, 100 + n));
    const road = await fillRoad(day);
    const log = await Log.open({ folder: road.folder.packets, segmentBytes: 1 << 20, linger: 0 });
    await log.trim(log.head, 0);
    expect(log.oldest).toBeGreaterThan(100);
    await log.close();
    const { lines, differences, notes } = await verify(road);
    expect(differences).toEqual([]);
    expect(lines[0]).toMatchObject({ what: 'decode: decoded', books: '330', verdict: 'cannot' });
    expect(notes.join()).toContain('no longer in the logs');
  });

  test('does without the Sparkplug births that are no longer in the log', async () => {
    const said = (verb: string, n: number, ...metrics: SaidMetric[]): LogEntry => ({
      receivedAt: start + n * 1_000,
      principal: 'source:network',
      topic: `spBv1.0/Kupang/${verb}/edge-1`,
      bytes: payload({ timestamp: start + n * 1_000, seq: n % 256, metrics }),
    });
    const padding = { name: 'Properties/Notes', string: 'x'.repeat(12_000) };
    const day = [said('NBIRTH', 0, { name: 'fill_level', alias: 1, datatype: 10, double: 1 })];
    for (let n = 1; n < 300; n++)
      day.push(said('NDATA', n, { alias: 1, double: n % 100 }, padding));
    // One that nothing remembers of: sent again, and known again by what it says.
    day.push(day[299]!, said('NDATA', 300, { name: 'bdSeq', long: 1n }));
    const identities = [{ system: 'sparkplug' as const, id: 'Kupang/edge-1' }];
    const road = await fillRoad(day, [{ ...bin('edge-1'), identities }]);
    const whole = await verify(road);
    expect(whole).toMatchObject({ differences: [], notes: [] });
    expect(whole.lines.every(({ verdict }) => verdict === 'same')).toBe(true);

    const log = await Log.open({ folder: road.folder.packets, segmentBytes: 1 << 20, linger: 0 });
    await log.trim(log.head, 0);
    expect(log.oldest).toBeGreaterThan(1);
    await log.close();
    const { lines, differences, notes } = await verify(road);
    expect(differences).toEqual([]);
    expect(lines.filter(({ verdict }) => verdict === 'differs')).toEqual([]);
    expect(notes.join()).toContain('birth said that is no longer in the log');
  });

  test('takes a device that was registered later for a change, not for a loss', async () => {
    const road = await fillRoad(someDay());
    await road.tamper(async (db) => {
      const profiles = new Set(road.city.profiles.keys());
      const known = { ...road.city, profiles, site: 'kupang', secret: 's' };
      await createRegistry(known).putDevice(scope(db), bin('ghost-1'), start - 1_000);
    });
    const { differences, notes } = await verify(road);
    expect(differences).toEqual([]);
    expect(notes.join()).toContain('1 packets would be taken otherwise today');
  });
});

describe('count of points', () => {
  const reading = {
    asset: 'a',
    device: 'a',
    kind: 'bin',
    observedAt: 1,
    receivedAt: 1,
    packet: 1,
    nano: 0,
  };

  test('leaves open whether a reading that looks like another is a point of its own', () => {
    const points = new PointCount();
    points.add({ ...reading, values: { x: 1, y: 1 } }, false);
    points.add({ ...reading, values: { x: 2 } }, false);
    points.add({ ...reading, nano: 1, values: { x: 2 } }, true);
    expect(points.of('bin')).toMatchObject([
      { name: 'a x', least: 1, most: 3 },
      { name: 'a y', least: 1, most: 1 },
    ]);
  });
});
