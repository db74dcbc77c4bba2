import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { run } from '../../host/commands.ts';
import { findDesktop } from '../../host/desktop.ts';
import { projectFolder } from '../../host/paths.ts';

describe('npm start where a desktop code is on the PATH', () => {
  let root: string;
  let environment: NodeJS.ProcessEnv;

  /** Puts a `code` on the PATH that tells the given version and writes down its other calls. */
  const installCode = (version: string): void => {
    const code = join(root, 'bin', 'code');
    mkdirSync(dirname(code), { recursive: true });
    writeFileSync(
      code,
      `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; else echo "$@" >> "${join(root, 'calls')}"; fi\n`,
    );
    chmodSync(code, 0o755);
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'rnn-desktop-'));
    const path = [join(root, 'bin'), process.env['PATH']].join(delimiter);
    environment = { ...process.env, PATH: path, DISPLAY: ':0', RNN_VSIX: join(root, 'x.vsix') };
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('installs the VSIX there, opens the copy of the samples with the first sample, and ends', async () => {
    installCode('1.104.2');
    const workspace = join(root, 'workspace');
    const said = await run(
      process.execPath,
      ['--import', 'tsx', join(projectFolder, 'test', 'host', 'start.ts'), '--workspace', workspace],
      { cwd: projectFolder, env: environment },
    );
    assert.deepEqual(readFileSync(join(root, 'calls'), 'utf8').trim().split('\n'), [
      `--install-extension ${join(root, 'x.vsix')} --force`,
      `--new-window ${workspace} --goto ${join(workspace, 'mnist_lstm.py')}`,
    ]);
    assert.ok(said.includes(workspace), 'it says where the workspace is');
  }).timeout(30_000);

  it('passes over one that is older than the extension needs, and says so', async () => {
    installCode('1.80.0');
    const desktop = await findDesktop(environment);
    assert.match('reason' in desktop ? desktop.reason : '', /is version 1\.80\.0, and 1\.\d+\.0 is needed/);
  });

  it('passes over one that has no display, and says so', async function () {
    if (process.platform !== 'linux') this.skip();
    installCode('1.104.2');
    const blind = { ...environment, DISPLAY: '', WAYLAND_DISPLAY: '', VSCODE_IPC_HOOK_CLI: '', WSL_DISTRO_NAME: '' };
    const desktop = await findDesktop(blind);
    assert.match('reason' in desktop ? desktop.reason : '', /no display/);
  });

  it('takes one of the version that the extension needs', async () => {
    installCode('1.139.1');
    assert.deepEqual(await findDesktop(environment), { code: join(root, 'bin', 'code'), version: '1.139.1' });
  });
});
