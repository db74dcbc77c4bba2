import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder, samplesFolder } from '../host/paths.ts';
import { readCount } from '../host/results.ts';
import { runSuite } from '../vscode/runSuites.ts';

describe('suites inside VS Code', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rnn-suites-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const countOf = async (name: string) => {
    const results = join(folder, 'results.json');
    const tests = join(projectFolder, 'test', 'fixtures', 'suites', name);
    await runSuite({ name: `fixture-${name}`, tests, workspace: samplesFolder }, results);
    return readCount(results);
  };

  it('report the tests that fail', async () => {
    assert.deepEqual(await countOf('fails'), { passed: 1, failed: 1, skipped: 0 });
  });

  it('leave no results, and so no false green, when the extension host dies', async () => {
    assert.equal(await countOf('dies'), undefined);
  });
});
