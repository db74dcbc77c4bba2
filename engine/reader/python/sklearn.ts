/** scikit-learn, as far as programs prepare arrays with it. */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { axisOf, plainAxes } from '../shapeRules.ts';
import type { Dimension } from '../sizes.ts';
import { type Abstract, dimension, list, tensor, type Tensor, type TensorAxis, unknown } from '../values.ts'; // prettier-ignore
import { arrayOf } from './numpy.ts';

/** What a transformer makes of an array, by its class: the same columns (`same`), one number a row, or others. */
type Shape = (of: Tensor | null, made: ReadonlyMap<string, Abstract>) => readonly TensorAxis[] | null;

const two = (of: Tensor | null, columns: Dimension | null): TensorAxis[] => [of?.axes?.[0] ?? axisOf(null), axisOf(columns)]; // prettier-ignore
/** These take tables only: what comes out has two axes, whatever went in. */
const same: Shape = of => (of?.axes?.length === 2 ? of.axes : plainAxes([null, null]));
const codes: Shape = of => [of?.axes?.[0] ?? axisOf(null)];
const components: Shape = (of, made) => two(of, dimension(made.get('n_components')));
const unknownColumns: Shape = of => two(of, null);

const TRANSFORMERS: Readonly<Record<string, { readonly signature: string; readonly shape: Shape }>> = {
  MinMaxScaler: { signature: 'feature_range=None', shape: same },
  StandardScaler: { signature: '*options', shape: same },
  RobustScaler: { signature: '*options', shape: same },
  MaxAbsScaler: { signature: '*options', shape: same },
  Normalizer: { signature: '*options', shape: same },
  PowerTransformer: { signature: '*options', shape: same },
  QuantileTransformer: { signature: '*options', shape: same },
  LabelEncoder: { signature: '', shape: codes },
  LabelBinarizer: { signature: '*options', shape: unknownColumns },
  OneHotEncoder: { signature: '*options', shape: unknownColumns },
  PCA: { signature: 'n_components=None', shape: components },
  TruncatedSVD: { signature: 'n_components=2', shape: components },
};

function transformer(name: string): CallEntry {
  const { signature } = TRANSFORMERS[name]!;
  return {
    signature,
    result: ({ args }) => {
      const attributes = new Map(args.names().map(option => [option, args.get(option)!] as const));
      return { kind: 'object', type: 'sklearn.transformer', attributes: new Map([...attributes, [' class', { kind: 'string', value: name }]]) }; // prettier-ignore
    },
  };
}

/** An array of that shape, which is still data. */
function prepared({ reader, range }: Call, of: Tensor | null, axes: readonly TensorAxis[] | null): Tensor {
  const source = { kind: 'unknown', source: reader.textOf(range).slice(0, 60) };
  const { derivation = { op: 'data' as const, source, part: 'train' as const } } = of ?? {};
  const from = of?.ref === undefined && of?.lost !== true ? { derivation } : {};
  return tensor('float64', axes, from);
}

const transformed: CallEntry = {
  signature: 'X, y=None',
  result: call => {
    const { self, args } = call;
    const name = self.kind === 'object' ? self.attributes.get(' class') : undefined;
    if (self.kind !== 'object' || name?.kind !== 'string') return unknown('');
    const of = arrayOf(args.get('X'));
    return prepared(call, of, TRANSFORMERS[name.value]!.shape(of, self.attributes));
  },
};

/** What is brought back has the shape of what it is brought back from. */
const restored: CallEntry = {
  signature: 'X',
  result: call => {
    const of = arrayOf(call.args.get('X'));
    return prepared(call, of, of?.axes ?? null);
  },
};

/** How many rows of so many go into the test part: rounded up. */
function testRows(rows: Dimension | null, share: number): number | null {
  if (typeof rows !== 'number') return null;
  return share < 1 ? Math.ceil(rows * share - 1e-9) : share;
}

/** `train_test_split(x, y, test_size=0.2)`: each array as two. */
const split: CallEntry = {
  signature: '*arrays, test_size=None, train_size=None, random_state=None, shuffle=True, stratify=None',
  result: call => {
    const { args } = call;
    const share = args.number('test_size') ?? (args.some('train_size') === undefined && !args.isUnknown('test_size') ? 0.25 : undefined); // prettier-ignore
    return list(
      args.rest.flatMap((given): Abstract[] => {
        const of = arrayOf(given);
        if (of?.axes?.[0] === undefined) return [unknown(''), unknown('')];
        const [rows, ...rest] = of.axes;
        const test = share === undefined || args.some('train_size') !== undefined ? null : testRows(rows.size, share);
        const train = test === null || typeof rows.size !== 'number' ? null : rows.size - test;
        return [train, test].map(size => ({ ...prepared(call, of, [{ ...rows, size }, ...rest]), dtype: of.dtype }));
      }),
    );
  },
};

export const SKLEARN: CallTable = {
  ...Object.fromEntries(
    Object.keys(TRANSFORMERS).map(name => [
      `sklearn.${['PCA', 'TruncatedSVD'].includes(name) ? 'decomposition' : 'preprocessing'}.${name}`,
      transformer(name),
    ]),
  ),
  'sklearn.model_selection.train_test_split': split,
  'sklearn.utils.shuffle': {
    signature: '*arrays, random_state=None',
    result: ({ args }) => (args.rest.length === 1 ? args.rest[0]! : list(args.rest)),
  },
};

export const SKLEARN_METHODS: CallTable = {
  'sklearn.transformer.fit': { signature: '*data', result: ({ self }) => self },
  'sklearn.transformer.fit_transform': transformed,
  'sklearn.transformer.transform': transformed,
  'sklearn.transformer.inverse_transform': restored,
};
