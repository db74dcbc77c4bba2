/**
 * A hyperparameter that a class is given and keeps, but never passes on: `self.num_layers = num_layers` beside an
 * `nn.LSTM` that is not told of it. Silent wherever the value is read at all, except to shape a first state.
 */
import { phrase } from '../model/phrase.ts';
import type { Framework } from '../model/spec.ts';
import type { Findings } from './diagnose.ts';
import { giving } from './fixes.ts';
import type { Diagnostic, TextRange } from './reading.ts';
import type { FunctionSyntax } from './syntax.ts';
import type { Abstract, Instance } from './values.ts';

interface Option {
  /** How programs call it. */
  readonly names: RegExp;
  /** The layer's own argument. */
  readonly argument: string;
  /** Its place among the arguments without a name. */
  readonly position?: number;
  /** Whether a first state of that shape is no use of it. */
  readonly shapesState?: true;
  /** Whether giving it changes no other size of the program. */
  readonly safe?: true;
}

const TORCH: readonly Option[] = [
  { names: /^(?:num_?|n_?)(?:rnn_|lstm_|gru_)?layers?$|^(?:rnn|lstm|gru)_layers$|^layer_num$/i, argument: 'num_layers', position: 2, shapesState: true, safe: true },
  { names: /^drop(?:out)?(?:_?(?:rate|prob|p))?$/i, argument: 'dropout' },
  { names: /^(?:is_?)?bidir(?:ectional)?$/i, argument: 'bidirectional' },
  { names: /^batch_first$/i, argument: 'batch_first', safe: true },
]; // prettier-ignore
const KERAS: readonly Option[] = [
  { names: /^drop(?:out)?(?:_?(?:rate|prob))?$/i, argument: 'dropout', safe: true },
  { names: /^recurrent_dropout(?:_?(?:rate|prob))?$/i, argument: 'recurrent_dropout', safe: true },
];
const OPTIONS: Readonly<Partial<Record<Framework, readonly Option[]>>> = {
  pytorch: TORCH,
  keras2: KERAS,
  keras3: KERAS,
};
const RECURRENT: ReadonlySet<string> = new Set(['RNN', 'LSTM', 'GRU', 'SimpleRNN']);
/** Objects that only hold what a program was started with. */
const SETTINGS = /arg|opt|conf|cfg|param|flag|hp/i;
const TEXTS_AND_COMMENTS = /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#[^\n]*/g;

/** Code without its comments and texts, at the same offsets. */
function codeOf(text: string): string {
  return text.replace(TEXTS_AND_COMMENTS, found => ' '.repeat(found.length));
}

/** The arguments of a call as they are written, cut at its own commas. */
function argumentsOf(call: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of call.slice(call.indexOf('(') + 1, -1)) {
    if ('([{'.includes(letter)) depth++;
    if (')]}'.includes(letter)) depth--;
    if (letter === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${letter}`);
  }
  return parts.map(part => part.trim()).filter(part => part !== '');
}

function isGiven(call: string, { argument, position }: Option): boolean {
  const given = argumentsOf(call);
  if (given.some(one => one.startsWith('*') || new RegExp(`^${argument}\\s*=`).test(one))) return true;
  return position !== undefined && given.filter(one => !/^\w+\s*=[^=]/.test(one)).length > position;
}

interface Made {
  readonly framework: Framework;
  readonly call: TextRange;
}

/** Where the recurrent layers that an object holds are made. */
function layersIn(value: Abstract, nested = false): Made[] {
  if (value.kind === 'sequence' && !nested) return value.items.slice(0, 64).flatMap(item => layersIn(item, true));
  if (value.kind !== 'layer' || value.cells[0] === undefined) return [];
  return [{ framework: value.framework, call: value.cells[0].call }];
}

/** Warns of options that a class keeps to itself, each once a class. */
export function unusedOptions({ instances, text }: Findings): Diagnostic[] {
  const classes = new Map(instances.map(instance => [instance.of.range.start, instance]));
  const holding = [...classes.values()].filter(({ attributes }) => [...attributes.values()].some(value => layersIn(value).length > 0));
  if (holding.length === 0) return [];
  const code = codeOf(text);
  return holding.flatMap(instance => unusedIn(instance, text, code));
} // prettier-ignore

function unusedIn({ of: { range, members }, attributes }: Instance, text: string, code: string): Diagnostic[] {
  const init = members.get('__init__');
  const made = [...attributes.values()].flatMap(value => layersIn(value));
  const [first] = made;
  if (first === undefined || init?.kind !== 'function') return [];
  const className = /(\w+)\s*\(/.exec(code.slice(first.call.start, first.call.end))?.[1] ?? '';
  const calls = made.map(({ call }) => code.slice(call.start, call.end));
  // A layer that is not the framework's own may use what is stored in ways of its own.
  if (!calls.every(call => RECURRENT.has(/(\w+)\s*\(/.exec(call)?.[1] ?? ''))) return [];
  const own = code.slice(range.start, range.end);
  const outside = code.slice(0, range.start) + code.slice(range.end);
  const uses = (pattern: string, where = own): number => [...where.matchAll(new RegExp(pattern, 'g'))].length;
  return (OPTIONS[first.framework] ?? []).flatMap((option): Diagnostic[] => {
    const parameter = init.code.parameters.find(({ name }) => option.names.test(name))?.name;
    if (parameter === undefined || calls.some(call => isGiven(call, option))) return [];
    const stored = new RegExp(`\\bself\\.(\\w+)\\s*=\\s*${parameter}(?=\\s*$)`, 'm').exec(own);
    if (stored === null) return [];
    // The parameter stands in the list and where it is stored; anywhere else it is used.
    if (uses(`(?<![\\w.])${parameter}\\b`) > 2) return [];
    const attribute = stored[1]!;
    const shape = `(?:zeros|ones|rand|randn|empty|full|view)\\(\\s*[([]?\\s*(?:\\d+\\s*\\*\\s*)?self\\.${attribute}\\b`;
    if (uses(`\\bself\\.${attribute}\\b`) > 1 + (option.shapesState ? uses(shape) : 0)) return [];
    const readers = [...outside.matchAll(new RegExp(`(\\w+)\\.${attribute}\\b`, 'g'))];
    if (readers.some(([, object]) => !SETTINGS.test(object!))) return [];
    const start = range.start + stored.index;
    const inInit = statementsOf(init.code.body).some(({ start: from, end }) => from <= first.call.start && first.call.end <= end);
    const title = phrase('Give {0} to {1}', option.argument, className);
    return [
      {
        range: { start, end: start + stored[0].length },
        severity: 'warning',
        code: 'option-not-passed-on',
        message: phrase('{0} is stored but never given to {1}, so it has no effect', parameter, className),
        ...(inInit && option.safe && calls.length === 1
          ? giving(text.slice(first.call.start, first.call.end), first.call, `${option.argument}=${parameter}`, title)
          : {}),
      },
    ];
  });
} // prettier-ignore

function statementsOf(body: FunctionSyntax['body']): readonly TextRange[] {
  return 'kind' in body ? [] : body.map(({ range }) => range);
}
