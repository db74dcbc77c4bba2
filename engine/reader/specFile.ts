/** Reads a `*.rnn.json`: the `ModelSpec` itself, as a person may write it. What is wrong with it is told where it stands. */
import { Value, ValueErrorType } from '@sinclair/typebox/value';
import type { TSchema } from '@sinclair/typebox';
import { tensorAxes } from '../model/axes.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import { GraphNode, ModelSpec, type TensorRef } from '../model/spec.ts';
import { Graph } from './graph.ts';
import { parseJavaScript } from './javascript/parse.ts';
import type { Diagnostic, Reading, TextRange } from './reading.ts';
import { SourceText } from './source.ts';
import type { Expression } from './syntax.ts';

/** Errors that say more than that a whole union did not fit. */
const MOST_ERRORS = 20;

/** @param text of the file. */
export function readSpecFile(text: string): Reading {
  const places = new Places(text);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    const message = phrase('This is no JSON: {0}', error instanceof Error ? error.message : String(error));
    return { models: [], symbols: [], diagnostics: [{ range: places.fault(String(error)), severity: 'error', code: 'no-json', message }] };
  }
  const wrong = Value.Check(ModelSpec, data) ? referenceErrors(data) : schemaErrors(data);
  const diagnostics = wrong.slice(0, MOST_ERRORS).map(
    ({ path, message }): Diagnostic => ({ range: places.of(path), severity: 'error', code: 'invalid-model', message }),
  );
  if (diagnostics.length > 0) return { models: [], symbols: [], diagnostics };
  const extent = { start: 0, end: text.length };
  return { models: [{ spec: data as ModelSpec, range: places.of('/name'), extent, open: [] }], symbols: [], diagnostics };
} // prettier-ignore

interface Wrong {
  /** JSON pointer: `/nodes/0/units`. */
  readonly path: string;
  readonly message: Phrase;
}

/** Departures from the schema. */
function schemaErrors(data: unknown): Wrong[] {
  return errorsOf(ModelSpec, data, '').flatMap(({ path, expected, value }) => {
    const index = /^\/nodes\/(\d+)$/.exec(path)?.[1];
    // Of a node, the errors of its own kind say what is wrong, not that it is none of the kinds.
    const kind = index === undefined ? undefined : nodeSchema(value);
    const inner = kind === undefined ? [] : errorsOf(kind, value, path);
    const all = inner.length > 0 ? inner : [{ path, expected, value }];
    return all.map(one => ({
      path: one.path,
      message: phrase(
        '{0}: {1}, found {2}',
        one.path || '/',
        one.expected,
        one.value === undefined ? 'nothing' : JSON.stringify(one.value).slice(0, 60),
      ),
    }));
  });
}

interface SchemaError {
  readonly path: string;
  readonly expected: string;
  readonly value: unknown;
}

function errorsOf(schema: TSchema, data: unknown, under: string): SchemaError[] {
  const found: SchemaError[] = [];
  for (const { type, path, message, value } of Value.Errors(schema, data)) {
    if (found.length >= MOST_ERRORS) break;
    // A missing property is an error of its own; that its value is not of its type says nothing more.
    if (type !== ValueErrorType.ObjectRequiredProperty && value === undefined) continue;
    found.push({ path: under + path, expected: message, value });
  }
  return found;
}

function nodeSchema(value: unknown): TSchema | undefined {
  const op = (value as { op?: unknown } | null | undefined)?.op;
  return GraphNode.anyOf.find(schema => schema.properties.op.const === op);
}

/** What the schema cannot say: names that stand twice, and references to what stands nowhere or later. */
function referenceErrors(spec: ModelSpec): Wrong[] {
  const wrong: Wrong[] = [];
  const known = new Set<string>();
  const define = (id: string, path: string): void => {
    if (known.has(id)) wrong.push({ path, message: phrase('The id "{0}" stands twice', id) });
    known.add(id);
  };
  const refer = (ref: TensorRef | undefined, path: string): void => {
    if (ref !== undefined && !known.has(ref.from))
      wrong.push({ path, message: phrase('No input and no earlier node has the id "{0}"; there are {1}', ref.from, [...known].join(', ')) });
  }; // prettier-ignore
  for (const [at, { id }] of spec.inputs.entries()) define(id, `/inputs/${at}/id`);
  for (const [at, node] of spec.nodes.entries()) {
    for (const ref of Graph.sources(node)) refer(ref, `/nodes/${at}`);
    define(node.id, `/nodes/${at}/id`);
  }
  refer(spec.loss?.prediction, '/loss/prediction');
  refer(spec.loss?.target, '/loss/target');
  refer(spec.loss?.mask, '/loss/mask');
  if (wrong.length === 0 && spec.loss !== undefined && tensorAxes(spec, spec.loss.prediction) === undefined)
    wrong.push({ path: '/loss/prediction', message: phrase('The shape of the prediction cannot be told') });
  return wrong;
}

/** Where the parts of a JSON text stand: JSON is read as the JavaScript that it is. */
class Places {
  readonly #text: string;
  readonly #root: Expression | undefined;
  readonly #faults: readonly TextRange[];

  constructor(text: string) {
    this.#text = text;
    const end = text.length;
    const source = new SourceText([{ text: '(', from: 0, inserted: true }, { text, from: 0 }, { text: ')', from: end, inserted: true }]); // prettier-ignore
    const { body, faults } = parseJavaScript(source);
    const [statement] = body;
    this.#root = statement?.kind === 'expression' ? statement.value : undefined;
    this.#faults = faults;
  }

  /** The value at a JSON pointer, or the nearest that holds it; of an object its first line. */
  of(pointer: string): TextRange {
    let place = this.#root;
    for (const key of pointer.split('/').slice(1)) {
      const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
      const inside: Expression | undefined =
        place?.kind === 'dict'
          ? place.entries.find(entry => entry.key?.kind === 'string' && entry.key.parts[0] === name)?.value
          : place?.kind === 'sequence'
            ? place.items[Number(name)]
            : undefined;
      if (inside === undefined) break;
      place = inside;
    }
    const { start, end } = place?.range ?? { start: 0, end: 0 };
    const line = this.#text.indexOf('\n', start);
    return { start, end: line < 0 ? end : Math.min(end, line) };
  }

  /** Where the text is no JSON. */
  fault(message: string): TextRange {
    const position = /position (\d+)/.exec(message)?.[1];
    const start = position === undefined ? (this.#faults[0]?.start ?? 0) : Number(position);
    return { start, end: Math.min(this.#text.length, start + 1) };
  }
}
