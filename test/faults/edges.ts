import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createFleet } from './fleet.ts';
import { below, exactly, none, type Figures } from './figures.ts';
import { damagedLog } from './damage.ts';
import { startLoad, suffer, wellAgain } from './load.ts';
import { judge } from './judge.ts';
import { inside, makePlace, type Place } from './place.ts';
import { influxdKilled } from './influxd.ts';
import { cutMidPacket } from './cut.ts';
import { addVerdicts } from './verdicts.ts';

/** Everything else that happens to a server. */
export async function edges(figures: Figures): Promise<void> {
  const place = await makePlace({ preload: inside });
  try {
    await place.register(10, 2_000);
    await secondStart(figures, place);
    await stopped(figures, place);
    await httpKilled(figures, place);
    await cutMidPacket(figures, place);
    await terminated(figures, place);
  } finally {
    await place.end();
  }
  await reconnects(figures, 1_000);
  await influxdKilled(figures);
  await damagedLog(figures);
}

/** A second server on the same folder is refused, and the first goes on. */
async function secondStart(figures: Figures, place: Place): Promise<void> {
  const name = 'second start on the folder';
  const load = await startLoad(place);
  const child = place.launch();
  const [code] = (await once(child, 'exit')) as [number | null];
  figures.add(`${name}: its exit code`, 'code', code ?? NaN, exactly(78));
  await load.stop();
  await place.fleet.settle(30);
  addVerdicts(figures, name, [await judge(place)]);
}

/** SIGSTOP for 5 s. Nobody can see a stopped process say so; it goes on as if nothing had been. */
async function stopped(figures: Figures, place: Place): Promise<void> {
  await suffer(figures, place, {
    name: 'SIGSTOP for 5 s',
    begin: async () => {
      place.server.process.kill('SIGSTOP');
      // A timer of another process, since this one is to go on while that one stands still.
      await once(spawn('sleep', ['5']), 'exit');
    },
    seen: undefined,
    end: async () => place.server.process.kill('SIGCONT'),
  });
}

/** The http thread dies: devices do not notice, and it answers again on its port. */
async function httpKilled(figures: Figures, place: Place): Promise<void> {
  const name = 'http thread killed';
  await suffer(figures, place, {
    name,
    begin: async () => place.tell({ fault: 'end', thread: '/http.ts' }),
    seen: undefined, // who would say so? Nothing answers: that is how it is seen
    during: async () => {
      const before = place.fleet.acknowledged();
      const { status } = await place.ready();
      figures.add(`${name}: /readyz answers`, 'status', status, none);
      while (place.fleet.acknowledged() === before) await once(spawn('sleep', ['0.1']), 'exit');
    },
    end: async () => undefined,
  });
}

/** SIGTERM under load: everything acknowledged is there after the restart. */
async function terminated(figures: Figures, place: Place): Promise<void> {
  const name = 'SIGTERM under load';
  const load = await startLoad(place);
  const goal = place.fleet.acknowledged() + 500;
  while (place.fleet.acknowledged() < goal) await once(spawn('sleep', ['0.05']), 'exit');
  const from = performance.now();
  const code = await place.server.stop();
  figures.add(`${name}: until it ended`, 's', (performance.now() - from) / 1_000, below(5));
  figures.add(`${name}: exit code`, 'code', code ?? NaN, none);
  await load.stop();
  figures.add(`${name}: restart to ready`, 's', await place.start(), below(3));
  addVerdicts(figures, name, [await judge(place)]);
}

/** A thousand devices that come back in the same moment, each with something to say. */
async function reconnects(figures: Figures, count: number): Promise<void> {
  const name = `${count} clients at once`;
  const place = await makePlace();
  try {
    await place.register(count, 100_000);
    const from = performance.now();
    await place.fleet.connect(place.server.mqtt);
    figures.add(`${name}: until all are connected`, 's', (performance.now() - from) / 1_000);
    await place.fleet.publish({ into: place.list, messages: count });
    // The same again after a kill, as after a power cut.
    await place.kill();
    await place.start();
    place.fleet.hangUp();
    const again = createFleet(place.tokens, { rate: 100_000 });
    const back = performance.now();
    await again.connect(place.server.mqtt);
    figures.add(`${name}: after a restart`, 's', (performance.now() - back) / 1_000, below(30));
    figures.add(`${name}: connected`, 'connections', again.connected(), exactly(count));
    again.hangUp();
    figures.add(`${name}: until well again`, 's', await wellAgain(place), below(60));
    addVerdicts(figures, name, [await judge(place)]);
  } finally {
    await place.end();
  }
}
