/** Our own engine: networks over the WebAssembly kernels. */
import { EngineError } from '../errors.ts';
import { KERNEL_BUILDS, type KernelBuild } from '../kernels/builds.ts';
import { linkKernels } from '../kernels/kernels.ts';
import { EngineMemory, MEMORY_LIMIT } from '../kernels/memory.ts';
import { fastestTile } from '../kernels/tiles.ts';
import { modelParameters } from '../model/parameters.ts';
import { phrase } from '../model/phrase.ts';
import type { ClippingSpec, ModelSpec, OptimizerSpec, TrainingSpec } from '../model/spec.ts';
import { unsupported } from '../model/support.ts';
import { truncationOf } from '../model/truncation.ts';
import { Random } from '../random.ts';
import { constrain } from '../training/constraints.ts';
import { initialise, initialiseParts } from '../training/initialisers.ts';
import { decayedMomentum, decayedRate } from '../training/decay.ts';
import { averaged, type Optimizer, OPTIMIZERS, type UpdateTarget } from '../training/optimizers.ts';
import type {
  Backend,
  Batch,
  BatchResult,
  LayerGradients,
  Network,
  NetworkOptions,
  NetworkValues,
  Parameter,
  SampleTrace,
} from './backend.ts';
import { checkFinite, checkLengths, checkWhole, firstRow, vocabularies } from './batches.ts';
import { KeptStates } from './keptStates.ts';
import type { Graph, KeptPlaces } from './wasm/graph.ts';
import { Accumulation } from './wasm/accumulation.ts';
import { Penalties } from './wasm/penalties.ts';
import { type NamedPlace, readPlaces, type View, writePlaces } from './wasm/parameters.ts';
import { type Shape, shapeOf } from './wasm/part.ts';
import { KEPT, Pass, type Planned, WORK } from './wasm/pass.ts';
import type { Crew, Team } from './wasm/team.ts';
import { readStepGradients, readValues } from './wasm/values.ts';
import { overWindows } from './windows.ts';

export interface WasmOptions {
  /** Index of the tile shape; measured when absent. It changes no bit. */
  readonly tile?: number;
  /** Slices that the batch is cut into, one after the other on this thread; 1 when absent. It changes no bit. */
  readonly slices?: number;
  /** Brings threads together that share the work of a batch; without it there is only this one. It changes no bit. */
  readonly gather?: (threads: number) => Team;
  /** The build that the bytes are; `plain` when absent. */
  readonly build?: KernelBuild;
}

/** What a network works with: the kernels and, if it is not alone, those who help. */
interface Workplace {
  readonly kernels: WebAssembly.Module;
  /** Whether they are those for shared memory. */
  readonly shared: boolean;
  readonly tile: number;
  readonly slices: number;
  readonly team: Team | undefined;
}

/** @param bytes the compiled kernels (`engine/kernels/builds.ts`). */
export function createWasmBackend(
  bytes: Uint8Array<ArrayBuffer> | ArrayBuffer,
  { tile, slices = 1, gather, build = KERNEL_BUILDS.plain }: WasmOptions = {},
): Backend {
  const module = new WebAssembly.Module(bytes);
  let shape = tile;
  return {
    title: build.title,
    createNetwork(spec, options) {
      const reasons = unsupported(spec);
      if (reasons[0]) throw new EngineError('unsupported', reasons[0]);
      shape ??= fastestTile(module, build.shared);
      const { threads = 1 } = options;
      const team = threads > 1 ? gather?.(threads) : undefined;
      return new WasmNetwork(spec, options, {
        kernels: team?.kernels ?? module,
        shared: team !== undefined || build.shared,
        tile: shape,
        slices,
        team,
      });
    },
  };
}

/** What trains some of the weights. */
interface Trainer {
  readonly optimizer: Optimizer;
  readonly options: OptimizerSpec;
  /** A learning rate of their own. */
  readonly rate?: number | undefined;
}

/** Those that have a momentum by that name; in Adam and its kin it is β₁. */
const WITH_MOMENTUM: ReadonlySet<OptimizerSpec['kind']> = new Set<OptimizerSpec['kind']>(['sgd', 'momentum', 'rmsprop']); // prettier-ignore

/** @param momentum in place of that of the options, where a schedule changes it. */
function optimizerOf({ framework, training: { averaging } }: ModelSpec, options: OptimizerSpec, momentum?: number): Optimizer {
  const changed = momentum === undefined ? {} : WITH_MOMENTUM.has(options.kind) ? { momentum } : { beta1: momentum };
  const plain = OPTIMIZERS[framework][options.kind]!({ ...options, ...changed });
  return averaging ? averaged(plain, averaging) : plain;
} // prettier-ignore

class WasmNetwork implements Network {
  readonly #spec: ModelSpec;
  readonly #memory: EngineMemory;
  readonly #pass: Pass;
  readonly #trainer: Trainer;
  /** Of weights with options of their own, by name. */
  readonly #ownTrainers: ReadonlyMap<string, Trainer>;
  readonly #frozen: ReadonlySet<string>;
  /** Gradients of the batches since the last step, where one is taken only every so many. */
  readonly #accumulated: Accumulation | undefined;
  readonly #training: TrainingSpec;
  readonly #clipping: readonly ClippingSpec[];
  readonly #penalties: Penalties;
  /** PyTorch divides by the norm and a little more when it clips. */
  readonly #clipMargin: number;
  readonly #crew: Crew | undefined;
  readonly #slices: number;
  readonly #seed: number;
  /** Id of the input that `lengths` of a batch are for. */
  readonly #lengths: string | undefined;
  /** Of inputs that hold tokens. */
  readonly #vocabularies: ReadonlyMap<string, number>;
  /** Which way the weights are packed for; 0: none, as they have changed or gradients lie in their place. */
  #packed = 0;
  /** States that stateful layers, or the windows of a sequence, have ended with, `[B, W]` each; none: zeros. */
  readonly #kept: KeptStates;
  #learningRate: number;
  #step = 0;
  #epoch = 0;

  constructor(spec: ModelSpec, options: NetworkOptions, { kernels, shared, tile, slices, team }: Workplace) {
    this.#spec = spec;
    this.#slices = slices;
    this.#seed = options.seed;
    const { optimizer = { kind: 'sgd' }, clipping } = spec.training;
    const { groups = [], frozen = [], accumulation } = spec.training;
    const momentum = decayedMomentum(spec.training.learningRateDecay, { steps: 0, epochs: 0 });
    const trainerBy = (options: OptimizerSpec, rate?: number): Trainer => ({ optimizer: optimizerOf(spec, options, momentum), options, rate }); // prettier-ignore
    this.#trainer = trainerBy(optimizer);
    this.#learningRate = optimizer.learningRate ?? this.#trainer.optimizer.learningRate;
    this.#ownTrainers = new Map(
      groups.flatMap(({ weights, options }) => {
        const own = trainerBy({ ...optimizer, ...options }, options.learningRate);
        return weights.map(name => [name, own] as const);
      }),
    );
    this.#frozen = new Set(frozen);
    this.#accumulated = accumulation && new Accumulation(accumulation);
    this.#training = spec.training;
    this.#clipping = [clipping ?? []].flat();
    this.#kept = new KeptStates(spec);
    this.#clipMargin = spec.framework === 'pytorch' ? 1e-6 : 0;
    this.#memory = new EngineMemory(shared);
    const slots = Math.max(...[this.#trainer, ...this.#ownTrainers.values()].map(one => one.optimizer.slots.length));
    const place = { tile, slots, threads: team?.threads ?? 1 };
    this.#pass = new Pass(spec, linkKernels(kernels, this.#memory.memory), place);
    this.#crew = team?.open(this.#pass, { spec, memory: this.#memory.memory, place });
    const { store, sequences } = this.#pass;
    this.#vocabularies = vocabularies(spec);
    this.#lengths = spec.inputs.find(({ role }) => role === 'lengths')?.id;
    const order = new Map(modelParameters(spec).map(({ name }, index) => [name, index]));
    store.views.sort((a, b) => order.get(a.name)! - order.get(b.name)!);
    const steps = sequences.map(({ id }) => spec.inputs.find(input => input.id === id)!.axes[0]!.size);
    const truncation = truncationOf(spec);
    const most = truncation?.windows ? truncation.steps : Infinity;
    const axes = this.#pass.axesOf(steps.map(one => (typeof one === 'number' ? Math.min(one, most) : 1)));
    this.#plan({ batch: options.batchSize, axes, slopes: KEPT.weights });
    this.#penalties = new Penalties(spec.loss?.penalties ?? [], store.views);
    const random = new Random(options.seed, 'weights');
    this.setParameters(
      store.views.map(({ name, shape, initializer, ones, cutAt }) => {
        const values = cutAt === undefined ? initialise(initializer, shape, random) : initialiseParts(initializer, shape, cutAt, random); // prettier-ignore
        if (ones) values.fill(1, ones.first, ones.end);
        return { name, shape, values };
      }),
    );
    for (const view of store.views) {
      const { slots, n } = placesOf(view);
      this.#trainerOf(view).optimizer.slots.forEach((slot, k) => this.#memory.floats(slots[k]!, n).fill(slot.initial));
    }
  }

  #trainerOf({ name }: View): Trainer {
    return this.#ownTrainers.get(name) ?? this.#trainer;
  }

  get parameters(): Network['parameters'] {
    return this.#pass.store.views.map(({ name, shape }) => ({ name, shape }));
  }

  get threads(): number {
    return this.#crew?.whole ? this.#crew.threads : 1;
  }

  get stateful(): boolean {
    return this.#kept.stateful;
  }

  get bytes(): number {
    return this.#memory.bytes;
  }

  getParameters(): Parameter[] {
    return readPlaces(this.#memory, this.#weightPlaces('weight'));
  }

  setParameters(parameters: readonly Parameter[]): void {
    writePlaces(this.#memory, this.#weightPlaces('weight'), parameters);
    this.#packed = 0;
  }

  getOptimizerState(): Parameter[] {
    return [
      ...readPlaces(this.#memory, this.#slotPlaces()),
      { name: 'step', shape: [], values: Float32Array.of(this.#step) },
      ...(this.#accumulated?.state() ?? []),
      ...this.#kept.parameters(),
    ];
  }

  setOptimizerState(given: readonly Parameter[]): void {
    const state = this.#accumulated?.restore(given) ?? given;
    const step = state.find(({ name }) => name === 'step');
    if (!step) throw new EngineError('invalid-shape', phrase('The tensor {0} is missing.', 'step'));
    const rest = this.#kept.restore(state);
    writePlaces(this.#memory, this.#slotPlaces(), rest.filter(parameter => parameter !== step)); // prettier-ignore
    this.#step = step.values[0]!;
  }

  setLearningRate(rate: number): void {
    this.#learningRate = rate;
  }

  setEpoch(epoch: number): void {
    this.#epoch = epoch;
  }

  resetStates(): void {
    this.#kept.reset();
  }

  trainStep(batch: Batch): BatchResult {
    this.#kept.beginSequence();
    return this.#overWindows(batch, window => this.#trainOn(window));
  }

  #overWindows(batch: Batch, run: (window: Batch) => BatchResult): BatchResult {
    return overWindows(this.#spec, batch, { check: whole => this.#check(whole, true), run });
  }

  #trainOn(batch: Batch): BatchResult {
    const shape = this.#feed(batch, true, 'training');
    const result = this.#gradientsOf(shape);
    // A loss or gradient that is not finite would ruin the weights: they stay as they were.
    if (!Number.isFinite(result.loss) || !this.#update())
      return { ...result, diverged: true, nonFiniteLayer: this.#firstNotFinite(shape) };
    this.#keepStates(shape);
    return result;
  }

  applyGradients(gradients: readonly Parameter[]): boolean {
    this.#packed = 0;
    writePlaces(this.#memory, this.#weightPlaces('gradient'), gradients);
    return this.#update();
  }

  evaluate(batch: Batch): BatchResult {
    return this.#kept.aside(() =>
      this.#overWindows(batch, window => {
        const shape = this.#feed(window, true, 'going on');
        this.#runToLoss(shape);
        this.#keepStates(shape);
        return this.#result(shape);
      }),
    );
  }

  /** What layers have ended with becomes what they begin the next training step with. */
  #keepStates(shape: Shape): void {
    const ended = ({ last }: KeptPlaces) => this.#memory.floats(last.at(shape), shape.batch * last.width).slice();
    this.#kept.keep(new Map(this.#graph.kept.map(one => [one.name, ended(one)])));
  }

  gradients(batch: Batch): Parameter[] {
    this.#gradientsOf(this.#feed(batch, true));
    return readPlaces(this.#memory, this.#weightPlaces('gradient'));
  }

  inputGradients(batch: Batch): Parameter[] {
    return this.#keeping(KEPT.inputs, batch, shape => {
      const sequences = this.#pass.sequences.map(({ id, tensor, sizes }) => ({
        name: id,
        shape: [shape.batch, shape.along(tensor.axis).steps, ...sizes],
        values: this.#batchMajor(tensor.slopes, shape.along(tensor.axis), tensor.width, tensor.slopeStride),
      }));
      const states = this.#pass.states.map(state => ({
        name: state.id,
        shape: [shape.batch, ...state.sizes],
        values: this.#memory.floats(state.tensor.slopes, shape.batch * state.tensor.width).slice(),
      }));
      return [...sequences, ...states];
    });
  }

  stepGradients(batch: Batch): ReadonlyMap<string, readonly LayerGradients[]> {
    return this.#keeping(KEPT.steps, batch, shape => readStepGradients(this.#graph, { memory: this.#memory, shape }));
  }

  /** Reads gradients that are kept in a pass of its own. */
  #keeping<R>(slopes: number, batch: Batch, read: (shape: Shape) => R): R {
    try {
      this.#plan({ ...largest(this.#pass.planned, this.#check(batch, true)), slopes });
      const shape = this.#feed(batch, true);
      this.#gradientsOf(shape);
      return read(shape);
    } finally {
      this.#plan({ ...this.#pass.planned, slopes: KEPT.weights });
    }
  }

  values(batch: Batch): NetworkValues {
    const evaluated = batch.targets !== undefined;
    const shape = this.#feed(batch, evaluated);
    this.#run(WORK.forward, shape);
    const nodes = readValues(this.#spec, this.#graph, { memory: this.#memory, shape });
    if (!evaluated) return { ...nodes, loss: undefined };
    if (this.#graph.loss.countsLate) this.#graph.loss.countRows(this.#memory, shape);
    this.#run(WORK.loss, shape);
    return { ...nodes, loss: this.#result(shape).loss };
  }

  trace(batch: Batch): SampleTrace {
    const one = firstRow(batch);
    const shape = this.#feed(one, false);
    this.#run(WORK.forward, shape);
    const layers = this.#graph.layers.map(({ layer, cell, direction }) => {
      const own = shape.along(layer.axis);
      const places = [...layer.places(own)];
      const tensors = new Map(
        places.map(({ id, at, stride, width }) => [id, this.#rows(at, own.steps, stride, width)]),
      );
      return { cell, units: layer.width, direction, tensors };
    });
    const { prediction } = this.#graph.loss;
    return {
      steps: shape.steps,
      layers,
      outputs: this.#outputs(shape),
      logits: this.#memory.floats(prediction.at(shape), prediction.rows(shape) * prediction.width).slice(),
    };
  }

  hiddenStates(batch: Batch, layer: number): Float32Array<ArrayBuffer> {
    const shape = this.#feed(batch, false);
    this.#run(WORK.forward, shape);
    const { outputs, axis } = this.#graph.layers[layer]!.layer;
    return this.#batchMajor(outputs.at(shape), shape.along(axis), outputs.width, outputs.width * 4);
  }

  contributions(batch: Batch, logit: number): Float32Array<ArrayBuffer>[] {
    const shape = this.#feed(firstRow(batch), false);
    this.#run(WORK.forward, shape);
    const { prediction } = this.#graph.loss;
    const slopes = this.#memory.floats(prediction.slopes, prediction.rows(shape) * prediction.width).fill(0);
    // Of a head on every step, the last step counts.
    slopes[slopes.length - prediction.width + logit] = 1;
    this.#run(WORK.backward, shape);
    return this.#graph.layers.map(({ layer: { outputs, finals, width, reversed, axis } }) => {
      const { steps } = shape.along(axis);
      const parts = new Float32Array(width);
      const h = this.#memory.floats(outputs.at(shape), steps * width);
      const final = finals.get('h')!;
      for (let t = 0; t < steps; t++) {
        const above =
          outputs.slopes === 0 ? undefined : this.#memory.floats(outputs.slopes + t * outputs.slopeStride, width);
        const isLast = t === (reversed ? 0 : steps - 1);
        const after = isLast && final.slopes !== 0 ? this.#memory.floats(final.slopes, width) : undefined;
        for (let u = 0; u < width; u++) parts[u]! += h[t * width + u]! * ((above?.[u] ?? 0) + (after?.[u] ?? 0));
      }
      return parts;
    });
  }

  dispose(): void {
    this.#crew?.leave(); // memory goes with the last reference to the network
  }

  /** Loss of the batch that was fed, and the gradient of every weight. */
  #gradientsOf(shape: Shape): BatchResult {
    this.#runToLoss(shape, WORK.slopes);
    this.#run(WORK.backward, shape);
    this.#run(WORK.sums, shape);
    const { kernels, store } = this.#pass;
    for (const { of, block } of store.shares) kernels.addRows(of.gradient, 0, block.gradient, 0, 1, of.size);
    this.#penalties.addSlopes(kernels, this.#memory);
    return this.#result(shape);
  }

  /** What the batch has come to, with the penalties of the weights in its loss. */
  #result(shape: Shape): BatchResult {
    const result = this.#graph.loss.result(this.#memory, shape);
    return { ...result, loss: result.loss + this.#penalties.value(this.#pass.kernels, this.#memory) };
  }

  /** Forward to the loss, and what else shall be done. */
  #runToLoss(shape: Shape, more = 0): void {
    const { loss } = this.#graph;
    if (!loss.countsLate) this.#run(WORK.forward | WORK.loss | more, shape);
    else {
      this.#run(WORK.forward, shape);
      loss.countRows(this.#memory, shape);
      this.#run(WORK.loss | more, shape);
    }
  }

  /** Lets the weights follow their gradients; they must be packed then. @returns false when one is not finite; nothing is changed then. */
  #update(): boolean {
    if (!this.#gradientsAreFinite()) return false;
    const { views, blocks } = this.#pass.store;
    if (this.#accumulated?.add(blocks.map(({ gradient, size }) => this.#memory.floats(gradient, size))) === false) {
      this.#constrain();
      return true;
    }
    const taken = { steps: this.#step, epochs: this.#epoch };
    const rateOf = (first: number): number => decayedRate(this.#training.learningRateDecay, first, taken);
    const momentum = decayedMomentum(this.#training.learningRateDecay, taken);
    this.#step++;
    for (const clipping of this.#clipping) this.#clip(clipping);
    for (const [place, view] of views.entries()) {
      if (this.#frozen.has(view.name)) continue;
      const { optimizer, options, rate = this.#learningRate } = this.#trainerOf(view);
      const target = { ...placesOf(view), place, count: views.length };
      const now = momentum === undefined ? optimizer : optimizerOf(this.#spec, options, momentum);
      now.update(this.#pass.kernels, target, rateOf(rate), this.#step);
    }
    this.#constrain();
    return true;
  }

  #constrain(): void {
    for (const constraint of this.#training.constraints ?? []) {
      const places = this.#weightPlaces('weight').filter(({ name }) => name === constraint.weight);
      const weights = readPlaces(this.#memory, places);
      for (const { values, shape } of weights) constrain(constraint, values, shape);
      writePlaces(this.#memory, places, weights);
    }
  }

  #gradientsAreFinite(): boolean {
    const { kernels, store } = this.#pass;
    return store.blocks.every(({ gradient, size }) => kernels.allFinite(gradient, size) === 1);
  }

  /** The first recurrent layer, from 1, whose h is not finite somewhere. */
  #firstNotFinite(shape: Shape): number | undefined {
    const index = this.#graph.layers.findIndex(({ layer: { outputs } }) =>
      this.#memory.floats(outputs.at(shape), outputs.rows(shape) * outputs.width).some(h => !Number.isFinite(h)),
    );
    return index < 0 ? undefined : index + 1;
  }

  /** Does work of one way through the network, for which it packs the weights where they are not, or sums the gradients. */
  #run(work: number, shape: Shape): void {
    const needed = work & WORK.forward ? WORK.packForward : work & WORK.backward ? WORK.packBackward : this.#packed;
    if (needed !== this.#packed) {
      this.#packed = 0;
      this.#share(needed, shape);
      this.#packed = needed;
    }
    if (work & WORK.sums) {
      this.#packed = 0;
      this.#pass.clearGradients();
    }
    this.#share(work, shape);
  }

  /** One row has nothing to share out, and a team that has lost a thread is left: the bits are the same. */
  #share(work: number, shape: Shape): void {
    if (this.#crew?.whole && shape.batch > 1) this.#crew.run(work, shape);
    else for (let index = 0; index < this.#slices; index++) this.#pass.run(work, shape, { index, of: this.#slices });
  }

  get #graph(): Graph {
    return this.#pass.graph;
  }

  /** Plans the memory of a pass; it grows, at most, and what it held is lost. When it cannot, the plan before holds. */
  #plan(planned: Planned): void {
    const before = this.#pass.planned;
    try {
      const bytes = this.#pass.plan(planned);
      if (bytes > MEMORY_LIMIT) throw this.#tooLarge(planned, bytes);
      this.#memory.growTo(bytes);
    } catch (error) {
      this.#pass.plan(before);
      throw error;
    }
    this.#packed = 0;
  }

  /** Says how many rows would fit. */
  #tooLarge(planned: Planned, bytes: number): EngineError {
    const { batch, axes } = planned;
    const steps = Math.max(...axes);
    let [fits, refused] = [0, batch];
    while (refused - fits > 1) {
      const middle = Math.floor((fits + refused) / 2);
      if (this.#pass.plan({ ...planned, batch: middle }) <= MEMORY_LIMIT) fits = middle;
      else refused = middle;
    }
    const reason =
      fits > 0
        ? phrase('A batch of {0} rows of {1} steps needs {2} bytes of memory, and {3} bytes is the most there can be: a batch of {4} rows fits.', batch, steps, bytes, MEMORY_LIMIT, fits)
        : phrase('One row of {0} steps needs {1} bytes of memory, and {2} bytes is the most there can be: fewer steps or units may fit.', steps, this.#pass.plan({ ...planned, batch: 1 }), MEMORY_LIMIT);
    return new EngineError('no-memory', reason);
  } // prettier-ignore

  #clip({ kind, limit, order }: ClippingSpec): void {
    const places = this.#weightPlaces('gradient')
      .filter(({ name }) => !this.#frozen.has(name))
      .map(({ at, shape }) => ({ at, n: shape.reduce((size, n) => size * n, 1) }));
    const shrink = (clipped: typeof places) => {
      const norm = this.#norm(clipped, order) + this.#clipMargin;
      // A gradient that is short enough keeps its bits.
      if (norm > limit) for (const { at, n } of clipped) this.#pass.kernels.scale(at, n, limit / norm);
    };
    if (kind === 'value') for (const { at, n } of places) this.#pass.kernels.clip(at, n, limit);
    else if (kind === 'norm') for (const place of places) shrink([place]);
    else shrink(places);
  }

  /** A norm of all values together. */
  #norm(places: readonly { readonly at: number; readonly n: number }[], order: ClippingSpec['order']): number {
    const { kernels } = this.#pass;
    if (order === undefined) return Math.sqrt(places.reduce((sum, { at, n }) => sum + kernels.sumOfSquares(at, n), 0));
    const add = (total: number, value: number): number =>
      order === 1 ? total + Math.abs(value) : Math.max(total, Math.abs(value));
    return places.reduce((total, { at, n }) => this.#memory.floats(at, n).reduce(add, total), 0);
  }

  /**
   * Brings a batch into memory, once it is known to fit.
   * @param how looking on begins with zeros and drops nothing; going on begins with the states that were kept.
   */
  #feed(batch: Batch, targets: boolean, how: 'looking on' | 'going on' | 'training' = 'looking on'): Shape {
    const { size, states } = batch;
    const shape = this.#check(batch, targets);
    if (how !== 'looking on') this.#kept.checkRows(size);
    const { planned, sequences, marks } = this.#pass;
    if (size > planned.batch || shape.axes.some((steps, axis) => steps > planned.axes[axis]!))
      this.#plan({ ...largest(planned, shape), slopes: planned.slopes });
    for (const { id, fed, at, tensor } of sequences) {
      const values = this.#valuesOf(batch, id)!;
      this.#memory.floats(fed, values.length).set(values);
      this.#pass.kernels.batchToSteps(fed, at, size, shape.along(tensor.axis).steps, tensor.width);
    }
    for (const { id, at } of this.#pass.states) this.#memory.floats(at, states![id]!.length).set(states![id]!);
    for (const { name, first } of this.#graph.kept) {
      const states = this.#memory.floats(first.at(shape), size * first.width);
      const kept = how === 'looking on' ? undefined : this.#kept.values.get(name);
      if (kept) states.set(kept);
      else states.fill(0);
    }
    for (const one of marks) one.feed(this.#memory, shape, this.#valuesOf(batch, one.from));
    this.#graph.masks.forEach((mask, index) => {
      if (batch.masks) mask.set(this.#memory, shape, batch.masks);
      else if (how === 'training')
        mask.draw(
          this.#memory,
          shape,
          this.#seed +
            Math.imul(this.#step, 0x9e3779b1) +
            Math.imul(index, 0x85ebca77) +
            Math.imul(this.#accumulated?.taken ?? 0, 0xc2b2ae35),
        );
      else mask.clear(this.#memory, shape);
    });
    if (targets) this.#graph.loss.feed(this.#memory, batch.targets!, shape);
    return shape;
  }

  /** @returns how large the batch is. @throws EngineError `invalid-shape` that names what was expected and found. */
  #check(batch: Batch, targets: boolean): Shape {
    const { size, steps, inputs, lengths, states, others = {} } = batch;
    const { sequences, marks } = this.#pass;
    if (size < 1 || steps < 1)
      throw new EngineError('invalid-shape', phrase('The batch is empty: {0} rows of {1} steps.', size, steps));
    const fedSteps = sequences.map(({ id, tensor: { width } }, axis) => {
      const values = axis === 0 ? inputs : others[id];
      if (values === undefined) throw new EngineError('invalid-shape', phrase('The input {0} is missing.', id));
      const found = axis === 0 ? steps : values.length / (size * width);
      if (found < 1 || !Number.isInteger(found) || values.length !== size * found * width)
        throw axis === 0
          ? new EngineError('invalid-shape', phrase('The inputs must be [{0}, {1}, {2}] ({3} values), but have {4} values.', size, steps, width, size * steps * width, values.length))
          : new EngineError('invalid-shape', phrase('The input {0} must be [{1}, steps, {2}], but has {3} values.', id, size, width, values.length));
      checkFinite(id, values);
      const vocabulary = this.#vocabularies.get(id);
      if (vocabulary !== undefined) checkWhole(id, values, vocabulary - 1);
      return found;
    });
    const shape = shapeOf(size, this.#pass.axesOf(fedSteps));
    this.#graph.checkSteps(shape);
    for (const { id, tensor, sizes } of this.#pass.states) {
      const found = states?.[id]?.length ?? 0;
      if (found !== size * tensor.width)
        throw new EngineError('invalid-shape', phrase('The input {0} must be [{1}, {2}], but has {3} values.', id, size, sizes.join(', '), found));
      checkFinite(id, states![id]!);
    }
    const strange =
      Object.keys(states ?? {}).find(id => !this.#pass.states.some(state => state.id === id)) ??
      Object.keys(others).find(id => !this.#spec.inputs.some(input => input.id === id));
    if (strange !== undefined) throw new EngineError('invalid-shape', phrase('The model has no input {0}.', strange));
    if (lengths) checkLengths(this.#lengths ?? 'lengths', lengths, size, steps);
    for (const one of marks) one.check(this.#valuesOf(batch, one.from), shape);
    if (targets) this.#graph.loss.check(batch.targets, shape);
    return shape;
  } // prettier-ignore

  /** What an input is fed with: a sequence, lengths, or a mask. */
  #valuesOf({ inputs, lengths, others }: Batch, id: string): Float32Array | Int32Array | undefined {
    if (id === this.#pass.sequences[0]!.id) return inputs;
    return others?.[id] ?? (id === this.#lengths ? lengths : undefined);
  }

  #weightPlaces(which: 'weight' | 'gradient'): NamedPlace[] {
    return this.#pass.store.views.map(({ name, shape, block, offset, transposed }) => ({
      name,
      shape,
      at: block[which] + offset * 4,
      transposed,
    }));
  }

  #slotPlaces(): NamedPlace[] {
    return this.#pass.store.views.flatMap(view => {
      const { name, shape, block, offset, transposed } = view;
      return this.#trainerOf(view).optimizer.slots.map(({ suffix }, k) => ({
        name: `${name}/${suffix}`,
        shape,
        at: block.slots[k]! + offset * 4,
        transposed,
      }));
    });
  }

  /** h of the last recurrent node `[T, H]` as it hands it out: zeros where steps do not count, directions side by side. */
  #outputs(shape: Shape): Float32Array<ArrayBuffer> {
    const { tops, topMarks } = this.#graph;
    const { steps } = shape.along(tops[0]!.axis);
    const width = tops.reduce((sum, top) => sum + top.width, 0);
    const outputs = new Float32Array(steps * width);
    const counts = topMarks && this.#memory.bytesAt(topMarks.at, steps);
    let column = 0;
    for (const top of tops) {
      const h = this.#memory.floats(top.at(shape), steps * top.width);
      for (let t = 0; t < steps; t++)
        if (counts?.[t] !== 0) outputs.set(h.subarray(t * top.width, (t + 1) * top.width), t * width + column);
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

function largest(a: Pick<Planned, 'batch' | 'axes'>, b: Shape): Pick<Planned, 'batch' | 'axes'> {
  return { batch: Math.max(a.batch, b.batch), axes: a.axes.map((steps, axis) => Math.max(steps, b.axes[axis]!)) };
}
