import { once } from 'node:events';
import { ServiceError, type Asset } from '#model';
import { createBackOff } from './back-off.ts';
import type { Report } from './citizen.ts';
import { ask, persist, RefusedError } from './http.ts';
import { openLink, type Link } from './link.ts';
import {
  bridge,
  clockMessage,
  clockTopic,
  reportForm,
  requestsPath,
  statusMessage,
  telemetryMessage,
  type Message,
} from './message.ts';
import { createMeter, type Meter } from './meter.ts';
import type { Outlet } from './outlet.ts';
import { registerBridge, registerDevice, type Registry } from './register.ts';

export interface LiveOptions {
  readonly registry: Registry;
  /** Each device's token by its id. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Address of the broker. */
  readonly mqtt: string;
  readonly site: string;
  /** Counts the starts of the devices: (device, boot, seq) must never come twice. */
  readonly boot: number;
  /** The server follows the city's clock: what to tell it first on each connection. */
  readonly clock?: () => Message | undefined;
  readonly meter: Meter;
  readonly log: (line: string) => void;
}

/** Plays the city against a server: a connection a device, a form a report. */
export async function goLive(options: LiveOptions, signal: AbortSignal): Promise<Outlet> {
  const clock = options.clock && (await openClock(options, options.clock, signal));
  const links = new Map<string, Link>();
  const posts = new Set<Promise<void>>();
  const closing = new AbortController();

  function post(report: Report): void {
    const sent = send(options, report, closing.signal).finally(() => posts.delete(sent));
    posts.add(sent);
  }

  return {
    take(event) {
      switch (event.type) {
        case 'clock':
          clock?.send(clockMessage(event.at, event.rate));
          break;
        case 'boot':
          links.set(event.asset.id, openDevice(options, event.asset, clock));
          break;
        case 'telemetry':
          links.get(event.asset.id)?.send(telemetryMessage(options.site, options.boot, event));
          break;
        case 'report':
          post(event.report);
          break;
        case 'fault':
          break;
      }
      return undefined;
    },
    async close() {
      closing.abort();
      const ends = [...links.values(), ...(clock ? [clock] : [])].map((link) => link.close());
      await Promise.all([...ends, ...posts]);
    },
  };
}

/** The connection that carries the city's clock, up: nothing may reach the server before its first message. */
async function openClock(
  { registry, mqtt, log }: LiveOptions,
  hello: () => Message | undefined,
  signal: AbortSignal,
): Promise<Link> {
  const { random, onWait } = registry;
  const register = (within: AbortSignal) => registerBridge(registry, bridge, [clockTopic], within);
  const backOff = createBackOff(random.split(bridge));
  const token = await persist(() => register(signal), { backOff, signal, onWait });
  signal.throwIfAborted();
  const link = openLink({
    url: mqtt,
    login: bridge,
    token,
    hello,
    renew: register,
    // Everybody waits for this one, so it comes back sooner. Its messages are not the city's.
    backOff: createBackOff(random.split('clock'), 250, 2_000),
    meter: createMeter(),
    log,
  });
  await Promise.race([link.connected(), once(signal, 'abort')]);
  if (!signal.aborted) return link;
  await link.close();
  throw signal.reason;
}

function openDevice(options: LiveOptions, asset: Asset, clock: Link | undefined): Link {
  const { registry, site } = options;
  return openLink({
    url: options.mqtt,
    login: asset.id,
    token: options.tokens.get(asset.id) ?? '',
    will: statusMessage(site, asset, false),
    hello: () => statusMessage(site, asset, true),
    // After a restart, too, the server must know the time before it hears of anything else.
    ...(clock ? { gate: () => clock.connected() } : {}),
    renew: (within) => registerDevice(registry, asset, within),
    backOff: createBackOff(registry.random.split(asset.id)),
    meter: options.meter,
    log: options.log,
  });
}

/** Sends a report as a telephone does: it tries for some two minutes, then the citizen gives up. */
async function send(
  { registry, meter, log }: LiveOptions,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const body = new URLSearchParams({ api_key: registry.key, ...reportForm(report) });
  const url = new URL(requestsPath, registry.api).href;
  const backOff = createBackOff(registry.random.split(`${report.citizen} ${report.at}`));
  try {
    await persist(() => ask({ method: 'POST', url, body }, signal), { backOff, signal, tries: 12 });
    meter.reports += 1;
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof RefusedError || error instanceof ServiceError)) throw error;
    log(`${report.citizen}: ${error.message}`);
  }
}
