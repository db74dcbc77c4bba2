import { readFileSync } from 'node:fs';

/** How many tests of a run ended which way. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Reads what Mocha's `json` reporter wrote; `undefined` when there is no such file, because the run never ended. */
export function readCount(file: string): Count | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const { stats } = JSON.parse(text) as { stats: { passes: number; failures: number; pending: number } };
  return { passed: stats.passes, failed: stats.failures, skipped: stats.pending };
}

export function addCounts(counts: readonly Count[]): Count {
  return {
    passed: counts.reduce((sum, count) => sum + count.passed, 0),
    failed: counts.reduce((sum, count) => sum + count.failed, 0),
    skipped: counts.reduce((sum, count) => sum + count.skipped, 0),
  };
}
