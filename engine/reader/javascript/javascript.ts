/** JavaScript and TypeScript, with the framework that their programs use. */
import type { Language, Usual } from '../language.ts';
import { TENSORFLOWJS } from '../tensorflowjs/table.ts';
import { type Abstract, NONE } from '../values.ts';
import { truthOf } from '../sharedBuiltins.ts';
import { attribute, FUNCTIONS, METHODS } from './builtins.ts';
import { importsIn, placesOf } from './imports.ts';
import { commentsOf, parseJavaScript } from './parse.ts';

/** Names that stand for themselves: functions, and the objects that hold functions. */
const NAMES: ReadonlySet<string> = new Set(Object.keys(FUNCTIONS).map(path => path.split('.')[0]!));

/** A page that loads TensorFlow.js by a script tag has it as `tf`; fragments often leave the import out. */
const GLOBAL = 'tf';

const NOTHING_USUAL: Usual = { packages: [], modules: new Map() };

function beginExports(names: Map<string, Abstract>): void {
  const own: Abstract = { kind: 'dict', entries: new Map(), pairs: [] };
  names.set('exports', own);
  names.set('module', { kind: 'dict', entries: new Map([['exports', own]]), pairs: [] });
}

/** What a module has put into `module.exports` stands beside what it exports by name. */
function endExports(names: Map<string, Abstract>): void {
  const module = names.get('module');
  const given = module?.kind === 'dict' ? module.entries.get('exports') : undefined;
  if (given?.kind === 'dict') for (const [name, value] of given.entries) names.set(name, value);
  else if (given !== undefined) names.set('default', given);
}

export const JAVASCRIPT: Language = {
  parse: parseJavaScript,
  comments: commentsOf,
  imports: importsIn,
  placesOf,
  frameworks: [TENSORFLOWJS],
  functions: FUNCTIONS,
  canonical: path => path,
  shared: () => null,
  constant: () => null,
  methods: METHODS,
  name: name => {
    if (name === 'undefined') return NONE;
    if (name === GLOBAL) return { kind: 'path', path: '@tensorflow/tfjs' };
    return NAMES.has(name) ? { kind: 'path', path: name } : null;
  },
  usual: () => NOTHING_USUAL,
  attribute,
  exports: beginExports,
  exported: endExports,
  truth: truthOf,
};
