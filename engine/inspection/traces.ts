/** Answers for the inspectors: what one sample does inside the network. */
import type { Batch, LayerTrace, Network, SampleTrace } from '../backends/backend.ts';
import { cellTitle } from '../cells/title.ts';
import { lettersOf, notationOf } from '../cells/notation.ts';
import { CELLS, type CellTensor, type ValueScale } from '../cells/table.ts';
import type { Dataset } from '../data/source.ts';
import { EngineError } from '../errors.ts';
import { tensorAxes } from '../model/axes.ts';
import { isOfClasses } from '../model/losses.ts';
import { phrase } from '../model/phrase.ts';
import type { Framework, ModelSpec } from '../model/spec.ts';
import type {
  Answer,
  AnsweredSample,
  GateTrace,
  LayerInfo,
  Sample,
  TensorTile,
  TensorTrace,
  UnitOrder,
} from '../protocol/trace.ts';
import { readTestSample } from '../training/batches.ts';
import type { TrainingState } from '../training/trainer.ts';
import { decisionOrder, indexOrder } from './ordering.ts';
import type { Survey } from './survey.ts';

/** A model as it stands: its network, its data, and what is fixed over samples. */
export interface Inspected {
  readonly spec: ModelSpec;
  readonly network: Network;
  readonly dataset: Dataset;
  readonly survey: Survey;
  readonly state: TrainingState;
}

type Followed = SampleTrace & {
  readonly sample: Sample;
  readonly probabilities: readonly number[] | undefined;
  /**
   * The logit that decides, where anything is decided: the largest of the classes (at the last step), or the only one,
   * which speaks for one answer where it is above 0 and for the other where it is below.
   */
  readonly winner: { readonly logit: number; readonly sign: 1 | -1 } | undefined;
};

/**
 * One sample in one layer (-1: the top one), gate by gate.
 * @throws EngineError `unknown` when the test split has no such sample or the network no such layer.
 */
export function gateTrace(
  model: Inspected,
  { sample, layer: asked, order }: { readonly sample: number; readonly layer: number; readonly order: UnitOrder },
): GateTrace {
  const { dataset, network, survey, state } = model;
  const batch = readSample(model, sample);
  const followed = follow(model, sample, batch);
  const layer = asked === -1 ? followed.layers.length - 1 : asked;
  const shown = followed.layers[layer];
  if (!shown) throw new EngineError('unknown', phrase('There is no layer {0}: the model has {1}', layer, followed.layers.length));
  const units = widthOf(shown, CELLS[shown.cell.cell].tensors[0]!.id);
  // A projection makes h narrower than the gates: then h has no place in their order.
  const described = CELLS[shown.cell.cell].tensors.filter(({ id }) => widthOf(shown, id) === units);
  const { winner } = followed;
  const parts = winner && network.contributions(batch, winner.logit)[layer]!.map(part => winner.sign * part);
  const contributions = parts?.length === units ? Array.from(parts) : undefined;
  return {
    sample: followed.sample,
    classNames: dataset.classNames,
    sampleCount: dataset.test.count,
    probabilities: followed.probabilities,
    layers: layerInfos(followed.layers, model.spec.framework),
    layer,
    tensors: described.map(tensor => cellTile(shown, layer, tensor, tensor.id, model)),
    order: {
      similarity: () => (shown.units === units ? survey.similarityOrder(layer, units, state) : indexOrder(units)),
      // Where there are no classes nothing is decided.
      decision: () => (contributions ? decisionOrder(contributions) : indexOrder(units)),
      index: () => indexOrder(units),
    }[order](),
    contributions,
    step: state.step,
    epoch: state.epoch,
  };
} // prettier-ignore

/**
 * What the program's names hold for one sample: `outputs`, c and h of every layer, the states that the driver returns,
 * and in numbers what the driver's rules say of them.
 * @throws EngineError `unknown` when the test split has no such sample.
 */
export function tensorTrace(model: Inspected, { sample }: { readonly sample: number }): TensorTrace {
  const { dataset, state } = model;
  const followed = follow(model, sample, readSample(model, sample));
  const { layers, outputs } = followed;
  const places = placesOf(layers);
  const tensors: TensorTile[] = [outputTile(followed, model)];
  const states: TensorTile[] = [];
  for (const [index, layer] of layers.entries()) {
    const { tensors: described, states: carried } = CELLS[layer.cell.cell];
    for (const id of carried) {
      const tensor = described.find(one => one.id === id)!;
      const all = cellTile(layer, index, tensor, id + places[index]!.subscript, model);
      tensors.push(all);
      const name = stateName(layer, places[index]!.subscript, id);
      states.push(tile(name, name, tensor.meaning, all.scale, all.bounds, 1, finalRow(layer, id)));
    }
  }
  return {
    sample: followed.sample,
    classNames: dataset.classNames,
    sampleCount: dataset.test.count,
    probabilities: followed.probabilities,
    tensors,
    states,
    proofs: proofsOf(layers, outputs, followed.steps),
    step: state.step,
    epoch: state.epoch,
  };
}

/** Where a layer stands: its number within its direction, from 1, and how the program reaches it in `states`. */
interface LayerPlace {
  readonly number: number;
  readonly subscript: string;
  /** Last of its direction. */
  readonly top: boolean;
}

/** A stack is indexed by its layers; two directions are a pair of states, the forward one first. */
function placesOf(layers: readonly LayerTrace[]): LayerPlace[] {
  const both = layers.some(({ direction }) => direction === 'backward');
  const counts = { forward: 0, backward: 0 };
  const totals = { forward: 0, backward: 0 };
  for (const { direction } of layers) totals[direction]++;
  return layers.map(({ direction }) => {
    const index = counts[direction]++;
    const pair = both ? `[${direction === 'forward' ? 0 : 1}]` : '';
    const stack = totals[direction] > 1 ? `[${index}]` : '';
    return { number: index + 1, subscript: pair + stack, top: index === totals[direction] - 1 };
  });
}

/** `states[2].h`; a cell with one state returns it bare. */
function stateName({ cell }: LayerTrace, subscript: string, id: string): string {
  return `states${subscript}${CELLS[cell.cell].states.length > 1 ? `.${id}` : ''}`;
}

/** The last row of `outputs` is h of the top layer in `states`; of the backward direction it is the first. */
function proofsOf(layers: readonly LayerTrace[], outputs: Float32Array, steps: number): TensorTrace['proofs'] {
  const places = placesOf(layers);
  const tops = layers.flatMap((layer, index) => (places[index]!.top ? [{ layer, place: places[index]! }] : []));
  const width = outputs.length / steps;
  const topLayers = tops.map(({ layer }) => layer);
  if (!isTopState(topLayers, width)) return [];
  let from = 0;
  return tops.map(({ layer, place }) => {
    const row = layer.direction === 'backward' ? 0 : -1;
    const start = (row === 0 ? 0 : steps - 1) * width + from;
    const h = finalRow(layer, 'h');
    const columns = tops.length > 1 ? `, ${from}:${from + layer.units}` : '';
    from += layer.units;
    const name = stateName(layer, place.subscript, 'h');
    return {
      left: `outputs[${row}${columns}]`,
      right: tops.length > 1 ? name : name.replace(/\[\d+\]/, '[-1]'),
      maxDifference: h.reduce((most, value, unit) => Math.max(most, Math.abs(value - outputs[start + unit]!)), 0),
      leftAt: { tensor: 'outputs', row },
      rightAt: { tensor: name, row: 0 },
    };
  });
}

/** Whether a row of outputs is h of the top layers side by side: not where they are merged, projected or added to. */
function isTopState(tops: readonly LayerTrace[], width: number): boolean {
  const isChanged = ({ cell }: LayerTrace): boolean =>
    cell.wrappers?.some(({ wrapper }) => wrapper === 'residual' || wrapper === 'output_projection') ?? false;
  return tops.reduce((sum, { units }) => sum + units, 0) === width && !tops.some(isChanged);
}

function outputTile({ outputs, steps, layers }: Followed, { survey, state }: Inspected): TensorTile {
  const { scale, bounds } = scaleOf('signed-unit', survey.scale(layers.length - 1, 'h', state));
  const width = outputs.length / steps;
  const tops = layers.filter((_, index) => placesOf(layers)[index]!.top);
  const meaning = !isTopState(tops, width)
    ? phrase('What is made of h of the top layer, at every step')
    : tops.length > 1
      ? phrase('h of the top layer at every step, both directions side by side')
      : phrase('h of the top layer at every step');
  return tile('outputs', 'outputs', meaning.text, scale, bounds, steps, outputs);
} // prettier-ignore

/**
 * One sample, and what the network makes of it now.
 * @throws EngineError `unknown` when the test split has no such sample.
 */
export function answeredSample(model: Inspected, { sample: index }: { readonly sample: number }): AnsweredSample {
  const { dataset, state } = model;
  const { sample, probabilities } = follow(model, index, readSample(model, index));
  const { classNames, test } = dataset;
  return { sample, classNames, sampleCount: test.count, probabilities, step: state.step, epoch: state.epoch };
}

/** All buffers of a trace, to be moved and not copied. */
export function buffersOf(trace: GateTrace | TensorTrace | AnsweredSample): ArrayBuffer[] {
  const { values, answer } = trace.sample;
  const tiles = 'tensors' in trace ? trace.tensors : [];
  const states = 'states' in trace ? trace.states : [];
  const own = answer ? [values, answer.wanted, answer.given] : [values];
  return [...new Set([...own, ...[...tiles, ...states].map(tile => tile.values)])];
}

function readSample({ dataset, spec }: Inspected, index: number): Batch {
  const { test } = dataset;
  if (index >= test.count)
    throw new EngineError('unknown', phrase('There is no sample {0}: the test data has {1}', index, test.count));
  return readTestSample(dataset, index, spec);
}

function follow(model: Inspected, index: number, batch: Batch): Followed {
  const { dataset, network, spec } = model;
  const trace = network.trace(batch);
  const { kind, features, classes, test } = dataset;
  const labels = new Int32Array(dataset.targetAxes.reduce((product, size) => product * size, 1));
  const yes = yesOf(model, trace.logits);
  if (yes !== undefined) labels[0] = targetOf(dataset, index);
  else if (classes !== undefined) test.readTargets([index], labels);
  const sample: Sample = {
    index,
    kind,
    steps: batch.steps,
    features,
    values: new Float32Array(batch.inputs).buffer,
    tokenNames: dataset.tokenNames,
    featureNames: dataset.featureNames,
    // Of a label at every step, the last one counts.
    label:
      classes === undefined && yes === undefined
        ? undefined
        : labels.at(dataset.targetAxes.length === 0 ? 0 : batch.steps - 1),
    answer: yes === undefined ? answerOf(model, index, batch.steps, trace.logits) : undefined,
  };
  const softmaxed = spec.loss !== undefined && isOfClasses(spec.loss.kind);
  // Of a head on every step, the last step counts.
  const logits = classes === undefined ? undefined : trace.logits.slice(-headWidth(spec, trace.logits.length));
  return {
    ...trace,
    sample,
    probabilities: yes === undefined ? (logits && softmaxed ? softmax(logits) : undefined) : [1 - yes, yes],
    winner: logits
      ? { logit: argmax(logits), sign: 1 }
      : yes === undefined
        ? undefined
        : { logit: 0, sign: yes < 0.5 ? -1 : 1 },
  };
}

/** Where a row is asked for one of two names by one value: the probability that the network gives the second. */
function yesOf({ dataset, spec }: Inspected, logits: Float32Array): number | undefined {
  const named = dataset.classes === undefined && dataset.classNames?.length === 2 && dataset.targetAxes.length === 0;
  return named && logits.length === 1 && spec.loss?.kind === 'sigmoid_cross_entropy' ? sigmoid(logits[0]!) : undefined;
}

function targetOf({ test }: Dataset, index: number): number {
  const target = new Float32Array(1);
  test.readTargets([index], target);
  return target[0]!;
}

/** What is asked for a row and what the network gives, where that is more than one class for the whole of it. */
function answerOf({ dataset, spec }: Inspected, index: number, steps: number, logits: Float32Array): Answer | undefined {
  const { classes, targetAxes, test } = dataset;
  if (classes !== undefined && targetAxes.length === 0) return undefined;
  const everyStep = spec.loss !== undefined && tensorAxes(spec, spec.loss.prediction)?.length === 2;
  const size = targetAxes.reduce((product, axis) => product * axis, 1);
  const width = everyStep ? size / dataset.steps : size;
  const count = everyStep ? steps * width : width;
  const asked = classes === undefined ? new Float32Array(size) : new Int32Array(size);
  test.readTargets([index], asked);
  const wanted = Float32Array.from(asked.subarray(0, count)); // the rest is padding
  if (logits.length % count !== 0) return undefined;
  const scores = logits.length / count;
  if (classes !== undefined) {
    const given = wanted.map((_, k) => argmax(logits.subarray(k * scores, (k + 1) * scores)));
    return { of: 'labels', everyStep, width, wanted: wanted.buffer, given: given.buffer };
  }
  if (scores !== 1) return undefined;
  const given = spec.loss?.kind === 'sigmoid_cross_entropy' ? Float32Array.from(logits, sigmoid) : logits.slice();
  return { of: 'values', everyStep, width, wanted: wanted.buffer, given: given.buffer };
} // prettier-ignore

/** Values that the head gives for one row (and step). */
function headWidth(spec: ModelSpec, otherwise: number): number {
  const width = spec.loss && tensorAxes(spec, spec.loss.prediction)?.at(-1);
  return typeof width === 'number' ? width : otherwise;
}

function layerInfos(layers: readonly LayerTrace[], framework: Framework): LayerInfo[] {
  const places = placesOf(layers);
  return layers.map((layer, index) => {
    const { cell, direction } = layer;
    return {
      index,
      title: cellTitle(cell),
      number: places[index]!.number,
      cell: cell.cell,
      units: widthOf(layer, CELLS[cell.cell].tensors[0]!.id),
      direction,
      letters: lettersOf(cell.cell, framework),
      equations: notationOf(cell, framework).equations,
    };
  });
}

function cellTile(
  layer: LayerTrace,
  index: number,
  tensor: CellTensor,
  id: string,
  { survey, state }: Inspected,
): TensorTile {
  const values = layer.tensors.get(tensor.id);
  if (!values) throw new EngineError('internal', phrase('The trace has no tensor "{0}"', tensor.id));
  const { scale, bounds } = scaleOf(tensor.scale, survey.scale(index, tensor.id, state));
  const steps = values.length / widthOf(layer, tensor.id);
  return tile(id, tensor.title, tensor.meaning, scale, bounds, steps, values);
}

/** How a tensor is drawn whose values were measured: a relu leaves the bounds that tanh would keep, and is never below 0. */
function scaleOf(
  scale: ValueScale,
  { size, negative }: ReturnType<Survey['scale']>,
): { readonly scale: ValueScale; readonly bounds: readonly [number, number] } {
  if (scale === 'unit') return { scale, bounds: [0, 1] };
  const half = scale === 'signed-unit' ? Math.max(1, size) : size;
  if (scale === 'signed-unit' && half <= 1) return { scale, bounds: [-1, 1] };
  return negative ? { scale: 'signed', bounds: [-half, half] } : { scale: 'positive', bounds: [0, half] };
}

function tile(
  id: string,
  title: string,
  meaning: string,
  scale: ValueScale,
  bounds: readonly [number, number],
  steps: number,
  values: Float32Array,
): TensorTile {
  return {
    id,
    title,
    meaning,
    scale,
    bounds,
    rows: { name: 'steps', count: steps },
    columns: { name: 'units', count: values.length / steps },
    values: new Float32Array(values).buffer,
  };
}

/** Units of a tensor of a layer; h gives the steps, for it is what the layer's units count. */
export function widthOf({ tensors, units }: LayerTrace, id: string): number {
  const steps = tensors.get('h')!.length / units;
  return (tensors.get(id)?.length ?? 0) / steps;
}

/** A state after all steps: the backward direction ends at the first one. */
export function finalRow(layer: LayerTrace, id: string): Float32Array {
  const values = layer.tensors.get(id)!;
  const width = widthOf(layer, id);
  return layer.direction === 'backward' ? values.subarray(0, width) : values.subarray(values.length - width);
}

function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let place = 1; place < values.length; place++) if (values[place]! > values[best]!) best = place;
  return best;
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, logit => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map(power => power / sum);
}
