import { createAgenda, type Agenda } from './agenda.ts';
import { createCitizens, dumpsOfDay, reportsOf } from './citizen.ts';
import type { City } from './city.ts';
import type { Clock } from './clock.ts';
import { createDevice, type Device } from './device.ts';
import type { CityEvent, Task } from './event.ts';
import { faultsOfDay, type Fault } from './fault.ts';
import type { Random } from './random.ts';
import { day, type Thing } from './thing.ts';

export interface Plan {
  readonly city: City;
  readonly fleet: readonly Thing[];
  /** How many citizens look around. */
  readonly citizens: number;
  readonly random: Random;
  /** City times, epoch ms; the end is exclusive and may be Infinity. */
  readonly from: number;
  readonly until: number;
  /** With it, the city's clock is an event too, each wall second. */
  readonly clock?: Clock;
}

/** Lives through the city's time, one event after the other, as fast as they are taken. */
export function* simulate(plan: Plan): Generator<CityEvent> {
  const agenda = createAgenda<Task>();
  // Before anything else of that time: the server has to know what time it is.
  if (plan.clock !== undefined) agenda.add(plan.from, ticking(plan.clock, agenda));
  const devices = new Map(
    plan.fleet.map((asset) => [asset.id, createDevice(asset, plan, agenda)] as const),
  );
  agenda.add(plan.from, daily(plan, devices, agenda));

  for (let next = agenda.take(); next !== undefined && next.at < plan.until; next = agenda.take()) {
    yield* next.task(next.at);
  }
}

function ticking(clock: Clock, agenda: Agenda<Task>): Task {
  return function* tick(at) {
    yield { type: 'clock', at, rate: clock.rateAt(at) };
    agenda.add(clock.tickAfter(at), tick);
  };
}

/** At the beginning of each day: what will go wrong, and who will say so. */
function daily(plan: Plan, devices: ReadonlyMap<string, Device>, agenda: Agenda<Task>): Task {
  const { city, fleet, from } = plan;
  const citizens = createCitizens(plan.citizens, plan.random);
  let number = 0;

  return function nextDay(at) {
    const random = plan.random.split(`day ${number}`);
    const faults = faultsOfDay(fleet, number, from, random);
    for (const fault of faults) happen(fault, devices.get(fault.asset.id), agenda);
    const reports = [
      ...faults.flatMap((fault) => reportsOf(fault, city, citizens, random)),
      ...dumpsOfDay(city, citizens, number, from, random),
    ];
    for (const report of reports) {
      agenda.add(report.at, (now) => [{ type: 'report', at: now, report }]);
    }
    number += 1;
    agenda.add(at + day, nextDay);
    return [];
  };
}

function happen(fault: Fault, device: Device | undefined, agenda: Agenda<Task>): void {
  agenda.add(fault.from, function* begin(at) {
    yield { type: 'fault', at, phase: 'begins', fault };
    if (device !== undefined) yield* device.strike(fault.kind, at);
  });
  agenda.add(fault.until, function* end(at) {
    yield { type: 'fault', at, phase: 'ends', fault };
    if (device !== undefined) yield* device.mend(fault.kind, at);
  });
}
