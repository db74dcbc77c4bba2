/** Answers for the inspectors: what one sample does inside the network. */
import type { Batch, LayerTrace, Network, SampleTrace } from '../backends/backend.ts';
import { CELLS, type CellTensor, type ValueScale } from '../cells/table.ts';
import type { Dataset } from '../data/source.ts';
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { GateTrace, LayerInfo, Sample, TensorTile, TensorTrace, UnitOrder } from '../protocol/trace.ts';
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

type Followed = SampleTrace & { readonly sample: Sample; readonly probabilities: readonly number[] | undefined };

/**
 * One sample in one layer, gate by gate.
 * @throws EngineError `unknown` when the test split has no such sample or the network no such layer.
 */
export function gateTrace(
  model: Inspected,
  { sample, layer, order }: { readonly sample: number; readonly layer: number; readonly order: UnitOrder },
): GateTrace {
  const { dataset, network, survey, state } = model;
  const batch = readSample(dataset, sample);
  const followed = follow(model, sample, batch);
  const shown = followed.layers[layer];
  if (!shown) throw new EngineError('unknown', phrase('There is no layer {0}: the model has {1}', layer, followed.layers.length));
  const winner = argmax(followed.logits);
  const contributions = dataset.classes === undefined ? undefined : Array.from(network.contributions(batch, winner)[layer]!);
  return {
    sample: followed.sample,
    classNames: dataset.classNames,
    sampleCount: dataset.test.count,
    probabilities: followed.probabilities,
    layers: layerInfos(followed.layers),
    layer,
    tensors: CELLS[shown.cell].tensors.map(tensor => cellTile(shown, layer, tensor, tensor.id, model)),
    order: {
      similarity: () => survey.similarityOrder(layer, shown.units, state),
      // Where there are no classes nothing is decided.
      decision: () => (contributions ? decisionOrder(contributions) : indexOrder(shown.units)),
      index: () => indexOrder(shown.units),
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
  const followed = follow(model, sample, readSample(dataset, sample));
  const { layers, steps } = followed;
  const top = layers.at(-1)!;
  const outputs = tile('outputs', 'outputs', 'h of the top layer at every step', 'signed-unit', [-1, 1], steps, followed.outputs);
  const nameOf = (layer: number): string => (layers.length > 1 ? `[${layer}]` : '');
  const tensors: TensorTile[] = [outputs];
  const states: TensorTile[] = [];
  for (const [index, layer] of layers.entries()) {
    const { tensors: described, states: carried } = CELLS[layer.cell];
    for (const id of carried) {
      const tensor = described.find(one => one.id === id)!;
      const all = cellTile(layer, index, tensor, `${id}${nameOf(index)}`, model);
      tensors.push(all);
      // A cell with one state returns it bare, one with several as a tuple of named fields.
      const name = `states${nameOf(index)}${carried.length > 1 ? `.${id}` : ''}`;
      const last = lastStep(layer, id);
      states.push(tile(name, name, tensor.meaning, tensor.scale, all.bounds, 1, last));
    }
  }
  const topName = `states${nameOf(layers.length - 1)}${CELLS[top.cell].states.length > 1 ? '.h' : ''}`;
  const shownName = layers.length > 1 ? topName.replace(/\[\d+\]/, '[-1]') : topName;
  const final = lastStep(top, 'h');
  const lastOutput = followed.outputs.subarray((steps - 1) * top.units);
  return {
    sample: followed.sample,
    classNames: dataset.classNames,
    sampleCount: dataset.test.count,
    probabilities: followed.probabilities,
    tensors,
    states,
    proofs: [
      {
        left: 'outputs[-1]',
        right: shownName,
        maxDifference: final.reduce((most, value, unit) => Math.max(most, Math.abs(value - lastOutput[unit]!)), 0),
        leftAt: { tensor: 'outputs', row: -1 },
        rightAt: { tensor: topName, row: 0 },
      },
    ],
    step: state.step,
    epoch: state.epoch,
  };
} // prettier-ignore

/** All buffers of a trace, to be moved and not copied. */
export function buffersOf(trace: GateTrace | TensorTrace): ArrayBuffer[] {
  const tiles = 'states' in trace ? [...trace.tensors, ...trace.states] : trace.tensors;
  return [...new Set([trace.sample.values, ...tiles.map(({ values }) => values)])];
}

function readSample(dataset: Dataset, index: number): Batch {
  const { steps, features, test } = dataset;
  if (index >= test.count)
    throw new EngineError('unknown', phrase('There is no sample {0}: the test data has {1}', index, test.count));
  const inputs = new Float32Array(steps * features);
  test.readInputs([index], inputs);
  return { size: 1, steps, inputs };
}

function follow({ dataset, network, spec }: Inspected, index: number, batch: Batch): Followed {
  const trace = network.trace(batch);
  const { kind, steps, features, classes, test } = dataset;
  const label = new Int32Array(1);
  if (classes !== undefined) test.readTargets([index], label);
  const sample: Sample = {
    index,
    kind,
    steps,
    features,
    values: new Float32Array(batch.inputs).buffer,
    label: classes === undefined ? undefined : label[0]!,
  };
  const softmaxed = spec.loss?.kind === 'sparse_softmax_cross_entropy' || spec.loss?.kind === 'softmax_cross_entropy';
  return { ...trace, sample, probabilities: softmaxed ? softmax(trace.logits) : undefined };
}

function layerInfos(layers: readonly LayerTrace[]): LayerInfo[] {
  return layers.map(({ cell, units, direction }, index) => {
    const { title, equations } = CELLS[cell];
    const place = layers.length > 1 ? ` · layer ${index + 1}` : '';
    return { index, title: title + place, cell, units, direction, equations };
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
  const bounds = boundsOf(tensor.scale, () => survey.scale(index, tensor.id, state));
  return tile(id, tensor.title, tensor.meaning, tensor.scale, bounds, values.length / layer.units, values);
}

function boundsOf(scale: ValueScale, measured: () => number): readonly [number, number] {
  if (scale === 'unit') return [0, 1];
  const half = scale === 'signed-unit' ? 1 : measured();
  return [-half, half];
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

function lastStep({ tensors, units }: LayerTrace, id: string): Float32Array {
  const values = tensors.get(id)!;
  return values.subarray(values.length - units);
}

function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let place = 1; place < values.length; place++) if (values[place]! > values[best]!) best = place;
  return best;
}

function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, logit => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map(power => power / sum);
}
