import assert from 'node:assert/strict';
import type { Network } from '../../../engine/backends/backend.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { EngineError } from '../../../engine/errors.ts';
import { Survey } from '../../../engine/inspection/survey.ts';
import { buffersOf, gateTrace, type Inspected, tensorTrace } from '../../../engine/inspection/traces.ts';
import type { CellSpec, DenseNode, GraphNode, RecurrentNode, TensorRef } from '../../../engine/model/spec.ts';
import type { TensorTile } from '../../../engine/protocol/trace.ts';
import { type TrainingState, UNTRAINED } from '../../../engine/training/trainer.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { loadNow } from '../data/loadNow.ts';
import { lstmClassifier } from '../model/specs.ts';

const spec = lstmClassifier({ steps: 6, features: 3, units: [5, 7], classes: 3 });
const dataset = loadNow('delayed-recall', spec, 1);
const backend = createWasmBackend(KERNEL_BYTES, { tile: 0 });

function inspected(state: TrainingState = UNTRAINED): Inspected & { readonly network: Network } {
  const network = backend.createNetwork(spec, { seed: 5, batchSize: 20 });
  return { spec, network, dataset, survey: new Survey(network, dataset), state };
}

const valuesOf = (tiles: readonly TensorTile[], id: string): Float32Array =>
  new Float32Array(tiles.find(tile => tile.id === id)!.values);

describe('gate trace', () => {
  const model = inspected();
  const trace = gateTrace(model, { sample: 3, layer: 1, order: 'similarity' });

  it('has every tensor of the cell table over the steps, with bounds that hold for all samples', () => {
    assert.deepEqual(trace.tensors.map(({ id }) => id), ['i', 'j', 'f', 'o', 'c', 'h']);
    for (const { id, rows, columns, values } of trace.tensors) {
      assert.deepEqual([rows.count, columns.count, values.byteLength], [6, 7, 4 * 42], id);
    }
    const bounds = Object.fromEntries(trace.tensors.map(tile => [tile.id, tile.bounds]));
    assert.deepEqual([bounds['i'], bounds['f'], bounds['j'], bounds['h']], [[0, 1], [0, 1], [-1, 1], [-1, 1]]);
    const other = gateTrace(model, { sample: 9, layer: 1, order: 'index' });
    assert.deepEqual(Object.fromEntries(other.tensors.map(tile => [tile.id, tile.bounds])), bounds);
  }); // prettier-ignore

  it('takes -1 for the top layer, which a page does not know before it has an answer', () => {
    const top = gateTrace(model, { sample: 3, layer: -1, order: 'similarity' });
    assert.equal(top.layer, 1);
    assert.deepEqual(valuesOf(top.tensors, 'h'), valuesOf(trace.tensors, 'h'));
  });

  it('gives c a round scale that covers 99.9 % of its values', () => {
    const { bounds } = trace.tensors.find(({ id }) => id === 'c')!;
    assert.equal(bounds[0], -bounds[1]);
    let [inside, all] = [0, 0];
    for (let sample = 0; sample < 20; sample++)
      for (const value of valuesOf(gateTrace(model, { sample, layer: 1, order: 'index' }).tensors, 'c')) {
        all++;
        if (Math.abs(value) <= bounds[1]) inside++;
      }
    assert.ok(inside / all >= 0.998, `${inside} of ${all} within ${bounds[1]}`);
    assert.match(String(bounds[1]), /^0?\.?0*(1|1\.5|15|2|3|4|5|6|8|10)$/);
  });

  it('obeys the equations of the cell: c = f c + i j, h = o tanh(c), to 1e-6', () => {
    const { tensors } = gateTrace(model, { sample: 0, layer: 0, order: 'index' });
    const [i, j, f, o, c, h] = ['i', 'j', 'f', 'o', 'c', 'h'].map(id => valuesOf(tensors, id));
    for (let place = 0; place < c!.length; place++) {
      const before = place < 5 ? 0 : c![place - 5]!;
      assert.ok(Math.abs(f![place]! * before + i![place]! * j![place]! - c![place]!) < 1e-6);
      assert.ok(Math.abs(o![place]! * Math.tanh(c![place]!) - h![place]!) < 1e-6);
    }
  });

  it('shows the sample with its label, and probabilities that sum to 1', () => {
    const label = new Int32Array(1);
    dataset.test.readTargets([3], label);
    const inputs = new Float32Array(18);
    dataset.test.readInputs([3], inputs);
    assert.equal(trace.sample.label, label[0]);
    assert.deepEqual(new Float32Array(trace.sample.values), inputs);
    assert.ok(Math.abs(trace.probabilities!.reduce((a, b) => a + b) - 1) < 1e-12);
    assert.equal(trace.sampleCount, 2000);
  });

  it('names the layers', () => {
    assert.deepEqual(trace.layers.map(({ title, number, units }) => `${title} ${number}, ${units}`), ['LSTM 1, 5', 'LSTM 2, 7']);
  }); // prettier-ignore

  it("gives each unit's part in the winning logit: together with the bias it is the logit, to 1e-5", () => {
    const winner = trace.probabilities!.indexOf(Math.max(...trace.probabilities!));
    const inputs = new Float32Array(18);
    dataset.test.readInputs([3], inputs);
    const { logits } = model.network.trace({ size: 1, steps: 6, inputs });
    const sum = trace.contributions!.reduce((a, b) => a + b); // biases start as zeros
    assert.ok(Math.abs(sum - logits[winner]!) < 1e-5, `${sum}, ${logits[winner]}`);
    const { order } = gateTrace(model, { sample: 3, layer: 1, order: 'decision' });
    const parts = order.map(unit => Math.abs(trace.contributions![unit]!));
    assert.deepEqual(
      parts,
      parts.toSorted((a, b) => b - a),
    );
  });

  it('refuses samples and layers that there are not', () => {
    const unknown = (error: unknown): boolean => error instanceof EngineError && error.code === 'unknown';
    assert.throws(() => gateTrace(model, { sample: 2000, layer: 0, order: 'index' }), unknown);
    assert.throws(() => gateTrace(model, { sample: 0, layer: 2, order: 'index' }), unknown);
  });

  it('lists every buffer once, to be moved', () => {
    assert.equal(buffersOf(trace).length, 7);
  });
});

describe('survey', () => {
  /** A network that counts how often it is asked for many samples. */
  function counted(): { survey: Survey; asked: () => number } {
    const { network } = inspected();
    let asked = 0;
    const counting = Object.create(network, {
      hiddenStates: {
        value: (...args: Parameters<Network['hiddenStates']>) => {
          asked++;
          return network.hiddenStates(...args);
        },
      },
    }) as Network;
    return { survey: new Survey(counting, dataset), asked: () => asked };
  }

  it('orders units anew at the end of an epoch and not before, and once more early in the first', () => {
    const { survey, asked } = counted();
    const at = (epoch: number, step: number): readonly number[] =>
      survey.similarityOrder(0, 5, { epoch, step, evaluated: true });
    const seeded = at(0, 0);
    assert.equal(at(0, 99), seeded);
    assert.equal(asked(), 1);
    at(0, 100);
    at(0, 366);
    assert.equal(asked(), 2);
    at(1, 366);
    at(1, 700);
    assert.equal(asked(), 3);
    at(2, 732);
    assert.equal(asked(), 4);
  });
});

describe('tensor trace', () => {
  const trace = tensorTrace(inspected(), { sample: 1 });

  it('has outputs, and c and h of every layer, by the names of the program', () => {
    assert.deepEqual(trace.tensors.map(({ id }) => id), ['outputs', 'c[0]', 'h[0]', 'c[1]', 'h[1]']);
    assert.deepEqual(trace.states.map(({ id }) => id), ['states[0].c', 'states[0].h', 'states[1].c', 'states[1].h']);
    assert.deepEqual(valuesOf(trace.states, 'states[0].c'), valuesOf(trace.tensors, 'c[0]').subarray(25));
  }); // prettier-ignore

  it('proves in numbers that the last row of outputs is h of the top layer in states', () => {
    assert.deepEqual(trace.proofs, [
      {
        left: 'outputs[-1]',
        right: 'states[-1].h',
        maxDifference: 0,
        leftAt: { tensor: 'outputs', row: -1 },
        rightAt: { tensor: 'states[1].h', row: 0 },
      },
    ]);
    assert.deepEqual(valuesOf(trace.tensors, 'outputs').subarray(35), valuesOf(trace.states, 'states[1].h'));
  });

  it('drops the index where there is one layer', () => {
    const single = lstmClassifier({ steps: 6, features: 3, units: [4], classes: 3 });
    const network = backend.createNetwork(single, { seed: 5, batchSize: 20 });
    const { tensors, states, proofs } = tensorTrace(
      { spec: single, network, dataset, survey: new Survey(network, dataset), state: UNTRAINED },
      { sample: 0 },
    );
    assert.deepEqual([...tensors, ...states].map(({ id }) => id), ['outputs', 'c', 'h', 'states.c', 'states.h']);
    assert.deepEqual([proofs[0]!.right, proofs[0]!.rightAt.tensor], ['states.h', 'states.h']);
  }); // prettier-ignore
});

describe('traces of other networks', () => {
  const stateOf = (layer: number, direction: 'forward' | 'backward'): TensorRef => ({
    from: 'rnn',
    part: { take: 'state', layer, state: 'h', direction },
  });

  function trained(change: Partial<RecurrentNode>, last: TensorRef[]): Inspected {
    const base = lstmClassifier({ steps: 6, features: 3, units: [4], classes: 3 });
    const [rnn, dense] = base.nodes;
    const node = { ...(rnn as RecurrentNode), ...change };
    const nodes: GraphNode[] = [node];
    if (last.length > 1) nodes.push({ op: 'concatenate', id: 'last', inputs: last });
    nodes.push({ ...(dense as DenseNode), input: last.length > 1 ? { from: 'last' } : last[0]! });
    const model = { ...base, nodes };
    const network = backend.createNetwork(model, { seed: 5, batchSize: 20 });
    return { spec: model, network, dataset, survey: new Survey(network, dataset), state: UNTRAINED };
  }

  it('name both directions, and find the last state of the backward one at the first step', () => {
    const cells = [{ cell: 'gru', className: 'GRUCell', units: 4 }] as CellSpec[];
    const backward = [{ cell: 'gru', className: 'GRUCell', units: 5 }] as CellSpec[];
    const model = trained(
      { cells, backwardCells: backward, direction: 'bidirectional', scope: 'bidirectional_rnn' },
      [stateOf(0, 'forward'), stateOf(0, 'backward')],
    );
    const gates = gateTrace(model, { sample: 0, layer: 1, order: 'decision' });
    assert.deepEqual(gates.layers.map(({ title, number, direction, units }) => `${title} ${number} ${direction}, ${units}`), ['GRU 1 forward, 4', 'GRU 1 backward, 5']);
    assert.deepEqual(gates.tensors.map(({ id }) => id), ['r', 'u', 'n', 'h']);
    assert.equal(gates.order.length, 5);
    const { tensors, states, proofs } = tensorTrace(model, { sample: 0 });
    assert.equal(tensors[0]!.meaning, 'h of the top layer at every step, both directions side by side');
    assert.deepEqual([...tensors, ...states].map(({ id }) => id), ['outputs', 'h[0]', 'h[1]', 'states[0]', 'states[1]']);
    assert.deepEqual(
      proofs.map(({ left, right, maxDifference }) => [left, right, maxDifference]),
      [['outputs[-1, 0:4]', 'states[0]', 0], ['outputs[0, 4:9]', 'states[1]', 0]],
    );
  }); // prettier-ignore

  it('widen the scale of h where a relu leaves [-1, 1], from 0 up: there is nothing below', () => {
    const cells = [{ cell: 'rnn', className: 'BasicRNNCell', units: 4, activation: 'relu' }] as CellSpec[];
    const model = trained({ cells }, [{ from: 'rnn', part: { take: 'state', layer: 0, state: 'h' } }]);
    const weights = model.network.getParameters();
    for (const { name, values } of weights) if (name.endsWith('bias')) values.fill(2);
    model.network.setParameters(weights);
    const [h] = gateTrace(model, { sample: 0, layer: 0, order: 'index' }).tensors;
    assert.equal(h!.scale, 'positive');
    assert.ok(h!.bounds[1] >= 2 && h!.bounds[0] === 0, String(h!.bounds));
    assert.deepEqual(tensorTrace(model, { sample: 0 }).tensors[0]!.bounds, h!.bounds);
  });

  it('have the equations of this very cell, in its framework’s notation', () => {
    const cells = [{ cell: 'lstm', className: 'CoupledInputForgetGateLSTMCell', units: 4, coupledInputForget: true }] as CellSpec[];
    const model = trained({ cells }, [{ from: 'rnn', part: { take: 'state', layer: 0, state: 'h' } }]);
    const [layer] = gateTrace(model, { sample: 0, layer: 0, order: 'index' }).layers;
    assert.deepEqual(layer!.equations, [
      'j, f, o = split([x(t); h(t-1)] W + b)',
      'c(t) = σ(f + 1) * c(t-1) + (1 - σ(f + 1)) * tanh(j)',
      'h(t) = σ(o) * tanh(c(t))',
    ]);
  }); // prettier-ignore

  it('have the letters of the framework', () => {
    const cells = [{ cell: 'lstm', className: 'LSTM', units: 4 }] as CellSpec[];
    const model = trained({ cells }, [{ from: 'rnn', part: { take: 'state', layer: 0, state: 'h' } }]);
    const ofKeras = { ...model, spec: { ...model.spec, framework: 'keras3' as const } };
    assert.deepEqual(gateTrace(model, { sample: 0, layer: 0, order: 'index' }).layers[0]!.letters, {});
    const { letters, equations } = gateTrace(ofKeras, { sample: 0, layer: 0, order: 'index' }).layers[0]!;
    assert.deepEqual([letters['j'], equations[0]], ['g', 'i, f, g, o = split(x(t) W + h(t-1) U + b)']);
  });

  it('leave h out of the order of the gates where a projection makes it narrower', () => {
    const cells = [{ cell: 'lstm', className: 'LSTMCell', units: 6, projection: { units: 4 } }] as CellSpec[];
    const model = trained({ cells }, [{ from: 'rnn', part: { take: 'state', layer: 0, state: 'h' } }]);
    const { tensors, order, layers } = gateTrace(model, { sample: 0, layer: 0, order: 'similarity' });
    assert.deepEqual([order.length, layers[0]!.units], [6, 6]);
    assert.deepEqual(tensors.map(({ id, columns }) => `${id} ${columns.count}`), ['i 6', 'j 6', 'f 6', 'o 6', 'c 6']);
    const all = tensorTrace(model, { sample: 0 });
    assert.deepEqual(all.states.map(({ id, columns }) => `${id} ${columns.count}`), ['states.c 6', 'states.h 4']);
    assert.equal(all.proofs[0]!.maxDifference, 0);
  }); // prettier-ignore
});
