/** Loads tfjs-node from the folder into which it was installed. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { EngineError } from '../../errors.ts';
import { phrase } from '../../model/phrase.ts';
import type { Native } from './arithmetic.ts';
import type { Tf } from './deviceTensor.ts';
import { nativeBackend } from './fusedLstm.ts';

interface Int64Module {
  readonly Int64Scalar: new (value: number) => unknown;
}

/**
 * Loads TensorFlow's own library into this process, which can hold it once and in its main thread only.
 * @param folder holds `node_modules/@tensorflow/tfjs-node`
 * @throws EngineError `missing-file` with the reason when it is not installed there or cannot be loaded
 */
export function loadTensorflow(folder: string): { readonly tf: Tf; readonly native: Native | undefined } {
  // Node 23 removed what tfjs-node 4.22 still calls.
  (util as { isNullOrUndefined?: (value: unknown) => boolean }).isNullOrUndefined ??= value => value == null;
  const load = createRequire(join(folder, 'package.json'));
  try {
    const tf = load('@tensorflow/tfjs-node') as Tf;
    const backend = nativeBackend(tf);
    if (!backend) return { tf, native: undefined };
    const { Int64Scalar } = load('@tensorflow/tfjs-node/dist/int64_tensors') as Int64Module;
    return { tf, native: { backend, int64: value => new Int64Scalar(value) } };
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
    throw new EngineError('missing-file', phrase('TensorFlow cannot be loaded from {0}: {1}', folder, reason), {
      cause: error,
    });
  }
}
