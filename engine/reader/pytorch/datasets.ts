/** PyTorch's data sets and loaders: what a program's batches are, by the items that they are put together of. Source: PyTorch 2 `torch/utils/data`. */
import { phrase } from '../../model/phrase.ts';
import type { Call, CallEntry, CallTable, Reader } from '../calls.ts';
import { itemsOf, typicalItem, withParts } from '../items.ts';
import type { TextRange } from '../reading.ts';
import { many } from '../sharedBuiltins.ts';
import { index } from '../tensors.ts';
import {
  type Abstract, type Derivation, fromDimension, isScalar, list, number, tensor, type TensorAxis, tuple, unknown,
} from '../values.ts'; // prettier-ignore

/** Items inside items are looked at to this depth. */
const MAX_NESTING = 4;

/** Rows of tensors side by side. */
const tensorDataset: CallEntry = {
  signature: '*tensors',
  result: ({ args, reader, range }) => {
    const rows = args.rest.map(of =>
      of.kind === 'tensor' && of.axes !== null ? index(reader.graph, of, [unknown('')], range) : typicalItem(of),
    );
    const first = args.rest.find(of => of.kind === 'tensor');
    return many(tuple(rows), fromDimension(first?.axes?.[0]?.size ?? null));
  },
};

/** One item of a data set; null for what is none. An object of the program is asked by its `__getitem__`. */
function itemOf(of: Abstract | undefined, reader: Reader, range: TextRange): Abstract | null {
  if (of?.kind === 'many') return of.item;
  if (of?.kind === 'sequence') return of.items[0] ?? null;
  if (of?.kind === 'tensor' && of.axes !== null && of.axes.length > 0)
    return index(reader.graph, of, [unknown('')], range);
  if (of?.kind !== 'instance') return null;
  const get = reader.attribute(of, '__getitem__', range);
  const walk = reader.attribute(of, '__iter__', range);
  if (get.kind === 'function') return reader.call(get, [unknown('index')], range);
  return walk.kind === 'function' ? typicalItem(reader.call(walk, [], range)) : null;
}

/** Items on top of each other: tensors get an axis of the batch in front, tuples and dicts are batched part by part. */
function batched(item: Abstract, axis: TensorAxis, source: string, depth = 0): Abstract {
  const derivation: Derivation = { op: 'data', source: { kind: 'unknown', source }, part: 'batch' };
  if (item.kind === 'tensor') {
    if (item.axes === null) return tensor(item.dtype, null);
    const data = item.derivation?.op === 'data' ? { ...item.derivation, part: 'batch' as const } : derivation;
    return tensor(item.dtype, [axis, ...item.axes], { derivation: data });
  }
  if (isScalar(item)) return tensor(item.kind === 'number' && !item.integer ? 'float64' : 'int64', [axis], { derivation }); // prettier-ignore
  if (depth >= MAX_NESTING) return unknown('');
  if (item.kind === 'sequence') return tuple(item.items.map(part => batched(part, axis, source, depth + 1)));
  return withParts(item, part => batched(part, axis, source, depth + 1)) ?? unknown('');
}

/** Batches of a data set, of which the typical one is known. */
function dataLoader({ args, reader, range }: Call): Abstract {
  const of = args.get('dataset');
  const rows = args.size('batch_size');
  const axis: TensorAxis = { name: 'batch', size: typeof rows === 'number' ? rows : null };
  if (of?.kind === 'data') return many(digits(axis, of), unknown('batches'));
  const item = itemOf(of, reader, range);
  const collate = args.some('collate_fn');
  if (collate !== undefined) {
    const batch = reader.call(collate, [many(item ?? unknown(''), fromDimension(rows))], range);
    return many(batch, unknown('batches'));
  }
  // A sampler that gives whole batches says how long they are.
  const open = args.some('batch_sampler') !== undefined ? { name: 'batch', size: null } : axis;
  const source = reader.textOf(args.range('dataset') ?? range).slice(0, 60);
  const batch = item === null ? unknown('') : batched(item, open, source);
  const known = batch.kind !== 'unknown' ? batch : tuple([unknown(''), unknown('')]);
  return many(known, unknown('batches'));
}

/** Images of digits, and what they show. */
function digits(axis: TensorAxis, { source }: Abstract & { kind: 'data' }): Abstract {
  const derivation: Derivation = { op: 'data', source, part: 'batch' };
  const images = tensor(
    'float32',
    [axis, { name: 'channel', size: 1 }, { name: 'steps', size: 28 }, { name: 'features', size: 28 }],
    { derivation, meaning: phrase('images of digits, one row of pixels a step') },
  );
  return tuple([images, tensor('int64', [axis], { meaning: phrase('class labels') })]);
}

const digitSet = (kind: string): CallEntry => ({
  signature: 'root, train=True, transform=None, target_transform=None, download=False',
  result: ({ args, reader, range }) => ({
    kind: 'data',
    source: { kind, source: reader.textOf(range) },
    part: args.boolean('train') === false ? 'test' : 'train',
  }),
});

/** Parts of a data set: as many as lengths are given. */
const randomSplit: CallEntry = {
  signature: 'dataset, lengths, generator=None',
  result: ({ args, reader, range }) => {
    const of = args.get('dataset') ?? unknown('');
    const lengths = itemsOf(args.get('lengths'));
    if (of.kind === 'data') return tuple((lengths ?? [NaN, NaN]).map(() => of));
    const item = itemOf(of, reader, range) ?? unknown('');
    return lengths === null ? many(many(item, unknown('')), unknown('')) : tuple(lengths.map(count => many(item, count.kind === 'number' && count.value < 1 ? unknown('') : count))); // prettier-ignore
  },
};

const part: CallEntry = {
  signature: 'dataset, indices',
  result: ({ args, reader, range }) => {
    const of = args.get('dataset') ?? unknown('');
    if (of.kind === 'data') return of;
    const indices = args.get('indices');
    const count = indices?.kind === 'sequence' ? number(indices.items.length) : indices?.kind === 'many' ? indices.count : unknown(''); // prettier-ignore
    return many(itemOf(of, reader, range) ?? unknown(''), count);
  },
};

export const DATASET_CALLS: CallTable = {
  'torch.utils.data.TensorDataset': tensorDataset,
  'torch.utils.data.DataLoader': {
    signature: 'dataset, batch_size=1, shuffle=False, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None',
    result: dataLoader,
  },
  'torch.utils.data.random_split': randomSplit,
  'torch.utils.data.Subset': part,
  'torch.utils.data.ConcatDataset': {
    signature: 'datasets',
    result: ({ args, reader, range }) => many(itemOf(typicalItem(args.get('datasets') ?? list([])), reader, range) ?? unknown(''), unknown('')), // prettier-ignore
  },
  'torchvision.datasets.MNIST': digitSet('mnist'),
  'torchvision.datasets.FashionMNIST': digitSet('fashion_mnist'),
};
