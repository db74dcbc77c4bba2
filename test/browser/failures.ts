import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { resultsFolder } from '../host/paths.ts';

/** Registers an `afterEach` that leaves a picture of the window in `test/results/` when a test has failed. */
export function pictureFailures(page: () => Page | undefined): void {
  afterEach(async function () {
    const test = this.currentTest;
    if (test?.state !== 'failed') return;
    const name = test.fullTitle().replace(/[^\p{L}\p{N}]+/gu, '-');
    await page()?.screenshot({ path: join(resultsFolder, `${name}.png`) });
  });
}
