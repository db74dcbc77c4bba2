/** A network whose loss, gradients and values TensorFlow computes, by the equations of the reference. */
import { CELLS } from '../../cells/table.ts';
import { EngineError } from '../../errors.ts';
import { isOfClasses } from '../../model/losses.ts';
import { phrase } from '../../model/phrase.ts';
import { topKOf } from '../../model/measures.ts';
import type { InputSpec, ModelSpec } from '../../model/spec.ts';
import { isLossActivation } from '../../model/support.ts';
import { keptName } from '../../model/truncation.ts';
import { Random } from '../../random.ts';
import type {
  Batch,
  BatchResult,
  LayerGradients,
  LayerTrace,
  LayerValues,
  Network,
  NetworkValues,
  Parameter,
  RecurrentValues,
  SampleTrace,
  Values,
} from '../backend.ts';
import { checkFinite, checkLengths, checkWhole, firstRow, isAmongTop, vocabularies } from '../batches.ts';
import { KeptStates } from '../keptStates.ts';
import type { Dropout } from '../reference/dropout.ts';
import { evaluateGraph, type GraphInputs, type GraphValues } from '../reference/graph.ts';
import { concatenate, multiply, scale, sequence } from '../reference/operations.ts';
import type { LayerRun, RecurrentRun } from '../reference/recurrent.ts';
import { sizeOf, tensor, type Tensor } from '../reference/tensor.ts';
import { overWindows } from '../windows.ts';
import type { Device } from './arithmetic.ts';
import type { DeviceTensor, Handle } from './deviceTensor.ts';

/** Where gradients are wanted, and of what. */
interface Slopes {
  readonly value: number;
  /** Zeros where nothing depends on it. */
  readonly of: readonly Float32Array<ArrayBuffer>[];
}

export class TensorflowNetwork implements Network {
  readonly #spec: ModelSpec;
  /** Of inputs that hold tokens. */
  readonly #vocabularies: ReadonlyMap<string, number>;
  readonly #device: Device;
  /** Keeps weights and optimizer, and updates them. */
  readonly #learner: Network;
  readonly #seed: number;
  readonly threads: number;
  /** The weights in TensorFlow, until they change. */
  #weights: ReadonlyMap<string, Handle> | undefined;
  readonly #kept: KeptStates;
  #step = 0;

  constructor(spec: ModelSpec, device: Device, learner: Network, seed: number, threads: number) {
    this.#spec = spec;
    this.#vocabularies = vocabularies(spec);
    this.#kept = new KeptStates(spec);
    this.#device = device;
    this.#learner = learner;
    this.#seed = seed;
    this.threads = threads;
  }

  get parameters(): Network['parameters'] {
    return this.#learner.parameters;
  }

  get stateful(): boolean {
    return this.#kept.stateful;
  }

  get bytes(): number {
    return this.#learner.bytes + this.#device.tf.memory().numBytes;
  }

  getParameters(): Parameter[] {
    return this.#learner.getParameters();
  }

  setParameters(parameters: readonly Parameter[]): void {
    this.#learner.setParameters(parameters);
    this.#forgetWeights();
  }

  getOptimizerState(): Parameter[] {
    return [...this.#learner.getOptimizerState(), ...this.#kept.parameters()];
  }

  setOptimizerState(state: readonly Parameter[]): void {
    this.#learner.setOptimizerState(this.#kept.restore(state));
    this.#step = state.find(({ name }) => name === 'step')?.values[0] ?? 0;
  }

  setLearningRate(rate: number): void {
    this.#learner.setLearningRate(rate);
  }

  setEpoch(epoch: number): void {
    this.#learner.setEpoch(epoch);
  }

  resetStates(): void {
    this.#kept.reset();
  }

  trainStep(batch: Batch): BatchResult {
    this.#kept.beginSequence();
    return this.#overWindows(batch, window => this.#trainOn(window));
  }

  #overWindows(batch: Batch, run: (window: Batch) => BatchResult): BatchResult {
    return overWindows(this.#spec, batch, { check: whole => this.#device.scoped(() => this.#feed(whole)), run });
  }

  #trainOn(batch: Batch): BatchResult {
    return this.#device.scoped(() => {
      const weights = this.#weightHandles();
      const fed = this.#goingOn(batch);
      const given = fed.masks ? fed : { ...fed, dropout: this.#drawnDropout() };
      let counts: Omit<BatchResult, 'loss'> | undefined;
      let ended: KeptStates['values'] | undefined;
      const { value: loss, of } = this.#slopes([...weights.values()], () => {
        const graph = this.#evaluate(given, weights);
        counts = this.#counts(graph, batch); // what it reads is freed with the forward pass
        ended = this.#lastStates(graph);
        return graph.loss!;
      });
      const gradients = this.parameters.map(({ name, shape }, k) => ({ name, shape, values: of[k]! }));
      if (!Number.isFinite(loss) || !this.#learner.applyGradients(gradients)) {
        const nonFiniteLayer = firstNotFinite(this.#runs(this.#evaluate(given, weights)));
        return { ...counts!, loss, diverged: true, nonFiniteLayer };
      }
      this.#step++;
      this.#kept.keep(ended!);
      this.#forgetWeights();
      return { ...counts!, loss };
    });
  }

  applyGradients(gradients: readonly Parameter[]): boolean {
    const changed = this.#learner.applyGradients(gradients);
    this.#forgetWeights();
    return changed;
  }

  evaluate(batch: Batch): BatchResult {
    return this.#kept.aside(() => this.#overWindows(batch, window => this.#evaluateOn(window)));
  }

  #evaluateOn(batch: Batch): BatchResult {
    return this.#device.scoped(() => {
      const graph = this.#evaluate(this.#goingOn(batch), this.#weightHandles());
      this.#kept.keep(this.#lastStates(graph));
      return { ...this.#counts(graph, batch), loss: graph.loss!.values[0]! };
    });
  }

  /** States that layers have ended with, of those that they go on with. */
  #lastStates(graph: GraphValues): KeptStates['values'] {
    const wanted = new Set(this.#kept.names);
    const all = this.#recurrentIds.flatMap(id =>
      graph
        .recurrent(id)
        .layers.flatMap(({ direction, layer, final }) =>
          Object.entries(final).map(([state, value]) => [keptName(id, direction, layer, state), value] as const),
        ),
    );
    return new Map(all.flatMap(([name, value]) => (wanted.has(name) ? [[name, valuesOf(value).values] as const] : [])));
  }

  gradients(batch: Batch): Parameter[] {
    return this.#device.scoped(() => {
      const weights = this.#weightHandles();
      const given = this.#feed(batch);
      const { of } = this.#slopes([...weights.values()], () => this.#evaluate(given, weights).loss!);
      return this.parameters.map(({ name, shape }, k) => ({ name, shape, values: of[k]! }));
    });
  }

  inputGradients(batch: Batch): Parameter[] {
    return this.#device.scoped(() => {
      const given = this.#feed(batch);
      const fed = this.#spec.inputs.filter(
        ({ id, role, dtype }) =>
          (role === 'sequence' || role === 'state') && dtype.startsWith('float') && given.inputs.has(id),
      );
      if (fed.length === 0) return [];
      const handles = fed.map(({ id }) => this.#device.handleOf(given.inputs.get(id)!));
      const { of } = this.#slopes(handles, () => this.#evaluate(given, this.#weightHandles()).loss!);
      return fed.map(({ id }, k) => ({ name: id, shape: handles[k]!.shape, values: of[k]! }));
    });
  }

  /** By our own kernels, with the same weights: TensorFlow's fused LSTM keeps no gradient of its gates. */
  stepGradients(batch: Batch): ReadonlyMap<string, readonly LayerGradients[]> {
    return this.#learner.stepGradients(batch);
  }

  values(batch: Batch): NetworkValues {
    return this.#lookedAt(batch, graph => {
      const nodes = new Map<string, Values>();
      const recurrent = new Map<string, RecurrentValues>();
      for (const node of this.#spec.nodes) {
        if (node.op === 'recurrent') recurrent.set(node.id, recurrentValues(graph.recurrent(node.id)));
        else nodes.set(node.id, valuesOf(graph.tensor({ from: node.id })));
      }
      return { nodes, recurrent, loss: graph.loss?.values[0] };
    });
  }

  trace(batch: Batch): SampleTrace {
    return this.#lookedAt(firstRow(batch), graph => {
      const runs = this.#runs(graph);
      const layers = runs.flatMap(run => run.layers.map(layerTrace));
      const outputs = concatenate(Object.values(runs.at(-1)!.outputs));
      return { steps: batch.steps, layers, outputs: valuesOf(outputs).values, logits: this.#logits(graph) };
    });
  }

  hiddenStates(batch: Batch, layer: number): Float32Array<ArrayBuffer> {
    return this.#lookedAt(batch, graph => {
      const { steps } = this.#runs(graph).flatMap(run => run.layers)[layer]!;
      return valuesOf(sequence(steps.map(step => step['h']!))).values;
    });
  }

  contributions(batch: Batch, logit: number): Float32Array<ArrayBuffer>[] {
    return this.#device.scoped(() => {
      const { tf, wrap } = this.#device;
      const given = this.#feed(firstRow(batch));
      // Zeros are added to every h that is handed on: their gradients are what comes back from above.
      const seen = new Map<string, Tensor>();
      const watch = (node: string) => (direction: string, layer: number, t: number | undefined, h: Tensor) => {
        seen.set([node, direction, layer, t].join(), h);
        return h;
      };
      const weights = this.#weightHandles();
      const layers = this.#runs(this.#evaluate({ ...given, watch }, weights)).flatMap((run, k) => run.layers.map(layer => ({ layer, node: this.#recurrentIds[k]! }))); // prettier-ignore
      const keys = [...seen.keys()];
      const zeros = keys.map(key => tf.zerosLike(this.#device.handleOf(seen.get(key)!)));
      const values = new Map(keys.map(key => [key, seen.get(key)!.values]));
      const added = (node: string) => (direction: string, layer: number, t: number | undefined, h: Tensor) =>
        wrap(tf.add(this.#device.handleOf(h), zeros[keys.indexOf([node, direction, layer, t].join())]!));
      const { of } = this.#slopes(zeros, () => {
        const graph = this.#evaluate({ ...given, watch: added }, weights);
        const prediction = graph.tensor(this.#spec.loss!.prediction);
        const chosen = new Float32Array(sizeOf(prediction.shape));
        // Of a head on every step, the last step counts.
        chosen[chosen.length - prediction.shape.at(-1)! + logit] = 1;
        const logits = this.#beforeLossActivation(prediction);
        return wrap(this.#device.handleOf(multiply(logits, tensor(logits.shape, chosen))).sum());
      });
      return layers.map(({ layer: { direction, layer, steps }, node }) => {
        const parts = new Float32Array(steps[0]!['h']!.shape.at(-1)!);
        for (const [k, key] of keys.entries()) {
          if (!key.startsWith(`${[node, direction, layer].join()},`)) continue;
          const h = values.get(key)!;
          for (let u = 0; u < parts.length; u++) parts[u]! += h[u]! * of[k]![u]!;
        }
        return parts;
      });
    });
  }

  dispose(): void {
    this.#forgetWeights();
    this.#learner.dispose();
  }

  get #recurrentIds(): string[] {
    return this.#spec.nodes.filter(({ op }) => op === 'recurrent').map(({ id }) => id);
  }

  #runs(graph: GraphValues): RecurrentRun[] {
    return this.#recurrentIds.map(id => graph.recurrent(id));
  }

  /** A forward pass whose gates are kept. */
  #lookedAt<T>(batch: Batch, look: (graph: GraphValues) => T): T {
    return this.#device.scoped(() =>
      this.#device.lookingAt(() => look(this.#evaluate(this.#feed(batch), this.#weightHandles()))),
    );
  }

  #evaluate(given: Omit<GraphInputs, 'weights'>, weights: ReadonlyMap<string, Handle>): GraphValues {
    const wrapped = new Map([...weights].map(([name, handle]) => [name, this.#device.wrap(handle)]));
    return evaluateGraph(this.#spec, { ...given, weights: wrapped });
  }

  /** A scalar and its gradients. */
  #slopes(withRespectTo: readonly Handle[], of: () => Tensor): Slopes {
    const { tf, handleOf } = this.#device;
    const { value, grads } = tf
      .engine()
      .gradients(() => handleOf(of()).asScalar(), [...withRespectTo], undefined, true) as {
      value: Handle;
      grads: (Handle | null)[];
    };
    return {
      value: value.dataSync()[0]!,
      of: grads.map((grad, k) =>
        grad ? Float32Array.from(grad.dataSync()) : new Float32Array(withRespectTo[k]!.size),
      ),
    };
  }

  #weightHandles(): ReadonlyMap<string, Handle> {
    const { tf } = this.#device;
    return (this.#weights ??= new Map(
      this.#learner
        .getParameters()
        .map(({ name, shape, values }) => [name, tf.keep(tf.tensor(values, [...shape], 'float32'))]),
    ));
  }

  #forgetWeights(): void {
    for (const handle of this.#weights?.values() ?? []) handle.dispose();
    this.#weights = undefined;
  }

  /** A batch as the graph takes it. @throws EngineError `invalid-shape` naming what does not fit. */
  #feed(batch: Batch): Omit<GraphInputs, 'weights'> {
    const inputs = new Map<string, Tensor>();
    for (const input of this.#spec.inputs) {
      const fed = this.#fed(input, batch);
      if (fed) inputs.set(input.id, fed);
    }
    const given = batch.masks && new Map(Object.entries(batch.masks).map(([name, values]) => [name, this.#mask(values, batch)])); // prettier-ignore
    return { inputs, masks: given };
  }

  /** A batch that begins with the states that were kept. */
  #goingOn(batch: Batch): Omit<GraphInputs, 'weights'> {
    this.#kept.checkRows(batch.size);
    const states = [...this.#kept.values].map(
      ([name, values]) => [name, this.#device.upload([batch.size, values.length / batch.size], values)] as const,
    );
    return { ...this.#feed(batch), kept: new Map(states) };
  }

  #mask(values: Float32Array, { size }: Batch): Tensor {
    return tensor([size, values.length / size], values);
  }

  #fed(input: InputSpec, batch: Batch): Tensor | undefined {
    const { size: B, steps: T, others = {} } = batch;
    const sizes = input.axes.map(({ size }) => size);
    const first = this.#spec.inputs.find(({ role }) => role === input.role) === input;
    switch (input.role) {
      case 'sequence': {
        const rest = sizes.slice(1).map(Number);
        const steps = first ? T : (others[input.id]?.length ?? 0) / (B * sizeOf(rest));
        return this.#finite(input.id, [B, steps, ...rest], first ? batch.inputs : others[input.id]);
      }
      case 'lengths': {
        const lengths = (first ? batch.lengths : others[input.id]) ?? new Int32Array(B).fill(T);
        checkLengths(input.id, lengths, B, T);
        return tensor([B], lengths);
      }
      case 'mask':
        return this.#finite(input.id, [B, (others[input.id]?.length ?? 0) / B], others[input.id]);
      case 'state':
        return this.#finite(input.id, [B, ...sizes.map(Number)], batch.states?.[input.id]);
      case 'target':
        return batch.targets && this.#target(batch);
    }
  }

  #finite(id: string, shape: readonly number[], values: Float32Array | undefined): DeviceTensor {
    const fits = shape.every(size => Number.isInteger(size) && size > 0) && values?.length === sizeOf(shape);
    if (!values || !fits)
      throw new EngineError(
        'invalid-shape',
        phrase('The input {0} must be [{1}], but has {2} values.', id, shape.join(', '), values?.length ?? 0),
      );
    checkFinite(id, values);
    const vocabulary = this.#vocabularies.get(id);
    if (vocabulary !== undefined) checkWhole(id, values, vocabulary - 1);
    return this.#device.upload(shape, values);
  }

  /** Labels stand for rows with a 1 among zeros where the loss is against distributions. */
  #target({ targets, size }: Batch): Tensor {
    const { kind, prediction } = this.#spec.loss!;
    const given = targets!;
    if (kind !== 'softmax_cross_entropy' || given instanceof Float32Array)
      return tensor([size, given.length / size], given);
    const width = this.#widthOf(prediction.from);
    const rows = new Float32Array(given.length * width);
    given.forEach((label, row) => (rows[row * width + label] = 1));
    return tensor([size, rows.length / size], rows);
  }

  /** Values of a row of the loss's prediction. */
  #widthOf(id: string): number {
    const node = this.#spec.nodes.find(one => one.id === id);
    if (node && 'units' in node) return Number(node.units);
    throw new EngineError('invalid-model', phrase('The size {0} of {1} is not known.', 'units', id));
  }

  /** Masks of a training step, drawn from the seed, the step and the mask's name; a name stands for one mask. */
  #drawnDropout(): Dropout {
    const masks = new Map<string, Tensor>();
    return (name, x, keep) => {
      if (keep === 1) return x;
      const mask = masks.get(name) ?? this.#drawnMask(name, x.shape, keep);
      masks.set(name, mask);
      return scale(multiply(x, mask), 1 / keep);
    };
  }

  #drawnMask(name: string, shape: readonly number[], keep: number): Tensor {
    const random = new Random(this.#seed + this.#step, name);
    return tensor(
      shape,
      Float32Array.from({ length: sizeOf(shape) }, () => (random.uniform() < keep ? 1 : 0)),
    );
  }

  /** Predictions that count, and those of them that are right. */
  #counts({ tensor: resolve, counted }: GraphValues, { targets }: Batch): Omit<BatchResult, 'loss'> {
    const { kind, prediction, ignoreLabel } = this.#spec.loss!;
    const predicted = resolve(prediction);
    const width = predicted.shape.at(-1)!;
    const { values } = predicted;
    const classes = isOfClasses(kind);
    const decides = classes || (kind === 'sigmoid_cross_entropy' && width === 1);
    const middle = this.#spec.loss!.fromLogits === false ? 0.5 : 0;
    const topK = topKOf(this.#spec);
    let [correct, count] = [0, 0];
    for (let row = 0; row < values.length / width; row++) {
      const label = classes ? labelOf(targets!, row, width) : targets![row]!;
      if (counted?.[row] === false || (classes && label === ignoreLabel)) continue;
      count++;
      if (!decides) continue;
      const logits = values.subarray(row * width, (row + 1) * width);
      const right = classes
        ? topK > 1
          ? isAmongTop(logits, label, topK)
          : argmax(logits) === label
        : values[row]! > middle === label > 0.5;
      if (right) correct++;
    }
    return { correct: decides ? correct : undefined, count };
  }

  /** What the loss's own softmax or sigmoid is applied to, up to what does not change its result. */
  #beforeLossActivation(prediction: Tensor): Tensor {
    const { tf, handleOf, wrap } = this.#device;
    const node = this.#spec.nodes.find(({ id }) => id === this.#spec.loss!.prediction.from);
    if (!node || !isLossActivation(this.#spec, node)) return prediction;
    const p = handleOf(prediction);
    const sigmoid = 'activation' in node && node.activation === 'sigmoid';
    return wrap(sigmoid ? tf.sub(tf.log(p), tf.log(tf.sub(1, p))) : tf.log(p));
  }

  #logits(graph: GraphValues): Float32Array<ArrayBuffer> {
    return valuesOf(this.#beforeLossActivation(graph.tensor(this.#spec.loss!.prediction))).values;
  }
}

function labelOf(targets: Int32Array | Float32Array, row: number, width: number): number {
  return targets instanceof Int32Array ? targets[row]! : argmax(targets.subarray(row * width, (row + 1) * width));
}

function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let place = 1; place < values.length; place++) if (values[place]! > values[best]!) best = place;
  return best;
}

const valuesOf = (x: Tensor): Values => ({ shape: x.shape, values: Float32Array.from(x.values) });

function recurrentValues({ layers, outputs }: RecurrentRun): RecurrentValues {
  return {
    layers: layers.map(({ layer, direction, steps, final }): LayerValues => ({
      layer,
      direction,
      steps: new Map(Object.keys(steps[0] ?? {}).map(id => [id, valuesOf(sequence(steps.map(step => step[id]!)))])),
      finals: new Map(Object.entries(final).map(([id, value]) => [id, valuesOf(value)])),
    })),
    outputs: new Map(
      Object.entries(outputs).map(([direction, value]) => [direction as LayerRun['direction'], valuesOf(value)]),
    ),
  };
}

function layerTrace({ cell, direction, steps }: LayerRun): LayerTrace {
  const ids = CELLS[cell.cell].tensors.map(({ id }) => id).filter(id => steps[0]?.[id]);
  const tensors = new Map(ids.map(id => [id, valuesOf(sequence(steps.map(step => step[id]!))).values]));
  return { cell, units: steps[0]!['h']!.shape.at(-1)!, direction, tensors };
}

/** The first recurrent layer, from 1, whose h is not finite somewhere. */
function firstNotFinite(runs: readonly RecurrentRun[]): number | undefined {
  const layers = runs.flatMap(run => run.layers);
  const index = layers.findIndex(({ steps }) => steps.some(step => !step['h']!.values.every(Number.isFinite)));
  return index < 0 ? undefined : index + 1;
}
