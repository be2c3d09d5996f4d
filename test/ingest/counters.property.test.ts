import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Kinds, Reading } from '#model';
import { loadKinds } from '#ingest';
import { CounterBook } from '../../ingest/counters.ts';
import { shippedKinds } from '../../ingest/kinds.ts';
import { openBooks } from './books.ts';

const kinds = (await loadKinds(shippedKinds)) as Kinds;
const width = 65_536;
const half = width / 2;

/** A meter of 16 bits, and all that it ever counted. */
interface Meter {
  value: number;
  boot: number;
  total: number;
  /** What it said last, to anybody who heard it. */
  heard: number;
}

const events = ['rise', 'rise', 'boot', 'zeroed at boot', 'zeroed', 'lost'] as const;
type Event = (typeof events)[number];

/**
 * One step of the meter, within what can be told from outside: it rises by less than half its width from
 * one heard count to the next, and where it begins at zero, it has said all before and says the next soon.
 */
function count(meter: Meter, event: Event, by: number): void {
  const { value, heard } = meter;
  const unheard = (value - heard + width) % width;
  const isWrapped = heard + unheard >= width;
  const isBoot = (event === 'boot' || event === 'zeroed at boot') && !isWrapped;
  if (isBoot) meter.boot += 1;
  if (event.startsWith('zeroed') && unheard === 0 && value > 0) {
    const least = event === 'zeroed' ? Math.max(0, value - half) : 0;
    meter.value = least + (by % (value - least));
    meter.total += meter.value;
    return;
  }
  // A start hides a wrap.
  const room = isBoot ? width - 1 - heard : half - 1;
  const rise = Math.min(by, Math.max(0, Math.min(room, half - 1) - unheard));
  meter.value = (value + rise) % width;
  meter.total += rise;
}

const step = fc.record({
  event: fc.constantFrom(...events),
  by: fc.nat(40_000),
  /** What becomes of the message: the batch is prepared again, heard twice, or something old comes after it. */
  road: fc.constantFrom('once', 'once', 'prepared again', 'twice', 'late behind it'),
  isBusy: fc.boolean(),
  isRestart: fc.boolean(),
});

test(
  'increases add up to all that a counter counted, by any resets, wraps, losses, resends and restarts',
  { timeout: 60_000 },
  async () => {
    const db = await openBooks();
    const counting = { kinds, widthOf: () => width };
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const device = `lamp-${++run}`;
        const meter: Meter = { value: 0, boot: 1, total: 0, heard: 0 };
        let book = await CounterBook.open(db, counting);
        const hear = (at: number, energy = meter.value): number => {
          const session = `native/${device}/${meter.boot}`;
          const [reading] = book.take([readingOf(device, at, energy)], {
            device,
            session,
            value: at,
          });
          return Number(reading!.values['energy_increase'] ?? 0);
        };
        let sum = hear(0);
        for (const [place, { event, by, road, isBusy, isRestart }] of steps.entries()) {
          const at = (place + 1) * 1_000;
          count(meter, event, by);
          if (event === 'lost' && place < steps.length - 1) continue;
          meter.heard = meter.value;
          if (road === 'prepared again') {
            await save(book, isBusy);
            hear(at);
            await book.revert(db);
          }
          sum += hear(at);
          if (road === 'twice') sum += hear(at);
          if (road === 'late behind it') sum += hear(at - 500, 3);
          await save(book, isBusy);
          if (isRestart) book = await CounterBook.open(db, counting);
        }
        expect(sum).toBe(meter.total);

        async function save(of: CounterBook, isBusy: boolean): Promise<void> {
          // A minute does not pass in most steps.
          of.saved(await of.save(db, { packets: isBusy ? 1_000 : 1, at: 1_000 }));
        }
      }),
      { numRuns: 300 },
    );
  },
);

function readingOf(device: string, at: number, energy: number): Reading {
  return {
    asset: device,
    device,
    kind: 'streetlight',
    observedAt: at,
    receivedAt: at,
    packet: at,
    nano: 0,
    values: { energy },
  };
}
