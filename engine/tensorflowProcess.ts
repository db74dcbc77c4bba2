/** The second engine's process: TensorFlow in a process of its own, from the folder that the command line names. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createTensorflowBackend } from './backends/tensorflow.ts';
import { loadTensorflow } from './backends/tensorflow/load.ts';
import { createWasmBackend } from './backends/wasm.ts';
import { EngineError } from './errors.ts';
import { serveEngine } from './serveEngine.ts';

// Whoever started it is gone: nothing is to be left running.
process.on('disconnect', () => {
  process.exit(0);
});

try {
  const { tf, native } = loadTensorflow(process.argv[2]!);
  const learner = createWasmBackend(readFileSync(join(__dirname, 'kernels.wasm')));
  const threads = availableParallelism();
  serveEngine(
    {
      post: message => {
        process.send!(message);
      },
      listen: listener => {
        process.on('message', listener);
        return () => process.off('message', listener);
      },
    },
    {
      backend: createTensorflowBackend(tf, learner, { native, threads }),
      dataDirectory: join(__dirname, 'data'),
      threads,
    },
  );
} catch (error) {
  process.stderr.write(`${error instanceof EngineError ? error.message : String(error)}\n`);
  process.exit(1);
}
