/** What a loss adds for the size of weights, and the gradient of it. */
import { EngineError } from '../../errors.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { EngineMemory } from '../../kernels/memory.ts';
import { phrase } from '../../model/phrase.ts';
import type { PenaltySpec } from '../../model/spec.ts';
import type { View } from './parameters.ts';

interface Penalized {
  readonly view: View;
  readonly n: number;
  readonly l1: number;
  readonly l2: number;
}

export class Penalties {
  readonly #weights: readonly Penalized[];

  /** @throws EngineError `invalid-model` naming a weight that the model has not. */
  constructor(penalties: readonly PenaltySpec[], views: readonly View[]) {
    this.#weights = penalties.map(({ weight, l1 = 0, l2 = 0 }) => {
      const view = views.find(({ name }) => name === weight);
      if (!view) throw new EngineError('invalid-model', phrase('The model has no tensor {0}.', weight));
      return { view, n: view.shape.reduce((size, one) => size * one, 1), l1, l2 };
    });
  }

  /** `Σ l1 Σ|w| + l2 Σw²`, in double precision from the first weight to the last. */
  value(kernels: Kernels, memory: EngineMemory): number {
    return this.#weights.reduce((total, { view: { block, offset }, n, l1, l2 }) => {
      const at = block.weight + offset * 4;
      const squares = l2 === 0 ? 0 : l2 * kernels.sumOfSquares(at, n);
      const sizes = l1 === 0 ? 0 : l1 * memory.floats(at, n).reduce((sum, w) => sum + Math.abs(w), 0);
      return total + squares + sizes;
    }, 0);
  }

  /** Adds `l1 sign(w) + 2 l2 w` to the gradients. */
  addSlopes(kernels: Kernels, memory: EngineMemory): void {
    for (const { view, n, l1, l2 } of this.#weights) {
      const [weight, gradient] = [view.block.weight, view.block.gradient].map(at => at + view.offset * 4);
      if (l2 !== 0) kernels.addScaled(gradient!, weight!, n, 2 * l2);
      if (l1 === 0) continue;
      const slopes = memory.floats(gradient!, n);
      memory.floats(weight!, n).forEach((w, k) => (slopes[k]! += l1 * Math.sign(w)));
    }
  }
}
