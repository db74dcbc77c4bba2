/** The reader's entry: from a text to the models and tensors in it. Nothing of the text is ever run. */
import type { FrameworkTable } from './calls.ts';
import { Graph } from './graph.ts';
import { fencesOf } from './markdown.ts';
import { modelsOf } from './models.ts';
import { type Occurrence, Interpreter } from './python/evaluate.ts';
import { parsePython } from './python/parse.ts';
import { valueOf } from './present.ts';
import type { Reading, SymbolReading, TextRange } from './reading.ts';
import { type SourceText, wholeText } from './source.ts';
import { TENSORFLOW1 } from './tensorflow1/table.ts';
import type { Abstract } from './values.ts';

const FRAMEWORKS: readonly FrameworkTable[] = [TENSORFLOW1];

const MENTION = /LSTM|GRU|RNN|SRU|_rnn\b|\brnn\b/;

/** Whether a text may hold a recurrent model: a search for words, before anything is parsed. */
export function mentionsRecurrence(text: string): boolean {
  return MENTION.test(text);
}

const NOTHING: Reading = { models: [], symbols: [], diagnostics: [] };
const PYTHON: ReadonlySet<string> = new Set(['python', 'py', 'python3', 'python2', '']);

/**
 * Reads the models of a text and every tensor's shape. Ranges are offsets into the text, also inside fences.
 * @param language VS Code's language id: `python`, `markdown`.
 */
export function readSource(text: string, language: string): Reading {
  if (!mentionsRecurrence(text)) return NOTHING;
  if (language === 'python')
    return readProgram([{ source: wholeText(text), range: { start: 0, end: text.length } }], text);
  if (language === 'markdown') return readNote(text);
  return NOTHING;
}

interface Piece {
  readonly source: SourceText;
  readonly range: TextRange;
}

function readNote(text: string): Reading {
  const fences = fencesOf(text).filter(fence => PYTHON.has(fence.language));
  const pieces = fences.map(({ source, start, end }) => ({ source, range: { start, end } }));
  const holding = pieces.filter(piece => mentionsRecurrence(piece.source.text));
  const [first] = holding;
  if (first === undefined) return NOTHING;
  return readProgram(holding, text);
}

/** Reads pieces of a program that share one namespace, in order. */
function readProgram(pieces: readonly Piece[], text: string): Reading {
  const graph = new Graph();
  const interpreter = new Interpreter(text, graph, FRAMEWORKS);
  for (const { source } of pieces) interpreter.run(parsePython(source).body);
  interpreter.runUncalled();
  const models = modelsOf(graph, { framework: 'tensorflow1', pieces: pieces.map(({ range }) => range), text });
  const symbols = [...interpreter.occurrences.values()]
    .map(occurrence => symbolOf(occurrence, text, graph, models))
    .filter(symbol => symbol !== null)
    .sort((a, b) => a.range.start - b.range.start || b.range.end - a.range.end);
  return { models: models.map(({ model }) => model), symbols, diagnostics: interpreter.diagnostics };
}

function symbolOf(
  { range, value }: Occurrence,
  text: string,
  graph: Graph,
  models: readonly { readonly ids: ReadonlySet<string> }[],
): SymbolReading | null {
  const shown = valueOf(value, graph);
  if (shown === null) return null;
  const from = referred(value);
  const model = from === null ? -1 : models.findIndex(({ ids }) => ids.has(from));
  const reading = { range, text: text.slice(range.start, range.end), value: shown };
  return model < 0 ? reading : { ...reading, model };
}

/** A node or input that a value comes from. */
function referred(value: Abstract): string | null {
  if (value.kind === 'tensor') return value.ref?.from ?? null;
  if (value.kind !== 'sequence') return null;
  for (const item of value.items) {
    const found = referred(item);
    if (found !== null) return found;
  }
  return null;
}
