/**
 * `npm run corpus -- DIR [LIST…]`: reads public programs and measures how much of them is read right, against what was
 * written down from the frameworks' rules before the reader saw them. Their text is not part of the project: DIR holds
 * it, and a hash tells whether it is the text that was meant. The lists are those of test/fixtures/corpus.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatPhrase } from '../../engine/model/phrase.ts';
import { Interpreter } from '../../engine/reader/evaluation/interpreter.ts';
import { cellsIn } from '../../engine/reader/evaluation/occurrences.ts';
import { runUncalled } from '../../engine/reader/evaluation/uncalled.ts';
import { Graph } from '../../engine/reader/graph.ts';
import { JAVASCRIPT } from '../../engine/reader/javascript/javascript.ts';
import type { Language } from '../../engine/reader/language.ts';
import { PYTHON } from '../../engine/reader/python/python.ts';
import { readSource } from '../../engine/reader/read.ts';
import { valuesOf } from '../../engine/reader/describe.ts';
import type { SymbolReading, Value } from '../../engine/reader/reading.ts';
import { wholeText } from '../../engine/reader/source.ts';
import type { CellObject } from '../../engine/reader/values.ts';

interface Expected {
  readonly file: string;
  readonly framework: string;
  readonly sha256: string;
  readonly definitions: readonly Definition[];
  readonly shapes: readonly { readonly line: number; readonly name: string; readonly shape: string }[];
}

/**
 * A recurrent cell or layer where its call begins. Sizes: a number, the text of a symbol, `?` for any symbol, `8~` for
 * 8 or a symbol (numbers that only running the program would tell); `a|b` where both are right.
 */
interface Definition {
  readonly line: number;
  readonly class: string;
  readonly units: string;
  readonly layers: string;
  readonly direction: string;
}

interface Tally {
  right: number;
  of: number;
}

const fixtures = join(import.meta.dirname, '../fixtures/corpus');
const [folder, ...lists] = process.argv.slice(2);
if (folder === undefined) throw new Error('npm run corpus -- DIR [LIST…]');

/** What the hash is taken of: spaces at the ends of lines and of the text do not count. */
function normal(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  return `${lines.map(line => line.trimEnd()).join('\n').replace(/^\n+|\n+$/g, '')}\n`; // prettier-ignore
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function sizeMatches(expected: string, found: string): boolean {
  return expected.split('|').some(one => {
    if (one === '?') return !/^-?\d+$/.test(found);
    if (one.endsWith('~')) return found === one.slice(0, -1) || !/^-?\d+$/.test(found);
    return one === found;
  });
}

/** A size as one word: symbols may hold brackets and spaces. */
function plainText(size: number | string): string {
  return String(size).replaceAll(/[()[\],\s]/g, '');
}

/** A shape as the lists write it: `[? 28 150]`, `([? 5], [? 5])`. */
function shapeOf(value: Value): string {
  if (value.kind === 'tensor') return `[${value.axes.map(({ size }) => plainText(size ?? '?')).join(' ')}]`;
  if (value.kind === 'tuple') return `(${value.items.map(shapeOf).join(', ')})`;
  return value.className;
}

/** All that a name can be: `[? 5] or [? 10]`. */
function shapesOf(value: SymbolReading['value']): string {
  return [...new Set(valuesOf(value).map(shapeOf))].join(' or ');
}

/** `3 x [? 5]` is three of them. */
function expand(expected: string): string {
  const [, count, each] = /^(\d+) x (.*)$/.exec(expected) ?? [];
  return each === undefined ? expected : `(${Array.from({ length: Number(count) }, () => each).join(', ')})`;
}

function shapeMatches(expected: string, found: string): boolean {
  const [wanted, given] = [expand(expected), found].map(text => text.match(/[()[\]]|[^()[\],\s]+/g) ?? []);
  return (
    wanted!.length === given!.length &&
    wanted!.every((token, at) => (/^[()[\]]$/.test(token) ? token === given![at] : sizeMatches(token, given![at]!)))
  );
}

/** The recurrent definitions that the reader finds: those of nodes, and cells that nothing drives. */
function definitionsOf(text: string, language: Language): Definition[] {
  const interpreter = new Interpreter(text, new Graph(), language);
  interpreter.run(language.parse(wholeText(text)).body);
  runUncalled(interpreter);
  const found: Definition[] = [];
  const driven = new Set<number>();
  const note = (cells: readonly CellObject[], direction: string, open: boolean): void => {
    const lines = new Map<number, CellObject[]>();
    for (const cell of cells) {
      driven.add(cell.identity);
      const line = lineAt(text, cell.call.start);
      lines.set(line, [...(lines.get(line) ?? []), cell]);
    }
    for (const [line, made] of lines) {
      const units = [...new Set(made.map(cell => plainText(cell.spec.units)))].join(',');
      const layers = open ? '?' : String(made.length);
      found.push({ line, class: made[0]!.spec.className, units, layers, direction });
    }
  };
  const layersOpen = (cells: readonly CellObject[]): boolean =>
    cells.some(cell => cell.open.some(phrase => /number of layers/.test(formatPhrase(phrase))));
  for (const { node, cells } of interpreter.graph.nodes.values())
    if (node.op === 'recurrent') note(cells, node.direction, layersOpen(cells));
  for (const { cells } of cellsIn(interpreter.occurrences.values(), { start: 0, end: text.length }))
    if (cells.every(cell => !driven.has(cell.identity))) note(cells, 'forward', layersOpen(cells));
  // Layers that nothing runs.
  for (const { value } of interpreter.occurrences.values()) {
    if (value.kind !== 'layer' || value.cells.length === 0 || value.cells.some(cell => driven.has(cell.identity)))
      continue;
    note(value.cells, value.className === 'Bidirectional' ? 'bidirectional' : 'forward', layersOpen(value.cells));
  }
  return found;
}

const tallies = new Map<string, Record<'definitions' | 'sizes' | 'shapes', Tally>>();
const failures: string[] = [];
const diagnostics: string[] = [];
let invented = 0;
let missing = 0;

function measure(text: string, expected: Expected): void {
  const tally = tallies.get(expected.framework) ?? { definitions: { right: 0, of: 0 }, sizes: { right: 0, of: 0 }, shapes: { right: 0, of: 0 } }; // prettier-ignore
  tallies.set(expected.framework, tally);
  const count = (of: Tally, right: boolean): boolean => {
    of.of++;
    if (right) of.right++;
    return right;
  };
  const python = expected.file.endsWith('.py');
  const found = definitionsOf(text, python ? PYTHON : JAVASCRIPT);
  const left = [...found];
  for (const wanted of expected.definitions) {
    const fits = (one: Definition): number =>
      (wanted.class.split('|').includes(one.class) ? 8 : 0) +
      (wanted.direction === '?' || wanted.direction === one.direction ? 4 : 0) +
      (sizeMatches(wanted.units, one.units) ? 2 : 0) +
      (sizeMatches(wanted.layers, one.layers) ? 1 : 0);
    const [best] = left.filter(one => one.line === wanted.line).toSorted((a, b) => fits(b) - fits(a));
    if (best !== undefined) left.splice(left.indexOf(best), 1);
    const score = best === undefined ? 0 : fits(best);
    count(tally.definitions, score >= 12);
    count(tally.sizes, (score & 2) > 0);
    count(tally.sizes, (score & 1) > 0);
    if (score < 15) {
      const text = best === undefined ? 'not found' : `${best.class} ${best.units} × ${best.layers} ${best.direction}`;
      failures.push(
        `${expected.file}:${wanted.line} ${wanted.class} ${wanted.units} × ${wanted.layers} ${wanted.direction}: ${text}`,
      );
    }
  }
  const lines = new Set(expected.definitions.map(({ line }) => line));
  for (const extra of found.filter(one => !lines.has(one.line)))
    failures.push(`${expected.file}:${extra.line} not expected: ${extra.class} ${extra.units} × ${extra.layers} ${extra.direction}`); // prettier-ignore
  const reading = readSource(text, python ? 'python' : 'typescript');
  for (const { line, name, shape } of expected.shapes) {
    const named = ({ range, text: own }: SymbolReading): boolean =>
      lineAt(text, range.start) === line && (name.endsWith('*') ? own.startsWith(name.slice(0, -1)) : own === name);
    const symbol = reading.symbols.filter(named).find(({ value }) => value.kind !== 'layer');
    const given = symbol === undefined ? 'nothing' : shapesOf(symbol.value);
    if (count(tally.shapes, symbol !== undefined && shapeMatches(shape, given))) continue;
    if (symbol === undefined) missing++;
    else if (invents(shape, given)) invented++;
    failures.push(
      `${expected.file}:${line} ${name} ${shape}: ${given.length > 120 ? `${given.slice(0, 120)}…` : given}`,
    );
  }
  for (const { range, code, message } of reading.diagnostics)
    diagnostics.push(`${expected.file}:${lineAt(text, range.start)} ${code}: ${formatPhrase(message)}`);
}

/** Whether a number stands where only another size is right. */
function invents(expected: string, found: string): boolean {
  const [wanted, given] = [expand(expected), found].map(text => text.match(/[()[\]]|[^()[\],\s]+/g) ?? []);
  if (wanted!.length !== given!.length) return true;
  return wanted!.some((token, at) => /^\d+$/.test(given![at]!) && !sizeMatches(token, given![at]!));
}

const chosen = lists.length > 0 ? lists : readdirSync(fixtures).map(name => basename(name, '.json'));
for (const list of chosen) {
  const entries = JSON.parse(readFileSync(join(fixtures, `${list}.json`), 'utf8')) as Expected[];
  for (const expected of entries) {
    const file = join(folder, expected.file);
    if (!existsSync(file)) continue;
    const text = readFileSync(file, 'utf8');
    if (createHash('sha256').update(normal(text)).digest('hex') !== expected.sha256)
      failures.push(`${expected.file} is another text than the one that the list means`);
    measure(text, expected);
  }
}

const percent = ({ right, of }: Tally): string =>
  of === 0 ? '-' : `${right} of ${of} (${((100 * right) / of).toFixed(1)} %)`;
const all: Record<'definitions' | 'sizes' | 'shapes', Tally> = { definitions: { right: 0, of: 0 }, sizes: { right: 0, of: 0 }, shapes: { right: 0, of: 0 } }; // prettier-ignore
console.log('| framework | definitions | sizes | shapes |\n|---|---|---|---|');
for (const [framework, tally] of tallies) {
  for (const kind of ['definitions', 'sizes', 'shapes'] as const) {
    all[kind].right += tally[kind].right;
    all[kind].of += tally[kind].of;
  }
  console.log(`| ${framework} | ${percent(tally.definitions)} | ${percent(tally.sizes)} | ${percent(tally.shapes)} |`);
}
console.log(`| all | ${percent(all.definitions)} | ${percent(all.sizes)} | ${percent(all.shapes)} |`);
console.log(
  `\nOf the shapes, ${invented} are wrong, ${missing} are not given, the rest are less exact than they could be.`,
);
console.log(`\nFailures:\n${failures.map(line => `- ${line}`).join('\n')}`);
console.log(`\nDiagnostics:\n${diagnostics.map(line => `- ${line}`).join('\n')}`);
