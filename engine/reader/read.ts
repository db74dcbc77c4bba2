/** The reader's entry: from a text to the models and tensors in it. Nothing of the text is ever run. */
import { type Attempt, inOrder, readAlternatives } from './alternatives.ts';
import { claimsIn } from './claims.ts';
import { common } from './common.ts';
import { diagnose } from './diagnose.ts';
import { heedDirectives, mayDirect } from './directive.ts';
import { Interpreter } from './evaluation/interpreter.ts';
import { type Occurrence, tellingCalls } from './evaluation/occurrences.ts';
import { runUncalled } from './evaluation/uncalled.ts';
import { Graph } from './graph.ts';
import { JAVASCRIPT } from './javascript/javascript.ts';
import type { Language } from './language.ts';
import { fencesOf } from './markdown.ts';
import { Places } from './layerWeights.ts';
import type { ParseMemory } from './parseMemory.ts';
import { phrase } from '../model/phrase.ts';
import { mentionsRecurrence } from './mention.ts';
import { loadedFile, withLoadedFile } from './loads.ts';
import { type FoundModel, modelsOf } from './models.ts';
import { passagesOf, readFences } from './note.ts';
import { PartMemory, together } from './parts.ts';
import { valueOf } from './present.ts';
import { PYTHON } from './python/python.ts';
import type { AlternativeValue, Reading, SymbolReading, Value } from './reading.ts';
import { gatherSiblings, type Surroundings } from './siblings.ts';
import { lineNumber, type SourceText, wholeText } from './source.ts';
import { readSpecFile } from './specFile.ts';
import type { Statement } from './syntax.ts';
import { tensorsOf } from './tensors.ts';
import type { Abstract } from './values.ts';

const NOTHING: Reading = { models: [], symbols: [], diagnostics: [] };
/** What a `*.rnn.json` is written in. */
const SPEC_FILE = 'rnn.json';

/** By the names that editors and the fences of notes have for them. */
const LANGUAGES: ReadonlyMap<string, Language> = new Map([
  ...['python', 'py', 'python3', 'python2', ''].map(name => [name, PYTHON] as const),
  ...['javascript', 'js', 'mjs', 'cjs', 'jsx', 'javascriptreact'].map(name => [name, JAVASCRIPT] as const),
  ...['typescript', 'ts', 'mts', 'cts', 'tsx', 'typescriptreact'].map(name => [name, JAVASCRIPT] as const),
]);

export interface ReadOptions {
  /** Of the text's last version, where it is read again and again as it is typed. */
  readonly memory?: ParseMemory | undefined;
  /** The files that the text imports from, by `surroundingsOf`. */
  readonly surroundings?: Surroundings | undefined;
}

/**
 * The files that a program imports from, and those that they import from; undefined for what imports nothing.
 * @param path of the program, from the root under which files may be read.
 * @param read text of a file by such a path; undefined where there is none.
 */
export async function surroundingsOf(
  path: string,
  text: string,
  id: string,
  read: (path: string) => Promise<string | undefined>,
): Promise<Surroundings | undefined> {
  const language = LANGUAGES.get(id);
  if (language === undefined || isGenerated(text) || !mentionsRecurrence(text)) return undefined;
  const found = await gatherSiblings(path, text, language, read);
  return found.files.size === 0 ? undefined : found;
}

/**
 * Reads the models of a text and every tensor's shape. Ranges are offsets into the text, also inside fences.
 * @param id VS Code's language id: `python`, `typescript`, `markdown`; `rnn.json` for the description of a model itself.
 */
export function readSource(text: string, id: string, { memory, surroundings }: ReadOptions = {}): Reading {
  if (id === SPEC_FILE) return guarded(() => readSpecFile(text));
  if (isGenerated(text) || !mentionsRecurrence(text)) return NOTHING;
  if (id === 'markdown') return guarded(() => readNote(text, memory));
  const language = LANGUAGES.get(id);
  return language === undefined ? NOTHING : guarded(() => readProgram(text, language, memory, surroundings));
}

/** Long lines are what a program has written: a bundle of TensorFlow.js mentions every layer. */
function isGenerated(text: string): boolean {
  const MOST_PER_LINE = 400;
  return text.length > 20_000 && text.length / (text.match(/\n/g)?.length ?? 1) > MOST_PER_LINE;
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

function readProgram(text: string, language: Language, memory?: ParseMemory, surroundings?: Surroundings): Reading {
  const source = wholeText(text);
  const { body } = language.parse(source, memory);
  const pieces = [{ start: 0, end: text.length }];
  const data = loadedFile(body, text);
  const directs = mayDirect(text);
  const sources = directs ? [source] : [];
  const read = (statements: readonly Statement[]): Attempt => {
    let work = 0;
    const reading = readAlternatives(choices => {
      const interpreter = new Interpreter(text, new Graph(), language, surroundings, choices);
      interpreter.run(statements);
      runUncalled(interpreter);
      const models = modelsOf(interpreter.graph, { pieces, text }).map(found => withLoadedFile(found, data));
      work += interpreter.work;
      return { reading: readingOf(interpreter, models, text, sources, language), work: interpreter.work };
    });
    return { reading, work };
  };
  // Comments speak of what stands elsewhere, and what other files define may share anything.
  const whole =
    directs || surroundings !== undefined || !body.some(({ kind }) => kind === 'function' || kind === 'class');
  if (whole) return read(body).reading;
  const context = JSON.stringify([language.usual(text).packages, data]);
  const reading = (memory?.programs ?? new PartMemory()).read(body, text, context, read);
  const [extent] = pieces;
  return { ...reading, models: reading.models.map(model => ({ ...model, extent: extent! })) };
}

/** The fences of each language are a program of their own. */
function readNote(text: string, memory?: ParseMemory): Reading {
  const all = fencesOf(text, memory);
  const readings = [...new Set(LANGUAGES.values())].flatMap(language => {
    const fences = all.filter(fence => LANGUAGES.get(fence.language) === language);
    if (!fences.some(fence => mentionsRecurrence(fence.source.text))) return [];
    const passages = passagesOf(fences, language, memory);
    const sources = fences.map(({ source }) => source);
    return [
      readAlternatives(choices => {
        const { interpreter, models } = readFences(passages, text, language, choices);
        return { reading: readingOf(interpreter, models, text, sources, language), work: interpreter.work };
      }),
    ];
  });
  if (readings.length === 0) return NOTHING;
  return together([...readings, { ...NOTHING, diagnostics: claimsIn(text, all) }]);
}

function readingOf(
  { graph, instances, occurrences, diagnostics }: Interpreter,
  found: readonly FoundModel[],
  text: string,
  sources: readonly SourceText[],
  language: Language,
): Reading {
  const { models, diagnostics: unheeded } = heedDirectives(found, sources, language);
  const places = new Map(
    models.toReversed().flatMap(({ ids }, at) => [...ids].map(id => [id, models.length - 1 - at] as const)),
  );
  const standing = new Places(graph);
  const shownOnce = new Map<Abstract, Value | null>();
  const shownOf = (value: Abstract): Value | null => {
    const known = shownOnce.get(value);
    if (known !== undefined) return known;
    const shown = valueOf(value, graph);
    shownOnce.set(value, shown);
    return shown;
  };
  const symbols = [...occurrences.values()]
    .map(occurrence => symbolOf(occurrence, shownOf, text, graph, places, models, standing))
    .filter(symbol => symbol !== null);
  const faults = diagnose({ graph, instances, occurrences: [...occurrences.values()], text });
  return {
    models: models.map(({ model }) => model),
    symbols: inOrder(symbols),
    // What is wrong in a file that is imported is told where it is open.
    diagnostics: inOrder([...diagnostics, ...faults, ...unheeded]).filter(({ range }) => range.start <= text.length),
  };
}

function symbolOf(
  occurrence: Occurrence,
  shownOf: (value: Abstract) => Value | null,
  text: string,
  graph: Graph,
  /** The first model that holds an input or node. */
  places: ReadonlyMap<string, number>,
  models: readonly FoundModel[],
  standing: Places,
): SymbolReading | null {
  const { range, others } = occurrence;
  const read = (value: Abstract): Pick<AlternativeValue, 'value' | 'model'> | null => {
    const shown = shownOf(value);
    if (shown === null) return null;
    const from = standing.nodeOf(value) ?? referred(value);
    const model = from === null ? undefined : places.get(from);
    if (model === undefined) return { value: shown };
    const node = graph.nodeOf({ from: from! });
    if (shown.kind !== 'layer' || node === null) return { value: shown, model };
    return { value: standing.withWeights(shown, value, node, models[model]!.model.spec), model };
  };
  const found: (Pick<AlternativeValue, 'value' | 'model'> & { readonly callers: Occurrence['callers'] })[] = [];
  for (const { value, callers } of [occurrence, ...others]) {
    const one = read(value);
    if (one === null) continue;
    const at = found.findIndex(other => common(other.value, one.value) !== null);
    if (at < 0) found.push({ ...one, callers });
    else found[at] = { ...found[at]!, value: common(found[at]!.value, one.value)! };
  }
  const [first] = found;
  if (first === undefined) return null;
  const reading = { range, text: text.slice(range.start, range.end) };
  const { callers: _callers, ...only } = first;
  if (found.length === 1) return { ...reading, ...only };
  const calls = tellingCalls(found.map(({ callers }) => callers));
  const items = found.map(({ callers: _, ...one }, at): AlternativeValue => {
    const call = calls[at];
    const when = call == null ? phrase('as defined') : phrase('as called in line {0}', lineNumber(text, call.start));
    return { ...one, when };
  });
  const model = first.model === undefined ? {} : { model: first.model };
  return { ...reading, value: { kind: 'alternatives', items }, ...model };
}

/** A node or input that a value comes from. */
function referred(value: Abstract): string | null {
  const [first] = tensorsOf(value) ?? [];
  return first?.ref?.from ?? null;
}

export { mentionsRecurrence };
