/** What a PyTorch program does with gradients: backward passes, clipping, steps of its optimizers. */
import { phrase, type Phrase } from '../../model/phrase.ts';
import type { ClippingSpec } from '../../model/spec.ts';
import type { Call, CallEntry, CallTable, Reader } from '../calls.ts';
import type { Backward, TrainedPart, TrainingRecord, WeightPlace } from '../graph.ts';
import { countLoops } from '../loops.ts';
import { type Abstract, NONE } from '../values.ts';
import { frozenPlaces, moduleOf, placesOf } from './parameters.ts';

/** Another pass adds its gradients to those that have not been cleared. */
function backward({ self, reader, range }: Call): Abstract {
  const { graph } = reader;
  if (self.kind !== 'tensor' || self.derivation?.op !== 'loss') return NONE;
  const before = graph.backward;
  const again = before !== null && before.passes > 0 && before.range.start === range.start;
  const other = before !== null && before.passes > 0 && !again && before.loss !== self;
  graph.backward = {
    loss: self,
    range,
    passes: again ? before.passes + 1 : 1,
    clipping: [],
    clipped: [],
    open: other ? [phrase('the gradients of several losses are added up')] : [],
  };
  return NONE;
}

/** Which norm a number or text names; undefined for the Euclidean one, null for one that is not followed. */
function orderOf(value: Abstract | undefined): ClippingSpec['order'] | null {
  const given = value?.kind === 'string' || value?.kind === 'number' ? String(value.value) : '';
  const order = Number(given.replace(/^inf$/, 'Infinity'));
  if (order === 2) return undefined;
  return order === 1 ? 1 : order === Infinity ? 'infinity' : null;
}

export function clip(kind: 'value' | 'global_norm', argument: string): CallEntry {
  return {
    signature: `parameters, ${argument}, norm_type=2.0`,
    result: ({ args, reader }) => {
      const limit = args.number(argument);
      const { backward } = reader.graph;
      if (limit === undefined || limit <= 0 || backward === null) return NONE;
      const order = kind === 'value' ? undefined : orderOf(args.get('norm_type'));
      if (order === null)
        backward.open.push(phrase('gradients are clipped by a norm that cannot be followed: {0}', args.text('norm_type')));
      else backward.clipping.push({ kind, limit, ...(order === undefined ? {} : { order }) });
      const module = moduleOf(args.get('parameters'));
      if (module !== null) backward.clipped.push(module);
      return NONE;
    },
  };
} // prettier-ignore

/** Whether a condition that holds in some rounds alone stands around what is being run. */
const isSeldom = (reader: Reader): boolean => reader.every.length > 0;

function clearGradients({ reader }: Call): Abstract {
  const { graph } = reader;
  if (graph.backward !== null) graph.backward = { ...graph.backward, passes: 0 };
  graph.stepsSinceCleared = 0;
  // In a loop of which only the typical round is run, what is cleared now and then has been added up.
  if (!isSeldom(reader) && reader.loops.length > 0) graph.cleared = reader.loops.length;
  return NONE;
}

/** The weights that an optimizer is given, where that is not all alike. */
function partsOf(reader: Reader, optimizer: Abstract & { kind: 'optimizer' }): { parts?: TrainedPart[]; open: Phrase[] } {
  const own = optimizer.open ?? [];
  if (optimizer.parts === undefined) return { open: [...own] };
  const parts = optimizer.parts.map(({ modules, options }) => ({ places: placesOf(reader, modules), options }));
  if (parts.every(({ places }) => places !== null)) return { parts, open: [...own] };
  const apart = parts.some(({ options }) => Object.keys(options).length > 0);
  return { open: apart ? [...own, phrase('which weights have options of their own cannot be followed')] : [...own] };
} // prettier-ignore

const coversAll = (places: readonly WeightPlace[]): boolean => places.some(({ path }) => path === '');

/** Clipping by a norm takes the gradients of all weights that are trained together, and of no others. */
function clippingOpen(reader: Reader, { clipping, clipped }: Backward, parts: readonly TrainedPart[] | undefined): Phrase[] {
  const own = placesOf(reader, clipped);
  if (clipping.length === 0 || clipped.length === 0 || own === null) return [];
  const trained = parts === undefined ? null : parts.flatMap(({ places }) => places ?? []);
  const text = (places: readonly WeightPlace[]): string => places.map(({ path }) => path).sort().join();
  const same = trained === null || coversAll(trained) ? coversAll(own) : text(own) === text(trained);
  return same ? [] : [phrase('the gradients that are clipped are not those of the weights that are trained')];
} // prettier-ignore

/** How many batches have made this step. */
function accumulate(record: TrainingRecord, reader: Reader, passes: number): void {
  const { every, graph, loops } = reader;
  const rounds = every.at(-1);
  if (rounds === undefined) {
    // All rounds of the loop are run: the passes have been counted.
    if (passes > 1 && graph.stepsSinceCleared === 0) record.accumulation = { batches: passes, by: 'sum' };
  } else if (rounds !== null && rounds > 1 && graph.cleared !== loops.length) {
    record.accumulation = { batches: rounds, by: 'sum' };
  }
}

/** A step after a backward pass trains the loss of that pass. */
function step({ self, reader, range }: Call): Abstract {
  const { graph } = reader;
  if (self.kind !== 'optimizer' || graph.backward === null) return NONE;
  const { loss, clipping, passes, open } = graph.backward;
  const { parts, open: openParts } = partsOf(reader, self);
  let record = graph.trainings.findLast(training => training.range.start === range.start || training.also?.includes(range.start) === true); // prettier-ignore
  const other = graph.trainings.findLast(training => training.loss === loss && training.optimizer !== self.spec);
  if (record === undefined && other?.also !== undefined) {
    addOptimizer(other, self, parts, range.start);
    return NONE;
  }
  if (record === undefined) {
    const frozen = frozenPlaces(reader);
    const asked = loss.derivation?.op === 'loss' ? (loss.derivation.penalties ?? []) : [];
    const penalties = asked.flatMap(({ module, l1, l2 }) => {
      const place = reader.placeOf(module);
      return place === null ? [] : [{ place, l1, l2 }];
    });
    const lost = penalties.length < asked.length ? [phrase('which weights are penalized cannot be followed')] : [];
    const unknown = reader.every.at(-1) === null ? [phrase('how many batches make a step is not known')] : [];
    record = {
      loss,
      optimizer: self.spec,
      clipping: [...clipping],
      ...(parts === undefined ? {} : { parts }),
      frozen: frozen.places,
      penalties,
      open: [
        ...lost,
        ...open,
        ...openParts,
        ...frozen.open,
        ...unknown,
        ...clippingOpen(reader, graph.backward, parts),
      ],
      also: [],
      range,
      epochs: null,
      iterations: null,
      batchSize: null,
    };
    graph.trainings.push(record);
  }
  if (record.also?.includes(range.start) !== true) accumulate(record, reader, passes);
  graph.stepsSinceCleared++;
  countLoops(record, reader, null);
  return NONE;
}

/** A second optimizer, for other weights of the same loss. */
function addOptimizer(
  record: TrainingRecord,
  { spec, open = [] }: Abstract & { kind: 'optimizer' },
  parts: readonly TrainedPart[] | undefined,
  at: number,
): void {
  record.also?.push(at);
  if (open.length > 0) record.open = [...(record.open ?? []), ...open];
  const { kind, ...options } = spec;
  const same = kind === record.optimizer?.kind && parts !== undefined && record.parts !== undefined;
  if (same) record.parts.push(...parts.map(one => ({ ...one, options: { ...options, ...one.options } })));
  else record.open = [...(record.open ?? []), phrase('several optimizers of different kinds train this model')];
}

export const TRAINING_METHODS: CallTable = {
  'tensor.backward': { signature: 'gradient=None, retain_graph=None', result: backward },
  'optimizer.step': { signature: 'closure=None', result: step },
  'optimizer.zero_grad': { signature: 'set_to_none=True', result: clearGradients },
  'instance.zero_grad': { signature: 'set_to_none=True', result: clearGradients },
  'layer.zero_grad': { signature: 'set_to_none=True', result: clearGradients },
};
