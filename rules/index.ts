export { loadRules, type LoadedRules } from './load.ts';
export type { Rule } from './rule.ts';
export { createRules } from './create.ts';
export type { Judgement, NumberedReading, Rules } from './rules.ts';
export type { Shelf } from './shelves.ts';
export type { Override } from './overrides.ts';
export { ruleMigrations, saveStates, type RuleStateRow, type RuleTables } from './tables.ts';
export * from './backtesting.ts';
