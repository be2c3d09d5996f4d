import type { Results } from './figures.ts';
import type { Scenario } from './options.ts';

/** What docs/bench/figures.json keeps of a scenario's last run. */
export interface Kept extends Results {
  readonly measured: string;
  readonly how: string;
}

export type KeptScenarios = Partial<Record<Scenario, Kept>>;
