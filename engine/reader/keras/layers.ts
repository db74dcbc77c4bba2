/** Keras' layers. Signatures and defaults: Keras 3 `keras/src/layers`; what differs in Keras 2 is told by the framework. */
import { snakeCase } from '../../model/parameters.ts';
import { phrase, type Phrase } from '../../model/phrase.ts';
import type { ConvolveNode } from '../../model/convolution.ts';
import type { Activation, CellSpec, GraphNode, Initializer, RecurrentNode, TensorRef } from '../../model/spec.ts';
import { activationOf, type ChosenActivation, unknownActivation, withOptions } from '../activations.ts';
import { checkDropout } from '../dropoutSense.ts';
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { giving } from '../fixes.ts';
import { denseNode, isBatch, unitsAxis, type WeightRule } from '../graph.ts';
import { cellSpecs, layerState, outputsMeaning, sequenceInput } from '../recurrent.ts';
import { add, type Dimension, mayHaveSameSize, multiply, symbol, toSize } from '../sizes.ts';
import { weightRules } from './weightRules.ts';
import { checkStateCount, checkStateOrder, checkStateWidths } from '../stateChecks.ts';
import { commonShape, oneOf, shaped } from '../shapeRules.ts';
import { concatenate, reshape, tensorsOf } from '../tensors.ts';
import { scoped } from '../tensorflow1/scopes.ts';
import { shapeOf } from '../tensorflow1/operations.ts';
import {
  type Abstract,
  type CellObject,
  type Cells,
  dimension,
  fromDimension,
  type Layer,
  list,
  type Network,
  type RecurrentOptions,
  shortText,
  tensor,
  type Tensor,
  type TensorAxis,
  tuple,
  unknown,
} from '../values.ts';

/** The name that Keras gives a layer: its own, or one by its class and number; TensorFlow.js: `lstm_LSTM1`. */
function layerName(call: Call, className: string): string {
  const own = call.args.string('name');
  if (own !== undefined) return own;
  const base = snakeCase(className);
  if (call.framework === 'tensorflowjs') return `${base}_${className}${call.reader.graph.number(className)}`;
  return call.reader.graph.layerName(base);
}

/** An activation by Keras' names; hard sigmoid is another function in Keras 3. */
function activation(call: Call, name: string): ChosenActivation | null | undefined {
  const given = call.args.get(name);
  const found = activationOf(given?.kind === 'string' ? { ...given, value: snakeCase(given.value) } : given, call);
  return found == null ? found : inFramework(found, call.framework);
}

function inFramework(spec: ChosenActivation, framework: Call['framework']): ChosenActivation {
  const third = spec.activation === 'hard_sigmoid' && framework === 'keras3';
  return third ? { activation: 'hard_sigmoid_keras3' } : spec;
}

const LINEAR: ChosenActivation = { activation: 'linear' };

const INITIALIZERS: Readonly<Record<string, Initializer>> = {
  zeros: { kind: 'zeros' },
  ones: { kind: 'ones' },
  glorot_uniform: { kind: 'glorot_uniform' },
  glorot_normal: { kind: 'glorot_normal' },
  he_uniform: { kind: 'he_uniform' },
  he_normal: { kind: 'he_normal' },
  lecun_uniform: { kind: 'lecun_uniform' },
  lecun_normal: { kind: 'lecun_normal' },
  orthogonal: { kind: 'orthogonal' },
  identity: { kind: 'identity' },
  random_uniform: { kind: 'uniform', value: 0.05 },
  random_normal: { kind: 'normal', value: 0.05 },
  truncated_normal: { kind: 'truncated_normal', value: 0.05 },
};

/** An initialiser that is given by name; others stay the framework's default. */
function initializer<K extends string>(call: Call, name: string, key: K, open?: Phrase[]): { [P in K]?: Initializer } {
  const given = call.args.isGiven(name) ? call.args.some(name) : undefined;
  if (given === undefined) return {};
  const found = given.kind === 'string' ? INITIALIZERS[snakeCase(given.value)] : undefined;
  if (found === undefined) open?.push(phrase('{0} is not known: {1}', name, shortText(given)));
  return found === undefined ? {} : ({ [key]: found } as { [P in K]?: Initializer });
}

/** A rate of dropout that is given and not 0. */
function rate(call: Call, name: string, open: Phrase[]): number | undefined {
  const given = call.args.isGiven(name) ? call.args.some(name) : undefined;
  if (given === undefined) return undefined;
  if (given.kind !== 'number') open.push(phrase('{0} is not known: {1}', name, shortText(given)));
  return given.kind === 'number' && given.value > 0 && given.value < 1 ? given.value : undefined;
}

// Cells

type CellKind = CellSpec['cell'];

interface CellDefaults {
  readonly recurrent: Activation;
  readonly unitForgetBias: boolean;
  readonly resetAfter: boolean;
}

const KERAS_DEFAULTS: CellDefaults = { recurrent: 'sigmoid', unitForgetBias: true, resetAfter: true };
/** Source: TensorFlow.js 4.22 `layers/recurrent.ts`. */
const DEFAULTS: Partial<Record<Call['framework'], CellDefaults>> = {
  tensorflowjs: { recurrent: 'hard_sigmoid', unitForgetBias: false, resetAfter: false },
};

function refuseResetAfter({ reader, range }: Call): void {
  const message = phrase('TensorFlow.js has no GRU with resetAfter: true; it stops with an error here');
  reader.report({ range, severity: 'error', code: 'reset-after-refused', message });
}

/** The cell that a layer or cell class describes. */
function cellOf(call: Call, kind: CellKind, className: string): Cells {
  const { args, reader, framework } = call;
  const open: Phrase[] = [];
  // Keras 1 called it by another name.
  const given = oneOf(args, 'units', 'output_dim');
  const units = dimension(given) ?? symbol('units');
  if (typeof units !== 'number')
    open.push(phrase('{0} is not known: {1}', 'units', given === undefined ? '' : shortText(given)));
  const chosen = (name: string): ChosenActivation | undefined => {
    if (!args.isGiven(name)) return undefined;
    // None is linear.
    const found = args.get(name)?.kind === 'none' ? LINEAR : activation(call, name);
    // The description has no slope for gates.
    const sloped = name === 'recurrent_activation' && found?.negativeSlope !== undefined;
    if (found === null || sloped) open.push(unknownActivation(call, name, className));
    return found ?? undefined;
  };
  const usual = DEFAULTS[framework] ?? KERAS_DEFAULTS;
  const flag = (name: string): boolean | undefined => (args.isGiven(name) ? args.boolean(name) : undefined);
  const [unit, after] = [flag('unit_forget_bias'), flag('reset_after')];
  if (framework === 'tensorflowjs' && kind === 'gru' && after === true) refuseResetAfter(call);
  const [own, recurrent] = [chosen('activation'), chosen('recurrent_activation')];
  const [input, state] = [rate(call, 'dropout', open), rate(call, 'recurrent_dropout', open)];
  const spec: CellSpec = {
    cell: kind,
    className,
    units: toSize(units),
    ...(own === undefined || own.activation === 'tanh' ? {} : own),
    ...(recurrent === undefined || recurrent.activation === usual.recurrent
      ? {}
      : { recurrentActivation: recurrent.activation }),
    ...(args.boolean('use_bias') === false ? { useBias: false } : {}),
    ...(kind === 'lstm' && unit !== undefined && unit !== usual.unitForgetBias ? { unitForgetBias: unit } : {}),
    ...(kind === 'gru' && after !== undefined && after !== usual.resetAfter ? { resetAfter: after } : {}),
    ...(input === undefined ? {} : { inputDropout: input }),
    ...(state === undefined ? {} : { recurrentDropout: state }),
    ...(args.givenNumber('implementation') === 1 ? { implementation: 1 } : {}),
    ...initializer(call, 'kernel_initializer', 'kernelInitializer', open),
    ...initializer(call, 'recurrent_initializer', 'recurrentInitializer', open),
    ...initializer(call, 'bias_initializer', 'biasInitializer', open),
  };
  const asked = weightRules(call);
  open.push(...asked.open);
  const h = { name: 'h', width: units } as const;
  // Keras' states are h, then c.
  const states = kind === 'lstm' ? [h, { name: 'c', width: units } as const] : [h];
  const made: CellObject = {
    identity: reader.identity(),
    spec,
    states,
    output: units,
    open,
    rules: asked.rules,
    range: reader.statement,
    call: call.range,
    frame: reader.frame,
  };
  return { kind: 'cells', framework, className, cells: [made], stacked: false };
}

const CELL_OPTIONS =
  "units, activation='tanh', recurrent_activation='sigmoid', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', unit_forget_bias=True, dropout=0.0, recurrent_dropout=0.0, reset_after=True, implementation=2, name=None";
const SIMPLE_OPTIONS = CELL_OPTIONS.replace(" recurrent_activation='sigmoid',", '');
const LAYER_OPTIONS =
  'return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, zero_output_for_mask=False, input_shape=None, batch_input_shape=None, input_dim=None, input_length=None, time_major=False, batch_size=None';

// Recurrent layers

function optionsOf(call: Call): RecurrentOptions {
  const is = (name: string): boolean => call.args.boolean(name) === true;
  return {
    sequences: is('return_sequences'),
    state: is('return_state'),
    backwards: is('go_backwards'),
    stateful: is('stateful'),
    zeroOutput: is('zero_output_for_mask'),
  };
}

/** Initial states in the order of the cell table (c, h) from those that the program gives (h, c). */
function initialState(
  call: Call,
  cells: Cells,
): { readonly initialState?: RecurrentNode['initialState']; readonly open: readonly Phrase[] } {
  const value = call.args.some('initial_state');
  if (value === undefined) return { open: [] };
  const parts = tensorsOf(value);
  const wanted = cells.cells.flatMap(cell => cell.states);
  checkStateOrder(call, 'initial_state', ['h', 'c']);
  if (parts?.every(part => part.ref !== undefined) === true) {
    checkStateCount(call, 'initial_state', parts.length, wanted.length);
    checkStateWidths(call, 'initial_state', parts, wanted);
  }
  // As without any.
  if (parts?.length === wanted.length && parts.every(part => part.ref === undefined && part.derivation?.op === 'zeros'))
    return { open: [] };
  if (parts?.length !== wanted.length || parts.some(part => part.ref === undefined)) {
    return { open: [phrase('the initial state cannot be followed: {0}', call.args.text('initial_state'))] };
  }
  for (const part of parts) call.reader.graph.use(part, 'state');
  let at = 0;
  const tensors = cells.cells.flatMap(cell => {
    const own = cell.states.map(({ name }) => ({ name, ref: parts[at++]!.ref! }));
    return own.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ ref }) => ref);
  });
  return { initialState: { kind: 'given', tensors }, open: [] };
}

/** What the cells of a stack ask of their weights. */
function rulesOf({ cells }: Cells, direction?: 'forward' | 'backward'): WeightRule[] {
  return cells.flatMap(({ rules = [] }, layer) =>
    rules.map(rule => ({ ...rule, layer, ...(direction === undefined ? {} : { direction }) })),
  );
}

function lastOutput(layers: number, backwards: boolean): Phrase {
  if (backwards) return phrase('h after the first step, reading backwards');
  return layers > 1 ? phrase('h of the top layer at the last step') : phrase('h at the last step');
}

/** Reports a layer over the steps that gets the last output of the one below where it needs one for every step. */
function checkSequence(call: Call, input: Abstract): void {
  if (input.kind !== 'tensor' || input.axes?.length !== 2) return;
  const node = call.reader.graph.recurrentOf(input.ref);
  const made = input.ref === undefined ? undefined : call.reader.graph.nodes.get(input.ref.from)?.cells[0];
  if (node === null || made === undefined || node.returnSequences === true) return;
  // A state is one vector, whatever the layer returns.
  if (input.ref?.part?.take === 'state') return;
  const option = call.framework === 'tensorflowjs' ? 'returnSequences: true' : 'return_sequences=True';
  call.reader.report({
    range: made.call,
    severity: 'error',
    code: 'return-sequences-missing',
    message: phrase('The layer above needs an output for every step: {0} is missing', option),
    ...giving(call.reader.textOf(made.call), made.call, option, phrase('Return the whole sequence')),
  });
}

/** Runs cells over a sequence, in one direction. @param asked of the layer itself, besides what is asked of its cells. */
function run(
  call: Call,
  input: Abstract,
  cells: Cells,
  options: RecurrentOptions,
  name: string,
  asked: readonly WeightRule[],
): Abstract {
  checkSequence(call, input);
  const sequence = sequenceInput(call, input, false);
  const { graph, frame } = call.reader;
  const mask = input.kind === 'tensor' ? input.mask : undefined;
  const state = initialState(call, cells);
  const open = [...sequence.open, ...state.open, ...cells.cells.flatMap(cell => cell.open)];
  const id = graph.add(
    name,
    {
      op: 'recurrent',
      input: sequence.ref,
      cells: cellSpecs(cells.cells),
      direction: options.backwards ? 'backward' : 'forward',
      driver: 'layer',
      scope: scoped(call, name),
      stacked: cells.stacked,
      ...(mask === undefined ? {} : { mask }),
      ...(options.zeroOutput && mask !== undefined ? { zeroOutputForMask: true } : {}),
      ...(options.sequences ? { returnSequences: true } : {}),
      ...(options.state ? { returnState: true } : {}),
      ...(options.stateful ? { stateful: true } : {}),
      ...(state.initialState === undefined ? {} : { initialState: state.initialState }),
    },
    {
      range: call.range,
      frame,
      framework: cells.framework,
      cells: cells.cells,
      name,
      open,
      rules: [...rulesOf(cells), ...asked],
    },
  );
  const { batch, steps, dtype } = sequence;
  const units = unitsAxis(cells.cells.at(-1)!.output);
  const layers = cells.cells.length;
  const outputs = options.sequences
    ? tensor(dtype, [batch, steps, units], { ref: { from: id }, meaning: options.backwards ? phrase('h at every step, the last step first') : outputsMeaning(layers, null), ...(mask === undefined ? {} : { mask }) })
    : tensor(dtype, [batch, units], { ref: { from: id }, meaning: lastOutput(layers, options.backwards) }); // prettier-ignore
  if (!options.state) return outputs;
  const about = { direction: null, lengths: mask !== undefined, batch, dtype };
  const states = cells.cells.flatMap((_, layer) => {
    const one = layerState(id, cells.cells, layer, about);
    return !cells.stacked && one.kind === 'sequence' ? one.items : [one];
  });
  return tuple([outputs, ...states]);
}

function recurrentLayer(className: string, kind: CellKind, options: string): CallEntry {
  return {
    signature: `${options}, ${LAYER_OPTIONS}`,
    result: call => layerOf(call, className, cellOf(call, kind, className)),
  };
}

function layerOf(call: Call, className: string, cells: Cells): Layer {
  const options = optionsOf(call);
  const name = layerName(call, className);
  const shape = inputShape(call);
  return {
    kind: 'layer',
    framework: call.framework,
    className,
    name,
    cells: cells.cells,
    recurrent: { ...options, cells },
    run: (applied, input) =>
      run(applied, input, cells, options, name, className === 'RNN' ? weightRules(call).rules : []),
    ...(shape === null ? {} : { inputShape: shape, rows: rowsOf(call) }),
  };
}

/** `input_shape=(28, 28)`, `batch_input_shape=(32, 28, 28)`, `input_dim=28`. */
function inputShape({ args }: Call): (Dimension | null)[] | null {
  const shape = args.some('input_shape') ?? args.some('shape');
  if (shape !== undefined) return shapeOf(shape);
  const whole = shapeOf(args.some('batch_input_shape') ?? args.some('batch_shape'));
  if (whole !== null) return whole.slice(1);
  const features = args.isGiven('input_dim') && args.isGiven('units') ? args.size('input_dim') : null;
  if (features !== null) return [args.size('input_length'), features];
  return args.isGiven('input_length') && !args.isGiven('units') ? [args.size('input_length')] : null;
}

/** Rows of every batch: of `batch_input_shape=(32, 28, 28)`, or of `batch_size=32`. */
export function rowsOf({ args }: Call): Dimension | null {
  const whole = shapeOf(args.some('batch_input_shape') ?? args.some('batch_shape'));
  return whole?.[0] ?? args.size('batch_size');
}

// Bidirectional

const MERGES: Readonly<Record<string, NonNullable<RecurrentNode['merge']>>> = {
  concat: 'concatenate',
  sum: 'sum',
  ave: 'average',
  mul: 'multiply',
};

function named(cells: Cells, name: string): Cells {
  return { ...cells, cells: cells.cells.map(cell => ({ ...cell, spec: { ...cell.spec, name } })) };
}

function bidirectional(call: Call): Abstract {
  const inner = call.args.get('layer');
  const other = call.args.some('backward_layer');
  if (inner?.kind !== 'layer' || inner.recurrent === undefined) return unknown('Bidirectional');
  const options = inner.recurrent;
  // The weights of both directions are named by the layer that is wrapped.
  const ownName = (of: Layer, its: Cells): Cells =>
    call.framework === 'tensorflowjs' || (!its.stacked && of.name !== snakeCase(of.className))
      ? named(its, of.name)
      : its;
  const cells = ownName(inner, options.cells);
  const name = layerName(call, 'Bidirectional');
  if (other?.kind === 'layer' && other.cells[0] !== undefined && other.cells[0].identity === inner.cells[0]?.identity) {
    const message = phrase('One layer object is used for both directions; make one for each');
    call.reader.report({ range: call.range, severity: 'error', code: 'one-cell-for-both-directions', message });
  }
  const given = call.args.get('merge_mode');
  const merge = given?.kind === 'none' ? 'separate' : MERGES[given?.kind === 'string' ? given.value : 'concat'];
  const shape = inputShape(call) ?? inner.inputShape;
  const backward = other?.kind === 'layer' && other.recurrent ? ownName(other, other.recurrent.cells) : undefined;
  return {
    kind: 'layer',
    framework: call.framework,
    className: 'Bidirectional',
    name,
    cells: inner.cells,
    run: (applied, input) =>
      runBoth(applied, input, cells, backward, options, name, merge ?? 'concatenate', weightRules(call).rules),
    ...(shape == null ? {} : { inputShape: shape, rows: inner.rows ?? rowsOf(call) }),
  };
}

const BOTH: Readonly<Record<string, Phrase>> = {
  concatenate: phrase('h of both directions at every step, side by side'),
  sum: phrase('sum of h of both directions at every step'),
  average: phrase('mean of h of both directions at every step'),
  multiply: phrase('product of h of both directions at every step'),
};
const BOTH_LAST: Readonly<Record<string, Phrase>> = {
  concatenate: phrase('h of both directions after their last step, side by side'),
  sum: phrase('sum of h of both directions after their last step'),
  average: phrase('mean of h of both directions after their last step'),
  multiply: phrase('product of h of both directions after their last step'),
};

function runBoth(
  call: Call,
  input: Abstract,
  cell: Cells,
  other: Cells | undefined,
  options: RecurrentOptions,
  name: string,
  merge: NonNullable<RecurrentNode['merge']>,
  asked: readonly WeightRule[],
): Abstract {
  checkSequence(call, input);
  const sequence = sequenceInput(call, input, false);
  const { graph, frame } = call.reader;
  const mask = input.kind === 'tensor' ? input.mask : undefined;
  const backward = other ?? cell;
  const state = initialState(call, { ...cell, cells: [...cell.cells, ...backward.cells] });
  const id = graph.add(
    name,
    {
      op: 'recurrent',
      input: sequence.ref,
      cells: cellSpecs(cell.cells),
      direction: 'bidirectional',
      ...(other === undefined ? {} : { backwardCells: cellSpecs(other.cells) }),
      driver: 'layer',
      scope: scoped(call, name),
      stacked: cell.stacked,
      merge,
      ...(mask === undefined ? {} : { mask }),
      ...(options.sequences ? { returnSequences: true } : {}),
      ...(options.state ? { returnState: true } : {}),
      ...(options.stateful ? { stateful: true } : {}),
      ...(state.initialState === undefined ? {} : { initialState: state.initialState }),
    },
    {
      range: call.range,
      frame,
      framework: cell.framework,
      cells: cell.cells,
      name,
      open: [...sequence.open, ...state.open, ...[...cell.cells, ...(other?.cells ?? [])].flatMap(one => one.open)],
      rules: [
        ...(other === undefined ? rulesOf(cell) : [...rulesOf(cell, 'forward'), ...rulesOf(other, 'backward')]),
        ...asked,
      ],
    },
  );
  const { batch, steps, dtype } = sequence;
  const widths = [cell.cells.at(-1)!.output, backward.cells.at(-1)!.output] as const;
  const width = merge === 'concatenate' ? add(widths[0], widths[1]) : widths[0];
  const carried = mask === undefined || !options.sequences ? {} : { mask };
  const about = (direction: 'forward' | 'backward'): Tensor => {
    const last = { take: 'state', layer: cell.cells.length - 1, state: 'h', direction } as const;
    const ref: TensorRef = { from: id, part: options.sequences ? { take: 'outputs', direction } : last };
    return tensor(dtype, options.sequences ? [batch, steps, unitsAxis(width)] : [batch, unitsAxis(width)], {
      ref,
      meaning: outputsMeaning(1, direction),
      ...carried,
    });
  };
  const merged = tensor(dtype, options.sequences ? [batch, steps, unitsAxis(width)] : [batch, unitsAxis(width)], {
    ref: { from: id },
    meaning: (options.sequences ? BOTH : BOTH_LAST)[merge] ?? phrase('h of both directions'),
    ...carried,
  });
  const outputs = merge === 'separate' ? [about('forward'), about('backward')] : [merged];
  if (!options.state) return outputs.length > 1 ? tuple(outputs) : merged;
  const states = [
    { direction: 'forward', cells: cell.cells },
    { direction: 'backward', cells: backward.cells },
  ] as const;
  const finals = states.flatMap(({ direction, cells }) =>
    cells.flatMap((_, layer) => {
      const one = layerState(id, cells, layer, { direction, lengths: mask !== undefined, batch, dtype });
      return one.kind === 'sequence' ? one.items : [one];
    }),
  );
  return tuple([...outputs, ...finals]);
}

// Other layers

/** What a layer gives; where it is no part of the graph any more, that is remembered. */
function goingOn({ reader: { graph } }: Call, of: readonly Tensor[], className: string, value: Abstract): Abstract {
  if (value.kind === 'tensor' && value.ref === undefined)
    for (const { ref } of of)
      if (ref !== undefined && graph.nodes.has(ref.from))
        graph.stops.push({ from: ref.from, reason: phrase('{0} cannot be run yet', className) });
  return value;
}

/** An entry for a layer that maps one tensor to one. */
export function simple(
  className: string,
  signature: string,
  apply: (applied: Call, of: Tensor, made: Call, name: string) => Abstract,
): CallEntry {
  return {
    signature: `${signature}${signature === '' ? '' : ', '}name=None, input_shape=None, batch_input_shape=None, input_dim=None, input_length=None, batch_size=None`,
    result: call => {
      const name = layerName(call, className);
      const shape = inputShape(call);
      return {
        kind: 'layer',
        framework: call.framework,
        className,
        name,
        cells: [],
        run: (applied, input) =>
          input.kind === 'tensor'
            ? goingOn(applied, [input], className, apply(applied, input, call, name))
            : unknown(className),
        ...(shape === null ? {} : { inputShape: shape, rows: rowsOf(call) }),
      };
    },
  };
}

/** Adds a node that keeps the shape of its input. */
function keeping(
  call: Call,
  of: Tensor,
  name: string,
  draft: (input: TensorRef) => Omit<GraphNode, 'id'>,
  meaning?: Phrase,
  more: { readonly open?: readonly Phrase[]; readonly rules?: readonly WeightRule[] } = {},
): Tensor {
  const about = meaning === undefined ? (of.meaning === undefined ? {} : { meaning: of.meaning }) : { meaning };
  const carried = of.mask === undefined ? {} : { mask: of.mask };
  if (of.ref === undefined) return tensor(of.dtype, of.axes, { ...about, ...carried });
  const id = call.reader.graph.add(name, draft(of.ref) as never, { range: call.range, ...more });
  return tensor(of.dtype, of.axes, { ref: { from: id }, ...about, ...carried });
}

/** What a layer gives that is another tensor of the graph, by the layer's name. */
export function calledAs(call: Call, name: string, value: Tensor): Tensor {
  if (value.ref !== undefined) call.reader.graph.names.set(name, value.ref);
  return value;
}

/** Applies an activation; one that is not known keeps the shape. */
function activated(call: Call, of: Tensor, name: string, spec: ChosenActivation | null): Tensor {
  if (spec === null) return shaped(of, of.axes);
  const { activation } = spec;
  return keeping(
    call,
    of,
    name,
    input => ({ op: 'activation', input, ...spec }),
    activation === 'softmax' ? phrase('probabilities of the classes') : phrase('after {0}', activation),
  );
}

/** A layer that is an activation; other layers may take it for theirs. */
function activationLayer(className: string, which: Activation, options: string): CallEntry {
  const entry = simple(className, options, (applied, of, made, name) =>
    activated(applied, of, name, withOptions(which, made, of)),
  );
  return {
    signature: entry.signature,
    result: call => {
      const made = entry.result(call);
      return made.kind === 'layer' ? { ...made, activation: withOptions(which, call) } : made;
    },
  };
}

/** Activations as functions of a tensor, with their options. Source: Keras 3 `activations/activations.py`, Keras 2.15. */
const FUNCTION_OPTIONS: Partial<Record<Activation, string>> = {
  leaky_relu: 'negative_slope=0.2, alpha=None',
  relu: 'negative_slope=None, max_value=None, threshold=0.0, alpha=None',
  elu: 'alpha=1.0',
  gelu: 'approximate=False',
};
const FUNCTIONS = ['relu', 'relu6', 'leaky_relu', 'elu', 'selu', 'gelu', 'tanh', 'sigmoid', 'hard_sigmoid', 'softmax', 'log_softmax', 'softplus', 'softsign', 'swish', 'silu', 'exponential', 'linear'] as const; // prettier-ignore

function activationFunction(name: (typeof FUNCTIONS)[number], options?: string): CallEntry {
  const which: Activation = name === 'silu' ? 'swish' : name;
  return {
    signature: `x, ${options ?? FUNCTION_OPTIONS[which] ?? 'axis=-1'}`,
    result: call => {
      const of = call.args.get('x');
      if (of?.kind !== 'tensor') return unknown(name);
      const spec = withOptions(which, call, of);
      return activated(call, of, name, spec === null ? null : inFramework(spec, call.framework));
    },
  };
}

const ACTIVATION_FUNCTIONS: CallTable = {
  ...Object.fromEntries(
    FUNCTIONS.flatMap(name => [
      [`keras.activations.${name}`, activationFunction(name)],
      [`keras.backend.${name}`, activationFunction(name)],
    ]),
  ),
  // Keras 3 `ops/nn.py`
  'keras.backend.gelu': activationFunction('gelu', 'approximate=True'),
};

function denseApply(applied: Call, of: Tensor, made: Call, name: string, scope: string): Tensor {
  const { args } = made;
  const chosen = args.isGiven('activation') ? activation(made, 'activation') : undefined;
  const asked = weightRules(made);
  const out = denseNode(applied.reader.graph, of, {
    id: name,
    units: dimension(oneOf(args, 'units', 'output_dim')) ?? symbol('units'),
    ...(chosen ?? LINEAR),
    open: [...asked.open, ...(chosen === null ? [unknownActivation(made, 'activation', name)] : [])],
    rules: asked.rules,
    useBias: args.boolean('use_bias') !== false,
    scope: scoped(applied, scope),
    range: applied.range,
    meaning:
      chosen?.activation === 'softmax'
        ? phrase('probabilities of the classes')
        : phrase('output of the dense layer {0}', name),
    ...initializer(made, 'kernel_initializer', 'kernelInitializer'),
    ...initializer(made, 'bias_initializer', 'biasInitializer'),
  });
  return of.mask === undefined ? out : { ...out, mask: of.mask };
}

/** A convolution over the steps. @param window its options. @param axes of what it gives. */
export function convolved(
  applied: Call,
  of: Tensor,
  made: Call,
  name: string,
  window: Pick<ConvolveNode, 'units' | 'size' | 'stride' | 'dilation' | 'padding'>,
  axes: readonly TensorAxis[],
): Tensor {
  const { args } = made;
  const chosen = args.isGiven('activation') ? activation(made, 'activation') : undefined;
  const asked = weightRules(made);
  const id = applied.reader.graph.add(
    name,
    {
      op: 'convolve',
      input: of.ref!,
      ...window,
      ...(chosen ?? LINEAR),
      useBias: args.boolean('use_bias') !== false,
      scope: scoped(applied, name),
      ...initializer(made, 'kernel_initializer', 'kernelInitializer'),
      ...initializer(made, 'bias_initializer', 'biasInitializer'),
    },
    {
      range: applied.range,
      open: [...asked.open, ...(chosen === null ? [unknownActivation(made, 'activation', name)] : [])],
      rules: asked.rules,
    },
  );
  return tensor(of.dtype, axes, { ref: { from: id }, meaning: phrase('output of the convolution {0}', name) });
}

function embeddingApply(applied: Call, of: Tensor, made: Call, name: string): Abstract {
  const { graph } = applied.reader;
  const { args } = made;
  const input = graph.inputOf(of);
  if (input !== null && !input.known) {
    input.known = true;
    input.axes = [{ name: 'steps', size: symbol('steps') }];
    return embeddingApply(applied, graph.tensorOf(input), made, name);
  }
  if (input !== null) {
    // Tokens: Keras casts what it is given.
    input.dtype = 'int32';
    input.axes = input.axes.map(axis => (axis.name === 'features' ? { ...axis, name: 'steps' } : axis));
    input.role ??= 'sequence';
  }
  const [vocabulary, units] = [
    args.size('input_dim') ?? symbol('input_dim'),
    args.size('output_dim') ?? symbol('output_dim'),
  ];
  const axes =
    of.axes === null
      ? null
      : [
          ...of.axes.map(axis => (axis.name === 'features' ? { ...axis, name: 'steps' } : axis)),
          { name: 'features', size: units },
        ];
  const meaning = phrase('one vector for every token');
  if (of.ref === undefined) return tensor('float32', axes, { meaning, lost: true });
  const masked = args.boolean('mask_zero') === true;
  const start = initializer(made, 'embeddings_initializer', 'initializer');
  const id = graph.add(
    name,
    { op: 'embedding', input: of.ref, vocabulary: toSize(vocabulary), units: toSize(units), ...(masked ? { maskZero: true } : {}), scope: scoped(applied, name), ...start },
    { range: applied.range, ...weightRules(made) },
  ); // prettier-ignore
  return tensor('float32', axes, { ref: { from: id }, meaning, ...(masked ? { mask: { from: id } } : {}) });
}

function timeDistributed(call: Call): Abstract {
  const given = call.args.get('layer');
  const inner = given?.kind === 'network' ? asLayer(call, given) : given;
  if (inner?.kind !== 'layer') return unknown('TimeDistributed');
  const name = layerName(call, 'TimeDistributed');
  const shape = inputShape(call);
  return {
    ...inner,
    className: 'TimeDistributed',
    name,
    run: (applied, input) => {
      checkSequence(applied, input);
      // On the last axis the same as the layer itself.
      if (ON_LAST_AXIS.has(inner.className)) return inner.run(applied, input, name);
      return everyStep(applied, inner, input, name);
    },
    ...(shape === null ? {} : { inputShape: shape, rows: rowsOf(call) }),
  };
}

/** A model as a layer of another. */
function asLayer(call: Call, of: Network): Layer {
  return {
    kind: 'layer',
    framework: of.framework,
    className: of.className,
    name: of.name,
    cells: [],
    run: (applied, input) => applied.reader.apply(of, [{ value: input, range: call.range }], applied.range),
  };
}

/** Layers that do with every step what they do with the sequence. */
const ON_LAST_AXIS: ReadonlySet<string> = new Set(['Dense', 'Activation', 'Dropout']);

/** Another layer, or a whole model, on every step: what it makes of one step, for all of them. */
function everyStep(applied: Call, inner: Layer, input: Abstract, name: string): Abstract {
  if (input.kind !== 'tensor') return unknown(name);
  const [batch, steps, ...rest] = input.axes ?? [];
  if (batch === undefined || steps === undefined) return shaped(input, null);
  const one = inner.run(applied, shaped(input, [batch, ...rest]));
  if (one.kind !== 'tensor') return unknown(name);
  return tensor(one.dtype, one.axes === null ? null : [batch, steps, ...one.axes.slice(1)], { lost: true });
}

const DENSE: CallEntry = {
  signature:
    "units, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, name=None, input_shape=None, batch_input_shape=None, input_dim=None, input_length=None",
  result: call => {
    const name = layerName(call, 'Dense');
    const shape = inputShape(call);
    return {
      kind: 'layer',
      framework: call.framework,
      className: 'Dense',
      name,
      cells: [],
      run: (applied, input, wrapper) => {
        if (input.kind !== 'tensor') return unknown('Dense');
        // Only Keras 3 names the weights by wrapper and layer.
        const scope = wrapper === undefined || call.framework !== 'keras3' ? (wrapper ?? name) : `${wrapper}/${name}`;
        return denseApply(applied, input, call, wrapper ?? name, scope);
      },
      ...(shape === null ? {} : { inputShape: shape, rows: rowsOf(call) }),
    };
  },
};

export function joining(
  className: string,
  join: (applied: Call, parts: readonly Tensor[], made: Call, name: string) => Abstract,
): CallEntry {
  return {
    signature: 'axis=-1, name=None',
    result: call => {
      const name = layerName(call, className);
      return {
        kind: 'layer',
        framework: call.framework,
        className,
        name,
        cells: [],
        run: (applied, input) => {
          const parts = tensorsOf(input);
          return parts === null || parts.length === 0
            ? unknown(className)
            : goingOn(applied, parts, className, join(applied, parts, call, name));
        },
      };
    },
  };
}

/**
 * The mask of tensors that are joined, and why it cannot be told. Sources: Keras 3 `layers/merging` (steps count that count
 * in any of them; all do where one has no mask), Keras 2.15 and TensorFlow.js (those that count in all that have a mask).
 */
function joinedMask({ framework }: Call, parts: readonly Tensor[]): { mask?: TensorRef; open: readonly Phrase[] } {
  const masks = parts.flatMap(({ mask }) => (mask === undefined ? [] : [mask]));
  const [mask, ...others] = masks;
  if (mask === undefined || (framework === 'keras3' && masks.length < parts.length)) return { open: [] };
  if (others.every(other => JSON.stringify(other) === JSON.stringify(mask))) return { mask, open: [] };
  return { open: [phrase('Tensors whose steps are masked in different ways are joined; that cannot be run yet')] };
}

function combining(className: string, by: 'add' | 'average' | 'multiply'): CallEntry {
  return joining(className, (applied, parts, _made, name) => {
    const refs = parts.map(part => part.ref).filter(ref => ref !== undefined);
    const [first] = parts;
    // What is stretched is no node.
    const even = parts.every(({ axes }) => axes === null || first!.axes === null || mayHaveSameSize(axes, first!.axes));
    if (refs.length !== parts.length || !even) return shaped(first!, commonShape(parts));
    const { open, ...carried } = joinedMask(applied, parts);
    const { range, reader } = applied;
    const id = reader.graph.add(name, { op: 'combine', inputs: refs, by }, { range, open });
    return tensor(first!.dtype, first!.axes, { ref: { from: id }, ...carried });
  });
}

const cellEntry = (className: string, kind: CellKind, options: string): CallEntry => ({
  signature: options,
  result: call => cellOf(call, kind, className),
});

function stackOf(given: Abstract | undefined): Cells | null {
  if (given?.kind === 'cells') return given;
  if (given?.kind === 'many' && given.item.kind === 'cells') {
    const open = phrase('the number of layers is not known: {0}', shortText(given.count));
    const cells = given.item.cells.map(one => ({ ...one, open: [...one.open, open] }));
    return { ...given.item, className: 'StackedRNNCells', cells, stacked: true };
  }
  if (given?.kind !== 'sequence') return null;
  const parts = given.items.flatMap(item => (item.kind === 'cells' ? [item] : []));
  const [first] = parts;
  if (first === undefined || parts.length !== given.items.length) return null;
  return { ...first, className: 'StackedRNNCells', cells: parts.flatMap(part => part.cells), stacked: true };
}

const POOLED = "data_format='channels_last', keepdims=False";

export const KERAS_LAYERS: CallTable = {
  'keras.layers.LSTM': recurrentLayer('LSTM', 'lstm', CELL_OPTIONS),
  'keras.layers.GRU': recurrentLayer('GRU', 'gru', CELL_OPTIONS),
  'keras.layers.SimpleRNN': recurrentLayer('SimpleRNN', 'rnn', SIMPLE_OPTIONS),
  'keras.layers.CuDNNLSTM': recurrentLayer('CuDNNLSTM', 'lstm', SIMPLE_OPTIONS),
  'keras.layers.CuDNNGRU': recurrentLayer('CuDNNGRU', 'gru', SIMPLE_OPTIONS),
  'keras.layers.LSTMCell': cellEntry('LSTMCell', 'lstm', CELL_OPTIONS),
  'keras.layers.GRUCell': cellEntry('GRUCell', 'gru', CELL_OPTIONS),
  'keras.layers.SimpleRNNCell': cellEntry('SimpleRNNCell', 'rnn', SIMPLE_OPTIONS),
  'keras.layers.StackedRNNCells': {
    signature: 'cells',
    result: ({ args }) => stackOf(args.get('cells')) ?? unknown('StackedRNNCells'),
  },
  'keras.layers.RNN': {
    signature: `cell, ${LAYER_OPTIONS}, name=None`,
    result: call => {
      const cells = stackOf(call.args.get('cell'));
      return cells === null ? unknown('RNN') : layerOf(call, 'RNN', cells);
    },
  },
  'keras.layers.Bidirectional': {
    signature:
      "layer, merge_mode='concat', weights=None, backward_layer=None, name=None, input_shape=None, batch_input_shape=None",
    result: bidirectional,
  },
  'keras.layers.TimeDistributed': {
    signature: 'layer, name=None, input_shape=None, batch_input_shape=None',
    result: timeDistributed,
  },
  'keras.layers.Dense': DENSE,
  'keras.layers.Embedding': {
    ...simple('Embedding', 'input_dim, output_dim, embeddings_initializer=None, mask_zero=False', embeddingApply),
    signature:
      'input_dim, output_dim, embeddings_initializer=None, mask_zero=False, name=None, input_length=None, input_shape=None, batch_input_shape=None',
  },
  'keras.layers.Masking': simple('Masking', 'mask_value=0.0', (applied, of, made, name) => {
    const value = made.args.number('mask_value') ?? 0;
    const out = keeping(applied, of, name, input => ({ op: 'masking', input, value }));
    return out.ref === undefined ? out : { ...out, mask: out.ref };
  }),
  'keras.layers.Dropout': simple('Dropout', 'rate', (applied, of, made, name) => {
    checkDropout(made, 'rate', 'drop');
    const dropped = made.args.number('rate') ?? 0;
    return keeping(applied, of, name, input => ({ op: 'dropout', input, rate: Math.min(Math.max(dropped, 0), 0.999) }));
  }),
  // Whole features are dropped, which the engine does not do.
  'keras.layers.SpatialDropout1D': simple('SpatialDropout1D', 'rate', (_applied, of, made) =>
    made.args.number('rate') === 0 ? of : { ...shaped(of, of.axes), ...(of.mask && { mask: of.mask }) },
  ),
  'keras.layers.Activation': simple('Activation', 'activation', (applied, of, made, name) =>
    activated(applied, of, name, activation(made, 'activation') ?? null),
  ),
  'keras.layers.LeakyReLU': activationLayer('LeakyReLU', 'leaky_relu', 'negative_slope=0.3, alpha=None'),
  'keras.layers.ReLU': activationLayer('ReLU', 'relu', 'max_value=None, negative_slope=0.0, threshold=0.0'),
  'keras.layers.ELU': activationLayer('ELU', 'elu', 'alpha=1.0'),
  'keras.layers.Softmax': activationLayer('Softmax', 'softmax', 'axis=-1'),
  ...ACTIVATION_FUNCTIONS,
  'keras.layers.Flatten': simple('Flatten', '', (applied, of) => {
    const sizes = (of.axes ?? []).slice(1).map(axis => axis.size);
    const size = sizes.reduce<Dimension | null>(
      (all, one) => (all === null || one === null ? null : multiply(all, one)),
      1,
    );
    return of.axes === null || !isBatch(of.axes[0])
      ? tensor(of.dtype, null)
      : reshape(applied.reader.graph, of, [null, size], applied.range);
  }),
  'keras.layers.Reshape': simple('Reshape', 'target_shape', (applied, of, made, name) => {
    const shape = shapeOf(made.args.get('target_shape'));
    if (shape === null) return tensor(of.dtype, null);
    return calledAs(applied, name, reshape(applied.reader.graph, of, [null, ...shape], applied.range));
  }),
  'keras.layers.RepeatVector': simple('RepeatVector', 'n', (applied, of, made, name) => {
    const steps = made.args.size('n') ?? symbol('n');
    const [batch, units] = of.axes ?? [];
    if (of.axes?.length !== 2 || batch === undefined || units === undefined) return unknown('RepeatVector');
    if (of.ref === undefined) return shaped(of, [batch, { name: 'steps', size: steps }, units]);
    const id = applied.reader.graph.add(
      name,
      { op: 'repeat', input: of.ref, steps: toSize(steps) },
      { range: applied.range },
    );
    return tensor(of.dtype, [batch, { name: 'steps', size: steps }, units], {
      ref: { from: id },
      meaning: phrase('the same vector at every step'),
    });
  }),
  'keras.layers.GlobalAveragePooling1D': simple('GlobalAveragePooling1D', POOLED, overSteps('mean')),
  'keras.layers.GlobalAvgPool1D': simple('GlobalAveragePooling1D', POOLED, overSteps('mean')),
  'keras.layers.GlobalMaxPooling1D': simple('GlobalMaxPooling1D', POOLED, overSteps('max')),
  'keras.layers.GlobalMaxPool1D': simple('GlobalMaxPooling1D', POOLED, overSteps('max')),
  'keras.layers.Concatenate': joining('Concatenate', (applied, parts, made, name) => {
    const axis = made.args.number('axis') ?? -1;
    const { open, ...carried } = joinedMask(applied, parts);
    return { ...concatenate(applied.reader.graph, parts, axis, applied.range, name, open), ...carried };
  }),
  'keras.layers.Add': combining('Add', 'add'),
  'keras.layers.Average': combining('Average', 'average'),
  'keras.layers.Multiply': combining('Multiply', 'multiply'),
  'keras.layers.Subtract': joining('Subtract', (applied, parts, _made, name) => {
    const [first, second] = parts;
    const { graph } = applied.reader;
    const even = first?.axes == null || second?.axes == null || mayHaveSameSize(first.axes, second.axes);
    if (first?.ref === undefined || second?.ref === undefined || !even) return shaped(first!, commonShape(parts));
    const { range } = applied;
    const { open, ...carried } = joinedMask(applied, parts);
    const negative = graph.add(`${name}_negative`, { op: 'scale', input: second.ref, factor: -1 }, { range });
    const id = graph.add(name, { op: 'combine', inputs: [first.ref, { from: negative }], by: 'add' }, { range, open });
    return tensor(first.dtype, first.axes, { ref: { from: id }, ...carried });
  }),
  'keras.layers.LayerNormalization': simple(
    'LayerNormalization',
    'axis=-1, epsilon=0.001, center=True, scale=True, rms_scaling=False, beta_initializer=None, gamma_initializer=None',
    (applied, of, made, name) => {
      const { args } = made;
      const asked = weightRules(made);
      const epsilon = args.number('epsilon');
      const axis = args.get('axis');
      const place = axis?.kind === 'sequence' && axis.items.length === 1 ? axis.items[0] : axis;
      const last = place?.kind === 'number' && (place.value === -1 || place.value === (of.axes?.length ?? 0) - 1);
      const plain = args.boolean('center') === true && args.boolean('scale') === true && args.boolean('rms_scaling') === false;
      const open = plain && last && epsilon !== undefined ? asked.open : [...asked.open, phrase('Options of {0} cannot be run yet', name)];
      return keeping(applied, of, name, input => ({ op: 'normalize', input, epsilon: epsilon ?? 0.001, scope: scoped(applied, name) }), undefined, { open, rules: asked.rules });
    },
  ), // prettier-ignore
};

function overSteps(by: 'mean' | 'max'): (applied: Call, of: Tensor, made: Call, name: string) => Abstract {
  return (applied, of, made, name) => {
    if (of.axes?.length !== 3) return shaped(of, null);
    const first = made.args.string('data_format') === 'channels_first';
    const place = first ? 2 : 1;
    const keep = made.args.boolean('keepdims') === true;
    const axes = of.axes.flatMap((axis, at): TensorAxis[] => (at !== place ? [axis] : keep ? [{ name: axis.name, size: 1 }] : [])); // prettier-ignore
    if (of.ref === undefined || keep || first || of.axes[1]!.name !== 'steps') return shaped(of, axes);
    // Source: Keras 3 `layers/pooling`: the average heeds a mask, the greatest does not.
    const mask = by === 'mean' && of.mask !== undefined ? { mask: of.mask } : {};
    const id = applied.reader.graph.add(
      name,
      { op: 'reduce_steps', input: of.ref, by, ...mask },
      { range: applied.range },
    );
    return tensor(of.dtype, axes, {
      ref: { from: id },
      meaning: by === 'mean' ? phrase('mean over the steps') : phrase('largest over the steps'),
    });
  };
}

export const KERAS_LAYER_METHODS: CallTable = {
  'layer.__call__': {
    signature: 'inputs, hx=None, initial_state=None, mask=None, training=None, input=None',
    result: call => {
      if (call.self.kind !== 'layer') return unknown('');
      const given = oneOf(call.args, 'inputs', 'input', 'query', 'sequences') ?? unknown('inputs');
      const value = call.self.run(call, given);
      call.reader.graph.layerOutputs.set(call.self.name, value);
      return value;
    },
  },
  // States of zeros, for a batch of so many rows or like that of an input.
  'layer.get_initial_state': {
    signature: 'inputs=None, batch_size=None',
    result: ({ self, args }) => {
      if (self.kind !== 'layer' || self.cells.length === 0) return unknown('states');
      const input = args.some('inputs');
      const rows = input?.kind === 'tensor' ? input.axes?.[0] : { name: 'batch', size: dimension(args.some('batch_size') ?? input) };
      const order = (states: CellObject['states']): CellObject['states'] => states.toSorted((a, b) => (a.name > b.name ? -1 : 1));
      return list(
        self.cells.flatMap(({ states }) =>
          order(states).map(({ width }) => tensor('float32', [rows ?? { name: 'batch', size: null }, unitsAxis(width)], { derivation: { op: 'zeros' } })),
        ),
      );
    },
  }, // prettier-ignore
  'layer:units': {
    signature: '',
    result: ({ self }) => fromDimension(self.kind === 'layer' ? (self.cells[0]?.output ?? null) : null),
  },
};
