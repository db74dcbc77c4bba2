/** Tensors that TensorFlow holds, as the equations of the reference take them. */
import type * as TensorFlow from '@tensorflow/tfjs';
import type { Arithmetic } from '../reference/operations.ts';
import { Tensor } from '../reference/tensor.ts';

/** The module: tfjs-node, or TensorFlow.js on its `cpu` backend. */
export type Tf = typeof TensorFlow;
export type Handle = TensorFlow.Tensor;

export class DeviceTensor extends Tensor {
  readonly handle: Handle;
  readonly #arithmetic: Arithmetic;
  #values: Float64Array | undefined;

  /** @param values the same numbers, where they are at hand; else they are fetched when somebody looks at them. */
  constructor(handle: Handle, arithmetic: Arithmetic, values?: Float64Array) {
    super(handle.shape, NOTHING);
    this.handle = handle;
    this.#arithmetic = arithmetic;
    this.#values = values;
  }

  override get values(): Float64Array {
    return (this.#values ??= Float64Array.from(this.handle.dataSync()));
  }

  override get arithmetic(): Arithmetic {
    return this.#arithmetic;
  }
}

const NOTHING = new Float64Array();
