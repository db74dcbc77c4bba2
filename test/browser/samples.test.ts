import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Frame } from 'playwright-core';
import { samplesFolder } from '../host/paths.ts';
import { pictureFailures } from './failures.ts';
import { isOfVsCode } from './problems.ts';
import { pageOf, Workbench } from './workbench.ts';

/** Every file of the samples that holds a model; the rest is data, and what tells of the samples. */
const samples = readdirSync(samplesFolder)
  .filter(name => /\.(py|js|md|rnn\.json)$/.test(name) && name !== 'README.md')
  .toSorted();

describe('every sample in VS Code', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open();
  });
  after(() => workbench.close());
  pictureFailures(() => workbench.page);

  const training = (): Promise<Frame> => workbench.extensionPage(pageOf('training'));

  for (const name of samples)
    it(`${name} trains by one click, without a question, and draws its first point and its gates`, async () => {
      await workbench.openFile(name);
      await workbench.clickLens('Train Model');
      const page = await training();
      await page.locator('main.training[data-status="running"], main.training[data-status="finished"]').waitFor();
      await page.locator('.chart:not([data-points="0"])[data-points]').first().waitFor();
      assert.ok((await page.locator('.subject').innerText()).includes(name));
      assert.equal(await workbench.page.locator('.monaco-dialog-box, .quick-input-widget:visible').count(), 0);
      await workbench.command('RNN Explorer: Open Gate Inspector');
      const gates = await workbench.extensionPage(pageOf('gates'));
      await gates.locator(`main[data-trace-step]:not([data-trace-step="0"])`).waitFor();
      assert.ok((await gates.locator('.strip canvas').count()) > 0);
      const ended = page.locator('main.training:not([data-status="running"])');
      // The smallest are done before they can be stopped.
      await page.getByRole('button', { name: 'Stop' }).or(ended).first().click();
      await ended.waitFor();
      await workbench.command('View: Close All Editors');
    });

  it('raised no content security violation and no error in a page', () => {
    assert.deepEqual(
      workbench.problems.filter(problem => !isOfVsCode(problem)),
      [],
    );
  });
});
