import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projectFolder } from '../../host/paths.ts';
import { freshVsix } from '../../host/vsix.ts';
import { readZip, type ZipEntry } from '../../host/zip.ts';

const pages = ['data', 'gates', 'tensors', 'training'];
const mnist = [
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
];

/** What ships besides the folders that ship whole. */
const expected = [
  ...['package.json', 'package.nls.json', 'package.nls.zh-cn.json', 'readme.md', 'changelog.md', 'LICENSE.txt'],
  ...[
    'dist/extension.js',
    'dist/engineWorker.js',
    'dist/cli.js',
    'dist/kernels.wasm',
    'dist/kernelsShared.wasm',
    'dist/kernelsRelaxed.wasm',
    'dist/model.schema.json',
    'dist/tensorflowProcess.js',
    'dist/kernelThread.js',
  ],
  ...['dist/webview/codicon.css', 'dist/webview/codicon.ttf'],
  ...pages.flatMap(page => [`dist/webview/${page}.js`, `dist/webview/${page}.css`]),
  ...mnist.map(name => `dist/data/mnist/${name}.gz`),
];

/** Files of a folder that ships whole, by their path in the project. */
function shipped(folder: string): string[] {
  return readdirSync(join(projectFolder, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(projectFolder, join(entry.parentPath, entry.name)));
}

describe('the packaged extension', () => {
  let file: string;
  let entries: ZipEntry[];
  before(async function () {
    this.timeout(180_000);
    file = await freshVsix();
    entries = readZip(file).filter(entry => entry.name.startsWith('extension/'));
  });

  it('holds exactly the files that ship', () => {
    const wholeFolders = ['extension/samples', 'extension/media', 'extension/l10n'].flatMap(shipped);
    const names = entries.map(entry => entry.name.slice('extension/'.length));
    assert.deepEqual(names.sort(), [...expected, ...wholeFolders].sort());
  });

  it('is at most 15 MB', () => {
    assert.ok(statSync(file).size <= 15 * 1024 * 1024, `${statSync(file).size} bytes`);
  });

  it('names no file that is not in it', () => {
    const names = new Set(entries.map(entry => entry.name));
    const manifest = JSON.parse(
      entries
        .find(entry => entry.name === 'extension/package.json')!
        .read()
        .toString(),
    ) as { main: string; icon: string; contributes: Record<string, unknown> };
    const icons = JSON.stringify(manifest.contributes).matchAll(/"(?:\.\/)?(extension\/[^"]+\.(?:svg|png|json))"/g);
    const named = [manifest.main, manifest.icon, ...[...icons].map(match => match[1]!)];
    assert.deepEqual(
      named.filter(name => !names.has(`extension/${name.replace(/^\.\//, '')}`)),
      [],
    );
  });

  it('carries no source map inside a bundle', () => {
    const bundles = entries.filter(entry => entry.name.endsWith('.js'));
    assert.ok(bundles.length > 0);
    assert.deepEqual(
      bundles.filter(entry => entry.read().includes('sourceMappingURL')).map(entry => entry.name),
      [],
    );
  });
});
