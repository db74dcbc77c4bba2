import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Framework, OptimizerSpec } from '../../../engine/model/spec.ts';

/** What a framework's optimizers did with these weights and gradients (`test/fixtures/beyond`, README there). */
export interface OptimizerSteps {
  readonly start: number[][];
  readonly gradients: number[][][];
  readonly cases: { readonly spec: OptimizerSpec; readonly after: number[][][] }[];
}

/** TensorFlow 1 keeps rates in float32 whatever its weights are. */
export const OPTIMIZERS_OF: readonly {
  readonly framework: Framework;
  readonly file: string;
  readonly referenceBound: number;
}[] = [
  { framework: 'tensorflow1', file: 'optimizers-tf1.json', referenceBound: 1e-7 },
  { framework: 'pytorch', file: 'optimizers-torch.json', referenceBound: 1e-12 },
  { framework: 'keras3', file: 'optimizers-keras3.json', referenceBound: 1e-12 },
  { framework: 'tensorflowjs', file: 'optimizers-tfjs.json', referenceBound: 1e-6 },
];

export function readOptimizers(file: string): OptimizerSteps {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/beyond', file), 'utf8')) as OptimizerSteps;
}
