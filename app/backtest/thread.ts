import { Worker } from 'node:worker_threads';
import type { BacktestAnswer, BacktestOrder } from '#app/backtest/run.ts';
import { createProgress, type Progress } from '#app/commands/progress.ts';
import type { BacktestNews } from '#app/threads/backtest.ts';

/** Runs a backtest in a thread of its own, with a bar; undefined when it was interrupted. */
export async function backtestInThread(order: BacktestOrder): Promise<BacktestAnswer | undefined> {
  const worker = new Worker(new URL('../threads/backtest.ts', import.meta.url), {
    workerData: order,
  });
  let progress: Progress | undefined;
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    void worker.terminate();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await new Promise<BacktestAnswer | undefined>((resolve, rejectWith) => {
      worker.on('message', (news: BacktestNews) => {
        if ('answer' in news) return resolve(news.answer);
        progress ??= createProgress('backtest', news.whole);
        progress.at(news.done);
      });
      worker.on('error', rejectWith);
      worker.on('exit', () => {
        if (interrupted) resolve(undefined);
        else rejectWith(new Error('the thread of the backtest ended without an answer'));
      });
    });
  } finally {
    progress?.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await worker.terminate();
  }
}
