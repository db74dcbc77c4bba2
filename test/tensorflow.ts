// `npm run test:tensorflow`: sets TensorFlow up and runs the tests of the second engine on it. Where it cannot be had
// (no PyPI, no python3 with pip, no g++), says so and what of it the other tests have shown on TensorFlow.js.
import { run } from './host/commands.ts';
import { projectFolder } from './host/paths.ts';
import { installTensorflow, tensorflowFolder, TensorflowSetupError } from './host/tensorflow.ts';

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
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
