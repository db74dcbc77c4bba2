/**
 * Decoders of TensorFlow 1: the shapes that they give. The engine runs none of them.
 * Source: TensorFlow 1.15 `contrib/seq2seq/python/ops`, `contrib/legacy_seq2seq/python/ops/seq2seq.py`.
 */
import { phrase } from '../../model/phrase.ts';
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { BATCH, stepsAxis, unitsAxis } from '../graph.ts';
import { itemsOf } from '../items.ts';
import { withoutZeros, zeroStates } from '../recurrent.ts';
import type { Dimension } from '../sizes.ts';
import { tensorsOf } from '../tensors.ts';
import {
  type Abstract, dimension, fromDimension, list, NONE, tensor, type Tensor, type TensorAxis, tuple, unknown,
} from '../values.ts'; // prettier-ignore

const UNRUN = phrase('The engine cannot run this decoder; the shape is what TensorFlow gives.');
const lost = { lost: true, note: UNRUN } as const;

type Holder = Abstract & { kind: 'object' };

/** An object that keeps what it is made of. */
const keeps = (type: string, signature: string, names: readonly string[]): CallEntry => ({
  signature,
  result: ({ args }) => ({
    kind: 'object',
    type,
    attributes: new Map(names.map(name => [name, args.get(name) ?? NONE])),
  }),
});

const held = (value: Abstract | undefined, type: string): Holder | null =>
  value?.kind === 'object' && value.type === type ? value : null;

/** Width of what a cell, or attention around one, puts out. */
function outputWidth(cell: Abstract | undefined): Dimension | null {
  if (cell?.kind === 'cells') return cell.cells.at(-1)!.output;
  const wrapper = held(cell, 'attention_wrapper')?.attributes;
  if (wrapper === undefined) return null;
  const cells = wrapper.get('output_attention');
  if (cells?.kind === 'boolean' && !cells.value) return outputWidth(wrapper.get('cell'));
  return cells?.kind === 'boolean' ? attentionWidth(wrapper) : null;
}

/** Without a layer of its own, attention is the context: as wide as the memory. */
function attentionWidth(wrapper: Holder['attributes']): Dimension | null {
  const size = wrapper.get('attention_layer_size');
  if (size !== undefined && size.kind !== 'none') return size.kind === 'sequence' ? null : dimension(size);
  const memory = held(wrapper.get('attention_mechanism'), 'attention')?.attributes.get('memory');
  return memory?.kind === 'tensor' ? (memory.axes?.at(-1)?.size ?? null) : null;
}

/** The states of a decoder's cell after its last step. */
function finalState(cell: Abstract | undefined, batch: TensorAxis): Abstract {
  if (cell?.kind === 'cells') return withoutZeros(zeroStates(cell, batch, 'float32'));
  const wrapper = held(cell, 'attention_wrapper')?.attributes;
  if (wrapper === undefined) return unknown('final_state');
  const attention = tensor('float32', [batch, unitsAxis(attentionWidth(wrapper))], lost);
  const parts = [finalState(wrapper.get('cell'), batch), attention, tensor('int32', [], lost)];
  return tuple([...parts, unknown('alignments'), unknown('alignment_history'), unknown('attention_state')], {
    fields: ['cell_state', 'attention', 'time', 'alignments', 'alignment_history', 'attention_state'],
  });
}

/** What the layer behind the cell makes of it. */
function projected(call: Call, outputs: Tensor, layer: Abstract | undefined): Tensor {
  if (layer === undefined || layer.kind === 'none') return outputs;
  const units = held(layer, 'dense')?.attributes.get('units');
  if (units !== undefined) return { ...outputs, axes: [...outputs.axes!.slice(0, -1), unitsAxis(dimension(units))] };
  const given = layer.kind === 'layer' ? layer.run(call, outputs) : null;
  const width = given?.kind === 'tensor' ? (given.axes?.at(-1)?.size ?? null) : null;
  return { ...outputs, axes: [...outputs.axes!.slice(0, -1), unitsAxis(width)] };
}

function batchOf(decoder: Holder['attributes'], name: 'helper' | 'start_tokens'): TensorAxis {
  const helper = decoder.get('helper');
  const from =
    name === 'start_tokens' ? decoder.get(name) : helper?.kind === 'object' ? helper.attributes.get('rows') : undefined;
  const [axis] = from?.kind === 'tensor' ? (from.axes ?? []) : [];
  return axis === undefined ? BATCH : { ...axis, name: 'batch' };
}

function dynamicDecode(call: Call): Abstract {
  const decoder = call.args.get('decoder');
  const timeMajor = call.args.boolean('output_time_major') === true;
  const order = (batch: TensorAxis, ...rest: TensorAxis[]): TensorAxis[] =>
    timeMajor ? [stepsAxis(null), batch, ...rest] : [batch, stepsAxis(null), ...rest];
  const basic = held(decoder, 'basic_decoder')?.attributes;
  if (basic !== undefined) {
    const batch = batchOf(basic, 'helper');
    const cell = basic.get('cell');
    const outputs = tensor('float32', order(batch, unitsAxis(outputWidth(cell))), lost);
    const output = projected(call, outputs, basic.get('output_layer'));
    const samples = tensor('int32', order(batch), { ...lost, meaning: phrase('the token chosen at every step') });
    return tuple([
      tuple([output, samples], { fields: ['rnn_output', 'sample_id'] }),
      finalState(cell, batch),
      tensor('int32', [batch], lost),
    ]);
  }
  const beam = held(decoder, 'beam_decoder')?.attributes;
  if (beam === undefined) return tuple([unknown('outputs'), unknown('final_state'), unknown('lengths')]);
  const batch = batchOf(beam, 'start_tokens');
  const beams: TensorAxis = { name: 'beams', size: dimension(beam.get('beam_width')) };
  const all = (dtype: string): Tensor => tensor(dtype, order(batch, beams), lost);
  const steps = tuple([all('float32'), all('int32'), all('int32')], {
    fields: ['scores', 'predicted_ids', 'parent_ids'],
  });
  return tuple([
    tuple([all('int32'), steps], { fields: ['predicted_ids', 'beam_search_decoder_output'] }),
    unknown('final_state'),
    tensor('int32', [batch, beams], lost),
  ]);
}

/** A helper of which the rows tell the batch. */
const helper = (signature: string, rows: string, timeMajor = false): CallEntry => ({
  signature,
  result: ({ args }) => {
    const given = args.get(rows) ?? NONE;
    const swapped = timeMajor && args.boolean('time_major') === true;
    const value = swapped && given.kind === 'tensor' && given.axes !== null ? { ...given, axes: given.axes.slice(1) } : given; // prettier-ignore
    return { kind: 'object', type: 'helper', attributes: new Map([['rows', value]]) };
  },
});

/** Outputs for each of a list of inputs, and the last state. */
const decoded = (signature: string, width: (call: Call) => Dimension | null): CallEntry => ({
  signature,
  result: call => {
    const inputs = call.args.get('decoder_inputs');
    const cell = call.args.get('cell');
    const [first] = tensorsOf(inputs) ?? [];
    const [rows] = (inputs?.kind === 'many' && inputs.item.kind === 'tensor' ? inputs.item : first)?.axes ?? [];
    const batch = rows === undefined ? BATCH : { ...rows, name: 'batch' };
    const output = tensor('float32', [batch, unitsAxis(width(call))], lost);
    const items = itemsOf(inputs);
    const outputs: Abstract =
      items === null
        ? { kind: 'many', item: output, count: inputs?.kind === 'many' ? inputs.count : unknown('') }
        : list(items.map(() => output));
    return tuple([outputs, cell?.kind === 'cells' ? finalState(cell, batch) : unknown('state')]);
  },
});

const ofCell = ({ args }: Call): Dimension | null => outputWidth(args.get('cell'));
/** One number for every symbol; of the cell where the caller projects himself. */
const ofSymbols =
  (name: string) =>
  (call: Call): Dimension | null =>
    call.args.some('output_projection') === undefined ? call.args.size(name) : ofCell(call);

/** The shape of cross entropies that are averaged over what the call says. */
export function sequenceLossShape({ args }: Call): Abstract {
  const logits = args.get('logits');
  const [batch = BATCH, steps = stepsAxis(null)] = logits?.kind === 'tensor' ? (logits.axes ?? []) : [];
  const flags = ['timesteps', 'batch'].map(over => args.boolean(`average_across_${over}`) ?? null);
  const sums = ['timesteps', 'batch'].map(over => args.boolean(`sum_over_${over}`) ?? null);
  const [overSteps, overBatch] = flags.map((flag, at) =>
    flag === null || sums[at] === null ? null : flag || sums[at],
  );
  if (overSteps === null || overBatch === null) return unknown('loss');
  return tensor('float32', [...(overBatch ? [] : [batch]), ...(overSteps ? [] : [steps])], { lost: true });
}

function lossByExample({ args }: Call): Abstract {
  const [first] = tensorsOf(args.get('logits')) ?? [];
  return tensor('float32', first?.axes == null ? null : first.axes.slice(0, 1), { lost: true });
}

const LEGACY = 'tf.contrib.legacy_seq2seq.';
const SEQ2SEQ = 'tf.contrib.seq2seq.';
const attention = (more: string): CallEntry =>
  keeps('attention', `num_units, memory, memory_sequence_length=None, ${more}`, ['memory', 'num_units']);

export const SEQ2SEQ_CALLS: CallTable = {
  // What a decoder projects by.
  'tf.layers.Dense': keeps('dense', 'units', ['units']),
  [`${SEQ2SEQ}TrainingHelper`]: helper('inputs, sequence_length, time_major=False, name=None', 'inputs', true),
  [`${SEQ2SEQ}ScheduledEmbeddingTrainingHelper`]: helper(
    'inputs, sequence_length, embedding, sampling_probability, time_major=False',
    'inputs',
    true,
  ),
  [`${SEQ2SEQ}GreedyEmbeddingHelper`]: helper('embedding, start_tokens, end_token', 'start_tokens'),
  [`${SEQ2SEQ}SampleEmbeddingHelper`]: helper('embedding, start_tokens, end_token', 'start_tokens'),
  [`${SEQ2SEQ}BahdanauAttention`]: attention('normalize=False'),
  [`${SEQ2SEQ}LuongAttention`]: attention('scale=False'),
  [`${SEQ2SEQ}AttentionWrapper`]: keeps(
    'attention_wrapper',
    'cell, attention_mechanism, attention_layer_size=None, alignment_history=False, cell_input_fn=None, output_attention=True, initial_cell_state=None, name=None, attention_layer=None',
    ['cell', 'attention_mechanism', 'attention_layer_size', 'output_attention'],
  ),
  [`${SEQ2SEQ}BasicDecoder`]: keeps('basic_decoder', 'cell, helper, initial_state, output_layer=None', [
    'cell',
    'helper',
    'output_layer',
  ]),
  [`${SEQ2SEQ}BeamSearchDecoder`]: keeps(
    'beam_decoder',
    'cell, embedding, start_tokens, end_token, initial_state, beam_width, output_layer=None',
    ['cell', 'start_tokens', 'beam_width'],
  ),
  [`${SEQ2SEQ}dynamic_decode`]: {
    signature:
      'decoder, output_time_major=False, impute_finished=False, maximum_iterations=None, parallel_iterations=32, swap_memory=False, scope=None',
    result: dynamicDecode,
  },
  [`${SEQ2SEQ}tile_batch`]: {
    signature: 't, multiplier, name=None',
    result: ({ args }) => {
      const of = args.get('t');
      if (of?.kind !== 'tensor' || of.axes === null) return unknown('');
      return tensor(of.dtype, [{ name: 'batch', size: null }, ...of.axes.slice(1)], { lost: true });
    },
  },
  [`${LEGACY}sequence_loss`]: {
    signature: 'logits, targets, weights, average_across_timesteps=True, average_across_batch=True',
    result: ({ args }) =>
      args.boolean('average_across_batch') === undefined ? unknown('loss') : tensor('float32', [], { lost: true }),
  },
  [`${LEGACY}sequence_loss_by_example`]: { signature: 'logits, targets, weights', result: lossByExample },
  [`${LEGACY}basic_rnn_seq2seq`]: decoded('encoder_inputs, decoder_inputs, cell, dtype=None, scope=None', ofCell),
  [`${LEGACY}tied_rnn_seq2seq`]: decoded('encoder_inputs, decoder_inputs, cell, loop_function=None', ofCell),
  [`${LEGACY}embedding_rnn_seq2seq`]: decoded(
    'encoder_inputs, decoder_inputs, cell, num_encoder_symbols, num_decoder_symbols, embedding_size, output_projection=None',
    ofSymbols('num_decoder_symbols'),
  ),
  [`${LEGACY}embedding_attention_seq2seq`]: decoded(
    'encoder_inputs, decoder_inputs, cell, num_encoder_symbols, num_decoder_symbols, embedding_size, num_heads=1, output_projection=None',
    ofSymbols('num_decoder_symbols'),
  ),
  [`${LEGACY}embedding_tied_rnn_seq2seq`]: decoded(
    'encoder_inputs, decoder_inputs, cell, num_symbols, embedding_size, num_decoder_symbols=None, output_projection=None',
    call => (call.args.some('num_decoder_symbols') ? null : ofSymbols('num_symbols')(call)),
  ),
  [`${LEGACY}attention_decoder`]: decoded(
    'decoder_inputs, initial_state, attention_states, cell, output_size=None, num_heads=1',
    call => (call.args.some('output_size') === undefined ? ofCell(call) : call.args.size('output_size')),
  ),
};

/** What can be asked of them. */
export const SEQ2SEQ_METHODS: CallTable = {
  'attention_wrapper:output_size': {
    signature: '',
    result: ({ self }) => fromDimension(outputWidth(self)),
  },
};
