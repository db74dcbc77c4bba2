/** What the reader's tests ask of a reading. */
import { describeSymbol } from '../../../engine/reader/describe.ts';
import type { Reading } from '../../../engine/reader/reading.ts';
import { readSource } from '../../../engine/reader/read.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';

/** Hover texts at every occurrence of an expression, each once. */
export function hovers(reading: Reading, expression: string): string[] {
  const texts = reading.symbols.filter(({ text }) => text === expression).map(symbol => describeSymbol(symbol));
  return [...new Set(texts)];
}

/** The hover text of an expression that has the same one wherever it stands. */
export function hover(reading: Reading, expression: string): string {
  return hovers(reading, expression).join(' | ');
}

/** The hover text of the last occurrence in a Python program. */
export function lastHover(program: string, expression: string): string {
  const symbol = readSource(program, 'python').symbols.findLast(({ text }) => text === expression);
  return symbol === undefined ? 'nothing' : describeSymbol(symbol);
}

const TRAINING_RUN: ReadonlySet<string> = new Set(['epochs', 'iterations', 'batchSize', 'metrics']);

/** What of a spec decides its numbers: without the names of nodes and variables, data, and the length of the run. */
export function essence(spec: ModelSpec): unknown {
  const places = new Map([
    ...spec.inputs.map(({ id }) => [id, id] as const),
    ...spec.nodes.map(({ id }, at) => [id, `node ${at}`] as const),
  ]);
  const rename = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      (key === 'id' || key === 'from') && typeof item === 'string' ? (places.get(item) ?? item) : rename(item),
    ]);
    return Object.fromEntries(entries) as unknown;
  };
  const { framework, inputs, nodes, loss, training } = spec;
  const trained = Object.fromEntries(Object.entries(training).filter(([key]) => !TRAINING_RUN.has(key)));
  return rename({ framework, inputs, nodes, loss, training: trained });
}
