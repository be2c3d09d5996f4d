import type { Reporter, TestCase } from 'vitest/node';

/**
 * Keeps the reason given to `skip(condition, reason)`, which the json report would forget.
 * Vitest loads a reporter as a class, by its default export.
 */
export default class SkipReasons implements Reporter {
  onTestCaseResult(testCase: TestCase): void {
    const result = testCase.result();
    if (result.state === 'skipped' && result.note !== undefined) {
      Object.assign(testCase.meta(), { skipped: result.note });
    }
  }
}
