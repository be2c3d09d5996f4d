import { setTimeout as pause } from 'node:timers/promises';
import { deviceAt } from '../city.ts';
import type { Siaga } from '../siaga.ts';

/** Lists so many incidents, page by page, once a second until the signal; resolves with the most that it got. */
export async function listIncidents(
  { server }: Siaga,
  wanted: number,
  signal: AbortSignal,
): Promise<number> {
  let most = 0;
  while (!signal.aborted) {
    const from = performance.now();
    let rows = 0;
    let cursor = '';
    do {
      const path = `/api/v1/incidents?limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
      const { status, body } = await server.api<{ items: object[]; next: string | null }>(
        'GET',
        path,
      );
      if (status !== 200) throw new Error(`the list of incidents answers ${status}`);
      rows += body.items.length;
      cursor = body.next ?? '';
    } while (rows < wanted && cursor !== '');
    most = Math.max(most, rows);
    const rest = 1_000 - (performance.now() - from);
    await pause(Math.max(0, rest), undefined, { signal }).catch(() => undefined);
  }
  return most;
}

/** Registers devices from a number on, eight at a time, until all are there or the signal; resolves with how many. */
export async function registerDevices(
  { server }: Siaga,
  from: number,
  count: number,
  signal: AbortSignal,
): Promise<number> {
  let next = 0;
  let done = 0;
  const register = async (): Promise<void> => {
    while (next < count && !signal.aborted) {
      const { id, ...asset } = deviceAt(from + next++, 'bin');
      const { status } = await server.api('PUT', `/api/v1/devices/${id}`, asset);
      if (status !== 200) throw new Error(`the registration of ${id} answers ${status}`);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, register));
  return done;
}
