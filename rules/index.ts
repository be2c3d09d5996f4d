export { loadRules, type LoadedRules } from './load.ts';
export type { Rule } from './rule.ts';
export { createRules, type Judgement, type NumberedReading, type Rules } from './rules.ts';
export { ruleMigrations, saveStates, type RuleStateRow, type RuleTables } from './tables.ts';
