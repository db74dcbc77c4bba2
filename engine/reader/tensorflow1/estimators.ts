/** Estimators: a program's function builds the model of what another one feeds. Rules: TensorFlow 1.15 `python/estimator`. */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { type Abstract, NONE, unknown } from '../values.ts';

const ESTIMATOR: CallEntry = {
  signature: 'model_fn, model_dir=None, config=None, params=None, warm_start_from=None',
  result: ({ args }) => ({
    kind: 'object',
    type: 'tf.estimator',
    attributes: new Map<string, Abstract>([
      ['model_fn', args.get('model_fn') ?? NONE],
      ['params', args.get('params') ?? NONE],
    ]),
  }),
};

/** Calls the function of an estimator with the features and labels that a function gives, or the pipeline that it gives. */
function build({ reader, range }: Call, estimator: Abstract, feed: Abstract | undefined): void {
  const make = estimator.kind === 'object' ? estimator.attributes.get('model_fn') : undefined;
  if (estimator.kind !== 'object' || make?.kind !== 'function' || estimator.attributes.has(' built')) return;
  estimator.attributes.set(' built', NONE);
  const given = feed === undefined ? unknown('') : reader.call(feed, [], range);
  const example = given.kind === 'many' ? given.item : given;
  const [features, labels] = example.kind === 'sequence' ? example.items : [example];
  const known: Readonly<Record<string, Abstract | undefined>> = { features, labels, params: estimator.attributes.get('params') };
  const args = make.code.parameters.flatMap(({ name }, at) => {
    const value = at === 0 ? features : at === 1 && name !== 'mode' ? labels : known[name];
    return value === undefined || value.kind === 'unknown' ? [] : [{ name, value, range }];
  });
  // In which mode it is called stays open: a model is built for each.
  reader.apply(make, args, range);
} // prettier-ignore

const run: CallEntry = {
  signature: 'input_fn, *options',
  result: call => {
    build(call, call.self, call.args.get('input_fn'));
    return call.self;
  },
};

const SPEC: CallEntry = {
  signature: 'input_fn, *options',
  result: ({ args }) => ({ kind: 'object', type: 'tf.estimator.feed', attributes: new Map([['input_fn', args.get('input_fn') ?? NONE]]) }), // prettier-ignore
};

export const ESTIMATOR_CALLS: CallTable = {
  'tf.estimator.Estimator': ESTIMATOR,
  'tf.contrib.learn.Estimator': ESTIMATOR,
  'tf.estimator.TrainSpec': SPEC,
  'tf.estimator.EvalSpec': SPEC,
  'tf.estimator.train_and_evaluate': {
    signature: 'estimator, train_spec, eval_spec',
    result: call => {
      const feed = call.args.get('train_spec');
      build(call, call.args.get('estimator') ?? NONE, feed?.kind === 'object' ? feed.attributes.get('input_fn') : undefined);
      return NONE;
    },
  }, // prettier-ignore
};

export const ESTIMATOR_METHODS: CallTable = { 'tf.estimator.train': run };
