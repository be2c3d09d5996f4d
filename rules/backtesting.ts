/* What of recordings and backtests others use. */
export { Backtest, lit, watchedMetrics, type BacktestReport } from './backtest.ts';
export { columns, head, rowOf, rowOfDifference, toPage } from './backtest-page.ts';
export type { Example, RuleDifference } from './backtest-difference.ts';
export { RecordingReader } from './recording-reader.ts';
export { RecordingWriter } from './recording-writer.ts';
export { readRule } from './load.ts';
