/**
 * The weights of a model by its framework's own names, in its own layouts. Source of names, layouts and counts:
 * TensorFlow 1.15 `rnn_cell_impl.py`, Keras 3 `layers/rnn`, PyTorch `nn/modules/rnn.py`.
 */
import { addSizes, backwardCells, isKerasLike, multiplySizes, outputWidth, stateWidth, tensorAxes } from './axes.ts';
import { type CellId, CELLS } from '../cells/table.ts';
import { completeCell, cudnnScope } from './cudnn.ts';
import type { CellSpec, Framework, GraphNode, InputSpec, ModelSpec, RecurrentNode, Size } from './spec.ts';
import { type PlacedWrapper, placedWrappers } from './wrappers.ts';

/** A weight without its values; a shape that the source leaves open holds symbols. */
export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly Size[];
  /** Of a weight of a recurrent node: whose it is, and its name inside the cell (`gates/kernel`, `weight_ih`). */
  readonly of?: { readonly layer: number; readonly direction: 'forward' | 'backward'; readonly weight: string };
}

/** The weights inside one cell, named from the cell on. @param D width of its input, H of its h, U units. */
type CellLayout = (cell: CellSpec, D: Size, H: Size, U: Size) => ParameterShape[];

const weight = (name: string, ...shape: Size[]): ParameterShape => ({ name, shape });
const when = (condition: boolean | undefined, ...weights: ParameterShape[]): ParameterShape[] =>
  condition ? weights : [];

const norms = (cell: CellSpec, U: Size, scopes: readonly string[]): ParameterShape[] =>
  cell.layerNorm ? scopes.flatMap(scope => [weight(`${scope}/gamma`, U), weight(`${scope}/beta`, U)]) : [];

/**
 * cuDNN's layers have a bias of x and one of h. Note: checkpoints of TensorFlow keep their sum as `bias`; here each has a
 * name, because both learn.
 */
const biases = (cell: CellSpec, scope: string, size: Size): ParameterShape[] => [
  weight(`${scope}bias`, size),
  ...when(cudnnScope(cell) !== undefined, weight(`${scope}recurrent_bias`, size)),
];

/** `CoupledInputForgetGateLSTMCell` packs j, f, o, and has names of its own. Source: TensorFlow 1.15 contrib `rnn_cell.py:250-320`. */
const coupledLstm: CellLayout = (cell, D, H, U) => [
  weight('W_0', addSizes(D, H), multiplySizes(3, U)),
  weight('B', multiplySizes(3, U)),
  ...norms(cell, U, ['transform', 'forget', 'output', 'state']),
  ...when(cell.peepholes, weight('W_F_diag', U), weight('W_O_diag', U)),
  ...when(cell.projection !== undefined, weight('W_P_0', U, H)),
];

/** `GRUBlockCell`, unlike `GRUBlockCellV2`, has names of its own. Source: TensorFlow 1.15 contrib `gru_ops.py:97`. */
const blockGru: CellLayout = (_cell, D, _H, U) => [
  weight('w_ru', addSizes(D, U), multiplySizes(2, U)),
  weight('b_ru', multiplySizes(2, U)),
  weight('w_c', addSizes(D, U), U),
  weight('b_c', U),
];

/** TF1: one kernel over `[x; h]`. Scopes of the LayerNorm cells: gates `input, transform, forget, output`, then `state`. */
const TENSORFLOW1: Readonly<Record<CellId, CellLayout>> = {
  rnn: (cell, D, _H, U) => [weight('kernel', addSizes(D, U), U), ...biases(cell, '', U)],
  lstm: (cell, D, H, U) => {
    if (cell.coupledInputForget) return coupledLstm(cell, D, H, U);
    const packed = multiplySizes(4, U);
    return [
      weight('kernel', addSizes(D, H), packed),
      // LayerNormLSTMCell makes a bias even where it normalizes and so does not use it.
      ...when(!cell.layerNorm || cell.className !== 'LayerNormBasicLSTMCell', ...biases(cell, '', packed)),
      ...norms(cell, U, ['input', 'transform', 'forget', 'output', 'state']),
      ...when(cell.peepholes, weight('w_f_diag', U), weight('w_i_diag', U), weight('w_o_diag', U)),
      ...when(cell.projection !== undefined, weight('projection/kernel', U, H)),
    ];
  },
  gru: (cell, D, _H, U) => {
    if (cell.className === 'GRUBlockCell') return blockGru(cell, D, U, U);
    return [
      weight('gates/kernel', addSizes(D, U), multiplySizes(2, U)),
      ...biases(cell, 'gates/', multiplySizes(2, U)),
      // CudnnCompatibleGRUCell keeps the two products of the candidate apart.
      ...(cell.resetAfter
        ? [
            weight('candidate/input_projection/kernel', D, U),
            weight('candidate/input_projection/bias', U),
            weight('candidate/hidden_projection/kernel', U, U),
            weight('candidate/hidden_projection/bias', U),
          ]
        : [weight('candidate/kernel', addSizes(D, U), U), weight('candidate/bias', U)]),
    ];
  },
};

const kerasCell =
  (blocks: number, bias: (cell: CellSpec, packed: Size) => Size[]): CellLayout =>
  (cell, D, H, U) => {
    const packed = multiplySizes(blocks, U);
    return [
      weight('kernel', D, packed),
      weight('recurrent_kernel', H, packed),
      ...when(cell.useBias ?? true, weight('bias', ...bias(cell, packed))),
    ];
  };

const KERAS: Readonly<Record<CellId, CellLayout>> = {
  rnn: kerasCell(1, (_cell, packed) => [packed]),
  lstm: kerasCell(4, (_cell, packed) => [packed]),
  gru: kerasCell(3, (cell, packed) => ((cell.resetAfter ?? true) ? [2, packed] : [packed])),
};

const torchCell =
  (blocks: number): CellLayout =>
  (cell, D, H, U) => {
    const packed = multiplySizes(blocks, U);
    return [
      weight('weight_ih', packed, D),
      weight('weight_hh', packed, H),
      ...when(cell.useBias ?? true, weight('bias_ih', packed), weight('bias_hh', packed)),
      ...when(cell.projection !== undefined, weight('weight_hr', H, U)),
    ];
  };

const PYTORCH: Readonly<Record<CellId, CellLayout>> = { rnn: torchCell(1), lstm: torchCell(4), gru: torchCell(3) };

const LAYOUTS: Readonly<Record<Framework, Readonly<Record<CellId, CellLayout>>>> = {
  tensorflow1: TENSORFLOW1,
  keras2: KERAS,
  keras3: KERAS,
  tensorflowjs: { ...KERAS, gru: (cell, D, H, U) => KERAS.gru({ ...cell, resetAfter: cell.resetAfter ?? false }, D, H, U) },
  pytorch: PYTORCH,
}; // prettier-ignore

/** Classes of TF1 whose scope is not their own name in snake case. */
const TENSORFLOW1_SCOPES: Readonly<Record<string, string>> = {
  LSTMBlockCell: 'lstm_cell',
  GRUBlockCell: 'gru_cell',
  GRUBlockCellV2: 'gru_cell',
};
const KERAS_CELLS: Readonly<Record<CellId, string>> = { rnn: 'simple_rnn_cell', lstm: 'lstm_cell', gru: 'gru_cell' };

/** `BasicLSTMCell` → `basic_lstm_cell`, as TensorFlow and Keras name scopes. */
export function snakeCase(className: string): string {
  return className
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

const under = (scope: string, separator: string, name: string): string =>
  scope === '' ? name : `${scope}${separator}${name}`;
const prefixed = (scope: string, separator: string, weights: readonly ParameterShape[]): ParameterShape[] =>
  weights.map(one => ({ ...one, name: under(scope, separator, one.name) }));
/** Says of the weights of a cell whose they are, while they still have their names inside the cell. */
const belonging = (layer: number, direction: Direction, weights: readonly ParameterShape[]): ParameterShape[] =>
  weights.map(one => ({ ...one, of: { layer, direction, weight: one.name } }));
type Direction = 'forward' | 'backward';
/** The direction of the first or second stack of a node. */
const directionOf = (node: RecurrentNode, second: boolean): Direction =>
  node.direction === 'bidirectional' ? (second ? 'backward' : 'forward') : node.direction;

/**
 * All weights of a model, in the order in which its framework makes them; one that several nodes share stands once. Where
 * the width of an input is unknown, `?` stands for it.
 */
export function modelParameters(spec: ModelSpec): ParameterShape[] {
  const all = spec.nodes.flatMap(node => nodeParameters(spec, node));
  return [...new Map(all.map(one => [one.name, one])).values()];
}

/** The weights of one node of the graph. */
export function nodeParameters(spec: ModelSpec, node: GraphNode): ParameterShape[] {
  switch (node.op) {
    case 'recurrent':
      return [...learnedStates(spec.framework, node), ...recurrentParameters(spec, node, inputWidth(spec, node))];
    case 'dense': {
      const width = inputWidth(spec, node);
      if (node.weights !== undefined) {
        const { kernel, bias } = node.weights;
        return [weight(kernel, width, node.units), ...when(node.useBias, weight(bias ?? `${kernel}/bias`, node.units))];
      }
      return spec.framework === 'pytorch'
        ? prefixed(node.scope, '.', [
            weight('weight', node.units, width),
            ...when(node.useBias, weight('bias', node.units)),
          ])
        : prefixed(node.scope, '/', [
            weight('kernel', width, node.units),
            ...when(node.useBias, weight('bias', node.units)),
          ]);
    }
    case 'convolve':
      return prefixed(node.scope, '/', [
        weight('kernel', node.size, inputWidth(spec, node), node.units),
        ...when(node.useBias, weight('bias', node.units)),
      ]);
    case 'normalize': {
      const width = inputWidth(spec, node);
      const [gain, shift] = spec.framework === 'pytorch' ? ['weight', 'bias'] : ['gamma', 'beta'];
      return prefixed(node.scope, spec.framework === 'pytorch' ? '.' : '/', [
        weight(gain, width),
        weight(shift, width),
      ]);
    }
    case 'embedding': {
      const shape = [node.vocabulary, node.units];
      if (spec.framework === 'pytorch') return [{ name: under(node.scope, '.', 'weight'), shape }];
      if (spec.framework === 'tensorflow1') return [{ name: node.scope || 'embeddings', shape }];
      return [{ name: under(node.scope, '/', 'embeddings'), shape }];
    }
    default:
      return [];
  }
}

/** Number of all weights; undefined while a size is a symbol. */
export function parameterCount(spec: ModelSpec): number | undefined {
  return countOf(modelParameters(spec));
}

/** Number of values in these weights; undefined while a size is a symbol. */
export function countOf(weights: readonly ParameterShape[]): number | undefined {
  let total = 0;
  for (const { shape } of weights) {
    let count = 1;
    for (const size of shape) {
      if (typeof size === 'string') return undefined;
      count *= size;
    }
    total += count;
  }
  return total;
}

function inputWidth(spec: ModelSpec, node: GraphNode & { readonly input: { readonly from: string } }): Size {
  return tensorAxes(spec, node.input)?.at(-1) ?? '?';
}

function recurrentParameters(spec: ModelSpec, node: RecurrentNode, width: Size): ParameterShape[] {
  if (spec.framework === 'pytorch') return torchParameters(node, width);
  return isKerasLike(spec.framework)
    ? kerasParameters(spec.framework, node, width)
    : tensorflow1Parameters(node, width);
}

function tensorflow1Parameters(node: RecurrentNode, width: Size): ParameterShape[] {
  if (cudnnScope(node.cells[0]!) !== undefined) return cudnnParameters(node, width);
  const directions: readonly (readonly [string, readonly CellSpec[]])[] =
    node.direction === 'bidirectional'
      ? [
          [under(node.scope, '/', 'fw'), node.cells],
          [under(node.scope, '/', 'bw'), backwardCells(node)],
        ]
      : [[node.scope, node.cells]];
  return directions.flatMap(([scope, cells], backward) => {
    let below = width;
    return cells.flatMap((cell, index) => {
      const place = node.stacked ? under(scope, '/', `multi_rnn_cell/cell_${index}`) : scope;
      const own =
        cell.sharesWeightsWith === undefined
          ? tensorflow1Cell(cell, below, index, directionOf(node, backward === 1))
          : [];
      const weights = prefixed(place, '/', own);
      below = outputWidth(cell);
      return weights;
    });
  });
}

/** A cuDNN layer, named as in a checkpoint: like a stack of compatible cells, each of which reads both directions below. */
function cudnnParameters(node: RecurrentNode, width: Size): ParameterShape[] {
  let below = width;
  return node.cells.flatMap((cell, layer) => {
    const both = node.direction === 'bidirectional' ? [cell, backwardCells(node)[layer]!] : [cell];
    const weights = both.flatMap((one, second) => {
      const place =
        both.length > 1
          ? `stack_bidirectional_rnn/cell_${layer}/bidirectional_rnn/${second === 0 ? 'fw' : 'bw'}`
          : `rnn/multi_rnn_cell/cell_${layer}`;
      const shapes = TENSORFLOW1[one.cell](completeCell(one), below, stateWidth(one), one.units);
      const own = belonging(layer, directionOf(node, second === 1), shapes);
      return prefixed(under(node.scope, '/', `${place}/${cudnnScope(one)!}`), '/', own);
    });
    below = both.map(outputWidth).reduce(addSizes);
    return weights;
  });
}

/** A TF1 cell within its wrappers: projections have weights and a scope of their own, dropout and residual have none. */
function tensorflow1Cell(cell: CellSpec, width: Size, layer: number, direction: Direction): ParameterShape[] {
  const wrappers = placedWrappers(cell);
  // The outermost wrapper sees the input first.
  let inner = width;
  const seen = new Map<PlacedWrapper, Size>();
  for (const placed of [...wrappers].reverse()) {
    seen.set(placed, inner);
    if (placed.wrapper.wrapper === 'input_projection') inner = placed.wrapper.units;
  }
  const scope = cell.name ?? TENSORFLOW1_SCOPES[cell.className] ?? snakeCase(cell.className);
  const shapes = TENSORFLOW1[cell.cell](completeCell(cell), inner, stateWidth(cell), cell.units);
  let weights = prefixed(scope, '/', belonging(layer, direction, shapes));
  const projection = (kind: string, from: Size, to: Size): ParameterShape[] =>
    [weight('kernel', from, to), weight('bias', to)].map(one => ({
      ...one,
      of: { layer, direction, weight: `${kind}/${one.name}` },
    }));
  let output = stateWidth(cell);
  for (const placed of wrappers) {
    const { wrapper, suffix } = placed;
    if (wrapper.wrapper === 'output_projection') {
      const own = projection(`output_projection${suffix}`, output, wrapper.units);
      weights = prefixed('output_projection_wrapper', '/', [...weights, ...own]);
      output = wrapper.units;
    } else if (wrapper.wrapper === 'input_projection') {
      const own = projection(`input_projection${suffix}`, seen.get(placed)!, wrapper.units);
      weights = prefixed('input_projection_wrapper', '/', [...own, ...weights]);
    }
  }
  return weights;
}

function kerasParameters(framework: Framework, node: RecurrentNode, width: Size): ParameterShape[] {
  const bidirectional = node.direction === 'bidirectional';
  const stacks: readonly (readonly [string, readonly CellSpec[]])[] = bidirectional
    ? [
        ['forward_', node.cells],
        ['backward_', backwardCells(node)],
      ]
    : [['', node.cells]];
  return stacks.flatMap(([prefix, cells], backward) => {
    const first = cells[0]!;
    // Bidirectional puts `forward_` and `backward_` before the name of the layer that it wraps; Keras 3 leaves that of a
    // `backward_layer` as it is.
    const wrapped = node.stacked ? 'rnn' : (first.name ?? snakeCase(first.className));
    const own = framework === 'keras3' && backward === 1 && node.backwardCells !== undefined;
    const scope = bidirectional ? `${node.scope}/${own ? '' : prefix}${wrapped}` : node.scope;
    const used = new Map<string, number>();
    let below = width;
    return cells.flatMap((cell, index) => {
      below = index === 0 ? width : outputWidth(cells[index - 1]!);
      if (cell.sharesWeightsWith !== undefined) return [];
      const plain = KERAS_CELLS[cell.cell];
      const before = used.get(plain) ?? 0;
      used.set(plain, before + 1);
      const numbered = before === 0 ? plain : `${plain}_${before}`;
      const name = (node.stacked ? cell.name : undefined) ?? numbered;
      const place = !node.stacked
        ? name
        : framework === 'tensorflowjs'
          ? `RNNCell_${index}`
          : `stacked_rnn_cells/${name}`;
      const shapes = LAYOUTS[framework][cell.cell](cell, below, stateWidth(cell), cell.units);
      const weights = belonging(index, directionOf(node, backward === 1), shapes);
      // TensorFlow.js names the weights by the layer alone.
      return prefixed(framework === 'tensorflowjs' && !node.stacked ? scope : `${scope}/${place}`, '/', weights);
    });
  });
}

function torchParameters(node: RecurrentNode, width: Size): ParameterShape[] {
  const weights: ParameterShape[] = [];
  const bidirectional = node.direction === 'bidirectional';
  let below = width;
  for (const [index, cell] of node.cells.entries()) {
    const both = bidirectional ? [cell, backwardCells(node)[index] ?? cell] : [cell];
    for (const [direction, one] of both.entries()) {
      const shapes = belonging(
        index,
        directionOf(node, direction === 1),
        PYTORCH[one.cell](one, below, stateWidth(one), one.units),
      );
      if (node.driver === 'layer') {
        const suffix = `_l${index}${direction === 1 ? '_reverse' : ''}`;
        weights.push(...shapes.map(shape => ({ ...shape, name: under(node.scope, '.', shape.name + suffix) })));
      } else if (one.sharesWeightsWith === undefined) {
        weights.push(...prefixed(one.name ?? node.scope, '.', shapes));
      }
    }
    below = both.map(outputWidth).reduce(addSizes);
  }
  return weights;
}

/** Whether first states stand in one tensor a state for all layers and directions: PyTorch's modules, cuDNN's layers. */
export function hasStatesTogether(framework: Framework, node: RecurrentNode): boolean {
  return (framework === 'pytorch' && node.driver === 'layer') || cudnnScope(node.cells[0]!) !== undefined;
}

/** Whether an input is first states `[L, B, H]` of all layers and directions. */
export function isStateOfLayers({ framework }: ModelSpec, { role, axes }: InputSpec): boolean {
  return role === 'state' && axes.length === 2 && (framework === 'pytorch' || axes[0]!.name === 'layers');
}

/** First states that are learned; `ModelSpec` tells their order and shapes. */
function learnedStates(framework: Framework, node: RecurrentNode): ParameterShape[] {
  if (node.initialState?.kind !== 'learned') return [];
  const { names } = node.initialState;
  const directions = node.direction === 'bidirectional' ? 2 : 1;
  const widthOf = (cell: CellSpec, state: string): Size => (state === 'h' ? stateWidth(cell) : cell.units);
  if (hasStatesTogether(framework, node)) {
    const cell = node.cells[0]!;
    const { states } = CELLS[cell.cell];
    return names.map((name, index) => weight(name, node.cells.length * directions, 1, widthOf(cell, states[index]!)));
  }
  const cells = directions === 1 ? node.cells : [...node.cells, ...backwardCells(node)];
  const widths = cells.flatMap(cell => CELLS[cell.cell].states.map(state => widthOf(cell, state)));
  return names.map((name, index) => weight(name, 1, widths[index] ?? '?'));
}
