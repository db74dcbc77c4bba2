import { type Phrase, phrase } from '../../engine/model/phrase.ts';
import { describeSymbol, describeValue, noteOf } from '../../engine/reader/describe.ts';
import type { LayerValue, SymbolReading, Value } from '../../engine/reader/reading.ts';

/** Gates of a large stack fill the screen; the hover shows the first weights. */
const MOST_WEIGHTS = 12;

/** What a hover says about a name, as Markdown without links. `translate` gives text, which is escaped here. */
export function hoverText(symbol: SymbolReading, translate: (phrase: Phrase) => string): string {
  const { value, text } = symbol;
  if (value.kind !== 'alternatives') return blocksOf(describeSymbol(symbol, translate), value, translate);
  // Where the text leaves several open each has its own line.
  const lines = value.items.map(({ value: each, when }) =>
    blocksOf(`${text}: ${describeValue(each, translate)}  # ${translate(when)}`, each, translate),
  );
  return lines.join('\n\n');
}

/** One line says all: what it is called, dtype, shape, and what it is in the person's own language. */
function blocksOf(line: string, value: Value, translate: (phrase: Phrase) => string): string {
  const blocks = [codeBlock('python', oneLine(line))];
  const note = noteOf(value);
  if (note) blocks.push(escapeMarkdown(translate(note)));
  if (value.kind === 'layer') blocks.push(...layerBlocks(value, translate));
  return blocks.join('\n\n');
}

/** The symbol that the cursor means: the shortest one around it. */
export function symbolAt(symbols: readonly SymbolReading[], offset: number): SymbolReading | undefined {
  return symbols
    .filter(({ range }) => range.start <= offset && offset < range.end)
    .reduce<SymbolReading | undefined>(
      (best, symbol) => (best && length(best) <= length(symbol) ? best : symbol),
      undefined,
    );
}

function length({ range }: SymbolReading): number {
  return range.end - range.start;
}

function layerBlocks(layer: LayerValue, translate: (phrase: Phrase) => string): string[] {
  const { parameters = [], equations = [], gates, count } = layer;
  const shown = parameters.slice(0, MOST_WEIGHTS);
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  const weights = shown.map(({ name, shape }) => `${name.padEnd(width)}  [${shape.join(', ')}]`);
  if (parameters.length > MOST_WEIGHTS) weights.push('…');
  const parts = [equations, weights].filter(lines => lines.length > 0).map(lines => lines.join('\n'));
  const block = parts.length === 0 ? '' : codeBlock('text', parts.join('\n\n'));
  const facts = [
    ...(count === undefined ? [] : [phrase('{0} parameters', count.toLocaleString('en-US'))]),
    ...(gates === undefined ? [] : [phrase('gates in this order in the weights: {0}', gates.join(', '))]),
  ];
  return [block, escapeMarkdown(facts.map(translate).join(' · '))].filter(text => text !== '');
}

function codeBlock(language: string, code: string): string {
  // A fence longer than any in the code cannot be closed by it.
  const fence = '`'.repeat(Math.max(3, ...[...code.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${fence}${language}\n${code}\n${fence}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/** Text that must not become Markdown: the source's own expressions stand in it. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!<>|~$]/g, '\\$&');
}
