/** The reader's entry: from a text to the models and tensors in it. Nothing of the text is ever run. */
import type { FrameworkTable } from './calls.ts';
import { diagnose } from './diagnose.ts';
import { heedDirectives } from './directive.ts';
import { Graph } from './graph.ts';
import { KERAS } from './keras/table.ts';
import { fencesOf } from './markdown.ts';
import { phrase } from '../model/phrase.ts';
import { mentionsRecurrence } from './mention.ts';
import { type FoundModel, modelsOf } from './models.ts';
import { readFences } from './note.ts';
import { type Occurrence, Interpreter } from './python/evaluate.ts';
import { parsePython } from './python/parse.ts';
import { valueOf } from './present.ts';
import { PYTORCH } from './pytorch/table.ts';
import type { Reading, SymbolReading } from './reading.ts';
import { type SourceText, wholeText } from './source.ts';
import { TENSORFLOW1 } from './tensorflow1/table.ts';
import { tensorsOf } from './tensors.ts';
import type { Abstract } from './values.ts';

const FRAMEWORKS: readonly FrameworkTable[] = [KERAS, TENSORFLOW1, PYTORCH];

const NOTHING: Reading = { models: [], symbols: [], diagnostics: [] };
const PYTHON: ReadonlySet<string> = new Set(['python', 'py', 'python3', 'python2', '']);

/**
 * Reads the models of a text and every tensor's shape. Ranges are offsets into the text, also inside fences.
 * @param language VS Code's language id: `python`, `markdown`.
 */
export function readSource(text: string, language: string): Reading {
  if (!mentionsRecurrence(text)) return NOTHING;
  if (language === 'python') return guarded(() => readProgram(text));
  if (language === 'markdown') return guarded(() => readNote(text));
  return NOTHING;
}

/** A fault of the reader itself becomes a diagnostic: whoever edits a text must never be stopped by it. */
export function guarded(read: () => Reading): Reading {
  try {
    return read();
  } catch (error) {
    const message = phrase('RNN Explorer could not read this text: {0}', String(error));
    const range = { start: 0, end: 0 };
    return { ...NOTHING, diagnostics: [{ range, severity: 'information', code: 'reader-failed', message }] };
  }
}

function readProgram(text: string): Reading {
  const interpreter = new Interpreter(text, new Graph(), FRAMEWORKS);
  const source = wholeText(text);
  interpreter.run(parsePython(source).body);
  interpreter.runUncalled();
  const pieces = [{ start: 0, end: text.length }];
  return readingOf(interpreter, modelsOf(interpreter.graph, { pieces, text }), text, [source]);
}

function readNote(text: string): Reading {
  const fences = fencesOf(text).filter(fence => PYTHON.has(fence.language));
  if (!fences.some(fence => mentionsRecurrence(fence.source.text))) return NOTHING;
  const { interpreter, models } = readFences(fences, text, FRAMEWORKS);
  return readingOf(
    interpreter,
    models,
    text,
    fences.map(({ source }) => source),
  );
}

function readingOf(
  { graph, occurrences, diagnostics }: Interpreter,
  found: readonly FoundModel[],
  text: string,
  sources: readonly SourceText[],
): Reading {
  const { models, diagnostics: unheeded } = heedDirectives(found, sources);
  const symbols = [...occurrences.values()]
    .map(occurrence => symbolOf(occurrence, text, graph, models))
    .filter(symbol => symbol !== null)
    .sort((a, b) => a.range.start - b.range.start || b.range.end - a.range.end);
  const faults = diagnose({ graph, occurrences: [...occurrences.values()], text });
  const all = [...diagnostics, ...faults, ...unheeded].toSorted((a, b) => a.range.start - b.range.start);
  return { models: models.map(({ model }) => model), symbols, diagnostics: all };
}

function symbolOf(
  { range, value }: Occurrence,
  text: string,
  graph: Graph,
  models: readonly FoundModel[],
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
  const [first] = tensorsOf(value) ?? [];
  return first?.ref?.from ?? null;
}

export { mentionsRecurrence };
