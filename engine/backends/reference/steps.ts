/**
 * Steps of training: the optimizer, and what programs do around it. Source: Keras 3 `optimizers/base_optimizer.py` (gradients
 * that are accumulated, moving averages of the weights), `constraints/constraints.py`, `trainable`.
 */
import type { ModelSpec } from '../../model/spec.ts';
import { constrain } from '../../training/constraints.ts';
import { clipGradients, createOptimizer } from './optimizers.ts';

/** A weight `[…]` that is changed in place. */
interface Weight {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** Takes the gradients of one batch, by the names of the weights. @param epoch from 0. */
export type TakeStep = (gradients: ReadonlyMap<string, { readonly values: Float64Array }>, epoch: number) => void;

/** @throws EngineError `unsupported` when the framework has no such optimizer. */
export function createSteps(spec: ModelSpec, weights: ReadonlyMap<string, Weight>): TakeStep {
  const { frozen = [], constraints = [], accumulation = { batches: 1, by: 'sum' }, averaging } = spec.training;
  const trained = [...weights].filter(([name]) => !frozen.includes(name));
  const values = trained.map(([, weight]) => weight.values);
  const optimizer = createOptimizer(spec.framework, spec.training);
  const sums = values.map(({ length }) => new Float64Array(length));
  const averages = values.map(weight => weight.slice());
  let batches = 0;
  return (gradients, epoch) => {
    trained.forEach(([name], k) => {
      gradients.get(name)!.values.forEach((g, at) => (sums[k]![at]! += g));
    });
    batches++;
    if (batches % accumulation.batches === 0) {
      const factor = accumulation.by === 'mean' ? 1 / accumulation.batches : 1;
      const gathered = sums.map(sum => sum.map(g => g * factor));
      for (const sum of sums) sum.fill(0);
      const steps = batches / accumulation.batches - 1;
      optimizer(steps, values, clipGradients(spec, gathered), epoch);
      if (averaging) average(averaging, steps + 1);
    }
    for (const constraint of constraints) {
      const weight = weights.get(constraint.weight)!;
      constrain(constraint, weight.values, weight.shape);
    }
  };

  function average({ momentum, every }: NonNullable<typeof averaging>, step: number): void {
    const kept = step === 1 ? 0 : momentum;
    values.forEach((weight, k) => {
      averages[k]!.forEach((old, at) => (averages[k]![at] = kept * old + (1 - kept) * weight[at]!));
      if (step % every === 0) weight.set(averages[k]!);
    });
  }
}
