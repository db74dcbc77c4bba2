import assert from 'node:assert/strict';
import type { Batch, Network } from '../../../engine/backends/backend.ts';
import { type Numbers, runReference, trainReference } from '../../../engine/backends/reference/reference.ts';
import { createWasmBackend, type WasmOptions } from '../../../engine/backends/wasm.ts';
import type {
  CellSpec,
  DenseNode,
  Framework,
  GraphNode,
  InputSpec,
  ModelSpec,
  RecurrentNode,
} from '../../../engine/model/spec.ts';
import { Random } from '../../../engine/random.ts';
import { errorOf } from '../reference/cases.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { classifier } from './specs.ts';

const [FEATURES, CLASSES] = [3, 4];

/** Two layers of a cell over rows of different lengths, in that framework. */
function model(framework: Framework, cell: CellSpec, steps: number, options: Partial<RecurrentNode> = {}): ModelSpec {
  const spec = classifier([cell, { ...cell, units: 6 }], steps, FEATURES, CLASSES, { kind: 'sgd', learningRate: 0.01 });
  const [recurrent, head] = spec.nodes as [RecurrentNode, DenseNode];
  if (framework === 'tensorflow1') {
    const lengths: InputSpec = { id: 'seq_length', role: 'lengths', dtype: 'int32', axes: [] };
    const driven = { ...recurrent, sequenceLength: { from: 'seq_length' }, ...options };
    return { ...spec, inputs: [...spec.inputs, lengths], nodes: [driven, head] };
  }
  const nodes: GraphNode[] =
    framework === 'pytorch'
      ? [{ ...recurrent, driver: 'layer', stacked: false, ...options }, { op: 'select_step', id: 'last', input: { from: 'rnn' }, step: -1 }, { ...head, input: { from: 'last' } }]
      : [{ ...recurrent, driver: 'layer', direction: 'bidirectional', ...options }, { ...head, input: { from: 'rnn' } }];
  return { ...spec, framework, nodes };
} // prettier-ignore

function randomBatch(spec: ModelSpec, size: number, steps: number): Batch {
  const random = new Random(3);
  const lengths = spec.inputs.some(({ role }) => role === 'lengths');
  return {
    size,
    steps,
    inputs: Float32Array.from({ length: size * steps * FEATURES }, () => random.normal()),
    targets: Int32Array.from({ length: size }, () => random.below(CLASSES)),
    ...(lengths && { lengths: Int32Array.from({ length: size }, (_, row) => steps - ((row * 3) % (steps + 1))) }),
  };
}

/** What the reference is given for the network's batch. */
function givenTo(network: Network, batch: Batch, masks?: ReadonlyMap<string, Numbers>) {
  const { size, steps } = batch;
  const inputs = new Map<string, Numbers>([
    ['X', { shape: [size, steps, FEATURES], values: batch.inputs }],
    ['y', { shape: [size], values: batch.targets! }],
  ]);
  if (batch.lengths) inputs.set('seq_length', { shape: [size], values: batch.lengths });
  return {
    inputs,
    weights: new Map(network.getParameters().map(({ name, shape, values }) => [name, { shape, values }])),
    ...(masks && { masks }),
  };
}

/** Values, gradients and ten losses of the network against the reference. */
function agree(spec: ModelSpec, size: number, steps: number, masks?: ReadonlyMap<string, Numbers>): void {
  const network = createWasmBackend(KERNEL_BYTES, { tile: 0, slices: 2 }).createNetwork(spec, { seed: 5, batchSize: size }); // prettier-ignore
  const batch: Batch = {
    ...randomBatch(spec, size, steps),
    ...(masks && {
      masks: Object.fromEntries([...masks].map(([name, { values }]) => [name, Float32Array.from(values)])),
    }),
  };
  // Weights that begin as zeros or ones would prove little.
  const random = new Random(7);
  network.setParameters(network.getParameters().map(one => ({ ...one, values: one.values.map(value => value + 0.3 * random.normal()) }))); // prettier-ignore
  const given = givenTo(network, batch, masks);
  const run = runReference(spec, given);
  const expected = run.gradients();
  for (const { name, values } of [...network.gradients(batch), ...network.inputGradients(batch)]) {
    const error = errorOf(values, expected.get(name)!.values);
    assert.ok(error <= 1e-5, `gradient of ${name}: error ${error}`);
  }
  const found = network.values(batch);
  assert.ok(Math.abs(found.loss! - run.loss!) <= 1e-5 * Math.max(1, run.loss!), `loss ${found.loss} and ${run.loss}`);
  const values = run.values();
  for (const { layers } of found.recurrent.values())
    for (const { layer, direction, steps: tensors, finals } of layers) {
      const reference = [...values.keys()].filter(name => name.includes('gates'));
      for (const [id, { values: own }] of tensors) {
        if (batch.lengths && !['c', 'h'].includes(id)) continue; // past the end of a row gates are computed in vain
        const place = `${direction === 'backward' ? '[1]' : '[0]'}[${layer}].${id}`;
        const name = reference.find(one => one.endsWith(place) || one.endsWith(`gates[${layer}].${id}`) || one.endsWith(`gates_l${layer}${direction === 'backward' ? '_reverse' : ''}.${id}`) || one === `gates.${id}`)!; // prettier-ignore
        const error = errorOf(own, values.get(name)!.values);
        assert.ok(error <= 1e-5, `${name}: error ${error}`);
      }
      assert.deepEqual([...finals.keys()].sort(), tensors.has('c') ? ['c', 'h'] : ['h']);
    }
  if (masks) return;
  const losses = trainReference(spec, given, 10);
  losses.forEach((loss, step) => {
    const error = errorOf([network.trainStep(batch).loss], [loss]);
    assert.ok(error <= 1e-5, `loss before step ${step}: error ${error}`);
  });
}

const layerNorm = { gain: 1, shift: 0 };
const lstm = (options: Partial<CellSpec>): CellSpec => ({ cell: 'lstm', className: 'LSTMCell', units: 5, ...options });
const gru = (options: Partial<CellSpec>): CellSpec => ({ cell: 'gru', className: 'GRUCell', units: 5, ...options });
const rnn = (options: Partial<CellSpec>): CellSpec => ({
  cell: 'rnn',
  className: 'BasicRNNCell',
  units: 5,
  ...options,
});

const CELLS: Readonly<Record<string, readonly [Framework, CellSpec]>> = {
  LayerNormBasicLSTMCell: ['tensorflow1', lstm({ className: 'LayerNormBasicLSTMCell', layerNorm })],
  'LayerNormLSTMCell with peepholes, clip and projection': ['tensorflow1', lstm({ className: 'LayerNormLSTMCell', layerNorm, peepholes: true, cellClip: 0.8, projection: { units: 4, clip: 0.5 } })],
  CoupledInputForgetGateLSTMCell: ['tensorflow1', lstm({ className: 'CoupledInputForgetGateLSTMCell', coupledInputForget: true })],
  'CoupledInputForgetGateLSTMCell with peepholes, projection and layer normalization': ['tensorflow1', lstm({ className: 'CoupledInputForgetGateLSTMCell', coupledInputForget: true, layerNorm, peepholes: true, projection: { units: 3 } })],
  CudnnCompatibleGRUCell: ['tensorflow1', gru({ className: 'CudnnCompatibleGRUCell' })],
  'BasicLSTMCell with swish': ['tensorflow1', lstm({ className: 'BasicLSTMCell', activation: 'swish' })],
  'peephole LSTM with the leaky rectifier': ['tensorflow1', lstm({ peepholes: true, activation: 'leaky_relu' })],
  'GRUCell with gelu': ['tensorflow1', gru({ activation: 'gelu' })],
  'BasicRNNCell with a leaky rectifier of slope 0.1': ['tensorflow1', rnn({ activation: 'leaky_relu', negativeSlope: 0.1 })],
  'BasicRNNCell with softmax': ['tensorflow1', rnn({ activation: 'softmax' })],
  'Keras LSTM with gelu by tanh and softmax as gate': ['keras3', lstm({ className: 'LSTM', activation: 'gelu_tanh', recurrentActivation: 'softmax' })],
  'Keras GRU with swish': ['keras3', gru({ className: 'GRU', activation: 'swish' })],
  'Keras GRU with swish, reset before the product': ['keras2', gru({ className: 'GRU', activation: 'swish', resetAfter: false })],
  'Keras SimpleRNN with gelu, without bias': ['keras3', rnn({ className: 'SimpleRNN', activation: 'gelu', useBias: false })],
}; // prettier-ignore

describe('composed cells against the float64 reference: values, gradients and losses to 1e-5 of the largest', () => {
  for (const [what, [framework, cell]] of Object.entries(CELLS))
    for (const [size, steps] of [[1, 1], [5, 7], [17, 3]] as const)
      it(`2 × ${what}, batch ${size}, ${steps} steps`, () => {
        agree(model(framework, cell, steps), size, steps);
      }); // prettier-ignore
});

describe('cells of a stack that hang together, against the float64 reference: values, gradients and losses to 1e-5 of the largest', () => {
  const [size, steps] = [5, 6];
  const stacked = (cells: CellSpec[], options: Partial<RecurrentNode> = {}): ModelSpec => {
    const spec = model('tensorflow1', cells[0]!, steps, options);
    const [node, head] = spec.nodes as [RecurrentNode, DenseNode];
    const input = { from: 'rnn', part: { take: 'state', layer: cells.length - 1, state: 'h' } } as const;
    return {
      ...spec,
      nodes: [
        { ...node, cells },
        { ...head, input },
      ],
    };
  };
  const shared = (cell: CellSpec, direction: 'forward' | 'bidirectional' = 'forward'): ModelSpec =>
    stacked([cell, { ...cell, sharesWeightsWith: 0 }, { ...cell, sharesWeightsWith: 0 }], { direction });

  for (const cell of [
    lstm({ units: FEATURES }),
    gru({ units: FEATURES }),
    rnn({ units: FEATURES }),
    lstm({ units: FEATURES, activation: 'swish', peepholes: true }),
  ])
    it(`[cell] * 3: ${cell.className} ${cell.activation ?? ''} has one set of weights`, () => {
      const spec = shared(cell);
      agree(spec, size, steps);
      const network = createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(spec, { seed: 1, batchSize: size });
      assert.equal(
        network.parameters.filter(({ name }) => name.endsWith('kernel')).length,
        { lstm: 2, gru: 3, rnn: 2 }[cell.cell],
      );
    });
  it('[cell] * 3 in both directions, with an output projection that is shared, too', () => {
    agree(
      shared(lstm({ units: 4, wrappers: [{ wrapper: 'output_projection', units: FEATURES }] }), 'bidirectional'),
      size,
      steps,
    );
  });
  it('says so where a cell cannot be shared because its input has another width', () => {
    const spec = shared(lstm({ units: 4 }));
    assert.throws(
      () => createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(spec, { seed: 1, batchSize: size }),
      /share weights must be of the same size: 128 values are needed, and there are 112/,
    );
  });

  it('two output and two input projections around one cell, with the names of nested scopes', () => {
    const cell = gru({
      wrappers: [
        { wrapper: 'input_projection', units: 4 },
        { wrapper: 'output_projection', units: 3 },
        { wrapper: 'input_projection', units: 2, activation: 'swish' },
        { wrapper: 'output_projection', units: 4, activation: 'gelu' },
      ],
    });
    const spec = stacked([cell]);
    agree({ ...spec, nodes: [{ ...spec.nodes[0], stacked: false } as RecurrentNode, spec.nodes[1]!] }, size, steps);
    const network = createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(stacked([cell]), {
      seed: 1,
      batchSize: size,
    });
    const nested =
      'rnn/multi_rnn_cell/cell_0/output_projection_wrapper/input_projection_wrapper/output_projection_wrapper/input_projection_wrapper';
    assert.ok(
      network.parameters.some(({ name }) => name === `${nested}/gru_cell/gates/kernel`),
      network.parameters.map(({ name }) => name).join(' '),
    );
  });

  const CUDNN = {
    CudnnLSTM: lstm({ className: 'CudnnLSTM' }),
    CudnnGRU: gru({ className: 'CudnnGRU' }),
    CudnnRNNTanh: rnn({ className: 'CudnnRNNTanh' }),
    CudnnRNNRelu: rnn({ className: 'CudnnRNNRelu' }),
  };
  for (const [name, cell] of Object.entries(CUDNN))
    for (const direction of ['forward', 'bidirectional'] as const)
      it(`${name}, ${direction}: two biases that both learn, no forget bias`, () => {
        const spec = stacked([cell, cell], { direction, driver: 'layer' });
        agree(spec, size, steps);
        const network = createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(spec, { seed: 1, batchSize: size });
        network.trainStep(randomBatch(spec, size, steps));
        const values = new Map(network.getParameters().map(one => [one.name, one.values]));
        const second = [...values.keys()].filter(one => one.endsWith('recurrent_bias'));
        assert.equal(second.length, direction === 'forward' ? 2 : 4);
        for (const one of second) assert.deepEqual(values.get(one), values.get(one.replace('recurrent_bias', 'bias')));
        assert.ok(values.get(second[0]!)!.some(value => value !== 0));
      });
  it('cuDNN layers begin with each gate of x and of h as a matrix of its own', () => {
    const wide = stacked([lstm({ className: 'CudnnLSTM', units: 40 })], { driver: 'layer' });
    const network = createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(wide, { seed: 1, batchSize: size });
    const { values } = network.getParameters().find(({ name }) => name.endsWith('kernel'))!;
    const largest = (from: number, to: number) =>
      values.subarray(from, to).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const [ofX, ofH] = [largest(0, FEATURES * 160), largest(FEATURES * 160, values.length)];
    assert.ok(ofX <= Math.sqrt(6 / (FEATURES + 40)) && ofX > 0.95 * Math.sqrt(6 / (FEATURES + 40)), `x: ${ofX}`);
    assert.ok(ofH <= Math.sqrt(6 / 80) && ofH > 0.98 * Math.sqrt(6 / 80), `h: ${ofH}`);
  });
});

describe('composed cells with dropout masks against the float64 reference: values and gradients to 1e-5 of the largest', () => {
  const [size, steps] = [6, 4];
  const random = new Random(11);
  const mask = (width: number): Numbers => ({ shape: [size, width], values: Array.from({ length: size * width }, () => random.below(2)) }); // prettier-ignore

  it('LayerNormBasicLSTMCell drops its candidate, by another mask at every step', () => {
    const spec = model('tensorflow1', lstm({ className: 'LayerNormBasicLSTMCell', layerNorm, recurrentDropout: 0.4 }), steps); // prettier-ignore
    const masks = new Map([5, 6].flatMap((units, layer) => Array.from({ length: steps }, (_, t) => [`rnn.cell_${layer}.step${t}.candidate`, mask(units)] as const))); // prettier-ignore
    agree(spec, size, steps, masks);
  });

  it('two dropout wrappers around one cell, which drop states in rows of different lengths', () => {
    const wrappers: CellSpec['wrappers'] = [
      { wrapper: 'dropout', stateKeep: 0.7, outputKeep: 0.8 },
      { wrapper: 'residual' },
      { wrapper: 'dropout', inputKeep: 0.9, stateKeep: 0.6, outputKeep: 0.5 },
    ];
    for (const cell of [lstm, gru, rnn]) {
      const spec = model('tensorflow1', cell({ units: FEATURES, wrappers }), steps);
      const [node, head] = spec.nodes as [RecurrentNode, DenseNode];
      const one = {
        ...spec,
        nodes: [
          { ...node, stacked: false, cells: [node.cells[0]!] },
          { ...head, input: { from: 'rnn', part: { take: 'state' as const } } },
        ],
      };
      const names = ['state', 'output', 'input_1', 'state_1', 'output_1'];
      agree(
        one,
        size,
        steps,
        new Map(
          names.flatMap(name => Array.from({ length: steps }, (_, t) => [`step${t}.${name}`, mask(FEATURES)] as const)),
        ),
      );
    }
  });

  it('the only cell of a stack, in both directions and in one alone', () => {
    for (const direction of ['forward', 'bidirectional'] as const) {
      const wrappers: CellSpec['wrappers'] = [{ wrapper: 'dropout', inputKeep: 0.9, stateKeep: 0.6, outputKeep: 0.5 }];
      const spec = model('tensorflow1', gru({ wrappers }), steps, { direction });
      const [node, head] = spec.nodes as [RecurrentNode, DenseNode];
      const places = { forward: [''], bidirectional: ['', 'bw.'] }[direction];
      const masks = places.flatMap(place => ([['input', FEATURES], ['state', 5], ['output', 5]] as const).flatMap(([what, width]) => Array.from({ length: steps }, (_, t) => [`${place}cell_0.step${t}.${what}`, mask(width)] as const))); // prettier-ignore
      const input = { from: 'rnn', part: { take: 'state', layer: 0, state: 'h', direction: places.length > 1 ? 'backward' : 'forward' } } as const; // prettier-ignore
      agree({ ...spec, nodes: [{ ...node, cells: [node.cells[0]!] }, { ...head, input }] }, size, steps, new Map(masks)); // prettier-ignore
    }
  });

  it('says that wrappers are TensorFlow 1’s', () => {
    const spec = model('keras3', gru({ className: 'GRUCell', wrappers: [{ wrapper: 'residual' }] }), steps);
    assert.throws(
      () => createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(spec, { seed: 1, batchSize: size }),
      {
        code: 'unsupported',
        message: /Wrappers around cells, as around GRUCell, are run in TensorFlow 1 only/,
      },
    );
  });

  it('PyTorch’s dropout between layers that run both ways, and a dropout node over all steps', () => {
    const spec = model('pytorch', lstm({ className: 'LSTM' }), steps, {
      direction: 'bidirectional',
      layerDropout: 0.3,
    });
    const [node, last, head] = spec.nodes as [RecurrentNode, GraphNode, DenseNode];
    const layers = { ...node, cells: [node.cells[0]!, node.cells[0]!, node.cells[0]!] };
    const dropped: GraphNode = { op: 'dropout', id: 'drop', input: { from: 'rnn' }, rate: 0.4 };
    const nodes: GraphNode[] = [layers, dropped, { ...last, input: { from: 'drop' } } as GraphNode, head];
    const whole = (width: number): Numbers => ({ shape: [size, steps, width], values: Array.from({ length: size * steps * width }, () => random.below(2)) }); // prettier-ignore
    agree(
      { ...spec, nodes },
      size,
      steps,
      new Map(['rnn.layer0', 'rnn.layer1', 'drop'].map(name => [name, whole(10)])),
    );
  });

  const KERAS = {
    LSTM: [lstm({ className: 'LSTM' }), ['i', 'j', 'f', 'o']],
    GRU: [gru({ className: 'GRU' }), ['r', 'u', 'n']],
    'GRU with the reset before the product': [gru({ className: 'GRU', resetAfter: false }), ['r', 'u', 'n']],
    SimpleRNN: [rnn({ className: 'SimpleRNN' }), ['h']],
  } as const;
  for (const framework of ['keras2', 'keras3'] as const)
    for (const [what, [cell, gates]] of Object.entries(KERAS))
      for (const drops of [{ recurrentDropout: 0.3 }, { inputDropout: 0.2, recurrentDropout: 0.3 }, { inputDropout: 0.2, implementation: 1 }] as const)
        it(`${framework} ${what} with ${JSON.stringify(drops)}`, () => {
          const spec = model(framework, { ...cell, ...drops }, steps);
          const masks = new Map<string, Numbers>();
          for (const place of ['', 'bw.'])
            for (const [layer, units] of [5, 6].entries())
              for (const gate of gates) {
                const begin = `rnn.${place}cell_${layer}.`;
                if ('inputDropout' in drops) masks.set(`${begin}input.${gate}`, mask(layer === 0 ? FEATURES : 5));
                if ('recurrentDropout' in drops) masks.set(`${begin}state.${gate}`, mask(units));
              }
          agree(spec, size, steps, masks);
        }); // prettier-ignore

  it('drops while training and not while evaluating, by other masks at every step', () => {
    const plain = model('keras3', lstm({ className: 'LSTM', recurrentDropout: 0.5, inputDropout: 0.5 }), steps);
    const network = createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(plain, { seed: 5, batchSize: size });
    const batch = randomBatch(plain, size, steps);
    network.setLearningRate(0);
    const still = network.evaluate(batch).loss;
    assert.equal(network.evaluate(batch).loss, still);
    const losses = Array.from({ length: 4 }, () => network.trainStep(batch).loss);
    assert.equal(new Set([...losses, still]).size, 5);
  });
});

describe('composed cells: the same bits', () => {
  for (const [what, [framework, cell]] of Object.entries(CELLS))
    it(`of all weights after 10 steps of 2 × ${what}, whatever the tile and however the batch is cut`, () => {
      const spec = model(framework, cell, 6);
      const batch = randomBatch(spec, 11, 6);
      const trained = (options: WasmOptions): string => {
        const network = createWasmBackend(KERNEL_BYTES, options).createNetwork(spec, { seed: 5, batchSize: 11 });
        for (let step = 0; step < 10; step++) network.trainStep(batch);
        return network.getParameters().map(({ name, values }) => `${name} ${values.join()}`).join('\n'); // prettier-ignore
      };
      const expected = trained({ tile: 0 });
      for (const options of [{ tile: 1 }, { tile: 2 }, { tile: 0, slices: 2 }, { tile: 1, slices: 3 }, { tile: 0, slices: 20 }])
        assert.equal(trained(options), expected, JSON.stringify(options));
    }); // prettier-ignore
});
