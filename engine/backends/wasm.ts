/** Our own engine: networks over the WebAssembly kernels. */
import { EngineError } from '../errors.ts';
import { linkKernels } from '../kernels/kernels.ts';
import { EngineMemory, MemoryPlan } from '../kernels/memory.ts';
import { Products } from '../kernels/products.ts';
import { fastestTile } from '../kernels/tiles.ts';
import { phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { unsupported } from '../model/support.ts';
import { Random } from '../random.ts';
import { initialise } from '../training/initialisers.ts';
import { type Optimizer, OPTIMIZERS } from '../training/optimizers.ts';
import type { Backend, Batch, BatchResult, Network, NetworkOptions, Parameter, SampleTrace } from './backend.ts';
import { buildGraph, type Graph } from './wasm/graph.ts';
import { type NamedPlace, ParameterStore, readPlaces, writePlaces } from './wasm/parameters.ts';
import type { Shape, Slice } from './wasm/part.ts';

/** @param bytes the compiled kernels (`dist/kernels.wasm`). @param tile index of the tile shape; measured when absent. */
export function createWasmBackend(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer, tile?: number): Backend {
  const module = new WebAssembly.Module(bytes);
  let shape = tile;
  return {
    title: 'WebAssembly SIMD, 1 thread',
    createNetwork(spec, options) {
      const reasons = unsupported(spec);
      if (reasons[0]) throw new EngineError('unsupported', reasons[0]);
      shape ??= fastestTile(module);
      return new WasmNetwork(spec, options, module, shape);
    },
  };
}

/** Cells' gates by id, in the order of their blocks. */
const LSTM_GATES = ['i', 'j', 'f', 'o'];

class WasmNetwork implements Network {
  readonly #memory = new EngineMemory();
  readonly #products: Products;
  readonly #graph: Graph;
  readonly #store: ParameterStore;
  readonly #optimizer: Optimizer;
  /** Where the memory of the weights ends and that of a pass begins. */
  readonly #weightsEnd: number;
  readonly #features: number;
  #learningRate: number;
  #step = 0;
  #planned: Shape = { batch: 0, steps: 0 };
  #scratch = 0;
  #fed = 0;
  #input = 0;

  constructor(spec: ModelSpec, options: NetworkOptions, module: WebAssembly.Module, tile: number) {
    const { optimizer = { kind: 'sgd' } } = spec.training;
    this.#optimizer = OPTIMIZERS[spec.framework]![optimizer.kind]!(optimizer);
    this.#learningRate = optimizer.learningRate ?? this.#optimizer.learningRate;
    this.#products = new Products(linkKernels(module, this.#memory.memory), tile);
    const plan = new MemoryPlan(this.#products.kernels.reservedBytes());
    this.#store = new ParameterStore(plan, this.#optimizer.slots.length);
    this.#graph = buildGraph(spec, plan, this.#products, this.#store, () => this.#input);
    this.#features = this.#graph.input.width;
    this.#scratch = plan.floats(Math.max(...this.#graph.parts.map(part => part.scratch)));
    this.#weightsEnd = plan.end;
    const steps = spec.inputs.find(input => input.role === 'sequence')!.axes[0]!.size;
    this.#ensure({ batch: options.batchSize, steps: typeof steps === 'number' ? steps : 1 });
    const random = new Random(options.seed, 'weights');
    for (const { initializer, shape, weight, size, slots } of this.#store.all) {
      this.#memory.floats(weight, size).set(initialise(initializer, shape, random));
      this.#optimizer.slots.forEach((slot, k) => this.#memory.floats(slots[k]!, size).fill(slot.initial));
    }
    this.#pack();
  }

  get parameters(): Network['parameters'] {
    return this.#store.all.map(({ name, shape }) => ({ name, shape }));
  }

  get bytes(): number {
    return this.#memory.bytes;
  }

  /** Operations of all matrix products so far. */
  get operations(): number {
    return this.#products.operations;
  }

  getParameters(): Parameter[] {
    return readPlaces(this.#memory, this.#weightPlaces('weight'));
  }

  setParameters(parameters: readonly Parameter[]): void {
    writePlaces(this.#memory, this.#weightPlaces('weight'), parameters);
    this.#pack();
  }

  getOptimizerState(): Parameter[] {
    return [
      ...readPlaces(this.#memory, this.#slotPlaces()),
      { name: 'step', shape: [], values: Float32Array.of(this.#step) },
    ];
  }

  setOptimizerState(state: readonly Parameter[]): void {
    const step = state.find(({ name }) => name === 'step');
    if (!step) throw new EngineError('invalid-shape', phrase('The tensor {0} is missing.', 'step'));
    writePlaces(
      this.#memory,
      this.#slotPlaces(),
      state.filter(parameter => parameter !== step),
    );
    this.#step = step.values[0]!;
  }

  setLearningRate(rate: number): void {
    this.#learningRate = rate;
  }

  trainStep(batch: Batch): BatchResult {
    const shape = this.#feed(batch, true);
    const result = this.#gradientsOf(shape);
    // A loss that is not finite has ruined the gradients: the weights stay as they were.
    if (!Number.isFinite(result.loss)) return result;
    this.#step++;
    for (const { weight, gradient, slots, size } of this.#store.all) {
      this.#optimizer.update(
        this.#products.kernels,
        { weight, gradient, slots, n: size },
        this.#learningRate,
        this.#step,
      );
    }
    this.#pack();
    return result;
  }

  evaluate(batch: Batch): BatchResult {
    const shape = this.#feed(batch, true);
    const slice = this.#wholeBatch(shape);
    this.#forward(shape, slice);
    this.#graph.loss.run(shape, slice, false);
    return this.#graph.loss.result(this.#memory, shape);
  }

  gradients(batch: Batch): Parameter[] {
    this.#gradientsOf(this.#feed(batch, true));
    return readPlaces(this.#memory, this.#weightPlaces('gradient'));
  }

  inputGradients(batch: Batch): Float32Array<ArrayBuffer> {
    const { input } = this.#graph;
    input.needsSlopes = true;
    try {
      this.#plan({ batch: batch.size, steps: batch.steps });
      const shape = this.#feed(batch, true);
      this.#gradientsOf(shape);
      return this.#batchMajor(input.slopes, shape, input.width, input.slopeStride);
    } finally {
      input.needsSlopes = false;
      this.#plan(this.#planned);
    }
  }

  trace(batch: Batch): SampleTrace {
    const shape = this.#feed(firstRow(batch), false);
    this.#forward(shape, this.#wholeBatch(shape));
    const layers = this.#graph.layers.map(layer => {
      const { units } = layer;
      const { gates, c, h } = layer.places(shape);
      const tensors = new Map(
        LSTM_GATES.map((id, k) => [id, this.#columns(gates, shape.steps, 4 * units, k * units, units)]),
      );
      tensors.set('c', this.#columns(c, shape.steps, units, 0, units));
      tensors.set('h', this.#columns(h, shape.steps, units, 0, units));
      return { cell: 'lstm', units, direction: 'forward', tensors } as const;
    });
    const { logits } = this.#graph.loss;
    return {
      steps: shape.steps,
      layers,
      outputs: layers[layers.length - 1]!.tensors.get('h')!,
      logits: this.#memory.floats(logits.at(shape), logits.width).slice(),
    };
  }

  hiddenStates(batch: Batch, layer: number): Float32Array<ArrayBuffer> {
    const shape = this.#feed(batch, false);
    this.#forward(shape, this.#wholeBatch(shape));
    const { outputs } = this.#graph.layers[layer]!;
    return this.#batchMajor(outputs.at(shape), shape, outputs.width, outputs.width * 4);
  }

  contributions(batch: Batch, logit: number): Float32Array<ArrayBuffer>[] {
    const shape = this.#feed(firstRow(batch), false);
    const slice = this.#wholeBatch(shape);
    this.#forward(shape, slice);
    const { logits } = this.#graph.loss;
    this.#memory.floats(logits.slopes, logits.width).fill(0)[logit] = 1;
    this.#backward(shape, slice);
    return this.#graph.layers.map(({ outputs, finalH, units }) => {
      const parts = new Float32Array(units);
      const h = this.#memory.floats(outputs.at(shape), shape.steps * units);
      for (let t = 0; t < shape.steps; t++) {
        const above =
          outputs.slopes === 0 ? undefined : this.#memory.floats(outputs.slopes + t * outputs.slopeStride, units);
        const after =
          t === shape.steps - 1 && finalH.slopes !== 0 ? this.#memory.floats(finalH.slopes, units) : undefined;
        for (let u = 0; u < units; u++) parts[u]! += h[t * units + u]! * ((above?.[u] ?? 0) + (after?.[u] ?? 0));
      }
      return parts;
    });
  }

  dispose(): void {
    // Memory goes with the last reference to the network.
  }

  /** Loss of the batch that was fed, and the gradient of every weight. */
  #gradientsOf(shape: Shape): BatchResult {
    const slice = this.#wholeBatch(shape);
    this.#forward(shape, slice);
    this.#graph.loss.run(shape, slice, true);
    this.#backward(shape, slice);
    for (const part of this.#graph.parts) part.sumGradients(shape, { index: 0, of: 1, scratch: this.#scratch });
    return this.#graph.loss.result(this.#memory, shape);
  }

  #forward(shape: Shape, slice: Slice): void {
    for (const part of this.#graph.parts) part.forward(shape, slice);
  }

  #backward(shape: Shape, slice: Slice): void {
    for (let k = this.#graph.parts.length - 1; k >= 0; k--) this.#graph.parts[k]!.backward(shape, slice);
  }

  #wholeBatch({ batch }: Shape): Slice {
    return { first: 0, rows: batch, scratch: this.#scratch };
  }

  #pack(): void {
    for (const part of this.#graph.parts) part.pack();
  }

  /** Brings a batch into memory, once it is known to fit. */
  #feed(batch: Batch, targets: boolean): Shape {
    const { size, steps, inputs } = batch;
    if (size < 1 || steps < 1)
      throw new EngineError('invalid-shape', phrase('The batch is empty: {0} rows of {1} steps.', size, steps));
    if (inputs.length !== size * steps * this.#features) {
      throw new EngineError(
        'invalid-shape',
        phrase(
          'The inputs must be [{0}, {1}, {2}] ({3} values), but have {4} values.',
          size,
          steps,
          this.#features,
          size * steps * this.#features,
          inputs.length,
        ),
      );
    }
    for (let k = 0; k < inputs.length; k++) {
      if (!Number.isFinite(inputs[k]))
        throw new EngineError(
          'invalid-shape',
          phrase('The inputs must be finite, but value {0} is {1}.', k, String(inputs[k])),
        );
    }
    if (targets) this.#checkLabels(batch);
    this.#ensure({ batch: size, steps });
    this.#memory.floats(this.#fed, inputs.length).set(inputs);
    this.#products.kernels.batchToSteps(this.#fed, this.#input, size, steps, this.#features);
    if (targets) this.#graph.loss.setLabels(this.#memory, batch.targets as Int32Array);
    return { batch: size, steps };
  }

  #checkLabels({ size, targets }: Batch): void {
    const classes = this.#graph.loss.logits.width;
    if (!(targets instanceof Int32Array))
      throw new EngineError(
        'invalid-shape',
        phrase('The labels are missing: the loss needs whole numbers below {0}.', classes),
      );
    if (targets.length !== size)
      throw new EngineError(
        'invalid-shape',
        phrase('There must be {0} labels, but there are {1}.', size, targets.length),
      );
    const bad = targets.findIndex(label => label < 0 || label >= classes);
    if (bad >= 0)
      throw new EngineError(
        'invalid-shape',
        phrase('Labels must be from 0 to {0}, but label {1} is {2}.', classes - 1, bad, targets[bad]!),
      );
  }

  /** Plans memory anew when the batch is larger than any before. */
  #ensure({ batch, steps }: Shape): void {
    if (batch <= this.#planned.batch && steps <= this.#planned.steps) return;
    this.#plan({ batch: Math.max(batch, this.#planned.batch), steps: Math.max(steps, this.#planned.steps) });
  }

  #plan(shape: Shape): void {
    const { parts, loss } = this.#graph;
    const plan = new MemoryPlan(this.#weightsEnd);
    this.#fed = plan.floats(shape.batch * shape.steps * this.#features);
    this.#input = plan.floats(shape.batch * shape.steps * this.#features);
    for (const part of parts) part.plan(plan, shape);
    loss.plan(plan, shape);
    this.#memory.growTo(plan.end);
    this.#planned = shape;
    this.#pack();
  }

  #weightPlaces(which: 'weight' | 'gradient'): NamedPlace[] {
    return this.#store.all.map(({ name, shape, [which]: at }) => ({ name, shape, at }));
  }

  #slotPlaces(): NamedPlace[] {
    return this.#store.all.flatMap(({ name, shape, slots }) =>
      this.#optimizer.slots.map(({ suffix }, k) => ({ name: `${name}/${suffix}`, shape, at: slots[k]! })),
    );
  }

  /** Copies columns of a matrix [rows, width]. */
  #columns(at: number, rows: number, width: number, first: number, count: number): Float32Array<ArrayBuffer> {
    const matrix = this.#memory.floats(at, rows * width);
    const copy = new Float32Array(rows * count);
    for (let row = 0; row < rows; row++)
      copy.set(matrix.subarray(row * width + first, row * width + first + count), row * count);
    return copy;
  }

  /** Copies `[T, B, W]`, whose rows lie `stride` bytes apart, as `[B, T, W]`. */
  #batchMajor(at: number, { batch, steps }: Shape, width: number, stride: number): Float32Array<ArrayBuffer> {
    const copy = new Float32Array(batch * steps * width);
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < steps; t++)
        copy.set(this.#memory.floats(at + (t * batch + b) * stride, width), (b * steps + t) * width);
    }
    return copy;
  }
}

/** The first row of a batch as a batch of its own. */
function firstRow({ steps, inputs, size }: Batch): Batch {
  return { size: 1, steps, inputs: inputs.subarray(0, inputs.length / size) };
}
