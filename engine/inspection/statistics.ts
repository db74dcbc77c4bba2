/** The spread of every gate and state over some test samples, for hovers. */
import type { LayerTrace } from '../backends/backend.ts';
import { CELLS } from '../cells/table.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { LayerStatistics, ModelStatistics, Summary } from '../protocol/statistics.ts';
import { readTestSample } from '../training/batches.ts';
import { finalRow, type Inspected, widthOf } from './traces.ts';

/** Samples that are followed: some 30 ms for the notes' network. */
const SAMPLES = 20;
/** Larger tensors are not printed. */
const MOST_PRINTED = 48;
const CLOSED = 0.1;
const OPEN = 0.9;

/** Adds up values as they come. */
class Spread {
  readonly #gate: boolean;
  #count = 0;
  #sum = 0;
  #squares = 0;
  #min = Infinity;
  #max = -Infinity;
  #closed = 0;
  #open = 0;
  #example: Summary['example'];

  constructor(gate = false) {
    this.#gate = gate;
  }

  /** @param width of a row; 0 where the values are one row */
  add(values: Float32Array, width = 0): void {
    if (this.#count === 0 && values.length <= MOST_PRINTED)
      this.#example = { shape: width === 0 ? [values.length] : [values.length / width, width], values: Array.from(values) };
    for (const value of values) {
      this.#sum += value;
      this.#squares += value * value;
      this.#min = Math.min(this.#min, value);
      this.#max = Math.max(this.#max, value);
      if (value < CLOSED) this.#closed++;
      if (value > OPEN) this.#open++;
    }
    this.#count += values.length;
  }

  summary(): Summary {
    const mean = this.#sum / this.#count;
    return {
      min: this.#min,
      mean,
      max: this.#max,
      std: Math.sqrt(Math.max(0, this.#squares / this.#count - mean * mean)),
      ...(this.#gate && { saturated: { closed: this.#closed / this.#count, open: this.#open / this.#count } }),
      ...(this.#example && { example: this.#example }),
    };
  }
} // prettier-ignore

interface LayerSpreads extends Pick<LayerStatistics, 'node' | 'layer' | 'direction' | 'cell'> {
  readonly tensors: ReadonlyMap<string, Spread>;
  readonly finals: ReadonlyMap<string, Spread>;
}

/** Follows test samples through the network and sums up what its tensors hold. */
export function modelStatistics({ spec, network, dataset, state }: Inspected): ModelStatistics {
  const samples = Math.min(SAMPLES, dataset.test.count);
  let layers: readonly LayerSpreads[] | undefined;
  const [outputs, prediction] = [new Spread(), new Spread()];
  for (let sample = 0; sample < samples; sample++) {
    const trace = network.trace(readTestSample(dataset, sample, spec));
    layers ??= spreadsOf(spec, trace.layers);
    for (const [index, { tensors, finals }] of layers.entries()) {
      const layer = trace.layers[index]!;
      for (const [id, spread] of tensors) spread.add(layer.tensors.get(id)!, widthOf(layer, id));
      for (const [id, spread] of finals) spread.add(finalRow(layer, id));
    }
    outputs.add(trace.outputs, trace.outputs.length / trace.steps);
    prediction.add(trace.logits);
  }
  const summaries = (spreads: ReadonlyMap<string, Spread>): Record<string, Summary> =>
    Object.fromEntries([...spreads].map(([id, spread]) => [id, spread.summary()]));
  return {
    samples,
    step: state.step,
    layers: (layers ?? []).map(({ tensors, finals, ...place }) => ({
      ...place,
      tensors: summaries(tensors),
      finals: summaries(finals),
    })),
    outputs: outputs.summary(),
    prediction: prediction.summary(),
  };
}

/** The layers of a trace stand in the order of the nodes, each with all its layers and directions. */
function spreadsOf(spec: ModelSpec, layers: readonly LayerTrace[]): LayerSpreads[] {
  const nodes = spec.nodes.flatMap(node =>
    node.op === 'recurrent' ? Array<string>(node.cells.length * (node.direction === 'bidirectional' ? 2 : 1)).fill(node.id) : [],
  );
  const counts = new Map<string, number>();
  return layers.map(({ cell, direction, tensors: traced }, index) => {
    const node = nodes[index] ?? '';
    const place = `${node} ${direction}`;
    const layer = counts.get(place) ?? 0;
    counts.set(place, layer + 1);
    const { tensors, states } = CELLS[cell.cell];
    return {
      node,
      layer,
      direction,
      cell: cell.cell,
      tensors: new Map(tensors.filter(({ id }) => traced.has(id)).map(({ id, role }) => [id, new Spread(role === 'gate')])),
      finals: new Map(states.map(id => [id, new Spread()])),
    };
  });
} // prettier-ignore
