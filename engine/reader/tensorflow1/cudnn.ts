/**
 * TensorFlow 1's layers for whole sequences: cuDNN's of contrib `cudnn_rnn`, and `LSTMBlockFusedCell`. They are
 * time-major. Source: TensorFlow 1.15 `contrib/cudnn_rnn/python/layers/cudnn_rnn.py`, `contrib/rnn/python/ops/lstm_ops.py`.
 */
import { phrase, type Phrase } from '../../model/phrase.ts';
import type { CellSpec, TensorRef } from '../../model/spec.ts';
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { unitsAxis } from '../graph.ts';
import { cellSpecs, layerState, outputsMeaning, sequenceInput } from '../recurrent.ts';
import { multiply, symbol, toSize } from '../sizes.ts';
import { checkStateOrder } from '../stateChecks.ts';
import { tensorsOf } from '../tensors.ts';
import { type Abstract, type CellObject, type Layer, tensor, type Tensor, tuple } from '../values.ts';
import { initialState } from './drivers.ts';
import { scoped } from './scopes.ts';

/** Arguments of the call, with the default of the layer. */
function isTimeMajor({ args }: Call): boolean {
  return args.boolean('time_major') !== false;
}

/** One cell for each layer. */
function cellsOf(call: Call, spec: Pick<CellSpec, 'cell' | 'className'>, count: number): CellObject[] {
  const { args, reader } = call;
  const units = args.size('num_units') ?? symbol('num_units');
  const open: Phrase[] =
    typeof units === 'number' ? [] : [phrase('{0} is not known: {1}', 'num_units', args.text('num_units'))];
  const h = { name: 'h', width: units } as const;
  return Array.from({ length: count }, () => ({
    identity: reader.identity(),
    spec: { ...spec, units: toSize(units) },
    // Note: h before c, other than in an `LSTMStateTuple`.
    states: spec.cell === 'lstm' ? [h, { name: 'c', width: units } as const] : [h],
    output: units,
    open,
    range: reader.statement,
    call: call.range,
    frame: reader.frame,
  }));
}

const MOST_LAYERS = 64;

function cudnnLayer(className: string, cell: CellSpec['cell'], base: string): CallEntry {
  return {
    signature:
      "num_layers, num_units, input_mode='linear_input', direction='unidirectional', dropout=0.0, seed=None, dtype=None, kernel_initializer=None, bias_initializer=None, name=None",
    result: (made): Layer => {
      const { args, reader } = made;
      const layers = args.size('num_layers');
      const count = typeof layers === 'number' && layers >= 1 && layers <= MOST_LAYERS ? layers : 1;
      const unknown =
        count === layers ? [] : [phrase('the number of layers is not known: {0}', args.text('num_layers'))];
      const cells = cellsOf(made, { cell, className }, count);
      const name = args.string('name') ?? reader.graph.layerName(base);
      const both = args.string('direction') === 'bidirectional';
      const dropped = args.number('dropout') ?? 0;
      return {
        kind: 'layer',
        framework: 'tensorflow1',
        className,
        name,
        made: made.range,
        cells,
        run: (call, value) => run(call, value, { cells, name, both, dropped, open: unknown }),
      };
    },
  };
}

interface Run {
  readonly cells: readonly CellObject[];
  readonly name: string;
  readonly both: boolean;
  readonly dropped: number;
  readonly open: readonly Phrase[];
}

/** `(h, c)` or `(h,)`, each `[layers · directions, batch, units]`. */
function firstStates(call: Call, cells: readonly CellObject[], directions: number): ReturnType<typeof initialState> {
  const value = call.args.some('initial_state');
  if (value === undefined) return { open: [] };
  const parts = tensorsOf(value) ?? [];
  const { states, output } = cells[0]!;
  const lost = { open: [phrase('the initial state cannot be followed: {0}', call.args.text('initial_state'))] };
  if (parts.length !== states.length) return lost;
  if (parts.every(({ derivation }) => derivation?.op === 'zeros')) return { open: [] };
  checkStateOrder(call, 'initial_state', ['h', 'c']);
  const ordered = parts.toReversed();
  const learned = ordered.flatMap(({ parameter, axes }) => (axes?.[1]?.name === 'batch' ? (parameter ?? []) : []));
  if (learned.length === parts.length) return { initialState: { kind: 'learned', names: learned }, open: [] };
  const tensors = ordered.flatMap((part): TensorRef[] => {
    const input = call.reader.graph.inputOf(part);
    if (input === null) return part.parts?.flatMap(({ ref }) => ref ?? []) ?? [];
    input.role = 'state';
    input.timeMajor = false;
    input.axes = [{ name: 'layers', size: cells.length * directions }, unitsAxis(output)];
    return [{ from: input.id }];
  });
  const whole = [states.length, states.length * cells.length * directions].includes(tensors.length);
  return whole ? { initialState: { kind: 'given', tensors }, open: [] } : lost;
}

function run(call: Call, value: Abstract, { cells, name, both, dropped, open }: Run): Abstract {
  const timeMajor = isTimeMajor(call);
  const input = sequenceInput(call, value, timeMajor);
  const state = firstStates(call, cells, both ? 2 : 1);
  const id = call.reader.graph.add(
    name,
    {
      op: 'recurrent',
      input: input.ref,
      cells: cellSpecs(cells),
      direction: both ? 'bidirectional' : 'forward',
      driver: 'layer',
      scope: scoped(call, name),
      stacked: cells.length > 1,
      ...(timeMajor ? { timeMajor } : {}),
      ...(state.initialState === undefined ? {} : { initialState: state.initialState }),
      ...(dropped > 0 && dropped < 1 ? { layerDropout: dropped } : {}),
    },
    {
      range: call.range,
      frame: call.reader.frame,
      cells,
      name,
      open: [...input.open, ...open, ...state.open, ...cells.flatMap(cell => cell.open)],
    },
  );
  const { batch, steps, dtype } = input;
  const [first] = cells;
  const width = first!.output;
  const units = unitsAxis(both ? multiply(width, 2) : width);
  const outputs = tensor(dtype, timeMajor ? [steps, batch, units] : [batch, steps, units], {
    ref: { from: id, part: { take: 'outputs' } },
    meaning: both ? phrase('h of both directions at every step, side by side') : outputsMeaning(cells.length, null),
  });
  const directions = both ? (['forward', 'backward'] as const) : ([null] as const);
  const finals = first!.states.map(({ name: which }): Tensor => {
    const parts = cells.flatMap((_, layer) =>
      directions.map((direction): Tensor => {
        const ref: TensorRef = { from: id, part: { take: 'state', layer, state: which, ...(direction === null ? {} : { direction }) } }; // prettier-ignore
        return tensor(dtype, [batch, unitsAxis(width)], { ref, meaning: phrase('{0} of layer {1} at the last step', which, layer + 1) }); // prettier-ignore
      }),
    );
    const axes = [{ name: 'layers', size: parts.length }, batch, unitsAxis(width)];
    return tensor(dtype, axes, { parts, meaning: phrase('{0} of every layer at the last step', which) });
  });
  return tuple([outputs, tuple(finals, { fields: first!.states.map(({ name: which }) => which) })]);
}

const FUSED: CallEntry = {
  signature: 'num_units, forget_bias=1.0, cell_clip=None, use_peephole=False, reuse=None, dtype=None, name=None',
  result: (made): Layer => {
    const { args } = made;
    const bias = args.isGiven('forget_bias') ? args.number('forget_bias') : undefined;
    const clip = args.number('cell_clip') ?? 0;
    const name = args.string('name') ?? 'lstm_fused_cell';
    const cells = cellsOf(made, { cell: 'lstm', className: 'LSTMBlockFusedCell' }, 1).map((cell): CellObject => ({
      ...cell,
      // Here c comes before h.
      states: cell.states.toReversed(),
      spec: {
        ...cell.spec,
        name,
        ...(bias === undefined ? {} : { forgetBias: bias }),
        ...(args.boolean('use_peephole') === true ? { peepholes: true } : {}),
        ...(clip > 0 ? { cellClip: clip } : {}),
      },
    }));
    return { kind: 'layer', framework: 'tensorflow1', className: 'LSTMBlockFusedCell', name, made: made.range, cells, run: (call, value) => runFused(call, value, cells) }; // prettier-ignore
  },
};

function runFused(call: Call, value: Abstract, cells: readonly CellObject[]): Abstract {
  const input = sequenceInput(call, value, true);
  const rows = call.args.some('sequence_length');
  const lengths = rows?.kind === 'tensor' ? rows.ref : undefined;
  call.reader.graph.use(rows, 'lengths');
  const first = initialState(call, 'initial_state', {
    kind: 'cells',
    framework: 'tensorflow1',
    className: 'LSTMBlockFusedCell',
    cells,
    stacked: false,
  });
  const open = [
    ...(rows !== undefined && lengths === undefined ? [phrase('the lengths of the rows cannot be followed: {0}', call.args.text('sequence_length'))] : []),
    ...first.open,
  ]; // prettier-ignore
  const scope = call.reader.scopes.join('/');
  const id = call.reader.graph.add(
    'lstm_fused_cell',
    {
      op: 'recurrent',
      input: input.ref,
      cells: cellSpecs(cells),
      direction: 'forward',
      driver: 'dynamic_rnn',
      scope,
      stacked: false,
      timeMajor: true,
      ...(first.initialState === undefined ? {} : { initialState: first.initialState }),
      ...(lengths === undefined ? {} : { sequenceLength: lengths }),
    },
    { range: call.range, frame: call.reader.frame, cells, open: [...input.open, ...open, ...cells.flatMap(cell => cell.open)] }, // prettier-ignore
  );
  const { batch, steps, dtype } = input;
  const outputs = tensor(dtype, [steps, batch, unitsAxis(cells[0]!.output)], {
    ref: { from: id, part: { take: 'outputs' } },
    meaning: outputsMeaning(1, null),
  });
  const about = { direction: null, lengths: lengths !== undefined, batch, dtype };
  return tuple([outputs, layerState(id, cells, 0, about)]);
}

export const CUDNN_CALLS: CallTable = {
  'tf.contrib.cudnn_rnn.CudnnLSTM': cudnnLayer('CudnnLSTM', 'lstm', 'cudnn_lstm'),
  'tf.contrib.cudnn_rnn.CudnnGRU': cudnnLayer('CudnnGRU', 'gru', 'cudnn_gru'),
  'tf.contrib.cudnn_rnn.CudnnRNNTanh': cudnnLayer('CudnnRNNTanh', 'rnn', 'cudnn_rnn_tanh'),
  'tf.contrib.cudnn_rnn.CudnnRNNRelu': cudnnLayer('CudnnRNNRelu', 'rnn', 'cudnn_rnn_relu'),
  'tf.nn.rnn_cell.LSTMBlockFusedCell': FUSED,
};
