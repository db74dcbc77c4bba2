/**
 * Which weights of a program are meant: `model.parameters()`, groups of them that an optimizer treats apart, and those that
 * are not trained (`requires_grad = False`). Source: PyTorch 2 `torch/nn/modules/module.py`, `torch/optim/optimizer.py`.
 */
import { phrase, type Phrase } from '../../model/phrase.ts';
import type { OptimizerSpec } from '../../model/spec.ts';
import type { CallEntry, CallTable, Reader } from '../calls.ts';
import type { WeightPlace } from '../graph.ts';
import { penalizedLoss } from '../losses.ts';
import { type Abstract, isFalse, number, type OptimizerParts, tuple, unknown } from '../values.ts';

const TYPE = 'torch.parameters';

/** The weights of a module, of which a loop sees one for all. */
function parametersOf(module: Abstract): Abstract {
  return { kind: 'object', type: TYPE, attributes: new Map([['module', module]]) };
}

/** The module whose weights are meant; null where that cannot be told. */
export function moduleOf(value: Abstract | undefined): Abstract | null {
  if (value?.kind === 'many') return moduleOf(value.item);
  return (value?.kind === 'object' && value.type === TYPE ? value.attributes.get('module') : undefined) ?? null;
}

const parameters: CallEntry = {
  signature: 'recurse=True',
  result: ({ self }) => ({ kind: 'many', item: parametersOf(self), count: unknown('parameters') }),
};

/** Of weights with their names, which of them one is cannot be told. */
const namedParameters: CallEntry = {
  signature: "prefix='', recurse=True",
  result: () => ({
    kind: 'many',
    item: tuple([unknown('name'), parametersOf(unknown('some'))]),
    count: unknown('parameters'),
  }),
};

/** `layer.requires_grad_(False)` and `weight.requires_grad = False`: says whether weights are trained. */
const requiresGradient: CallEntry = {
  signature: 'requires_grad=True',
  result: ({ self, args, reader }) => {
    reader.graph.frozen.push({ ...weightOf(self), trained: !isFalse(args.get('requires_grad')) });
    return self;
  },
};

function weightOf(value: Abstract): { of: Abstract; weight: string | null } {
  if (value.kind === 'tensor' && value.weightOf !== undefined)
    return { of: value.weightOf.layer, weight: value.weightOf.name };
  return { of: moduleOf(value) ?? value, weight: null };
}

/** The weights that an optimizer is given, in groups. @returns undefined where it is given all, or what cannot be told. */
export function optimizerParts(
  given: Abstract | undefined,
  options: (group: Abstract & { kind: 'dict' }) => Partial<OptimizerSpec>,
): OptimizerParts | undefined {
  const items = given?.kind === 'sequence' ? given.items : given === undefined ? [] : [given];
  const parts = items.map(item => {
    const group = item.kind === 'dict' ? item : null;
    const params = group === null ? item : group.entries.get('params');
    const several = params?.kind === 'sequence' ? params.items : [params];
    return { modules: several.map(moduleOf), options: group === null ? {} : options(group) };
  });
  // A list of groups of which some cannot be told is all of them, unless the groups are treated apart.
  const known = parts.every(({ modules }) => modules.every(module => module !== null));
  return known || parts.some(part => Object.keys(part.options).length > 0) ? parts : undefined;
}

/** The place of a module's weights among all; null where it is not known. */
export function placesOf(reader: Reader, modules: readonly (Abstract | null)[]): WeightPlace[] | null {
  const places = modules.map(module => (module === null ? null : reader.placeOf(module)));
  return places.every(place => place !== null) ? places : null;
}

/** What the program has said of weights being trained, in the order in which it did; what cannot be told is said. */
export function frozenPlaces(reader: Reader): {
  readonly places: { readonly place: WeightPlace; readonly trained: boolean }[];
  readonly open: Phrase[];
} {
  const places: { place: WeightPlace; trained: boolean }[] = [];
  const open: Phrase[] = [];
  for (const { of, weight, trained } of reader.graph.frozen) {
    const place = reader.placeOf(of);
    const path = [place?.path, weight].filter(Boolean).join('.');
    if (place !== null) places.push({ place: { ...place, path }, trained });
    else if (!trained) open.push(phrase('which weights are not trained cannot be followed'));
  }
  return { places, open };
} // prettier-ignore

/** Squares or magnitudes of weights, whose sum is a penalty. */
const SIZES = 'torch.sizes';

function sizesOf(self: Abstract, order: number | undefined): Abstract {
  const module = moduleOf(self);
  if (module === null || (order !== 1 && order !== 2)) return unknown('');
  return { kind: 'object', type: SIZES, attributes: new Map([['module', module], ['order', number(order)]]) }; // prettier-ignore
}

const sumOfSizes: CallEntry = {
  signature: '',
  result: ({ self }) => {
    const [module, order] = ['module', 'order'].map(name => self.kind === 'object' ? self.attributes.get(name) : undefined);
    if (module === undefined || order?.kind !== 'number') return unknown('');
    return { kind: 'penalty', penalty: { module, l1: order.value === 1 ? 1 : 0, l2: order.value === 2 ? 1 : 0 } };
  },
}; // prettier-ignore

/** A penalty times a number. */
const scaledPenalty: CallEntry = {
  signature: 'left, right',
  result: ({ args }) => {
    const [left, right] = [args.get('left'), args.get('right')];
    const [of, by] = left?.kind === 'penalty' ? [left, right] : [right, left];
    if (of?.kind !== 'penalty' || by?.kind !== 'number') return unknown('');
    const { module, l1, l2 } = of.penalty;
    return { kind: 'penalty', penalty: { module, l1: l1 * by.value, l2: l2 * by.value } };
  },
};

/** Begun with 0, or added to a loss. */
const addedPenalty: CallEntry = {
  signature: 'left, right',
  result: ({ args }) => {
    const [left, right] = [args.get('left'), args.get('right')];
    const [of, to] = left?.kind === 'penalty' ? [left, right] : [right, left];
    if (to?.kind === 'tensor') return penalizedLoss(to, of) ?? unknown('');
    return to?.kind === 'number' && to.value === 0 && of !== undefined ? of : unknown('');
  },
};

/** `decoder.weight = encoder.weight`: one weight for two layers. */
const setWeight: CallEntry = {
  signature: 'value',
  result: ({ self, args, reader }) => {
    const value = args.get('value');
    if (self.kind === 'layer' && self.made !== undefined && value?.kind === 'tensor' && value.weightOf !== undefined)
      reader.graph.tied.add(self.made.start);
    return self;
  },
};

const CLASSES = ['instance', 'layer', 'sequence'] as const;

export const PARAMETER_METHODS: CallTable = {
  ...Object.fromEntries(CLASSES.flatMap(kind => [
    [`${kind}.parameters`, parameters],
    [`${kind}.named_parameters`, namedParameters],
    [`${kind}.requires_grad_`, requiresGradient],
  ])),
  'tensor.requires_grad_': requiresGradient,
  [`${TYPE}.requires_grad_`]: requiresGradient,
  'tensor:requires_grad=': requiresGradient,
  'object:requires_grad=': requiresGradient,
  'layer:weight=': setWeight,
  [`${TYPE}.pow`]: { signature: 'exponent', result: ({ self, args }) => sizesOf(self, args.number('exponent') === 2 ? 2 : undefined) },
  [`${TYPE}.square`]: { signature: '', result: ({ self }) => sizesOf(self, 2) },
  [`${TYPE}.abs`]: { signature: '', result: ({ self }) => sizesOf(self, 1) },
  [`${SIZES}.sum`]: sumOfSizes,
  '*penalty': scaledPenalty,
  'penalty*': scaledPenalty,
  '+penalty': addedPenalty,
  'penalty+': addedPenalty,
}; // prettier-ignore
