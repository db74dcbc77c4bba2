import assert from 'node:assert/strict';
import { pictureFailures } from './failures.ts';
import { isOfVsCode } from './problems.ts';
import { Workbench } from './workbench.ts';

describe('the workbench with the extension installed from its VSIX', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open();
  });
  after(() => workbench.close());
  pictureFailures(() => workbench.page);

  it('opens on a copy of the samples', async () => {
    const names = await workbench.page.locator('.explorer-folders-view .monaco-list-row').allInnerTexts();
    assert.ok(names.length > 0);
  });

  it('offers the extension in the activity bar', async () => {
    await workbench.page.locator('.activitybar .action-label[aria-label^="RNN Explorer"]').waitFor();
  });

  it('opens without a complaint of the browser about the extension and without an error message', async () => {
    assert.deepEqual(
      workbench.problems.filter(problem => !isOfVsCode(problem)),
      [],
    );
    assert.deepEqual(await workbench.notifications(), []);
  });
});
