/** Python, with the frameworks that its programs use. */
import type { CallTable } from '../calls.ts';
import { KERAS } from '../keras/table.ts';
import type { Language, Usual } from '../language.ts';
import { PYTORCH } from '../pytorch/table.ts';
import { TENSORFLOW1 } from '../tensorflow1/table.ts';
import { BUILTIN_METHODS, BUILTINS, truth } from './builtins.ts';
import { importsIn, placesOf } from './imports.ts';
import { commentsOf, parsePython } from './parse.ts';
import { NUMPY } from './numpy.ts';
import { PANDAS, PANDAS_METHODS } from './pandas.ts';
import { attributeOf, FLAGS_MODULE, HPARAMS, SETTINGS_CALLS, SETTINGS_METHODS } from './settings.ts';
import { SKLEARN, SKLEARN_METHODS } from './sklearn.ts';
import { CONSTANTS, STANDARD_LIBRARY, STANDARD_METHODS } from './standardLibrary.ts';

/** What names mean by convention where a fragment does not import them. */
const CONVENTIONAL: ReadonlyMap<string, string> = new Map([
  ['tf', 'tensorflow'],
  ['tensorflow', 'tensorflow'],
  ['np', 'numpy'],
  ['torch', 'torch'],
  ['nn', 'torch.nn'],
  ['keras', 'keras'],
  ['pd', 'pandas'],
  ['F', 'torch.nn.functional'],
  ['optim', 'torch.optim'],
]);

/** What a text means that leaves the imports to another: Keras or PyTorch, of which each has an `LSTM`. */
const USUAL_TORCH: Usual = { packages: ['torch.nn', 'torch'], modules: new Map() };
const USUAL_KERAS: Usual = {
  packages: ['keras.layers', 'keras.models', 'keras'],
  modules: new Map([
    ['layers', 'keras.layers'],
    ['models', 'keras.models'],
    ['K', 'keras.backend'],
  ]),
};

/** Libraries that have Python 3's functions for Python 2. */
const COMPATIBLE = /^(?:six\.moves(?:\.builtins)?|(?:past|future)\.builtins)\.(?=\w+$)/;

const BUILTIN_CALLS: CallTable = Object.fromEntries(
  Object.entries(BUILTINS).map(([name, entry]) => [`builtins.${name}`, entry]),
);

export const PYTHON: Language = {
  parse: parsePython,
  comments: commentsOf,
  imports: importsIn,
  placesOf,
  frameworks: [KERAS, TENSORFLOW1, PYTORCH],
  functions: { ...BUILTIN_CALLS, ...STANDARD_LIBRARY, ...SETTINGS_CALLS, ...NUMPY, ...PANDAS, ...SKLEARN },
  canonical: path =>
    path.replace(FLAGS_MODULE, 'absl.flags').replace(HPARAMS, 'HParams').replace(COMPATIBLE, 'builtins.'),
  shared: path => (path.replace(FLAGS_MODULE, 'absl.flags') === 'absl.flags.FLAGS' ? 'flags' : null),
  constant: path => CONSTANTS.get(path) ?? null,
  methods: { ...BUILTIN_METHODS, ...STANDARD_METHODS, ...SETTINGS_METHODS, ...PANDAS_METHODS, ...SKLEARN_METHODS },
  name: name => {
    const path = Object.hasOwn(BUILTINS, name) ? `builtins.${name}` : CONVENTIONAL.get(name);
    return path === undefined ? null : { kind: 'path', path };
  },
  usual: text => (/\b(?:torch|nn\.Module)\b/.test(text) ? USUAL_TORCH : USUAL_KERAS),
  attribute: attributeOf,
  exports: () => undefined,
  exported: () => undefined,
  truth,
};
