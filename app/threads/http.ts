import { parentPort, workerData } from 'node:worker_threads';
import { loadCity } from '#app/city.ts';
import { createFollowedClock, wallClock } from '#app/clock.ts';
import { openReadOnly } from '#app/database/database.ts';
import { createServer } from '#app/http/server.ts';
import { createLogger } from '#app/logging.ts';
import { openStore } from '#app/stations.ts';
import type { HttpCalls, HubCalls, ThreadData } from '#app/threads/contracts.ts';
import { link } from '#app/threads/link.ts';
import { giveWay } from '#app/threads/priority.ts';

/* The http thread: reads siaga.db, changes it only by commands that the pipeline carries out. */

giveWay(10);
const { config, folder, followFrom } = workerData as ThreadData;
const followed = followFrom === undefined ? undefined : createFollowedClock(followFrom);
const opened = Promise.withResolvers<void>();
const cleanup: (() => Promise<unknown>)[] = [];

const calls: HttpCalls = {
  open: () => opened.resolve(),
  tick: (tick) => followed?.follow(tick),
  async stop() {
    for (const close of cleanup.reverse()) await close();
    setImmediate(() => parentPort!.close());
  },
};
const { calls: hub } = link<HubCalls>(parentPort!, calls);
const city = await loadCity(config);
if (Array.isArray(city)) throw new Error('the city was loadable a moment ago');

// Its modules are loaded beside the pipeline's; siaga.db is there only when the pipeline has opened it.
void hub.loaded();
await opened.promise;
const db = openReadOnly(folder.database);
cleanup.push(() => db.destroy());
const store = openStore(config, folder.series, true);
cleanup.push(() => store.close());
const server = await createServer({
  config,
  secret: folder.secret,
  demo: folder.stamp.mode === 'demo',
  db,
  store,
  city,
  hub,
  now: followed?.now ?? wallClock,
  log: createLogger('http', config.log.level),
});
cleanup.push(() => server.close());
await server.listen({ host: config.http.host, port: config.http.port });
const address = server.server.address();
await hub.listening(
  typeof address === 'object' && address !== null ? address.port : config.http.port,
);
