/** Our own engine: networks over the WebAssembly kernels. */
import { EngineError } from '../errors.ts';
import { type Kernels, linkKernels } from '../kernels/kernels.ts';
import { EngineMemory, MemoryPlan } from '../kernels/memory.ts';
import { Products } from '../kernels/products.ts';
import { fastestTile } from '../kernels/tiles.ts';
import { modelParameters } from '../model/parameters.ts';
import { phrase } from '../model/phrase.ts';
import type { ClippingSpec, InputSpec, ModelSpec, TrainingSpec } from '../model/spec.ts';
import { unsupported } from '../model/support.ts';
import { Random } from '../random.ts';
import { initialise } from '../training/initialisers.ts';
import { decayedRate, type Optimizer, OPTIMIZERS, type UpdateTarget } from '../training/optimizers.ts';
import type {
  Backend,
  Batch,
  BatchResult,
  Network,
  NetworkOptions,
  NetworkValues,
  Parameter,
  SampleTrace,
} from './backend.ts';
import { buildGraph, type Graph } from './wasm/graph.ts';
import { type NamedPlace, ParameterStore, readPlaces, type View, writePlaces } from './wasm/parameters.ts';
import { type Shape, type Slice, Tensor } from './wasm/part.ts';
import { readValues } from './wasm/values.ts';

export interface WasmOptions {
  /** Index of the tile shape; measured when absent. It changes no bit. */
  readonly tile?: number;
  /** Slices that the batch is cut into, one after the other on this thread; 1 when absent. It changes no bit. */
  readonly slices?: number;
}

/** @param bytes the compiled kernels (`dist/kernels.wasm`). */
export function createWasmBackend(
  bytes: Uint8Array<ArrayBuffer> | ArrayBuffer,
  { tile, slices = 1 }: WasmOptions = {},
): Backend {
  const module = new WebAssembly.Module(bytes);
  let shape = tile;
  return {
    title: 'WebAssembly SIMD, 1 thread',
    createNetwork(spec, options) {
      const reasons = unsupported(spec);
      if (reasons[0]) throw new EngineError('unsupported', reasons[0]);
      shape ??= fastestTile(module);
      return new WasmNetwork(spec, options, module, shape, slices);
    },
  };
}

/** What is fed as numbers: the sequence and first states. */
interface FedInput {
  readonly id: string;
  readonly tensor: Tensor;
  /** Sizes of the axes after the batch, for a state. */
  readonly sizes: readonly number[];
  at: number;
}

class WasmNetwork implements Network {
  readonly #spec: ModelSpec;
  readonly #memory = new EngineMemory();
  readonly #kernels: Kernels;
  readonly #products: Products;
  readonly #graph: Graph;
  readonly #store: ParameterStore;
  readonly #optimizer: Optimizer;
  readonly #training: TrainingSpec;
  readonly #clipping: ClippingSpec | undefined;
  /** PyTorch divides by the norm and a little more when it clips. */
  readonly #clipMargin: number;
  /** Which steps count is told by lengths, or by the values that are fed. */
  readonly #lengths: boolean;
  readonly #masking: { readonly value: number } | undefined;
  readonly #slices: number;
  readonly #seed: number;
  /** Where the memory of the weights ends and that of a pass begins. */
  readonly #weightsEnd: number;
  readonly #sequence: FedInput;
  readonly #states: readonly FedInput[];
  #learningRate: number;
  #step = 0;
  #planned: Shape = { batch: 0, steps: 0 };
  #scratch = 0;
  /** The sequence as it is fed, `[B, T, D]`. */
  #fed = 0;
  /** A byte for every row of every step, 0 where it does not count. */
  #alive = 0;
  #inputSlopes = false;

  constructor(spec: ModelSpec, options: NetworkOptions, module: WebAssembly.Module, tile: number, slices: number) {
    this.#spec = spec;
    this.#slices = slices;
    this.#seed = options.seed;
    const { optimizer = { kind: 'sgd' }, clipping } = spec.training;
    this.#optimizer = OPTIMIZERS[spec.framework][optimizer.kind]!(optimizer);
    this.#learningRate = optimizer.learningRate ?? this.#optimizer.learningRate;
    this.#training = spec.training;
    this.#clipping = clipping;
    this.#clipMargin = spec.framework === 'pytorch' ? 1e-6 : 0;
    this.#kernels = linkKernels(module, this.#memory.memory);
    this.#products = new Products(this.#kernels, tile);
    const plan = new MemoryPlan(this.#kernels.reservedBytes());
    this.#store = new ParameterStore(plan, this.#optimizer.slots.length);
    const inputs = spec.inputs
      .filter(({ role }) => role === 'sequence' || role === 'state')
      .map(input => this.#fedInput(input));
    this.#sequence = inputs.find(({ tensor }) => tensor.sequence)!;
    this.#states = inputs.filter(input => input !== this.#sequence);
    this.#lengths = spec.inputs.some(({ role }) => role === 'lengths');
    this.#masking = maskingOf(spec);
    this.#graph = buildGraph(spec, plan, this.#products, this.#store, {
      tensors: new Map(inputs.map(({ id, tensor }) => [id, tensor])),
      alive: () => this.#alive,
    });
    const order = new Map(modelParameters(spec).map(({ name }, index) => [name, index]));
    this.#store.views.sort((a, b) => order.get(a.name)! - order.get(b.name)!);
    this.#scratch = plan.floats(Math.max(...this.#graph.parts.map(part => part.scratch)));
    this.#weightsEnd = plan.end;
    const steps = spec.inputs.find(({ role }) => role === 'sequence')!.axes[0]!.size;
    this.#plan({ batch: options.batchSize, steps: typeof steps === 'number' ? steps : 1 });
    const random = new Random(options.seed, 'weights');
    this.setParameters(
      this.#store.views.map(({ name, shape, initializer, ones }) => {
        const values = initialise(initializer, shape, random);
        if (ones) values.fill(1, ones.first, ones.end);
        return { name, shape, values };
      }),
    );
    for (const { size, slots } of this.#store.blocks) {
      this.#optimizer.slots.forEach((slot, k) => this.#memory.floats(slots[k]!, size).fill(slot.initial));
    }
  }

  get parameters(): Network['parameters'] {
    return this.#store.views.map(({ name, shape }) => ({ name, shape }));
  }

  get bytes(): number {
    return this.#memory.bytes;
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
    writePlaces(this.#memory, this.#slotPlaces(), state.filter(parameter => parameter !== step)); // prettier-ignore
    this.#step = step.values[0]!;
  }

  setLearningRate(rate: number): void {
    this.#learningRate = rate;
  }

  trainStep(batch: Batch): BatchResult {
    const shape = this.#feed(batch, true, true);
    const result = this.#gradientsOf(shape);
    // A loss that is not finite has ruined the gradients: the weights stay as they were.
    if (!Number.isFinite(result.loss)) return result;
    const rate = decayedRate(this.#training, this.#learningRate, this.#step);
    this.#step++;
    if (this.#clipping) this.#clip(this.#clipping);
    const { views } = this.#store;
    for (const [place, view] of views.entries()) {
      this.#optimizer.update(this.#kernels, { ...placesOf(view), place, count: views.length }, rate, this.#step);
    }
    this.#pack();
    return result;
  }

  evaluate(batch: Batch): BatchResult {
    const shape = this.#feed(batch, true);
    this.#forwardAll(shape);
    for (const slice of this.#cut(shape)) this.#graph.loss.run(shape, slice, false);
    return this.#graph.loss.result(this.#memory, shape);
  }

  gradients(batch: Batch): Parameter[] {
    this.#gradientsOf(this.#feed(batch, true));
    return readPlaces(this.#memory, this.#weightPlaces('gradient'));
  }

  inputGradients(batch: Batch): Parameter[] {
    this.#inputSlopes = true;
    try {
      this.#plan(largest(this.#planned, { batch: batch.size, steps: batch.steps }));
      const shape = this.#feed(batch, true);
      this.#gradientsOf(shape);
      const { id, tensor } = this.#sequence;
      const values = this.#batchMajor(tensor.slopes, shape, tensor.width, tensor.slopeStride);
      const states = this.#states.map(state => ({
        name: state.id,
        shape: [shape.batch, ...state.sizes],
        values: this.#memory.floats(state.tensor.slopes, shape.batch * state.tensor.width).slice(),
      }));
      return [{ name: id, shape: [shape.batch, shape.steps, tensor.width], values }, ...states];
    } finally {
      this.#inputSlopes = false;
      this.#plan(this.#planned);
    }
  }

  values(batch: Batch): NetworkValues {
    const evaluated = batch.targets !== undefined;
    const shape = this.#feed(batch, evaluated);
    this.#forwardAll(shape);
    const counts = this.#lengths || this.#masking !== undefined;
    const alive = counts ? this.#memory.bytesAt(this.#alive, shape.steps * shape.batch) : undefined;
    const nodes = readValues(this.#spec, this.#graph, { memory: this.#memory, shape, alive });
    if (!evaluated) return { ...nodes, loss: undefined };
    for (const slice of this.#cut(shape)) this.#graph.loss.run(shape, slice, false);
    return { ...nodes, loss: this.#graph.loss.result(this.#memory, shape).loss };
  }

  trace(batch: Batch): SampleTrace {
    const one = firstRow(batch);
    const shape = this.#feed(one, false);
    this.#forwardAll(shape);
    const layers = this.#graph.layers.map(({ layer, cell, direction }) => {
      const places = [...layer.places(shape)];
      const tensors = new Map(
        places.map(({ id, at, stride, width }) => [id, this.#rows(at, shape.steps, stride, width)]),
      );
      return { cell, units: layer.width, direction, tensors };
    });
    const { prediction } = this.#graph.loss;
    return {
      steps: shape.steps,
      layers,
      outputs: this.#outputs(shape, one.lengths?.[0] ?? shape.steps),
      logits: this.#memory.floats(prediction.at(shape), prediction.rows(shape) * prediction.width).slice(),
    };
  }

  hiddenStates(batch: Batch, layer: number): Float32Array<ArrayBuffer> {
    const shape = this.#feed(batch, false);
    this.#forwardAll(shape);
    const { outputs } = this.#graph.layers[layer]!.layer;
    return this.#batchMajor(outputs.at(shape), shape, outputs.width, outputs.width * 4);
  }

  contributions(batch: Batch, logit: number): Float32Array<ArrayBuffer>[] {
    const shape = this.#feed(firstRow(batch), false);
    this.#forwardAll(shape);
    const { prediction } = this.#graph.loss;
    const slopes = this.#memory.floats(prediction.slopes, prediction.rows(shape) * prediction.width).fill(0);
    // Of a head on every step, the last step counts.
    slopes[slopes.length - prediction.width + logit] = 1;
    for (const slice of this.#cut(shape)) this.#backward(shape, slice);
    return this.#graph.layers.map(({ layer: { outputs, finals, width, reversed } }) => {
      const parts = new Float32Array(width);
      const h = this.#memory.floats(outputs.at(shape), shape.steps * width);
      const final = finals.get('h')!;
      for (let t = 0; t < shape.steps; t++) {
        const above =
          outputs.slopes === 0 ? undefined : this.#memory.floats(outputs.slopes + t * outputs.slopeStride, width);
        const isLast = t === (reversed ? 0 : shape.steps - 1);
        const after = isLast && final.slopes !== 0 ? this.#memory.floats(final.slopes, width) : undefined;
        for (let u = 0; u < width; u++) parts[u]! += h[t * width + u]! * ((above?.[u] ?? 0) + (after?.[u] ?? 0));
      }
      return parts;
    });
  }

  dispose(): void {
    // Memory goes with the last reference to the network.
  }

  #fedInput({ id, role, axes }: InputSpec): FedInput {
    // Tokens have no axis of features: each is one number.
    const own = role === 'state' ? axes : axes.slice(1);
    const sizes = own.map(({ size }) => {
      if (typeof size === 'number') return size;
      throw new EngineError('invalid-model', phrase('The size {0} of the input {1} is not known.', size, id));
    });
    const width = sizes.reduce((product, size) => product * size, 1);
    const fed: FedInput = { id, sizes, at: 0, tensor: new Tensor(width, role === 'sequence', () => fed.at, () => this.#inputSlopes) }; // prettier-ignore
    return fed;
  }

  /** Loss of the batch that was fed, and the gradient of every weight. */
  #gradientsOf(shape: Shape): BatchResult {
    // A slice goes all the way forward and back without waiting for another.
    for (const slice of this.#cut(shape)) {
      this.#forward(shape, slice);
      this.#graph.loss.run(shape, slice, true);
      this.#backward(shape, slice);
    }
    for (let index = 0; index < this.#slices; index++) {
      for (const part of this.#graph.parts)
        part.sumGradients(shape, { index, of: this.#slices, scratch: this.#scratch });
    }
    return this.#graph.loss.result(this.#memory, shape);
  }

  /** The forward pass of the whole batch. */
  #forwardAll(shape: Shape): void {
    for (const slice of this.#cut(shape)) this.#forward(shape, slice);
  }

  #forward(shape: Shape, slice: Slice): void {
    for (const part of this.#graph.parts) part.forward(shape, slice);
  }

  #backward(shape: Shape, slice: Slice): void {
    const { parts, tensors } = this.#graph;
    for (const tensor of tensors) tensor.clearSlopes(this.#kernels, shape, slice);
    for (let k = parts.length - 1; k >= 0; k--) parts[k]!.backward(shape, slice);
  }

  /** The batch in slices of nearly equal size, none of them empty. */
  #cut({ batch }: Shape): Slice[] {
    const of = Math.min(this.#slices, batch);
    return Array.from({ length: of }, (_, k) => {
      const first = Math.floor((batch * k) / of);
      return { first, rows: Math.floor((batch * (k + 1)) / of) - first, scratch: this.#scratch };
    });
  }

  #pack(): void {
    for (const part of this.#graph.parts) part.pack();
  }

  #clip({ kind, limit }: ClippingSpec): void {
    const places = this.#weightPlaces('gradient').map(({ at, shape }) => ({
      at,
      n: shape.reduce((size, n) => size * n, 1),
    }));
    const shrink = (squares: number, clipped: typeof places) => {
      const norm = Math.sqrt(squares) + this.#clipMargin;
      // A gradient that is short enough keeps its bits.
      if (norm > limit) for (const { at, n } of clipped) this.#kernels.scale(at, n, limit / norm);
    };
    const squares = places.map(({ at, n }) => (kind === 'value' ? 0 : this.#kernels.sumOfSquares(at, n)));
    if (kind === 'value') for (const { at, n } of places) this.#kernels.clip(at, n, limit);
    else if (kind === 'norm') places.forEach((place, k) => { shrink(squares[k]!, [place]); }); // prettier-ignore
    else shrink(squares.reduce((sum, square) => sum + square, 0), places); // prettier-ignore
  }

  /** Brings a batch into memory, once it is known to fit. */
  #feed(batch: Batch, targets: boolean, training = false): Shape {
    const { size, steps, inputs, lengths, states } = batch;
    const shape = { batch: size, steps };
    if (size < 1 || steps < 1)
      throw new EngineError('invalid-shape', phrase('The batch is empty: {0} rows of {1} steps.', size, steps));
    const { width } = this.#sequence.tensor;
    if (inputs.length !== size * steps * width) {
      throw new EngineError(
        'invalid-shape',
        phrase(
          'The inputs must be [{0}, {1}, {2}] ({3} values), but have {4} values.',
          size,
          steps,
          width,
          size * steps * width,
          inputs.length,
        ),
      );
    }
    checkFinite(this.#sequence.id, inputs);
    for (const { id, tensor, sizes } of this.#states) {
      const found = states?.[id]?.length ?? 0;
      if (found !== size * tensor.width)
        throw new EngineError(
          'invalid-shape',
          phrase('The input {0} must be [{1}, {2}], but has {3} values.', id, size, sizes.join(', '), found),
        );
      checkFinite(id, states![id]!);
    }
    if (lengths) {
      if (lengths.length !== size)
        throw new EngineError(
          'invalid-shape',
          phrase('There must be {0} lengths, but there are {1}.', size, lengths.length),
        );
      const bad = lengths.findIndex(length => length < 0 || length > steps);
      if (bad >= 0)
        throw new EngineError(
          'invalid-shape',
          phrase('Lengths must be from 0 to {0}, but length {1} is {2}.', steps, bad, lengths[bad]!),
        );
    }
    if (targets) this.#graph.loss.check(batch.targets, shape);
    if (size > this.#planned.batch || steps > this.#planned.steps) this.#plan(largest(this.#planned, shape));
    this.#memory.floats(this.#fed, inputs.length).set(inputs);
    this.#kernels.batchToSteps(this.#fed, this.#sequence.at, size, steps, width);
    for (const { id, at } of this.#states) this.#memory.floats(at, states![id]!.length).set(states![id]!);
    if (this.#lengths) this.#feedLengths(shape, lengths);
    if (this.#masking) this.#feedMask(shape, inputs, this.#masking.value);
    this.#graph.masks.forEach((mask, index) => {
      if (batch.masks) mask.set(this.#memory, shape, batch.masks);
      else if (training)
        mask.draw(this.#memory, shape, this.#seed + Math.imul(this.#step, 0x9e3779b1) + Math.imul(index, 0x85ebca77));
      else mask.clear(this.#memory, shape);
    });
    if (targets) this.#graph.loss.feed(this.#memory, batch.targets!, shape);
    return shape;
  }

  #feedLengths({ batch, steps }: Shape, lengths: Int32Array | undefined): void {
    const alive = this.#memory.bytesAt(this.#alive, steps * batch);
    for (let t = 0; t < steps; t++) {
      for (let b = 0; b < batch; b++) alive[t * batch + b] = lengths === undefined || t < lengths[b]! ? 1 : 0;
    }
  }

  /** A step counts when any of its values is another than the one that masks. */
  #feedMask({ batch, steps }: Shape, inputs: Float32Array, value: number): void {
    const { width } = this.#sequence.tensor;
    const alive = this.#memory.bytesAt(this.#alive, steps * batch);
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < steps; t++) {
        const from = (b * steps + t) * width;
        alive[t * batch + b] = inputs.subarray(from, from + width).some(x => x !== value) ? 1 : 0;
      }
    }
  }

  /** Plans the memory of a pass; it grows, at most, and what it held is lost. */
  #plan(shape: Shape): void {
    const { parts, tensors, loss } = this.#graph;
    const plan = new MemoryPlan(this.#weightsEnd);
    const sequence = shape.batch * shape.steps * this.#sequence.tensor.width;
    this.#fed = plan.floats(sequence);
    this.#sequence.at = plan.floats(sequence);
    for (const state of this.#states) state.at = plan.floats(shape.batch * state.tensor.width);
    if (this.#lengths || this.#masking) this.#alive = plan.reserve(shape.batch * shape.steps);
    for (const tensor of tensors) tensor.planSlopes(plan, shape);
    for (const part of parts) part.plan(plan, shape);
    loss.plan(plan, shape);
    this.#memory.growTo(plan.end);
    this.#planned = shape;
    this.#pack();
  }

  #weightPlaces(which: 'weight' | 'gradient'): NamedPlace[] {
    return this.#store.views.map(({ name, shape, block, offset, transposed }) => ({
      name,
      shape,
      at: block[which] + offset * 4,
      transposed,
    }));
  }

  #slotPlaces(): NamedPlace[] {
    return this.#store.views.flatMap(({ name, shape, block, offset, transposed }) =>
      this.#optimizer.slots.map(({ suffix }, k) => ({
        name: `${name}/${suffix}`,
        shape,
        at: block.slots[k]! + offset * 4,
        transposed,
      })),
    );
  }

  /** h of the last recurrent node `[T, H]` as it hands it out: zeros where steps do not count, directions side by side. */
  #outputs(shape: Shape, length: number): Float32Array<ArrayBuffer> {
    const { tops } = this.#graph;
    const width = tops.reduce((sum, top) => sum + top.width, 0);
    const outputs = new Float32Array(shape.steps * width);
    let column = 0;
    for (const top of tops) {
      const h = this.#memory.floats(top.at(shape), shape.steps * top.width);
      for (let t = 0; t < length; t++) outputs.set(h.subarray(t * top.width, (t + 1) * top.width), t * width + column);
      column += top.width;
    }
    return outputs;
  }

  /** Copies rows of `width` floats that lie `stride` bytes apart. */
  #rows(at: number, rows: number, stride: number, width: number): Float32Array<ArrayBuffer> {
    const copy = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) copy.set(this.#memory.floats(at + row * stride, width), row * width);
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

/** Where one weight lies in its block, with what belongs to it. */
function placesOf({ block, offset, shape }: View): Pick<UpdateTarget, 'weight' | 'gradient' | 'slots' | 'n'> {
  return {
    weight: block.weight + offset * 4,
    gradient: block.gradient + offset * 4,
    slots: block.slots.map(slot => slot + offset * 4),
    n: shape.reduce((size, one) => size * one, 1),
  };
}

/** The value that masks steps of the sequence, by a masking layer or an embedding. */
function maskingOf({ nodes }: ModelSpec): { value: number } | undefined {
  for (const node of nodes) {
    if (node.op === 'masking') return { value: node.value };
    if (node.op === 'embedding' && node.maskZero) return { value: 0 };
  }
  return undefined;
}

function largest(a: Shape, b: Shape): Shape {
  return { batch: Math.max(a.batch, b.batch), steps: Math.max(a.steps, b.steps) };
}

function checkFinite(id: string, values: Float32Array): void {
  for (let k = 0; k < values.length; k++) {
    if (!Number.isFinite(values[k]))
      throw new EngineError(
        'invalid-shape',
        phrase('The input {0} must be finite, but value {1} is {2}.', id, k, String(values[k])),
      );
  }
}

/** The first row of a batch as a batch of its own. */
function firstRow(batch: Batch): Batch {
  const { steps, inputs, size, lengths, states } = batch;
  if (size === 1) return batch;
  return {
    size: 1,
    steps,
    inputs: inputs.subarray(0, inputs.length / size),
    ...(lengths && { lengths: lengths.subarray(0, 1) }),
    ...(states && {
      states: Object.fromEntries(
        Object.entries(states).map(([id, values]) => [id, values.subarray(0, values.length / size)]),
      ),
    }),
  };
}
