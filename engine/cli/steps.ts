import { divergence } from '../runs/divergence.ts';
import { EngineError } from '../errors.ts';
import { feedProgram } from '../inspection/namedInputs.ts';
import { print, UsageError } from './output.ts';
import { type ModelChoice, readSpec } from './modelFile.ts';
import { type FedFiles, openNetwork, readInputs } from './tensorFiles.ts';

export interface StepsOptions extends ModelChoice, FedFiles {
  readonly weights: string | undefined;
  readonly steps: number;
  readonly learningRate: number | undefined;
  readonly json: boolean;
}

/** `train FILE --weights W --inputs I --steps N`: steps on one batch; prints the loss before each. */
export async function trainOnBatch(options: StepsOptions): Promise<void> {
  const { weights, steps, learningRate, json } = options;
  if (weights === undefined) throw new UsageError('train --steps: which weights? Give --weights W.safetensors');
  if (!Number.isInteger(steps) || steps < 1)
    throw new UsageError(`--steps: ${steps} is not a whole number greater than 0`);
  const spec = await readSpec(options);
  const { batch } = feedProgram(spec, await readInputs(spec, options));
  const network = await openNetwork(spec, weights, batch.size);
  if (learningRate !== undefined) network.setLearningRate(learningRate);
  for (let step = 0; step < steps; step++) {
    // The one batch is an epoch.
    network.setEpoch(step);
    const { loss, diverged, nonFiniteLayer: layer } = network.trainStep(batch);
    print(json ? JSON.stringify({ kind: 'step', step, loss }) : `Step ${step} loss = ${Number(loss.toPrecision(9))}`);
    if (diverged) throw new EngineError('diverged', divergence({ step, layer }));
  }
}
