import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/server.ts';
import { exactly, none, type Figures } from './figures.ts';
import { judge } from './judge.ts';
import type { Part, Place } from './place.ts';
import { addVerdicts } from './verdicts.ts';

/** Load that runs in the background until it is stopped. */
export interface Load {
  stop(): Promise<void>;
}

/** Lets the fleet publish until `stop`. */
export async function startLoad(place: Place): Promise<Load> {
  await place.fleet.connect(place.server.mqtt);
  const stopping = new AbortController();
  const published = place.fleet.publish({ into: place.list, signal: stopping.signal });
  return {
    async stop() {
      stopping.abort();
      await published;
    },
  };
}

/** Waits until `/readyz` names a part in one of these states, with a reason like that; its part, or undefined after `seconds`. */
export async function seen(
  place: Place,
  wanted: { readonly part: RegExp; readonly reason?: RegExp },
  seconds = 20,
): Promise<Part | undefined> {
  const isWanted = ({ part, state, reason = '' }: Part): boolean =>
    state !== 'ok' && wanted.part.test(part) && (wanted.reason ?? /./).test(reason);
  return eventually(
    () => place.ready(),
    ({ parts }) => parts.some(isWanted),
    seconds,
  ).then(
    ({ parts }) => parts.find(isWanted),
    () => undefined,
  );
}

/** Waits until `/readyz` says that every part is well; the seconds it took, or NaN after `seconds`. */
export async function wellAgain(place: Place, seconds = 60): Promise<number> {
  const from = performance.now();
  return eventually(
    () => place.ready(),
    ({ status, parts }) => status === 200 && parts.every(({ state }) => state === 'ok'),
    seconds,
  ).then(
    () => (performance.now() - from) / 1_000,
    () => NaN,
  );
}

/** Waits for `count` more acknowledgements; the seconds it took, or NaN after `seconds`. */
export async function acknowledgesAgain(place: Place, count = 50, seconds = 60): Promise<number> {
  const from = performance.now();
  const goal = place.fleet.acknowledged() + count;
  while (place.fleet.acknowledged() < goal) {
    if (performance.now() - from > seconds * 1_000) return NaN;
    await sleep(20);
  }
  return (performance.now() - from) / 1_000;
}

/** What one fault does to a running server, and how it is seen while it lasts. */
export interface Fault {
  readonly name: string;
  /** Begins it under load; resolves once it bites. */
  begin(place: Place): Promise<unknown>;
  /** Where health must speak of it; undefined where health has nothing to say. */
  readonly seen: { readonly part: RegExp; readonly reason?: RegExp } | undefined;
  /** More to look at while it lasts. */
  during?(place: Place): Promise<void>;
  end(place: Place): Promise<unknown>;
}

/** Load, the fault, its trace in health, its end, recovery without a hand, and the verdict. */
export async function suffer(figures: Figures, place: Place, fault: Fault): Promise<void> {
  const { name } = fault;
  figures.say(`${name}: begins`);
  const load = await startLoad(place);
  await sleep(300); // so that it begins in the midst of the load
  await fault.begin(place);
  if (fault.seen !== undefined) {
    const part = await seen(place, fault.seen);
    figures.say(`${name}: health says ${JSON.stringify(part)}`);
    figures.add(`${name}: seen in health`, 'times', part === undefined ? 0 : 1, exactly(1));
  }
  await fault.during?.(place);
  await fault.end(place);
  const well = await wellAgain(place);
  figures.add(`${name}: until well again`, 's', well, { is: '<', value: 60 });
  const owed = place.fleet.connected() > 0 ? await acknowledgesAgain(place) : 0;
  figures.add(`${name}: until 50 more acknowledged`, 's', owed, { is: '<', value: 30 });
  await load.stop();
  figures.add(
    `${name}: still owed at the end`,
    'messages',
    (await place.fleet.settle(30)) ? 0 : place.fleet.owed(),
    none,
  );
  addVerdicts(figures, name, [await judge(place, 300)]);
}
