import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Kind } from '#model';
import { city } from './city.ts';

export interface Board {
  readonly name: string;
  readonly dashboard: Dashboard;
}

/** Every board, its days and nights those of a time zone (IANA name), with the kinds of the city's own. */
export function allBoards(timeZone: string, kinds: readonly Kind[] = []): Board[] {
  return [{ name: 'city', dashboard: city(timeZone, kinds) }];
}

/** Writes a board to where Grafana reads it from; returns the file. */
export function save({ name, dashboard }: Board): string {
  const file = fileOf(name);
  writeFileSync(file, `${JSON.stringify(dashboard, undefined, 2)}\n`);
  return file;
}

/** Whether the checked-in file says the same as the board, however it is formatted. */
export function isSaved({ name, dashboard }: Board): boolean {
  const saved: unknown = JSON.parse(readFileSync(fileOf(name), 'utf8'));
  return isDeepStrictEqual(saved, JSON.parse(JSON.stringify(dashboard)));
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`boards/${name}.json`, import.meta.url));
}
