/** The notes' network and a batch for it, as all contenders have it. */
import type { Batch } from '../../engine/backends/backend.ts';
import { Random } from '../../engine/random.ts';
import { basicLstm, classifier } from '../unit/backends/specs.ts';

export const NOTES = classifier([basicLstm(150), basicLstm(150), basicLstm(150)], 28, 28, 10, {
  kind: 'adam',
  learningRate: 0.001,
});

export function notesBatch(size: number): Batch {
  const random = new Random(1, 'bench');
  return {
    size,
    steps: 28,
    inputs: Float32Array.from({ length: size * 28 * 28 }, () => random.uniform()),
    targets: Int32Array.from({ length: size }, (_, k) => k % 10),
  };
}
