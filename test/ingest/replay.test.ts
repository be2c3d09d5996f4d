import { describe, expect, test } from 'vitest';
import { closeLetters, listDeadLetters } from '../../ingest/dead-letters.ts';
import { replayEntry, replayProblem } from '../../ingest/replay.ts';
import { now } from './decode/city.ts';
import { eui, hour, open, uplink } from './stranger-road.ts';

describe('a dead letter', () => {
  test('becomes a reading of its own time when its device is known by now', async () => {
    const { db, pass, letters, accounts, readings, quarantine, register } = await open();
    await pass(uplink());
    const [letter] = await letters();
    expect(letter).toMatchObject({ code: 'ingest.device_unknown', stranger: `dev_eui/${eui.id}` });
    register();
    await pass(replayEntry(letter!, 'admin', now + 5 * hour));
    expect(await readings()).toMatchObject([
      {
        asset: 'bin-1',
        observedAt: Date.parse('2026-11-24T07:59:00Z'),
        receivedAt: now + 5 * hour,
        packet: 2,
        values: { fill_level: 40 },
      },
    ]);
    expect(await letters()).toMatchObject([{ id: letter!.id, replayedBy: 2 }]);
    expect(replayProblem((await letters())[0]!)).toMatchObject({ code: 'ingest.letter_fixed' });
    expect(await accounts()).toMatchObject([
      { position: 2, balanced: true, counts: { dead: 1, decoded: 1 } },
    ]);
    expect(await listDeadLetters(db, { limit: 9 }, { state: 'open' })).toEqual([]);
    expect(await quarantine()).toMatchObject([{ login: 'chirpstack', packets: 1 }]);
  });

  test('takes its time of then where it says none, and is no news for that', async () => {
    const { pass, letters, readings, register } = await open();
    await pass(uplink({ time: undefined }));
    register();
    await pass(replayEntry((await letters())[0]!, 'admin', now + 5 * hour));
    expect(await readings()).toMatchObject([{ observedAt: now, receivedAt: now + 5 * hour }]);
  });

  test('is the same points in the store however often it comes again', async () => {
    const { pass, letters, readings, accounts, register } = await open();
    await pass(uplink({ deduplicationId: undefined, fCnt: 7, devAddr: '00189440' }));
    register();
    const again = replayEntry((await letters())[0]!, 'admin', now);
    await pass(again, again, uplink({ deduplicationId: undefined, fCnt: 7, devAddr: '00189440' }));
    expect(await readings()).toHaveLength(1);
    expect(await accounts()).toMatchObject([{ counts: { dead: 1, decoded: 1, duplicate: 2 } }]);
  });

  test('is a letter again, as the packet that it was, when nothing was mended', async () => {
    const { pass, letters, accounts, quarantine } = await open();
    await pass(uplink());
    const [first] = await letters();
    await pass(replayEntry(first!, 'admin', now + hour));
    const [second] = await letters();
    expect(second).toEqual({ ...first, id: 2, record: 2 });
    expect((await letters())[1]).toMatchObject({ replayedBy: 2 });
    expect(await accounts()).toMatchObject([{ position: 2, balanced: true, counts: { dead: 2 } }]);
    expect(await quarantine()).toMatchObject([{ packets: 2, login: 'chirpstack' }]);
  });

  test('of a part brings that part, and the rest a second time as the same points', async () => {
    const { pass, letters, readings, register } = await open();
    register();
    await pass(uplink({ object: { fill_level: 40, temperature: 'hot' } }));
    const [letter] = await letters();
    expect(letter).toMatchObject({ part: 'object.temperature' });
    await pass(replayEntry(letter!, 'admin', now + hour));
    const [first, second] = await readings();
    expect(second).toMatchObject({
      observedAt: first!.observedAt,
      nano: first!.nano,
      values: first!.values,
    });
  });

  test('of one part brings the other parts along, and nothing grows when none was mended', async () => {
    const { pass, letters, register } = await open();
    register();
    const bad = Object.fromEntries(['temperature', 'battery', 'tilt'].map((name) => [name, 'x']));
    await pass(uplink({ object: { fill_level: 40, ...bad } }));
    expect(await letters()).toHaveLength(3);
    await pass(replayEntry((await letters())[0]!, 'admin', now + hour));
    const all = await letters();
    expect(all).toHaveLength(6);
    expect(all.filter(({ replayedBy }) => replayedBy === undefined)).toHaveLength(3);
  });

  test('is done with when the packet came again by itself meanwhile', async () => {
    const { pass, letters, accounts, register } = await open();
    await pass(uplink());
    register();
    await pass(uplink());
    await pass(replayEntry((await letters())[0]!, 'admin', now + hour));
    expect(await letters()).toMatchObject([{ replayedBy: 3 }]);
    expect(await accounts()).toMatchObject([{ counts: { dead: 1, decoded: 1, duplicate: 1 } }]);
  });

  test('that nobody can read any more is a letter and stops nothing', async () => {
    const { pass, letters, accounts } = await open();
    const forged = { receivedAt: now, principal: 'x', topic: '$siaga/replay' };
    await pass(
      { ...forged, bytes: Buffer.from('') },
      { ...forged, bytes: Buffer.from('{"letter":1}\nx') },
      { ...forged, bytes: Buffer.from('no newline') },
    );
    expect((await letters()).map(({ code }) => code)).toEqual([
      'ingest.json_malformed',
      'ingest.body_invalid',
      'ingest.json_malformed',
    ]);
    expect(await accounts()).toMatchObject([{ balanced: true, counts: { dead: 3 } }]);
  });

  test('is found by what is known of it', async () => {
    const { db, pass } = await open();
    await pass(uplink(), { ...uplink(), topic: 'what/is/this', principal: 'other' });
    const records = async (filter: object) =>
      (await listDeadLetters(db, { limit: 9 }, filter)).map(({ record }) => record);
    expect(await records({ code: 'ingest.format_unknown' })).toEqual([2]);
    expect(await records({ principal: 'chirpstack' })).toEqual([1]);
    expect(await records({ topic: 'what/is/this' })).toEqual([2]);
    expect(await records({ stranger: `dev_eui/${eui.id}` })).toEqual([1]);
    expect(await records({ from: now, to: now })).toEqual([]);
    expect(await records({ from: now, to: now + 1, ids: [2] })).toEqual([2]);
    await closeLetters(db, { record: 1, packet: 9 });
    await closeLetters(db, { record: 1, packet: 10 }); // the first packet counts
    expect(await records({ state: 'open' })).toEqual([2]);
    expect(await listDeadLetters(db, { limit: 9 }, { state: 'replayed' })).toMatchObject([
      { replayedBy: 9 },
    ]);
  });
});
