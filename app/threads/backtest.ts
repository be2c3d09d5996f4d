import { parentPort, workerData } from 'node:worker_threads';
import { runBacktest, type BacktestAnswer, type BacktestOrder } from '#app/backtest/run.ts';

/** What the thread of a backtest says: how far it is, and at its end what it came to. */
export type BacktestNews =
  | { readonly done: number; readonly whole: number }
  | { readonly answer: BacktestAnswer };

const port: { postMessage(news: BacktestNews): void } = parentPort!;

const answer = await runBacktest(workerData as BacktestOrder, (done, whole) =>
  port.postMessage({ done, whole }),
);
port.postMessage({ answer });
