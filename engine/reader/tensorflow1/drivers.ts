/** TensorFlow 1's ways to run cells over a sequence. Source: TensorFlow 1.15 `rnn.py`, contrib's `rnn.py`. */
import { phrase, type Phrase } from '../../model/phrase.ts';
import type { RecurrentNode, TensorRef } from '../../model/spec.ts';
import type { Call, CallTable } from '../calls.ts';
import { BATCH, stepsAxis, unitsAxis } from '../graph.ts';
import {
  allStates, cellSpecs, isSequence, outputsMeaning, type SequenceInput, sequenceInput, STACK_OUTPUTS, withoutZeros, zeroStates,
} from '../recurrent.ts'; // prettier-ignore
import { add, type Dimension } from '../sizes.ts';
import { checkStateCount, checkStateOrder, checkStateWidths } from '../stateChecks.ts';
import { selectStep, stepsOf, tensorsOf } from '../tensors.ts';
import { type Abstract, type Cells, dimension, list, number, tensor, type Tensor, tuple, unknown } from '../values.ts';
import { scoped } from './scopes.ts';

function cellsOf(call: Call, name: string): Cells | null {
  const value = call.args.get(name);
  return value?.kind === 'cells' ? value : null;
}

/** The initial state as the description has it, or nothing for zeros. */
export function initialState(
  call: Call,
  name: string,
  cells: Cells,
): { readonly initialState?: RecurrentNode['initialState']; readonly open: readonly Phrase[] } {
  const value = call.args.some(name);
  if (value === undefined) return { open: [] };
  checkStateOrder(call, name, ['c', 'h']);
  const parts = tensorsOf(value);
  const refs: TensorRef[] = [];
  for (const part of parts ?? []) {
    call.reader.graph.use(part, 'state');
    if (part.ref !== undefined) refs.push(part.ref);
  }
  const joined = cells.joined === true || cells.cells.some(cell => cell.joined === true);
  const states = cells.cells.flatMap(cell => cell.states);
  if (parts !== null && parts.length > 0 && parts.every(part => part.derivation?.op === 'zeros')) {
    if (!joined) checkStateCount(call, name, parts.length, states.length);
    return { open: [] };
  }
  if (joined) return { open: [phrase('the initial state cannot be followed: {0}', call.args.text(name))] };
  const learned = parts?.flatMap(part => (part.axes?.[0]?.name === 'batch' ? (part.parameter ?? []) : [])) ?? [];
  if (parts !== null && parts.length === states.length && learned.length === parts.length) {
    checkStateWidths(call, name, parts, states);
    return { initialState: { kind: 'learned', names: learned }, open: [] };
  }
  if (parts === null || refs.length !== parts.length || refs.length === 0) {
    return { open: [phrase('the initial state cannot be followed: {0}', call.args.text(name))] };
  }
  checkStateCount(call, name, refs.length, states.length);
  checkStateWidths(call, name, parts, states);
  return { initialState: { kind: 'given', tensors: refs }, open: [] };
}

/** First states of both directions: zeros, or of both one kind. */
function ofBoth(
  call: Call,
  states: readonly [ReturnType<typeof initialState>, ReturnType<typeof initialState>],
): ReturnType<typeof initialState> {
  const [forward, backward] = states.map(state => state.initialState);
  const open = states.flatMap(state => state.open);
  if (forward === undefined && backward === undefined) return { open };
  if (forward?.kind === 'given' && backward?.kind === 'given')
    return { initialState: { kind: 'given', tensors: [...forward.tensors, ...backward.tensors] }, open };
  if (forward?.kind === 'learned' && backward?.kind === 'learned')
    return { initialState: { kind: 'learned', names: [...forward.names, ...backward.names] }, open };
  const other = forward === undefined ? 'initial_state_fw' : 'initial_state_bw';
  return { open: [...open, phrase('the initial state cannot be followed: {0}', call.args.text(other))] };
}

function lengths(call: Call): { readonly sequenceLength?: TensorRef; readonly open: readonly Phrase[] } {
  const value = call.args.some('sequence_length');
  if (value === undefined) return { open: [] };
  call.reader.graph.use(value, 'lengths');
  if (value.kind === 'tensor' && value.ref !== undefined) return { sequenceLength: value.ref, open: [] };
  return { open: [phrase('the lengths of the rows cannot be followed: {0}', call.args.text('sequence_length'))] };
}

const openOf = (cells: Cells): Phrase[] => cells.cells.flatMap(one => one.open);

interface Driven {
  readonly id: string;
  readonly cells: Cells;
  readonly input: SequenceInput;
  readonly hasLengths: boolean;
}

/** Adds the node of a driver that runs one stack of cells forward. */
function drive(
  call: Call,
  driver: RecurrentNode['driver'],
  cells: Cells,
  input: SequenceInput,
  timeMajor: boolean,
): Driven {
  const state = initialState(call, 'initial_state', cells);
  const rows = lengths(call);
  const id = call.reader.graph.add(
    'rnn',
    {
      op: 'recurrent',
      input: input.ref,
      cells: cellSpecs(cells.cells),
      direction: 'forward',
      driver,
      // A cell that is called has no scope around it.
      scope: driver === 'loop' ? call.reader.scopes.join('/') : scoped(call, call.args.string('scope') ?? 'rnn'),
      stacked: cells.stacked,
      ...(timeMajor ? { timeMajor } : {}),
      ...(rows.sequenceLength === undefined ? {} : { sequenceLength: rows.sequenceLength }),
      ...(state.initialState === undefined ? {} : { initialState: state.initialState }),
    },
    {
      range: call.range,
      frame: call.reader.frame,
      cells: cells.cells,
      name: cells.name ?? null,
      open: [...input.open, ...state.open, ...rows.open, ...openOf(cells)],
    },
  );
  return { id, cells, input, hasLengths: call.args.some('sequence_length') !== undefined };
}

function outputsOf({ id, cells, input }: Driven, timeMajor: boolean): Tensor {
  const { batch, steps, dtype } = input;
  const units = unitsAxis(cells.cells.at(-1)!.output);
  const axes = timeMajor ? [steps, batch, units] : [batch, steps, units];
  const layers = cells.cells.length;
  return tensor(dtype, axes, {
    ref: { from: id, part: { take: 'outputs' } },
    meaning: outputsMeaning(layers, null),
    ...(layers > 1 ? { note: STACK_OUTPUTS } : {}),
  });
}

function statesOf(call: Call, { id, cells, input, hasLengths }: Driven): Abstract {
  const options = { direction: null, lengths: hasLengths, batch: input.batch, dtype: input.dtype, join: joiner(call) };
  return allStates(id, cells, options);
}

/** Puts states side by side; in a loop the same ones are one node. */
function joiner({ reader: { graph }, range }: Call): (states: readonly TensorRef[]) => TensorRef {
  return states => {
    const inputs = [...states];
    const same = JSON.stringify(inputs);
    const known = [...graph.nodes.values()].find(
      ({ node }) => node.op === 'concatenate' && JSON.stringify(node.inputs) === same,
    );
    return { from: known?.node.id ?? graph.add('states', { op: 'concatenate', inputs }, { range }) };
  };
}

const LOST: Abstract = tuple([unknown('outputs'), unknown('states')]);

function dynamicRnn(call: Call): Abstract {
  const cells = cellsOf(call, 'cell');
  if (cells === null) return LOST;
  const timeMajor = call.args.boolean('time_major') === true;
  const driven = drive(call, 'dynamic_rnn', cells, sequenceInput(call, call.args.get('inputs'), timeMajor), timeMajor);
  return tuple([outputsOf(driven, timeMajor), statesOf(call, driven)]);
}

/** The sequence whose steps are given one by one. */
function listInput(
  call: Call,
  value: Abstract | undefined,
): { readonly input: SequenceInput; readonly count: Abstract } {
  const { graph } = call.reader;
  if (value?.kind === 'many' && value.item.kind === 'tensor') {
    const { item } = value;
    const [batch, features] = item.axes ?? [];
    const steps = stepsAxis(dimension(value.count));
    const whole = item.axes?.length === 2 ? [batch!, steps, features!] : null;
    const ref = item.stepOf === undefined ? {} : { ref: item.stepOf };
    return { input: sequenceInput(call, tensor(item.dtype, whole, { ...ref, lost: true }), false), count: value.count };
  }
  const parts = tensorsOf(value);
  const source = parts === null || parts.length === 0 ? null : stepsOf(graph, parts);
  const first = parts?.[0];
  if (parts === null || first === undefined)
    return { input: sequenceInput(call, undefined, false), count: unknown('') };
  const [batch = BATCH, features] = first.axes ?? [];
  if (source === null) {
    const whole = first.axes?.length === 2 ? [batch, stepsAxis(parts.length), features!] : null;
    return { input: sequenceInput(call, tensor(first.dtype, whole), false), count: number(parts.length) };
  }
  const whole = graph.inputs.get(source.from);
  if (whole !== undefined && source.part === undefined) whole.role ??= 'sequence';
  const steps = stepsAxis(parts.length);
  return { input: { ref: source, dtype: first.dtype, batch, steps, open: [] }, count: number(parts.length) };
}

/** The outputs of all steps as a list. */
function stepList(call: Call, outputs: Tensor, count: Abstract): Abstract {
  if (count.kind !== 'number' || count.value > MAX_STEPS) {
    const axes = outputs.axes?.filter(({ name }) => name !== 'steps') ?? null;
    const each = outputs.ref === undefined ? {} : { eachOf: outputs.ref };
    return { kind: 'many', item: tensor(outputs.dtype, axes, each), count };
  }
  const steps = Array.from({ length: count.value }, (_, step) =>
    selectStep(call.reader.graph, outputs, step, call.range),
  );
  return list(steps);
}

/** Longer lists of steps are known by their typical one. */
const MAX_STEPS = 1000;

function staticRnn(call: Call): Abstract {
  const cells = cellsOf(call, 'cell');
  if (cells === null) return LOST;
  const { input, count } = listInput(call, call.args.get('inputs'));
  const driven = drive(call, 'static_rnn', cells, input, false);
  return tuple([stepList(call, outputsOf(driven, false), count), statesOf(call, driven)]);
}

/** Outputs of both directions side by side, step by step, and the last state of each. */
function staticBidirectional(call: Call): Abstract {
  const [forward, backward] = [cellsOf(call, 'cell_fw'), cellsOf(call, 'cell_bw')];
  if (forward === null || backward === null) return tuple([unknown('outputs'), unknown(''), unknown('')]);
  const { input, count } = listInput(call, call.args.get('inputs'));
  const scope = scoped(call, call.args.string('scope') ?? 'bidirectional_rnn');
  const [both, finals] = bidirectionalNode(call, forward, backward, input, false, scope);
  const joined = joinLast(call, tensorsOf(both) ?? []);
  const states = isSequence(finals) ? finals.items : [unknown(''), unknown('')];
  return tuple([joined === null ? unknown('outputs') : stepList(call, joined, count), ...states]);
}

function bidirectional(call: Call): Abstract {
  const [forward, backward] = [cellsOf(call, 'cell_fw'), cellsOf(call, 'cell_bw')];
  if (forward === null || backward === null) return tuple([LOST, LOST]);
  const timeMajor = call.args.boolean('time_major') === true;
  const input = sequenceInput(call, call.args.get('inputs'), timeMajor);
  const [outputs, states] = bidirectionalNode(
    call,
    forward,
    backward,
    input,
    timeMajor,
    scoped(call, call.args.string('scope') ?? 'bidirectional_rnn'),
  );
  return tuple([outputs, states]);
}

function bidirectionalNode(
  call: Call,
  forward: Cells,
  backward: Cells,
  input: SequenceInput,
  timeMajor: boolean,
  scope: string,
): [Abstract, Abstract] {
  const rows = lengths(call);
  const state = ofBoth(call, [
    initialState(call, 'initial_state_fw', forward),
    initialState(call, 'initial_state_bw', backward),
  ]);
  const shared = forward.cells.filter(one => backward.cells.some(other => other.identity === one.identity));
  if (shared.length > 0) {
    const message = phrase('One cell object is used for both directions; make one for each');
    call.reader.report({ range: call.range, severity: 'warning', code: 'one-cell-for-both-directions', message });
  }
  const id = call.reader.graph.add(
    'bidirectional_rnn',
    {
      op: 'recurrent',
      input: input.ref,
      cells: cellSpecs(forward.cells),
      direction: 'bidirectional',
      backwardCells: cellSpecs(backward.cells),
      merge: 'separate',
      driver: 'dynamic_rnn',
      scope,
      stacked: forward.stacked,
      ...(timeMajor ? { timeMajor } : {}),
      ...(rows.sequenceLength === undefined ? {} : { sequenceLength: rows.sequenceLength }),
      ...(state.initialState === undefined ? {} : { initialState: state.initialState }),
    },
    {
      range: call.range,
      frame: call.reader.frame,
      cells: [...forward.cells, ...backward.cells],
      open: [
        ...input.open,
        ...rows.open,
        ...state.open,
        ...openOf(forward),
        ...openOf(backward),
        ...(shared.length > 0 ? [phrase('one cell object is used for both directions')] : []),
      ],
    },
  );
  const hasLengths = call.args.some('sequence_length') !== undefined;
  const directions = [
    { direction: 'forward', cells: forward },
    { direction: 'backward', cells: backward },
  ] as const;
  const outputs = directions.map(({ direction, cells }) => {
    const { batch, steps, dtype } = input;
    const units = unitsAxis(cells.cells.at(-1)!.output);
    return tensor(dtype, timeMajor ? [steps, batch, units] : [batch, steps, units], {
      ref: { from: id, part: { take: 'outputs', direction } },
      meaning: outputsMeaning(cells.cells.length, direction),
    });
  });
  const finals = directions.map(({ direction, cells }) =>
    allStates(id, cells, {
      direction,
      lengths: hasLengths,
      batch: input.batch,
      dtype: input.dtype,
      join: joiner(call),
    }),
  );
  return [tuple(outputs), tuple(finals)];
}

/** Layers of both directions, each of which reads the outputs of the one below side by side. */
function stackBidirectional(call: Call): Abstract {
  const [forward, backward] = [call.args.get('cells_fw'), call.args.get('cells_bw')];
  if (!isSequence(forward) || !isSequence(backward))
    return tuple([unknown('outputs'), unknown('states_fw'), unknown('states_bw')]);
  const timeMajor = call.args.boolean('time_major') === true;
  const scope = scoped(call, call.args.string('scope') ?? 'stack_bidirectional_rnn');
  let input = sequenceInput(call, call.args.get('inputs'), timeMajor);
  const states: [Abstract[], Abstract[]] = [[], []];
  let outputs: Abstract = unknown('outputs');
  for (const [layer, forwardCells] of forward.items.entries()) {
    const backwardCells = backward.items[layer];
    if (forwardCells.kind !== 'cells' || backwardCells?.kind !== 'cells') break;
    const [both, finals] = bidirectionalNode(
      call,
      forwardCells,
      backwardCells,
      input,
      timeMajor,
      `${scope}/cell_${layer}/bidirectional_rnn`,
    );
    const parts = tensorsOf(both);
    const joined = parts === null ? null : joinLast(call, parts);
    if (joined?.ref === undefined) break;
    outputs = { ...joined, meaning: phrase('h of both directions of the top layer at every step, side by side') };
    input = { ...input, ref: joined.ref, open: [] };
    if (isSequence(finals)) finals.items.forEach((state, direction) => states[direction]?.push(state));
  }
  return tuple([outputs, tuple(states[0]), tuple(states[1])]);
}

function joinLast(call: Call, parts: readonly Tensor[]): Tensor | null {
  const refs = parts.map(part => part.ref).filter(ref => ref !== undefined);
  const [first] = parts;
  if (first?.axes == null || refs.length !== parts.length) return null;
  const widths = parts.map(part => part.axes?.at(-1)?.size ?? null);
  const total = widths.reduce<Dimension | null>(
    (sum, width) => (sum === null || width === null ? null : add(sum, width)),
    0,
  );
  const id = call.reader.graph.add('concatenate', { op: 'concatenate', inputs: refs }, { range: call.range });
  return tensor(first.dtype, [...first.axes.slice(0, -1), unitsAxis(total)], { ref: { from: id } });
}

const DYNAMIC =
  'cell, inputs, sequence_length=None, initial_state=None, dtype=None, parallel_iterations=None, swap_memory=False, time_major=False, scope=None';

export const DRIVER_CALLS: CallTable = {
  'tf.nn.dynamic_rnn': { signature: DYNAMIC, result: dynamicRnn },
  'tf.nn.static_bidirectional_rnn': {
    signature:
      'cell_fw, cell_bw, inputs, initial_state_fw=None, initial_state_bw=None, dtype=None, sequence_length=None, scope=None',
    result: staticBidirectional,
  },
  'tf.contrib.legacy_seq2seq.rnn_decoder': {
    signature: 'inputs, initial_state, cell, loop_function=None, scope=None',
    result: staticRnn,
  },
  'tf.nn.static_rnn': {
    signature: 'cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None',
    result: staticRnn,
  },
  'tf.nn.bidirectional_dynamic_rnn': {
    signature:
      'cell_fw, cell_bw, inputs, sequence_length=None, initial_state_fw=None, initial_state_bw=None, dtype=None, parallel_iterations=None, swap_memory=False, time_major=False, scope=None',
    result: bidirectional,
  },
  'tf.contrib.rnn.stack_bidirectional_dynamic_rnn': {
    signature:
      'cells_fw, cells_bw, inputs, initial_states_fw=None, initial_states_bw=None, dtype=None, sequence_length=None, parallel_iterations=None, time_major=False, scope=None, swap_memory=False',
    result: stackBidirectional,
  },
};

/** The sequence whose step a tensor is, whichever step. */
function sequenceOf(call: Call, input: Tensor): TensorRef | null {
  if (input.stepOf !== undefined) return input.stepOf;
  if (input.eachOf !== undefined) return input.eachOf;
  const node = call.reader.graph.nodeOf(input.ref);
  return node?.op === 'select_step' ? node.input : null;
}

/** One step of cells in a loop of the program; all steps over one sequence are one node. */
function step(call: Call): Abstract {
  const { self } = call;
  if (self.kind !== 'cells') return unknown('');
  const { graph } = call.reader;
  const given = call.args.get('inputs');
  const input = given?.kind === 'tensor' ? given : null;
  const [own] = input?.axes ?? [];
  const batch = own === undefined ? BATCH : { ...own, name: 'batch' };
  const dtype = input?.dtype ?? 'float32';
  const source = input === null ? null : sequenceOf(call, input);
  const units = unitsAxis(self.cells.at(-1)!.output);
  if (source === null) {
    const state = zeroStates(self, batch, dtype);
    return tuple([tensor(dtype, [batch, units], { lost: true }), withoutZeros(state)]);
  }
  const same = JSON.stringify(source);
  const known = [...graph.nodes.values()].find(
    ({ node, cells }) =>
      node.op === 'recurrent' && cells[0]?.identity === self.cells[0]!.identity && JSON.stringify(node.input) === same,
  );
  const whole = graph.inputs.get(source.from);
  if (whole !== undefined && source.part === undefined) whole.role ??= 'sequence';
  const sequence: SequenceInput = { ref: source, dtype, batch, steps: stepsAxis(null), open: [] };
  const driven =
    known === undefined
      ? drive(call, 'loop', self, sequence, false)
      : { id: known.node.id, cells: self, input: sequence, hasLengths: false };
  const output = tensor(dtype, [batch, units], {
    eachOf: { from: driven.id, part: { take: 'outputs' } },
    meaning: phrase('h after this step'),
  });
  return tuple([output, statesOf(call, driven)]);
}

export const DRIVER_METHODS: CallTable = {
  'cells.__call__': { signature: 'inputs, initial_state, scope=None', result: step },
  'cells.call': { signature: 'inputs, initial_state, scope=None', result: step },
};
