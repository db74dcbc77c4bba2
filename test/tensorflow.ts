// `npm run test:tensorflow`: sets TensorFlow up and runs the tests of the second engine on it. Where it cannot be had
// (no PyPI, no python3 with pip, no g++), says so and what of it the other tests have shown on TensorFlow.js.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './host/commands.ts';
import { projectFolder, resultsFolder } from './host/paths.ts';
import { readCount } from './host/results.ts';
import { installTensorflow, tensorflowFolder, TensorflowSetupError } from './host/tensorflow.ts';
import { runSuite } from './vscode/runSuites.ts';
import { tensorflowSuite } from './vscode/suites.ts';

async function main(): Promise<void> {
  try {
    await installTensorflow();
  } catch (error) {
    if (!(error instanceof TensorflowSetupError)) throw error;
    console.log(`TensorFlow could not be set up here: ${error.message}`);
    console.log('The second engine was tested on TensorFlow.js alone (`npm test`).');
    return;
  }
  await run(process.execPath, ['esbuild.config.mjs', '--only=kernels,node,assets'], { cwd: projectFolder });
  await run(process.execPath, ['node_modules/mocha/bin/mocha.js', 'test/unit/tensorflow/*.test.ts'], {
    cwd: projectFolder,
    env: { ...process.env, RNN_EXPLORER_TENSORFLOW: tensorflowFolder, TF_CPP_MIN_LOG_LEVEL: '2' },
    show: true,
  });
  const results = join(resultsFolder, 'tensorflow.json');
  mkdirSync(resultsFolder, { recursive: true });
  await runSuite(tensorflowSuite(tensorflowFolder), results);
  const count = readCount(results);
  if (!count || count.failed > 0 || count.passed === 0)
    throw new Error('The tests of TensorFlow in VS Code have failed.');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
