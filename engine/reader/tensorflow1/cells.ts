/** TensorFlow 1's cells and the wrappers around them. Signatures and defaults: TensorFlow 1.15 `rnn_cell_impl.py`, `rnn_cell_wrapper_impl.py`, contrib's `rnn_cell.py`. */
import { phrase, type Phrase } from '../../model/phrase.ts';
import type { CellSpec, CellWrapper } from '../../model/spec.ts';
import { activationOf, unknownActivation } from '../activations.ts';
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { checkDropout } from '../dropoutSense.ts';
import { type Dimension, symbol, toSize } from '../sizes.ts';
import { checkPairOrder } from '../stateChecks.ts';
import { type Abstract, type CellObject, type Cells, dimension, NONE, shortText, tuple, unknown } from '../values.ts';
import { zeroStates } from '../recurrent.ts';
import { initializerOf } from './initializers.ts';
import { dtypeOf } from './operations.ts';

/** A cell's entry: its signature, and what of the arguments goes into its description. */
function cell(
  className: string,
  signature: string,
  describe: (call: Call, open: Phrase[]) => Omit<CellSpec, 'className' | 'units'>,
): CallEntry {
  return {
    signature,
    result: call => {
      const { args, reader } = call;
      const open: Phrase[] = [];
      const units = args.size('num_units') ?? symbol('num_units');
      if (typeof units !== 'number') open.push(phrase('{0} is not known: {1}', 'num_units', args.text('num_units')));
      const rest = describe(call, open);
      const activation = activationOf(args.get('activation'), call);
      if (activation === null) open.push(unknownActivation(call, 'activation', className));
      const name = args.string('name');
      const spec: CellSpec = {
        className,
        units: toSize(units),
        ...(activation == null ? {} : activation),
        ...(name === undefined ? {} : { name }),
        ...rest,
      };
      const projected = spec.projection === undefined ? units : (args.size('num_proj') ?? units);
      const h = { name: 'h', width: projected } as const;
      const made: CellObject = {
        identity: reader.identity(),
        spec,
        states: spec.cell === 'lstm' ? [{ name: 'c', width: units }, h] : [h],
        output: projected,
        ...(spec.cell === 'lstm' && args.boolean('state_is_tuple') === false ? { joined: true as const } : {}),
        open,
        range: reader.statement,
        call: call.range,
        frame: reader.frame,
      };
      return { kind: 'cells', framework: 'tensorflow1', className, cells: [made], stacked: false };
    },
  };
}

/** A number that changes what the cell computes: open if it is not known. */
function amount(call: Call, name: string, open: Phrase[]): number | undefined {
  const value = call.args.number(name);
  const given = call.args.some(name);
  if (value === undefined && given !== undefined) open.push(phrase('{0} is not known: {1}', name, shortText(given)));
  return value;
}

/** An option that the program gives; one that it leaves to the framework is absent from the description too. */
function forgetBias(call: Call, open: Phrase[]): { forgetBias?: number } {
  const value = call.args.isGiven('forget_bias') ? amount(call, 'forget_bias', open) : undefined;
  return value === undefined ? {} : { forgetBias: value };
}

function initializer(call: Call, name: string, key: 'kernelInitializer' | 'biasInitializer'): Partial<CellSpec> {
  const value = initializerOf(call.args.get(name));
  return value === undefined ? {} : { [key]: value };
}

function layerNorm(call: Call, open: Phrase[]): Pick<CellSpec, 'layerNorm'> {
  const { args } = call;
  if (args.boolean('layer_norm') === undefined)
    open.push(phrase('{0} is not known: {1}', 'layer_norm', args.text('layer_norm')));
  if (args.boolean('layer_norm') !== true) return {};
  const [gain, shift] = [amount(call, 'norm_gain', open), amount(call, 'norm_shift', open)];
  return { layerNorm: { gain: gain ?? 1, shift: shift ?? 0 } };
}

const peepholeLstm = (call: Call, open: Phrase[]): Omit<CellSpec, 'className' | 'units'> => {
  const { args } = call;
  const clip = amount(call, 'cell_clip', open);
  const projectionClip = amount(call, 'proj_clip', open);
  const projection = args.some('num_proj') === undefined ? null : args.size('num_proj');
  return {
    cell: 'lstm',
    ...forgetBias(call, open),
    ...(args.boolean('use_peepholes') === true ? { peepholes: true } : {}),
    ...(clip === undefined ? {} : { cellClip: clip }),
    ...(projection === null
      ? {}
      : {
          projection: { units: toSize(projection), ...(projectionClip === undefined ? {} : { clip: projectionClip }) },
        }),
    ...initializer(call, 'initializer', 'kernelInitializer'),
  };
};

/** Puts a wrapper around every cell for which `wrap` gives one. */
function wrapped(
  call: Call,
  wrap: (position: number, top: number) => CellWrapper | null,
  output?: Dimension,
): Abstract {
  const inner = call.args.get('cell');
  if (inner?.kind !== 'cells') return unknown('cell');
  const top = inner.cells.length - 1;
  const skips = inner.cells[top]?.spec.wrappers?.some(one => one.wrapper === 'residual' && one.layers !== undefined);
  const changesInput = wrap(0, top);
  // What is added past the stack is its input before any wrapper that stands around both.
  const skipped = skips === true && changesInput !== null && ('inputKeep' in changesInput || changesInput.wrapper === 'input_projection'); // prettier-ignore
  const cells = inner.cells.map((one, position): CellObject => {
    const wrapper = wrap(position, top);
    const made =
      wrapper === null ? one : { ...one, spec: { ...one.spec, wrappers: [...(one.spec.wrappers ?? []), wrapper] } };
    return output !== undefined && position === top ? { ...made, output } : made;
  });
  const open = skipped ? [phrase('{0} around a residual wrapper of several layers cannot be run', changesInput.wrapper)] : []; // prettier-ignore
  return withOpen({ ...inner, cells }, open);
}

/** Around a stack, the input of the bottom cell is added to the output of the top one. */
function residual(call: Call): Abstract {
  const open = call.args.some('residual_fn') === undefined ? [] : [phrase('{0} of {1} cannot be run', 'residual_fn', 'ResidualWrapper')]; // prettier-ignore
  const made = wrapped(call, (position, top) => {
    if (position !== top) return null;
    return top === 0 ? { wrapper: 'residual' } : { wrapper: 'residual', layers: top + 1 };
  });
  return withOpen(made, open);
}

function dropout(call: Call): Abstract {
  const open: Phrase[] = [];
  const keep = (name: string): number | undefined => {
    checkDropout(call, name, 'keep');
    const value = amount(call, name, open);
    return value === undefined || value >= 1 || value <= 0 ? undefined : value;
  };
  const [input, state, output] = [keep('input_keep_prob'), keep('state_keep_prob'), keep('output_keep_prob')];
  const variational = call.args.boolean('variational_recurrent') === true;
  const made = wrapped(call, (position, top) => {
    const wrapper: CellWrapper = {
      wrapper: 'dropout',
      // Around a stack: the input of the bottom cell, the output of the top cell, every state.
      ...(input === undefined || position !== 0 ? {} : { inputKeep: input }),
      ...(state === undefined ? {} : { stateKeep: state }),
      ...(output === undefined || position !== top ? {} : { outputKeep: output }),
      ...(variational ? { variational } : {}),
    };
    return Object.keys(wrapper).length === (variational ? 2 : 1) ? null : wrapper;
  });
  return withOpen(made, open);
}

/** Cells of which the description cannot say everything. */
function withOpen(cells: Abstract, open: readonly Phrase[]): Abstract {
  if (cells.kind !== 'cells' || open.length === 0) return cells;
  return { ...cells, cells: cells.cells.map(one => ({ ...one, open: [...one.open, ...open] })) };
}

function projectionWrapper(
  which: 'input_projection' | 'output_projection',
  argument: string,
): (call: Call) => Abstract {
  return call => {
    const units = call.args.size(argument) ?? symbol(argument);
    const activation = activationOf(call.args.get('activation'), call);
    // The description has no slope for it.
    const isOpen = activation === null || activation?.negativeSlope !== undefined;
    const wrapper: CellWrapper = {
      wrapper: which,
      units: toSize(units),
      ...(activation == null ? {} : { activation: activation.activation }),
    };
    const output = which === 'output_projection';
    const made = wrapped(
      call,
      (position, top) => (position === (output ? top : 0) ? wrapper : null),
      output ? units : undefined,
    );
    return isOpen ? withOpen(made, [unknownActivation(call, 'activation', which)]) : made;
  };
}

function multi({ args }: Call): Abstract {
  const given = args.get('cells');
  const joined = args.boolean('state_is_tuple') === false ? { joined: true as const } : {};
  if (given?.kind === 'many' && given.item.kind === 'cells') {
    const open = phrase('the number of layers is not known: {0}', shortText(given.count));
    const cells = given.item.cells.map(one => ({ ...one, open: [...one.open, open] }));
    return { ...given.item, className: 'MultiRNNCell', cells, stacked: true, ...joined };
  }
  const parts = given?.kind === 'sequence' ? given.items.filter(item => item.kind === 'cells') : [];
  const [first] = parts;
  if (first === undefined || given?.kind !== 'sequence') return unknown('MultiRNNCell');
  const lost = given.items.length - parts.length;
  const open = lost === 0 ? [] : [phrase('{0} cells of the stack cannot be read', lost)];
  const cells = parts.flatMap(part => part.cells).map(one => ({ ...one, open: [...one.open, ...open] }));
  return { kind: 'cells', framework: first.framework, className: 'MultiRNNCell', cells, stacked: true, ...joined };
}

const LSTM_SIGNATURE =
  'num_units, use_peepholes=False, cell_clip=None, initializer=None, num_proj=None, proj_clip=None, num_unit_shards=None, num_proj_shards=None, forget_bias=1.0, state_is_tuple=True, activation=None, reuse=None, name=None, dtype=None';
const GRU_SIGNATURE =
  'num_units, activation=None, reuse=None, kernel_initializer=None, bias_initializer=None, name=None, dtype=None';

export const CELL_CALLS: CallTable = {
  'tf.nn.rnn_cell.BasicRNNCell': cell(
    'BasicRNNCell',
    'num_units, activation=None, reuse=None, name=None, dtype=None',
    () => ({ cell: 'rnn' }),
  ),
  'tf.nn.rnn_cell.BasicLSTMCell': cell(
    'BasicLSTMCell',
    'num_units, forget_bias=1.0, state_is_tuple=True, activation=None, reuse=None, name=None, dtype=None',
    (call, open) => ({ cell: 'lstm', ...forgetBias(call, open) }),
  ),
  'tf.nn.rnn_cell.LSTMCell': cell('LSTMCell', LSTM_SIGNATURE, peepholeLstm),
  'tf.nn.rnn_cell.GRUCell': cell('GRUCell', GRU_SIGNATURE, call => ({
    cell: 'gru',
    ...initializer(call, 'kernel_initializer', 'kernelInitializer'),
    ...initializer(call, 'bias_initializer', 'biasInitializer'),
  })),
  'tf.nn.rnn_cell.LSTMBlockCell': cell(
    'LSTMBlockCell',
    'num_units, forget_bias=1.0, cell_clip=None, use_peephole=False, dtype=None, reuse=None, name=None',
    (call, open) => {
      const clip = amount(call, 'cell_clip', open);
      return {
        cell: 'lstm',
        ...forgetBias(call, open),
        ...(call.args.boolean('use_peephole') === true ? { peepholes: true } : {}),
        ...(clip === undefined || clip <= 0 ? {} : { cellClip: clip }),
      };
    },
  ),
  'tf.nn.rnn_cell.GRUBlockCell': cell('GRUBlockCell', 'num_units, cell_size=None, reuse=None, name=None', () => ({
    cell: 'gru',
  })),
  'tf.nn.rnn_cell.GRUBlockCellV2': cell('GRUBlockCellV2', 'num_units, cell_size=None, reuse=None, name=None', () => ({
    cell: 'gru',
  })),
  'tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell': cell('CudnnCompatibleLSTMCell', 'num_units, reuse=None', () => ({
    cell: 'lstm',
  })),
  'tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell': cell(
    'CudnnCompatibleGRUCell',
    'num_units, reuse=None, kernel_initializer=None',
    () => ({ cell: 'gru', resetAfter: true }),
  ),
  'tf.nn.rnn_cell.CoupledInputForgetGateLSTMCell': cell(
    'CoupledInputForgetGateLSTMCell',
    'num_units, use_peepholes=False, initializer=None, num_proj=None, proj_clip=None, num_unit_shards=1, num_proj_shards=1, forget_bias=1.0, state_is_tuple=True, activation=None, reuse=None, layer_norm=False, norm_gain=1.0, norm_shift=0.0',
    (call, open) => ({ ...peepholeLstm(call, open), coupledInputForget: true, ...layerNorm(call, open) }),
  ),
  'tf.nn.rnn_cell.LayerNormBasicLSTMCell': cell(
    'LayerNormBasicLSTMCell',
    'num_units, forget_bias=1.0, input_size=None, activation=None, layer_norm=True, norm_gain=1.0, norm_shift=0.0, dropout_keep_prob=1.0, dropout_prob_seed=None, reuse=None',
    (call, open) => {
      const keep = amount(call, 'dropout_keep_prob', open) ?? 1;
      return {
        cell: 'lstm',
        ...forgetBias(call, open),
        ...layerNorm(call, open),
        ...(keep < 1 && keep > 0 ? { recurrentDropout: 1 - keep } : {}),
      };
    },
  ),
  'tf.nn.rnn_cell.MultiRNNCell': { signature: 'cells, state_is_tuple=True', result: multi },
  'tf.nn.rnn_cell.DropoutWrapper': {
    signature:
      'cell, input_keep_prob=1.0, output_keep_prob=1.0, state_keep_prob=1.0, variational_recurrent=False, input_size=None, dtype=None, seed=None, dropout_state_filter_visitor=None',
    result: dropout,
  },
  'tf.nn.rnn_cell.ResidualWrapper': {
    signature: 'cell, residual_fn=None',
    result: residual,
  },
  'tf.nn.rnn_cell.DeviceWrapper': { signature: 'cell, device', result: ({ args }) => args.get('cell') ?? NONE },
  'tf.nn.rnn_cell.InputProjectionWrapper': {
    signature: 'cell, num_proj, activation=None, input_size=None, reuse=None',
    result: projectionWrapper('input_projection', 'num_proj'),
  },
  'tf.nn.rnn_cell.OutputProjectionWrapper': {
    signature: 'cell, output_size, activation=None, reuse=None',
    result: projectionWrapper('output_projection', 'output_size'),
  },
  'tf.nn.rnn_cell.LSTMStateTuple': {
    signature: 'c, h',
    result: call => {
      const states = [call.args.get('c') ?? unknown('c'), call.args.get('h') ?? unknown('h')];
      checkPairOrder(call, ['c', 'h'], states);
      return tuple(states, { fields: ['c', 'h'] });
    },
  },
};

/** What cells can be asked. */
export const CELL_METHODS: CallTable = {
  'cells.zero_state': {
    signature: 'batch_size, dtype',
    result: ({ self, args }) => {
      const size = args.get('batch_size');
      const batch = { name: 'batch', size: size?.kind === 'unknown' && size.text === 'batch' ? null : dimension(size) };
      return self.kind === 'cells' ? zeroStates(self, batch, dtypeOf(args.get('dtype'))) : unknown('zero_state');
    },
  },
  'cells:output_size': { signature: '', result: ({ self }) => sizeValue((self as Cells).cells.at(-1)?.output) },
  'cells:state_size': {
    signature: '',
    result: ({ self }) => stateSize(self as Cells),
  },
};

/** A number, (c, h), or a tuple of these over the layers. */
function stateSize({ cells, stacked }: Cells): Abstract {
  const layers = cells.map((cell): Abstract => {
    const widths = cell.states.map(({ width }) => sizeValue(width));
    if (widths.length === 1) return widths[0]!;
    return tuple(widths, { fields: cell.states.map(({ name }) => name) });
  });
  return stacked ? tuple(layers) : layers[0]!;
}

function sizeValue(size: Dimension | undefined): Abstract {
  if (size === undefined) return unknown('');
  return typeof size === 'number' ? { kind: 'number', value: size, integer: true } : { kind: 'size', size };
}
