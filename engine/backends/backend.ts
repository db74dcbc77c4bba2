/**
 * What an engine must offer so that training, traces and views can use it: our own kernels (`wasm.ts`) and
 * TensorFlow (`tensorflow.ts`) stand behind this interface.
 */
import type { CellSpec, ModelSpec } from '../model/spec.ts';

/** A weight, by its framework's own name and in its own layout. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** A copy. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** One batch as the network takes it, batch-major. */
export interface Batch {
  readonly size: number;
  /** Steps of the first sequence. */
  readonly steps: number;
  /** The first sequence of the model's inputs, `[B, T, D]`, row after row. */
  readonly inputs: Float32Array;
  /** Class labels `[B]` or `[B, T]` (Int32Array), or target values with the prediction's axes (Float32Array); absent where only a forward pass is wanted. */
  readonly targets?: Int32Array | Float32Array;
  /** Lengths `[B]` of the first input that holds some; absent where all rows have all steps. */
  readonly lengths?: Int32Array;
  /**
   * What else is fed, by the id of the input: further sequences `[B, T', D']`, whose steps follow from the number of
   * their values, further lengths `[B]`, and masks of steps `[B, T]`, 0 where a step does not count.
   */
  readonly others?: Readonly<Record<string, Float32Array>>;
  /** Values `[B, W]`, or of all layers `[B, L, W]`, of the inputs that are fed as first states, by the id of the input. */
  readonly states?: Readonly<Record<string, Float32Array>>;
  /** Dropout masks that are given instead of drawn, 1 keeps and 0 drops, by names such as `step3.input`. */
  readonly masks?: Readonly<Record<string, Float32Array>>;
}

export interface BatchResult {
  /** Mean loss over the batch before the update. */
  readonly loss: number;
  /**
   * Predictions whose label is among the predicted (`in_top_k`, k = 1), or on whose side of 0 a single logit of a
   * sigmoid cross-entropy lies; undefined where the loss has no classes.
   */
  readonly correct: number | undefined;
  /** Predictions that count: rows, or rows × steps without those that the loss leaves out. */
  readonly count: number;
  /** The loss or a gradient of a training step is not finite, and the weights are still those before it. */
  readonly diverged?: boolean;
  /** Of a step that diverged: the first recurrent layer, from 1, whose outputs are not; absent where all are. */
  readonly nonFiniteLayer?: number | undefined;
}

/** Everything one layer computed for one sample: tensors `[T, U]` by their id in the cell table. */
export interface LayerTrace {
  readonly cell: CellSpec;
  readonly units: number;
  readonly direction: 'forward' | 'backward';
  readonly tensors: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/** One sample followed through the network; the gates come from the forward pass that training itself uses. */
export interface SampleTrace {
  readonly steps: number;
  readonly layers: readonly LayerTrace[];
  /** `[T, H]`: what the driver returns as `outputs`. */
  readonly outputs: Float32Array<ArrayBuffer>;
  /** `[classes]`, or `[T, classes]` of a head on every step: logits or predicted values. */
  readonly logits: Float32Array<ArrayBuffer>;
}

/** A tensor, batch-major. */
export interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** Everything that one layer computed in one direction. */
export interface LayerValues {
  /** From 0 at the bottom of its node. */
  readonly layer: number;
  readonly direction: 'forward' | 'backward';
  /**
   * Gates and states at every step `[B, T, U]`, by their id in the cell table, and `tanh_c` of an LSTM. At a step that
   * does not count, states hold what was carried through, and gates what the cell computed in vain.
   */
  readonly steps: ReadonlyMap<string, Values>;
  /** States after the last step `[B, W]`: `c`, `h`. */
  readonly finals: ReadonlyMap<string, Values>;
}

/** Gradients of the loss by everything that one layer computed in one direction. */
export interface LayerGradients extends Pick<LayerValues, 'layer' | 'direction'> {
  /**
   * By the ids of `LayerValues`, and `z_i` for what the activation of i is applied to, `[B, T, U]`. h and c are what the
   * step made, with all that comes of it: outputs, layers above and later steps. Zeros where a step does not count.
   */
  readonly steps: ReadonlyMap<string, Values>;
}

export interface RecurrentValues {
  readonly layers: readonly LayerValues[];
  /** `[B, T, H]` of each direction, in the order of the input's steps, as the node hands them out. */
  readonly outputs: ReadonlyMap<'forward' | 'backward', Values>;
}

/** What a forward pass computed, by the ids of the spec's nodes; nodes that the loss does not need may be left out. */
export interface NodeValues {
  readonly nodes: ReadonlyMap<string, Values>;
  readonly recurrent: ReadonlyMap<string, RecurrentValues>;
}

export interface NetworkValues extends NodeValues {
  /** Undefined where the batch has no targets. */
  readonly loss: number | undefined;
}

/** The network of one `ModelSpec`, with its weights and its optimizer's slots. */
export interface Network {
  /** Names and shapes in a fixed order, without values. */
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Threads that compute. */
  readonly threads: number;
  /** Layers go on with the states of the batch before: rows must come in their own order. */
  readonly stateful: boolean;
  /** Bytes of memory that the network holds. */
  readonly bytes: number;
  getParameters(): Parameter[];
  /** @throws EngineError naming the tensor, the expected and the found, when a name or shape does not fit; nothing is changed then. */
  setParameters(parameters: readonly Parameter[]): void;
  /** Slots of the optimizer and its step count, by names such as `softmax/kernel/Adam`, and states that are kept. */
  getOptimizerState(): Parameter[];
  setOptimizerState(state: readonly Parameter[]): void;
  setLearningRate(rate: number): void;
  /** Epochs that are complete, for a learning rate that falls with them. */
  setEpoch(epoch: number): void;
  /** Stateful layers begin the next training step with zeros. */
  resetStates(): void;
  /**
   * Forward, backward, and the update, unless the step has diverged; the caller stops then. Where back-propagation is
   * truncated in windows, there is an update for each, and the result is that of all.
   */
  trainStep(batch: Batch): BatchResult;
  /**
   * Updates the weights as `trainStep` does, by gradients that were computed elsewhere, by the names of the weights.
   * @returns false when one of them is not finite; nothing is changed then.
   */
  applyGradients(gradients: readonly Parameter[]): boolean;
  /** Forward only. Note: Keras carries states through an evaluation, too; here each batch of it begins with zeros. */
  evaluate(batch: Batch): BatchResult;
  /** Gradients of the mean loss with respect to every weight, by name, before any clipping; changes nothing. */
  gradients(batch: Batch): Parameter[];
  /** Gradients of the loss with respect to what is fed (the sequence `[B, T, D]`, first states `[B, …]`), by the input's id; changes nothing. */
  inputGradients(batch: Batch): Parameter[];
  /** Gradients of the loss by everything that recurrent layers compute at every step, by the ids of their nodes; changes nothing. */
  stepGradients(batch: Batch): ReadonlyMap<string, readonly LayerGradients[]>;
  /** Everything that a forward pass computes for the whole batch; changes nothing. */
  values(batch: Batch): NetworkValues;
  /** Follows the first row of the batch. */
  trace(batch: Batch): SampleTrace;
  /**
   * Traces many rows at once and returns h of one layer: `[B, T, U]`; for the ordering of units by similarity.
   */
  hiddenStates(batch: Batch, layer: number): Float32Array<ArrayBuffer>;
  /**
   * The part of every unit in one logit, per layer `[U]`: sum over steps of h times the gradient that reaches h from
   * above. For the top layer, whose last h alone reaches the head, it is dense weight × final h.
   */
  contributions(batch: Batch, logit: number): Float32Array<ArrayBuffer>[];
  dispose(): void;
}

export interface NetworkOptions {
  readonly seed: number;
  /** Largest batch that will be asked for; memory is planned for it. */
  readonly batchSize: number;
  /** Threads that share the batch; 1 when absent. Their number changes no bit. */
  readonly threads?: number;
}

export interface Backend {
  /** What computes: `WebAssembly SIMD`. */
  readonly title: string;
  /** @throws EngineError `unsupported` with the parts it cannot run, `no-memory` with the bytes it would need. */
  createNetwork(spec: ModelSpec, options: NetworkOptions): Network;
}
