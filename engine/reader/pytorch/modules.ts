/** PyTorch's layers. Signatures, defaults and shapes: PyTorch 2 `torch/nn/modules`. */
import { checkDropout } from '../dropoutSense.ts';
import { phrase, type Phrase } from '../../model/phrase.ts';
import type { Activation, CellSpec, GraphNode, RecurrentNode, TensorRef } from '../../model/spec.ts';
import { type ChosenActivation, withOptions } from '../activations.ts';
import { Arguments, type Call, type CallEntry, type CallTable } from '../calls.ts';
import { BATCH, denseNode, type Graph, unitsAxis } from '../graph.ts';
import { batchFirst } from '../fixes.ts';
import { argumentOf } from '../modelInputs.ts';
import type { TextRange } from '../reading.ts';
import { cellSpecs, outputsMeaning, sequenceInput, STACK_OUTPUTS } from '../recurrent.ts';
import { type Dimension, divide, multiply, symbol, toSize } from '../sizes.ts';
import { shaped } from '../shapeRules.ts';
import { checkStateOrder, checkStateWidths } from '../stateChecks.ts';
import { reshape, tensorsOf } from '../tensors.ts';
import {
  type Abstract,
  type CellObject,
  fromDimension,
  isOpen,
  type Layer,
  tensor,
  type Tensor,
  type TensorAxis,
  tuple,
  unknown,
} from '../values.ts';

/** A name inside the modules that are being called: `encoder.rnn`. */
function dotted({ reader: { scopes, graph } }: Call, name: string): string {
  const full = [...scopes, name].join('.');
  // Of a Sequential that is the whole model, the layers have their places for names.
  return graph.alone !== null && full.startsWith(`${graph.alone}.`) ? full.slice(graph.alone.length + 1) : full;
}

/** A layer object; its name is that of the attribute that holds it. */
export function layer(
  call: Call,
  className: string,
  cells: readonly CellObject[],
  run: (applied: Call, input: Abstract, name: string) => Abstract,
): Layer {
  const own = call.reader.assignedTo ?? className.toLowerCase();
  return {
    kind: 'layer',
    identity: call.reader.identity(),
    framework: 'pytorch',
    className,
    name: own,
    cells,
    run: (applied, input, wrapper) => run(applied, input, wrapper ?? own),
  };
}

/** Reports an input whose width is not the one that the layer is made for. */
function checkWidth(call: Call, of: Abstract, className: string, expected: Dimension | null): void {
  const width = of.kind === 'tensor' ? of.axes?.at(-1)?.size : null;
  if (typeof width !== 'number' || typeof expected !== 'number' || width === expected) return;
  const message = phrase('{0} expects {1} features and gets {2}', className, expected, width);
  call.reader.report({ range: call.range, severity: 'error', code: 'size-mismatch', message });
}

// Recurrent layers

interface Options {
  readonly kind: CellSpec['cell'];
  /** How many are described: one where the number is not known. */
  readonly layers: number;
  readonly count: Dimension | null;
  readonly directions: Dimension;
  readonly features: Dimension | null;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly dropout: number;
}

function cellsOf(
  call: Call,
  kind: CellSpec['cell'],
  className: string,
  count: number,
  open: readonly Phrase[],
): CellObject[] {
  const { args, reader } = call;
  const unresolved = [...open];
  const units = args.size('hidden_size') ?? symbol('hidden_size');
  if (typeof units !== 'number')
    unresolved.push(phrase('{0} is not known: {1}', 'hidden_size', args.text('hidden_size')));
  const projection = args.size('proj_size');
  const projected = projection !== null && projection !== 0 ? projection : null;
  const spec: CellSpec = {
    cell: kind,
    className,
    units: toSize(units),
    ...(args.string('nonlinearity') === 'relu' ? { activation: 'relu' as const } : {}),
    ...(args.boolean('bias') === false ? { useBias: false } : {}),
    ...(projected === null ? {} : { projection: { units: toSize(projected) } }),
  };
  const h = { name: 'h', width: projected ?? units } as const;
  const states = kind === 'lstm' ? [h, { name: 'c', width: units } as const] : [h];
  return Array.from({ length: count }, () => ({
    identity: reader.identity(),
    spec,
    states,
    output: h.width,
    open: unresolved,
    range: reader.statement,
    call: call.range,
    frame: reader.frame,
  }));
}

function recurrent(className: string, kind: CellSpec['cell'], extra: string): CallEntry {
  return {
    signature: `input_size, hidden_size, num_layers=1, ${extra}bias=True, batch_first=False, dropout=0.0, bidirectional=False${kind === 'lstm' ? ', proj_size=0' : ''}`,
    result: call => {
      const { args } = call;
      const given = args.size('num_layers');
      const known = typeof given === 'number' && given > 0 && given <= 100;
      const both = args.boolean('bidirectional');
      const bothKnown = both !== undefined;
      const open = known ? [] : [phrase('the number of layers is not known: {0}', args.text('num_layers'))];
      if (!bothKnown) open.push(phrase('{0} is not known: {1}', 'bidirectional', args.text('bidirectional')));
      const options: Options = {
        kind,
        layers: known ? given : 1,
        count: given,
        directions: bothKnown ? (both ? 2 : 1) : symbol('num_directions'),
        features: args.size('input_size'),
        batchFirst: args.boolean('batch_first') === true,
        bidirectional: both === true,
        dropout: args.number('dropout') ?? 0,
      };
      const cells = cellsOf(call, kind, className, options.layers, open);
      return layer(call, className, cells, (applied, input, name) => run(applied, input, cells, options, name));
    },
  };
}

/** Layers, widths and rows of the first states against those of the module. */
function checkStates(call: Call, parts: readonly Tensor[], directions: number): void {
  const cells = call.self.kind === 'layer' ? call.self.cells : [];
  const [cell] = cells;
  if (cell === undefined) return;
  checkStateWidths(call, 'hx', parts, cell.states);
  for (const { axes } of parts) {
    const count = axes?.length === 3 ? axes[0]!.size : null;
    const wanted = cells.length * directions;
    if (typeof count !== 'number' || cell.open.length > 0 || count === wanted) continue;
    const message = phrase('The first axis of this first state is {0}; layers times directions are {1}', count, wanted);
    const range = call.args.range('hx') ?? call.range;
    call.reader.report({ range, severity: 'error', code: 'initial-state-layers', message });
  }
}

/** A first state with as many rows as the input has, where the input's first axis is taken for the steps. */
function checkRows(call: Call, input: Abstract, made: TextRange): void {
  const { args, reader } = call;
  const [state] = tensorsOf(args.some('hx')) ?? [];
  const of = state?.axes?.find(axis => axis.firstOf !== undefined)?.firstOf;
  const given = args.range('inputs');
  if (of === undefined || given === null || input.kind !== 'tensor') return;
  const first = input.axes?.[0]?.name;
  const root = input.ref === undefined ? undefined : rootOf(reader.graph, input.ref);
  if (reader.textOf(given) !== of && !(root === of && first === 'batch')) return;
  reader.report({
    range: given,
    severity: 'warning',
    code: 'time-major-as-batch-major',
    message: phrase(
      'Without batch_first=True the first axis of {0} is the steps, but the first state takes its rows from it',
      of,
    ),
    ...batchFirst(reader.textOf(made), made),
  });
}

/** The input that a tensor is an embedding of. */
function rootOf(graph: Graph, ref: TensorRef): string {
  const node = graph.nodeOf(ref);
  return node?.op === 'embedding' || node?.op === 'dropout' ? rootOf(graph, node.input) : ref.from;
}

/** The initial state as the description has it: per layer in the order c, h. */
function initialState(
  call: Call,
  kind: CellSpec['cell'],
  directions: number,
  alone = false,
): { readonly initialState?: RecurrentNode['initialState']; readonly open: readonly Phrase[] } {
  const value = call.args.some('hx');
  if (value === undefined || value.kind === 'unknown')
    return {
      open: value === undefined ? [] : [phrase('the initial state cannot be followed: {0}', call.args.text('hx'))],
    };
  const parts = tensorsOf(value);
  if (kind === 'lstm') checkStateOrder(call, 'hx', ['h', 'c']);
  if (parts !== null) checkStates(call, parts, directions);
  if (parts === null || parts.length === 0)
    return { open: [phrase('the initial state cannot be followed: {0}', call.args.text('hx'))] };
  if (parts.every(part => part.derivation?.op === 'zeros')) return { open: [] };
  const ordered = kind === 'lstm' ? [parts[1], parts[0]] : [parts[0]];
  const learned = ordered.map(part => part?.parameter).filter(name => name !== undefined);
  if (learned.length === parts.length) return { initialState: { kind: 'learned', names: learned }, open: [] };
  const tensors: TensorRef[] = [];
  for (const part of ordered) {
    const input = call.reader.graph.inputOf(part);
    if (input !== null && !input.known) {
      // [layers, batch, units]
      input.known = true;
      input.role = 'state';
      const { self } = call;
      const cells = self.kind === 'layer' ? self.cells : [];
      const width = cells[0]?.states.find(state => (state.name === 'c') === (part === parts[1]))?.width ?? null;
      // A cell is given the state of its rows, a module those of all layers and directions.
      const layers = { name: 'layers', size: cells.length * directions };
      input.axes = alone ? [unitsAxis(width)] : [layers, unitsAxis(width)];
    }
    if (part?.ref !== undefined) tensors.push(part.ref);
    else if (part?.parts !== undefined)
      tensors.push(...part.parts.flatMap(one => (one.ref === undefined ? [] : [one.ref])));
  }
  if (tensors.length === 0)
    return { open: [phrase('the initial state cannot be followed: {0}', call.args.text('hx'))] };
  return { initialState: { kind: 'given', tensors }, open: [] };
}

/** Said of `h_n` and `c_n`, whose first axis is easily mistaken for the batch. */
const STACK_ROWS = phrase(
  'The first axis is the layers, the bottom layer first, whatever batch_first is; of two directions, the forward one of each layer stands before its backward one.',
);
const BOTH = phrase('h of both directions of the top layer at every step, side by side');

function run(call: Call, input: Abstract, cells: readonly CellObject[], options: Options, name: string): Abstract {
  const { graph, frame } = call.reader;
  const { batchFirst, bidirectional, layers, kind } = options;
  const packed = input.kind === 'tensor' ? input.packed : undefined;
  // A packed sequence has its own order; the tensor that was packed says which axis is which.
  const timeMajor = packed === undefined ? !batchFirst : input.kind === 'tensor' && input.axes?.[0]?.name === 'steps';
  checkWidth(call, input, cells[0]!.spec.className, options.features);
  const sequence = sequenceInput(call, input, timeMajor, options.features ?? undefined);
  graph.widen(sequence.ref, options.features);
  const state = initialState(call, kind, bidirectional ? 2 : 1);
  if (timeMajor && packed === undefined) checkRows(call, input, cells[0]!.call);
  const scope = dotted(call, name);
  const id = graph.add(
    scope,
    {
      op: 'recurrent',
      input: sequence.ref,
      cells: cellSpecs(cells),
      direction: bidirectional ? 'bidirectional' : 'forward',
      ...(bidirectional ? { merge: 'concatenate' as const } : {}),
      driver: 'layer',
      scope,
      stacked: false,
      ...(timeMajor && packed === undefined ? { timeMajor } : {}),
      ...(packed?.lengths == null ? {} : { sequenceLength: packed.lengths }),
      ...(packed === undefined ? {} : { packed: true }),
      ...(options.dropout > 0 && layers > 1 ? { layerDropout: options.dropout } : {}),
      ...(state.initialState === undefined ? {} : { initialState: state.initialState }),
    },
    {
      range: call.range,
      frame,
      framework: 'pytorch',
      cells,
      name,
      open: [
        ...sequence.open,
        ...state.open,
        ...(cells[0]?.open ?? []),
        ...(packed?.lengths === null ? [phrase('how long the packed rows are is not followed')] : []),
      ],
    },
  );
  const { batch, steps, dtype } = sequence;
  const width = cells[0]!.output;
  const units = unitsAxis(multiply(width, options.directions));
  const outputs = tensor(dtype, timeMajor ? [steps, batch, units] : [batch, steps, units], {
    ref: { from: id, part: { take: 'outputs' } },
    meaning: bidirectional ? BOTH : outputsMeaning(layers, null),
    ...(layers > 1 ? { note: STACK_OUTPUTS } : {}),
    ...(packed === undefined ? {} : { packed }),
  });
  const states = cells[0]!.states.map(({ name: which }) =>
    finalState(id, cells, which, batch, dtype, options, packed !== undefined),
  );
  return tuple([outputs, states.length > 1 ? tuple(states, { fields: ['h_n', 'c_n'] }) : states[0]!]);
}

/** `h_n` or `c_n`: all layers, both directions of one after the other. */
function finalState(
  id: string,
  cells: readonly CellObject[],
  which: 'c' | 'h',
  batch: TensorAxis,
  dtype: string,
  { bidirectional, layers, count, directions: sides }: Options,
  lengths: boolean,
): Tensor {
  const directions = bidirectional ? (['forward', 'backward'] as const) : ([null] as const);
  const parts = cells.flatMap((cell, layerIndex) =>
    directions.map((direction): Tensor => {
      const width = cell.states.find(({ name }) => name === which)!.width;
      const ref: TensorRef = {
        from: id,
        part: { take: 'state', layer: layerIndex, ...(direction === null ? {} : { direction }), state: which },
      };
      return tensor(dtype, [batch, unitsAxis(width)], {
        ref,
        meaning: partMeaning(which, cells.length, layerIndex, direction, lengths),
      });
    }),
  );
  const known = count === layers && typeof sides === 'number';
  const size = known ? parts.length : count === null ? null : multiply(count, sides);
  const axes = [{ name: bidirectional ? 'layers and directions' : 'layers', size }, ...parts[0]!.axes!];
  const meaning = lengths
    ? phrase('{0} of every layer at the last step of each row', which)
    : phrase('{0} of every layer at the last step', which);
  return tensor(dtype, axes, {
    ...(known ? { parts } : {}),
    meaning,
    ...(parts.length > 1 ? { note: STACK_ROWS } : {}),
  });
}

function partMeaning(
  which: string,
  layers: number,
  at: number,
  direction: 'forward' | 'backward' | null,
  lengths: boolean,
): Phrase {
  const where = layers > 1 ? ` of layer {1}` : '';
  const when =
    direction === 'backward'
      ? ' after the first step, backward direction'
      : ` at the last step${lengths ? ' of each row' : ''}${direction === 'forward' ? ', forward direction' : ''}`;
  return layers > 1 ? phrase(`{0}${where}${when}`, which, at + 1) : phrase(`{0}${when}`, which);
}

// Cells in loops

function cell(className: string, kind: CellSpec['cell'], extra: string): CallEntry {
  return {
    signature: `input_size, hidden_size, bias=True${extra}`,
    result: call => {
      const [made] = cellsOf(call, kind, className, 1, []);
      const features = call.args.size('input_size');
      return layer(call, className, [made!], (applied, input, name) => step(applied, input, made!, features, name));
    },
  };
}

/** The sequence whose step a tensor is. */
function sequenceOf(call: Call, input: Abstract): TensorRef | null {
  if (input.kind !== 'tensor') return null;
  if (input.stepOf !== undefined) return input.stepOf;
  if (input.eachOf !== undefined) return input.eachOf;
  const node = call.reader.graph.nodeOf(input.ref);
  return node?.op === 'select_step' ? node.input : null;
}

/** One step of a cell in a loop; all steps of one cell over one sequence are one node. */
function step(call: Call, input: Abstract, made: CellObject, features: Dimension | null, name: string): Abstract {
  const { graph, frame } = call.reader;
  const scope = dotted(call, name);
  const source = sequenceOf(call, input);
  const units = unitsAxis(made.output);
  checkWidth(call, input, made.spec.className, features);
  if (source === null) {
    const rows = input.kind === 'tensor' ? (input.axes?.[0] ?? BATCH) : BATCH;
    const lost = tensor('float32', input.kind === 'tensor' && input.axes?.length === 1 ? [units] : [rows, units], {
      lost: true,
    });
    return made.states.length > 1 ? tuple([lost, lost], { fields: ['h', 'c'] }) : lost;
  }
  const whole = graph.inputs.get(source.from);
  if (whole !== undefined) whole.role ??= 'sequence';
  graph.widen(source, features);
  const same = JSON.stringify(source);
  const backwards = input.kind === 'tensor' && input.backwards === true;
  const known = [...graph.nodes.values()].find(
    ({ node, cells }) =>
      node.op === 'recurrent' && cells[0]?.identity === made.identity && JSON.stringify(node.input) === same,
  );
  let id = known?.node.id;
  if (id === undefined) {
    const state = initialState(call, made.spec.cell, 1, true);
    id = graph.add(
      scope,
      {
        op: 'recurrent',
        input: source,
        cells: [made.spec],
        direction: backwards ? 'backward' : 'forward',
        driver: 'loop',
        scope,
        stacked: false,
        ...(state.initialState === undefined ? {} : { initialState: state.initialState }),
      },
      { range: call.range, frame, framework: 'pytorch', cells: [made], name, open: [...state.open, ...made.open] },
    );
  }
  const eachOf: TensorRef = { from: id, part: { take: 'outputs' } };
  const states = made.states.map(({ name: which, width }): Tensor => {
    const ref: TensorRef = { from: id, part: { take: 'state', layer: 0, state: which } };
    return tensor('float32', [BATCH, unitsAxis(width)], {
      ref,
      meaning: phrase('{0} after this step; after the loop, at the last step', which),
      // What a loop collects from the last step on stands in that order, which is not that of the sequence.
      ...(which === 'h' && !backwards ? { eachOf } : {}),
    });
  });
  return states.length > 1 ? tuple(states, { fields: ['h', 'c'] }) : states[0]!;
}

// Other layers

/** A layer that maps one tensor to one and needs nothing of the program but its arguments. */
export function simple(
  className: string,
  signature: string,
  run: (applied: Call, of: Tensor, made: Call, name: string) => Abstract,
): CallEntry {
  return {
    signature,
    result: call =>
      layer(call, className, [], (applied, input, name) =>
        input.kind === 'tensor' ? run(applied, input, call, name) : unknown(className),
      ),
  };
}

/** An activation on a tensor, as a layer or as a function; null for one that is not known. */
export function activate(call: Call, of: Tensor, spec: ChosenActivation | null): Tensor {
  if (spec === null) return shaped(of, of.axes);
  const { activation } = spec;
  const meaning =
    activation === 'softmax'
      ? phrase('probabilities of the classes')
      : activation === 'log_softmax'
        ? phrase('logarithms of the probabilities')
        : phrase('after {0}', activation);
  return ofEach(of, ({ ref }) => {
    if (ref === undefined) return tensor(of.dtype, of.axes, { meaning });
    const id = call.reader.graph.add(activation, { op: 'activation', input: ref, ...spec }, { range: call.range });
    return {
      ...tensor(of.dtype, of.axes, { ref: { from: id }, meaning }),
      ...(of.displaced === undefined ? {} : { displaced: of.displaced }),
    };
  });
}

const activation = (className: string, which: Activation, options = 'dim=None'): CallEntry =>
  simple(className, `${options}, inplace=False`, (applied, of, made) =>
    activate(applied, of, withOptions(which, made, of)),
  );

/** Drops part of a tensor while training. */
export function drop(call: Call, of: Tensor, rate: number): Tensor {
  if (of.ref === undefined || rate <= 0 || rate >= 1) return of;
  return ofEach(of, one => {
    const id = call.reader.graph.add('dropout', { op: 'dropout', input: one.ref!, rate }, { range: call.range });
    return { ...of, ref: { from: id } };
  });
}

function linear(applied: Call, of: Tensor, made: Call, name: string): Abstract {
  const { args } = made;
  const scope = dotted(applied, name);
  const known = of.axes === null ? applied.reader.graph.inputOf(of) : null;
  if (known !== null && !known.known) {
    known.known = true;
    known.guessed = true;
    known.axes = [{ name: 'features', size: args.size('in_features') }];
    return linear(applied, applied.reader.graph.tensorOf(known), made, name);
  }
  checkWidth(applied, of, 'Linear', args.size('in_features'));
  countSteps(applied.reader.graph, of, args.size('in_features'));
  const options = {
    units: args.size('out_features') ?? symbol('out_features'),
    activation: 'linear',
    useBias: args.boolean('bias') !== false,
    scope,
    range: applied.range,
    meaning: phrase('output of the linear layer {0}', name),
    open: tiedOpen(made, applied, name),
  } as const;
  return ofEach(of, (one, inLoop) =>
    denseNode(applied.reader.graph, one, { ...options, ...(inLoop ? { inLoop } : {}) }),
  );
}

/** What is done with what a cell in a loop gives at each step, is done with the sequence of all. */
function ofEach(of: Tensor, run: (one: Tensor, inLoop: boolean) => Tensor): Tensor {
  const made = run(of, false);
  if (of.eachOf === undefined || made.ref === undefined) return made;
  const { ref } = run({ ...of, ref: of.eachOf }, true);
  return ref === undefined ? made : { ...made, eachOf: ref };
}

/** Operations that give as many steps as they are given. */
const KEEP_STEPS: ReadonlySet<GraphNode['op']> = new Set<GraphNode['op']>(['recurrent', 'embedding', 'dense', 'activation', 'dropout', 'reverse_steps']); // prettier-ignore

/** A layer on all steps side by side tells how many they are. */
function countSteps(graph: Graph, of: Tensor, features: Dimension | null): void {
  const node = graph.nodeOf(of.ref);
  if (node?.op !== 'flatten' || typeof features !== 'number') return;
  const input = graph.inputBehind(node.input, KEEP_STEPS);
  const [steps] = input?.axes ?? [];
  const width = of.axes?.at(-1)?.size;
  if (input === null || steps?.size == null || typeof steps.size === 'number' || width == null) return;
  const each = divide(width, steps.size);
  if (typeof each !== 'number' || features % each !== 0) return;
  input.axes = [{ ...steps, size: features / each }, ...input.axes.slice(1)];
}

function embedding(applied: Call, of: Tensor, made: Call, name: string): Abstract {
  const { args } = made;
  const { graph } = applied.reader;
  const [vocabulary, units] = [
    args.size('num_embeddings') ?? symbol('num_embeddings'),
    args.size('embedding_dim') ?? symbol('embedding_dim'),
  ];
  const input = graph.inputOf(of);
  if (input !== null && !input.known) {
    input.known = true;
    input.role ??= 'sequence';
    input.dtype = 'int64';
    input.axes = [{ name: 'steps', size: symbol('steps') }];
    return embedding(applied, graph.tensorOf(input), made, name);
  }
  const source = of.ref === undefined ? null : graph.plainSource(of.ref);
  if (source?.guessed === true && of.axes?.length === 3) {
    // Tokens, not features: `self.embedding(text.flip(1))`.
    source.guessed = false;
    source.dtype = 'int64';
    source.axes = source.axes.slice(0, 1);
    return embedding(applied, { ...of, dtype: 'int64', axes: of.axes.slice(0, 2) }, made, name);
  }
  const axes = of.axes === null ? null : [...of.axes, { name: 'features', size: units }];
  const meaning = phrase('one vector for every token');
  if (of.ref === undefined) return tensor('float32', axes, { meaning, lost: true });
  if (input !== null) input.dtype = 'int64';
  const padding = args.number('padding_idx');
  const scope = dotted(applied, name);
  const id = graph.add(
    scope,
    { op: 'embedding', input: of.ref, vocabulary: toSize(vocabulary), units: toSize(units), ...(padding === undefined ? {} : { paddingIndex: padding }), scope },
    { range: applied.range, open: tiedOpen(made, applied, name) },
  ); // prettier-ignore
  return tensor('float32', axes, { ref: { from: id }, meaning });
}

/** Layers of different kinds with one weight would be trained apart. */
function tiedOpen(made: Call, { reader: { graph } }: Call, name: string): Phrase[] {
  return graph.tied.has(made.range.start) ? [phrase('{0} has the weight of another layer; that cannot be run yet', name)] : []; // prettier-ignore
}

/** How modules are added to a Sequential that has been made. */
const ADDING = new WeakMap<Layer['run'], (item: Abstract) => void>();

function sequential(call: Call): Abstract {
  const [only] = call.args.rest;
  // An OrderedDict gives the layers names.
  const modules =
    call.args.rest.length === 1 && only?.kind === 'dict' ? only.pairs.map(([, item]) => item) : [...call.args.rest];
  const parts = modules.filter(item => item.kind === 'layer' || item.kind === 'instance');
  let result: Abstract | null = null;
  const made = layer(
    call,
    'Sequential',
    parts.flatMap(part => (part.kind === 'layer' ? part.cells : [])),
    (applied, input, name) => {
      const { graph } = applied.reader;
      const run = (given: Abstract): Abstract => {
        let value = given;
        for (const [position, part] of modules.entries()) {
          if (part.kind === 'layer') value = part.run(applied, value, `${name}.${position}`);
          else if (part.kind === 'instance') value = applied.reader.call(part, [value], applied.range);
          else return unknown('Sequential');
        }
        return value;
      };
      if (graph.root !== null || graph.alone !== null) return run(input);
      // Called again with what is not known, as in a loop over batches, it gives what it gave.
      const open = isOpen(input);
      if (open && result !== null) return result;
      graph.alone = name;
      const value = run(
        input.kind === 'unknown' ? fedInput(applied, input) : argumentOf(graph, input, 'input', applied.range),
      );
      graph.alone = null;
      if (open) result = value;
      return value;
    },
  );
  ADDING.set(made.run, item => modules.push(item));
  return made;
}

/** What a model is fed with, of which nothing is known yet. */
function fedInput({ reader: { graph }, range }: Call, { text, name = text }: Abstract & { kind: 'unknown' }): Tensor {
  const plain = /^[A-Za-z_]\w*$/.test(name);
  const data = plain ? null : { kind: 'unknown', source: text };
  return graph.tensorOf(graph.input(plain ? name : 'input', { dtype: 'float32', axes: [], range, known: false, data }));
}

/** A list of layers that know their place: `cells.0`. */
function moduleList({ args, reader }: Call): Abstract {
  const given = args.get('modules');
  const own = reader.assignedTo;
  if (given?.kind !== 'sequence') return given ?? { kind: 'sequence', type: 'list', items: [] };
  const items = given.items.map((item, position): Abstract => {
    if (item.kind !== 'layer' || own === null) return item;
    const name = `${own}.${position}`;
    return { ...item, name, run: (applied, input, wrapper) => item.run(applied, input, wrapper ?? name) };
  });
  return { ...given, items };
}

/** A layer whose weight the program may ask for. */
function weighted(entry: CallEntry, sizes: readonly [string, string]): CallEntry {
  return {
    signature: entry.signature,
    result: call => {
      const made = entry.result(call);
      return made.kind === 'layer' ? { ...made, weight: sizes.map(name => call.args.size(name)) } : made;
    },
  };
}

/** `net.add_module('fc', nn.Linear(8, 2))`, `net.append(nn.ReLU())` of a Sequential. */
const addModule = (signature: string): CallEntry => ({
  signature,
  result: ({ self, args }) => {
    const item = args.get('module');
    if (self.kind === 'layer' && item !== undefined) ADDING.get(self.run)?.(item);
    return self;
  },
});

export const MODULE_METHODS: CallTable = {
  'layer.add_module': addModule('name, module'),
  'layer.append': addModule('module'),
};

export const MODULE_CALLS: CallTable = {
  'torch.nn.RNN': recurrent('RNN', 'rnn', "nonlinearity='tanh', "),
  'torch.nn.LSTM': recurrent('LSTM', 'lstm', ''),
  'torch.nn.GRU': recurrent('GRU', 'gru', ''),
  'torch.nn.RNNCell': cell('RNNCell', 'rnn', ", nonlinearity='tanh'"),
  'torch.nn.LSTMCell': cell('LSTMCell', 'lstm', ''),
  'torch.nn.GRUCell': cell('GRUCell', 'gru', ''),
  'torch.nn.Linear': weighted(simple('Linear', 'in_features, out_features, bias=True', linear), [
    'out_features',
    'in_features',
  ]),
  'torch.nn.Embedding': weighted(simple('Embedding', 'num_embeddings, embedding_dim, padding_idx=None', embedding), [
    'num_embeddings',
    'embedding_dim',
  ]),
  'torch.nn.Embedding.from_pretrained': {
    signature: 'embeddings, freeze=True, padding_idx=None',
    result: call => {
      const weights = call.args.get('embeddings');
      const [rows, width] = weights?.kind === 'tensor' ? (weights.axes ?? []) : [];
      const given = [rows, width].map((axis, at) => ({
        name: at === 0 ? 'num_embeddings' : 'embedding_dim',
        value: axis?.size == null ? unknown(at === 0 ? 'num_embeddings' : 'embedding_dim') : fromDimension(axis.size),
        range: call.range,
      }));
      const entry = MODULE_CALLS['torch.nn.Embedding']!;
      const made = entry.result({ ...call, args: new Arguments(entry.signature, given) });
      if (call.args.boolean('freeze') === true)
        call.reader.graph.frozen.push({ of: made, weight: null, trained: false });
      return made;
    },
  },
  'torch.nn.ModuleDict': {
    signature: 'modules=None',
    result: ({ args }) => args.get('modules') ?? { kind: 'dict', entries: new Map(), pairs: [] },
  },
  'torch.nn.Dropout': simple('Dropout', 'p=0.5, inplace=False', (applied, of, made) => {
    checkDropout(made, 'p', 'drop');
    return drop(applied, of, made.args.number('p') ?? 0);
  }),
  'torch.nn.Identity': simple('Identity', '', (_applied, of) => of),
  'torch.nn.Flatten': simple('Flatten', 'start_dim=1, end_dim=-1', (applied, of) => {
    const sizes = (of.axes ?? []).slice(1).map(axis => axis.size);
    const size = sizes.reduce<Dimension | null>(
      (all, one) => (all === null || one === null ? null : multiply(all, one)),
      1,
    );
    return of.axes === null ? of : reshape(applied.reader.graph, of, [null, size], applied.range);
  }),
  'torch.nn.ReLU': activation('ReLU', 'relu'),
  'torch.nn.Tanh': activation('Tanh', 'tanh'),
  'torch.nn.Sigmoid': activation('Sigmoid', 'sigmoid'),
  'torch.nn.Softmax': activation('Softmax', 'softmax'),
  'torch.nn.LogSoftmax': activation('LogSoftmax', 'log_softmax'),
  'torch.nn.LeakyReLU': activation('LeakyReLU', 'leaky_relu', 'negative_slope=0.01'),
  'torch.nn.GELU': activation('GELU', 'gelu', "approximate='none'"),
  'torch.nn.ELU': activation('ELU', 'elu', 'alpha=1.0'),
  'torch.nn.SELU': activation('SELU', 'selu', ''),
  'torch.nn.SiLU': activation('SiLU', 'swish', ''),
  'torch.nn.ReLU6': activation('ReLU6', 'relu6', ''),
  'torch.nn.Softplus': activation('Softplus', 'softplus', 'beta=1.0, threshold=20.0'),
  'torch.nn.Softsign': activation('Softsign', 'softsign', ''),
  'torch.nn.Hardsigmoid': activation('Hardsigmoid', 'hard_sigmoid_keras3', ''),
  'torch.nn.Sequential': { signature: '*modules', result: sequential },
  'torch.nn.ModuleList': { signature: 'modules=None', result: moduleList },
  'torch.nn.Parameter': {
    signature: 'data, requires_grad=True',
    result: ({ args, reader }) => {
      const data = args.get('data');
      const name = reader.assignedTo;
      if (data?.kind !== 'tensor') return data ?? unknown('');
      const { derivation: _zeros, ...rest } = data;
      // One that is not trained is a constant.
      if (args.boolean('requires_grad') === false) return data;
      return { ...rest, meaning: phrase('learned parameter'), ...(name === null ? {} : { parameter: name }) };
    },
  },
};
