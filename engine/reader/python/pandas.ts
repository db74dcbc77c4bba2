/** Tables of pandas, as far as programs make arrays of them: how many columns they have. Nobody knows their rows. */
import { type Arguments, type Call, type CallEntry, type CallTable } from '../calls.ts';
import { plainAxes } from '../shapeRules.ts';
import { type Dimension, add } from '../sizes.ts';
import { index } from '../tensors.ts';
import { type Abstract, dimension, fromDimension, NONE, tensor, type Tensor, tuple, unknown } from '../values.ts';

type Columns = Dimension | null;

/** The values of a table or of one of its columns, as an array. */
function values(columns: Columns | undefined, source: string): Tensor {
  const axes = plainAxes(columns === undefined ? [null] : [null, columns]);
  return tensor('float64', axes, { derivation: { op: 'data', source: { kind: 'unknown', source }, part: 'train' } });
}

/** A table of so many columns, or where there is no word of them one column by itself. */
function table(columns: Columns | undefined, source: string): Abstract {
  const of = values(columns, source);
  const attributes = new Map<string, Abstract>([
    ['values', of],
    ['shape', tuple(of.axes!.map(({ size }) => fromDimension(size)))],
    ['ndim', fromDimension(of.axes!.length)],
  ]);
  const place = (): Abstract => ({ kind: 'object', type: 'pandas.place', attributes: new Map(attributes) });
  for (const name of ['iloc', 'loc']) attributes.set(name, place());
  return { kind: 'object', type: 'pandas.table', attributes };
}

/** The array that a table of pandas holds; null for what is none. */
export function valuesOf(of: Abstract | undefined): Tensor | null {
  const held = of?.kind === 'object' && of.type.startsWith('pandas.') ? of.attributes.get('values') : undefined;
  return held?.kind === 'tensor' ? held : null;
}

const sourceOf = ({ reader, range }: Call): string => reader.textOf(range).slice(0, 60);

/** How many columns a table has; undefined for one column by itself. */
function columnsOf(of: Tensor): Columns | undefined {
  return of.axes!.length === 1 ? undefined : of.axes![1]!.size;
}

function countOf(value: Abstract | undefined): Columns {
  if (value?.kind === 'sequence') return value.items.length;
  if (value?.kind === 'many') return dimension(value.count);
  return null;
}

/** What a key takes of a table: a column, some of them, or rows. */
function item(call: Call): Abstract {
  const of = valuesOf(call.self);
  const key = call.args.get('key');
  if (of === null || key === undefined) return unknown('');
  const columns = columnsOf(of);
  const source = sourceOf(call);
  if (key.kind === 'slice' || key.kind === 'tensor') return table(columns, source);
  if (columns === undefined) return unknown('');
  if (key.kind === 'string') return table(undefined, source);
  return key.kind === 'sequence' || key.kind === 'many' ? table(countOf(key), source) : unknown('');
}

/** `df.iloc[rows, columns]`: what a slice of the array takes, as a table. */
function place(call: Call): Abstract {
  const of = valuesOf(call.self);
  const key = call.args.get('key');
  if (of === null || key === undefined) return unknown('');
  const [rows, columns] = key.kind === 'sequence' && key.type === 'tuple' ? key.items : [key];
  const source = sourceOf(call);
  if (rows?.kind !== 'slice' && rows?.kind !== 'sequence' && rows?.kind !== 'many' && rows?.kind !== 'object') return unknown('');
  if (columns === undefined) return table(columnsOf(of), source);
  if (columns.kind === 'string' || columns.kind === 'number') return table(undefined, source);
  if (columns.kind === 'sequence' || columns.kind === 'many') return table(countOf(columns), source);
  if (columns.kind !== 'slice' || columns.bounds.some(bound => bound.kind === 'string')) return table(null, source);
  const picked = index(call.reader.graph, of, [columns, columns], call.range);
  return table(picked.axes?.[1]?.size ?? null, source);
} // prettier-ignore

/** A table that is read from a file: with so many columns as are asked for. */
const read: CallEntry = {
  signature: '*options',
  result: call => {
    const kept = call.args.some('usecols');
    const index = call.args.some('index_col');
    const count = index === undefined ? countOf(kept) : null;
    return call.args.boolean('squeeze') === true ? unknown(sourceOf(call)) : table(count, sourceOf(call));
  },
};

/** Rows or values change, columns do not. */
const alike: CallEntry = {
  signature: '*options',
  result: call => {
    const of = valuesOf(call.self);
    if (call.args.boolean('inplace') === true) return NONE;
    return of === null ? unknown('') : table(columnsOf(of), sourceOf(call));
  },
};

/** Nobody counts the columns of a table any more that the program changes in its place. */
function forget({ self }: Call): void {
  if (self.kind !== 'object' || valuesOf(self)?.axes?.length !== 2) return;
  const other = table(null, '');
  if (other.kind === 'object') for (const [name, value] of other.attributes) self.attributes.set(name, value);
}

/** Adds columns or takes them away, in the place of the table or in another one. */
const changed: CallEntry = {
  signature: '*options',
  result: call => {
    const placed = call.args.boolean('inplace') === true;
    if (placed) forget(call);
    return placed ? NONE : table(null, sourceOf(call));
  },
};

const array: CallEntry = {
  signature: 'dtype=None',
  result: ({ self }) => valuesOf(self) ?? unknown(''),
};

const entries = (names: readonly string[], entry: CallEntry): CallTable =>
  Object.fromEntries(names.map(name => [name, entry]));

export const PANDAS: CallTable = {
  ...entries(['pandas.read_csv', 'pandas.read_excel', 'pandas.read_table', 'pandas.read_pickle'], read),
  'pandas.DataFrame': {
    signature: 'data=None, index=None, columns=None, dtype=None, copy=None',
    result: call => {
      const [data, columns] = [call.args.some('data'), call.args.some('columns')];
      const held = data?.kind === 'tensor' ? data : valuesOf(data);
      if (columns !== undefined) return table(countOf(columns), sourceOf(call));
      if (held?.axes != null) return table(held.axes.length === 1 ? 1 : (held.axes[1]?.size ?? null), sourceOf(call));
      return table(data?.kind === 'dict' ? data.pairs.length : null, sourceOf(call));
    },
  },
  // One below the other; side by side their columns add up.
  'pandas.concat': {
    signature: 'objs, axis=0, join=None, ignore_index=False, keys=None',
    result: call => {
      const given = call.args.get('objs');
      const parts = given?.kind === 'sequence' ? given.items.map(valuesOf) : [];
      if (parts.length === 0 || parts.some(part => part === null)) return unknown(sourceOf(call));
      const columns = parts.map(part => columnsOf(part!));
      const along = isColumns(call.args);
      if (!along && columns.every(count => count === undefined)) return table(undefined, sourceOf(call));
      const sum = columns.reduce<Columns>((all, count = 1) => (all === null || count === null ? null : add(all, count)), 0);
      return table(along ? sum : null, sourceOf(call));
    },
  }, // prettier-ignore
  'pandas.Series': { signature: '*options', result: call => table(undefined, sourceOf(call)) },
};

export const PANDAS_METHODS: CallTable = {
  'pandas.table.__getitem__': { signature: 'key', result: item },
  'pandas.place.__getitem__': { signature: 'key', result: place },
  ...entries(
    [
      'dropna', 'fillna', 'ffill', 'bfill', 'interpolate', 'astype', 'copy', 'sort_values', 'sort_index', 'head', 'tail', 'sample',
      'diff', 'pct_change', 'shift', 'round', 'abs', 'clip', 'rename', 'replace', 'drop_duplicates', 'query',
    ].map(name => `pandas.table.${name}`),
    alike,
  ), // prettier-ignore
  ...entries(['pandas.table.to_numpy', 'pandas.table.as_matrix'], array),
  'pandas.table.filter': {
    signature: 'items=None, like=None, regex=None, axis=None',
    result: call => table(countOf(call.args.some('items')), sourceOf(call)),
  },
  ...entries(
    ['set_index', 'reset_index', 'join', 'merge', 'assign'].map(name => `pandas.table.${name}`),
    changed,
  ),
  ...entries(
    ['__setitem__', 'insert', 'pop'].map(name => `pandas.table.${name}`),
    { signature: '*options', result: call => (forget(call), unknown('')) },
  ), // prettier-ignore
  'pandas.table.to_frame': { signature: 'name=None', result: call => table(1, sourceOf(call)) },
  // Columns, where the axis says so: as many fewer as are named.
  'pandas.table.drop': {
    signature: 'labels=None, axis=0, index=None, columns=None, level=None, inplace=False',
    result: call => {
      const of = valuesOf(call.self);
      if (of === null) return unknown('');
      const columns = columnsOf(of);
      if (call.args.boolean('inplace') === true) {
        forget(call);
        return NONE;
      }
      const named = call.args.some('columns') ?? (isColumns(call.args) ? call.args.some('labels') : undefined);
      if (named === undefined) return table(columns, sourceOf(call));
      const count = named.kind === 'string' ? 1 : countOf(named);
      return table(columns == null || count === null ? null : add(columns, count, -1), sourceOf(call));
    },
  },
};

function isColumns(args: Arguments): boolean {
  return args.number('axis') === 1 || args.string('axis') === 'columns';
}
