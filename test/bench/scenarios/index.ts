import type { Results } from '../figures.ts';
import type { Scenario } from '../options.ts';
import type { Bench } from '../system.ts';
import { runBreach } from './breach.ts';
import { runConnections } from './connections.ts';
import { runCpu } from './cpu.ts';
import { runLatency } from './latency.ts';
import { runRegistry } from './registry.ts';
import { runRules } from './rules.ts';
import { runSoak } from './soak.ts';
import { runStalled } from './stalled.ts';
import { runThroughput } from './throughput.ts';

/** Runs one scenario on systems of its own. */
export function runScenario(bench: Bench, name: Scenario): Promise<Results> {
  switch (name) {
    case 'qos1-window1':
    case 'qos1-window20':
    case 'qos0':
      return runThroughput(bench, name);
    case 'latency':
      return runLatency(bench);
    case 'cpu':
      return runCpu(bench);
    case 'stalled':
      return runStalled(bench);
    case 'connections':
      return runConnections(bench);
    case 'registry':
      return runRegistry(bench);
    case 'rules':
      return runRules(bench);
    case 'breach':
      return runBreach(bench);
    case 'soak':
      return runSoak(bench);
  }
}
