import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError, type ErrorCode } from '../../../engine/errors.ts';
import { npmInstall } from '../../../extension/runs/npmInstall.ts';

const failsWith = (code: ErrorCode) => (error: unknown): boolean => error instanceof EngineError && error.code === code; // prettier-ignore

describe('installing by the npm on the PATH', function () {
  this.timeout(60_000);
  let home: string;
  let one: string;
  const folder = (): string => join(home, 'storage');
  const options = (packages: string[], signal = new AbortController().signal) => ({
    folder: folder(),
    packages,
    signal,
    line: () => undefined,
  });

  before(() => {
    home = mkdtempSync(join(tmpdir(), 'rnn-npm-'));
    one = join(home, 'one');
    mkdirSync(one);
    writeFileSync(join(one, 'package.json'), '{ "name": "one", "version": "1.0.0" }');
    writeFileSync(join(one, 'index.js'), 'module.exports = 1;');
  });
  after(() => {
    rmSync(home, { recursive: true, force: true });
  });

  it('puts the packages into the folder', async () => {
    await npmInstall(options([`file:${one}`]));
    assert.equal(readFileSync(join(folder(), 'node_modules/one/index.js'), 'utf8'), 'module.exports = 1;');
  });

  it('leaves what was there when npm fails, and says what npm said', async () => {
    await assert.rejects(npmInstall(options([`file:${join(home, 'nothing')}`])), (error: unknown) => {
      return failsWith('storage')(error) && (error as Error).message.includes('npm has failed');
    });
    assert.ok(existsSync(join(folder(), 'node_modules/one')));
    assert.ok(!existsSync(`${folder()}.new`));
  });

  it('says why a script of a package has failed, and leaves nothing half installed', async () => {
    const needy = join(home, 'needy');
    mkdirSync(needy);
    const install = 'node -e "throw new Error(\'getaddrinfo ENOTFOUND libraries.example\')"';
    writeFileSync(join(needy, 'package.json'), JSON.stringify({ name: 'needy', version: '1.0.0', scripts: { install } }));
    await assert.rejects(npmInstall(options([`file:${needy}`])), /exit code 1\): Error: getaddrinfo ENOTFOUND libraries\.example$/);
    assert.ok(!existsSync(`${folder()}.new`));
    assert.ok(!existsSync(join(folder(), 'node_modules/needy')));
  }); // prettier-ignore

  it('leaves what was there when what it has installed does not work', async () => {
    const tryOut = (fresh: string): Promise<void> => {
      assert.ok(existsSync(join(fresh, 'node_modules/one')));
      return Promise.reject(new EngineError('missing-file', { text: 'no library' }));
    };
    writeFileSync(join(folder(), 'before'), '');
    await assert.rejects(npmInstall({ ...options([`file:${one}`]), tryOut }), /no library/);
    assert.ok(existsSync(join(folder(), 'before')) && !existsSync(`${folder()}.new`));
  });

  it('can be cancelled', async () => {
    const abort = new AbortController();
    const installing = npmInstall(options([`file:${one}`], abort.signal));
    abort.abort();
    await assert.rejects(installing, failsWith('cancelled'));
    assert.ok(existsSync(join(folder(), 'node_modules/one')));
  });

  it('says where npm comes from when there is none', async () => {
    await assert.rejects(
      npmInstall({ ...options([`file:${one}`]), env: { PATH: home } }),
      (error: unknown) => failsWith('missing-file')(error) && (error as Error).message.includes('Node.js'),
    );
  });
});
