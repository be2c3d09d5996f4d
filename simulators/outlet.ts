import type { CityEvent } from './event.ts';

/** Where the city's events go: to a server, or to a file. */
export interface Outlet {
  /** Takes one event. A promise is waited for: that is how a slow file slows the city down. */
  take(event: CityEvent): Promise<void> | undefined;
  /** Finishes what is under way and lets go of everything; within a second where a server is away. */
  close(): Promise<void>;
}
