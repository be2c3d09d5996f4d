export { loadRules, type LoadedRules } from './load.ts';
export { playAll, type Played } from './play.ts';
export { createRules } from './create.ts';
export type * from './rules.ts';
export * from './effective.ts';
export * from './shelf-rows.ts';
export * from './reload.ts';
export { ruleMigrations, saveStates, type RuleStateRow, type RuleTables } from './tables.ts';
export * from './backtesting.ts';
