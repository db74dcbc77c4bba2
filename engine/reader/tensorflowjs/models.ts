/** TensorFlow.js' models and optimizers: how they are put together, compiled and trained. */
import type { OptimizerSpec } from '../../model/spec.ts';
import type { CallEntry, CallTable } from '../calls.ts';
import { KERAS_LAYER_METHODS } from '../keras/layers.ts';
import { KERAS_CALLS, KERAS_METHODS } from '../keras/network.ts';
import { OPERATION_METHODS } from '../tensorflow1/operations.ts';
import { type Abstract, type Layer, list } from '../values.ts';
import { byName, optioned } from './options.ts';

// Optimizers

/** Options in their order; those that the description has, by its names. */
const TRAIN: Readonly<Record<string, { readonly kind: OptimizerSpec['kind']; readonly options: readonly string[] }>> = {
  sgd: { kind: 'sgd', options: ['learningRate'] },
  momentum: { kind: 'momentum', options: ['learningRate', 'momentum', 'nesterov'] },
  adagrad: { kind: 'adagrad', options: ['learningRate', 'initialAccumulator'] },
  adadelta: { kind: 'adadelta', options: ['learningRate', 'rho', 'epsilon'] },
  adam: { kind: 'adam', options: ['learningRate', 'beta1', 'beta2', 'epsilon'] },
  adamax: { kind: 'adamax', options: ['learningRate', 'beta1', 'beta2', 'epsilon', 'decay'] },
  rmsprop: { kind: 'rmsprop', options: ['learningRate', 'rho', 'momentum', 'epsilon', 'centered'] },
};

function optimizer({ kind, options }: (typeof TRAIN)[string]): CallEntry {
  return {
    signature: options.map(name => `${name}=None`).join(', '),
    result: ({ args }) => {
      const spec: Record<string, unknown> = { kind };
      for (const name of options) {
        const value = args.some(name);
        if (name === 'decay') continue;
        if (value?.kind === 'number' && (name !== 'learningRate' || value.value > 0)) spec[name] = value.value;
        else if (value?.kind === 'boolean' && value.value) spec[name] = true;
      }
      return { kind: 'optimizer', spec: spec as OptimizerSpec, complete: !args.isUnknown('learningRate') };
    },
  };
}

/** What an optimizer that is given by name runs with. Source: TensorFlow.js 4.22 `tfjs-layers/src/optimizers.ts`. */
const BY_NAME: ReadonlyMap<string, OptimizerSpec> = new Map(
  (
    [
      { kind: 'adagrad', learningRate: 0.01 },
      { kind: 'adadelta', learningRate: 1 },
      { kind: 'adam', learningRate: 0.001 },
      { kind: 'adamax', learningRate: 0.002 },
      { kind: 'rmsprop', learningRate: 0.001 },
      { kind: 'sgd', learningRate: 0.01 },
    ] as const
  ).map(spec => [spec.kind, spec]),
);

function named(value: Abstract | undefined): Abstract | undefined {
  const spec = value?.kind === 'string' ? BY_NAME.get(value.value.toLowerCase()) : undefined;
  return spec === undefined ? value : { kind: 'optimizer', spec, complete: true };
}

// Models

const COMPILE: CallEntry = {
  signature: '*values',
  result: call => {
    const entry = KERAS_METHODS['network.compile']!;
    const [options] = call.args.rest;
    if (options?.kind !== 'dict') return entry.result(byName(call, entry.signature, []));
    const entries = new Map(options.entries);
    const chosen = named(entries.get('optimizer'));
    if (chosen !== undefined) entries.set('optimizer', chosen);
    const loss = entries.get('loss');
    // One loss for each output.
    if (loss?.kind === 'sequence' && loss.items[0] !== undefined) entries.set('loss', loss.items[0]);
    return entry.result(byName(call, entry.signature, [{ ...options, entries }]));
  },
};

/** A layer of a class of the program's own runs its `call`. */
const APPLY_OWN: CallEntry = {
  signature: '*values',
  result: ({ self, args, reader, range }) =>
    reader.apply(
      self,
      args.rest.map(value => ({ value, range })),
      range,
    ),
};

/** A layer is called by `apply`; a recurrent one takes its first state in an array with the input, too. */
const APPLY: CallEntry = {
  signature: '*values',
  result: call => {
    const entry = KERAS_LAYER_METHODS['layer.__call__']!;
    const given = call.args.rest;
    const [input] = given;
    const [sequence, ...states] = input?.kind === 'sequence' ? input.items : [];
    if ((call.self as Layer).recurrent === undefined || sequence === undefined) {
      return entry.result(byName(call, entry.signature, given, ['inputs']));
    }
    const options: Abstract = { kind: 'dict', entries: new Map([['initialState', list(states)]]), pairs: [] };
    return entry.result(byName(call, entry.signature, [sequence, options], ['inputs']));
  },
};

export const TENSORFLOWJS_MODELS: CallTable = {
  'tf.input': optioned(KERAS_CALLS['keras.Input']!),
  'tf.layers.input': optioned(KERAS_CALLS['keras.Input']!),
  'tf.layers.inputLayer': optioned(KERAS_CALLS['keras.layers.InputLayer']!),
  'tf.sequential': optioned(KERAS_CALLS['keras.Sequential']!),
  'tf.model': optioned(KERAS_CALLS['keras.Model']!),
  'tf.LayersModel': optioned(KERAS_CALLS['keras.Model']!),
  ...Object.fromEntries(Object.entries(TRAIN).map(([name, made]) => [`tf.train.${name}`, optimizer(made)])),
};

export const TENSORFLOWJS_METHODS: CallTable = {
  'layer.apply': APPLY,
  'layer:units': KERAS_LAYER_METHODS['layer:units']!,
  'instance.apply': APPLY_OWN,
  'network.add': KERAS_METHODS['network.add']!,
  'network.compile': COMPILE,
  'network.fit': optioned(KERAS_METHODS['network.fit']!, ['x', 'y']),
  'network.fitDataset': optioned(KERAS_METHODS['network.fit']!, ['x']),
  'network.apply': KERAS_METHODS['network.__call__']!,
  'network.predict': optioned(KERAS_METHODS['network.predict']!, ['x']),
  'network:output': KERAS_METHODS['network:output']!,
  'network:layers': KERAS_METHODS['network:layers']!,
  // The loss that a function gives.
  'optimizer.minimize': {
    signature: 'f, *options',
    result: ({ args, reader, range }) => reader.call(args.get('f') ?? list([]), [], range),
  },
  'tensor:shape': OPERATION_METHODS['tensor:shape']!,
  'tensor.reshape': OPERATION_METHODS['tensor.reshape']!,
};
