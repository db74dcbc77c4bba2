/** JavaScript and TypeScript, with the framework that their programs use. */
import type { Language } from '../language.ts';
import { TENSORFLOWJS } from '../tensorflowjs/table.ts';
import { NONE } from '../values.ts';
import { attribute, FUNCTIONS, METHODS, truth } from './builtins.ts';
import { commentsOf, parseJavaScript } from './parse.ts';

/** Names that stand for themselves: functions, and the objects that hold functions. */
const NAMES: ReadonlySet<string> = new Set(Object.keys(FUNCTIONS).map(path => path.split('.')[0]!));

/** A page that loads TensorFlow.js by a script tag has it as `tf`; fragments often leave the import out. */
const GLOBAL = 'tf';

export const JAVASCRIPT: Language = {
  parse: parseJavaScript,
  comments: commentsOf,
  frameworks: [TENSORFLOWJS],
  functions: FUNCTIONS,
  methods: METHODS,
  name: name => {
    if (name === 'undefined') return NONE;
    if (name === GLOBAL) return { kind: 'path', path: '@tensorflow/tfjs' };
    return NAMES.has(name) ? { kind: 'path', path: name } : null;
  },
  attribute,
  truth,
};
