/** The table of data sources: a new data set is one entry here. */
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { addingProblem } from './addingProblem.ts';
import { copyMemory } from './copyMemory.ts';
import { delayedRecall, randomLabels } from './generated.ts';
import { mnistRows } from './mnist.ts';
import { ownFile } from './ownFile.ts';
import { embeddedReber } from './reber.ts';
import { timeSeries } from './timeSeries.ts';
import type { DataBinding, DataSource } from './source.ts';

export const DATA_SOURCES: readonly DataSource[] = [
  mnistRows,
  embeddedReber,
  timeSeries,
  addingProblem,
  copyMemory,
  delayedRecall,
  randomLabels,
];

/** @throws EngineError `unknown` naming the source and those that there are. */
export function dataSource(id: string): DataSource {
  const source = [...DATA_SOURCES, ownFile].find(one => one.id === id);
  if (source) return source;
  const known = DATA_SOURCES.map(one => one.id).join(', ');
  throw new EngineError('unknown', phrase('There is no data source "{0}"; there are {1}', id, known));
}

/** The source that the model's program names, by a name of the data or by its own id, if it is known and fits. */
export function sourceFor(spec: ModelSpec): DataSource | undefined {
  const kind = spec.data?.kind;
  return DATA_SOURCES.find(
    one => kind !== undefined && (one.names.includes(kind) || one.id === kind) && one.fits(spec) === true,
  );
}

/** What is trained on where a source is chosen without a word: generated data has the seed that the program gives. */
export function bindingOf({ id, seeded }: DataSource, spec: ModelSpec): DataBinding {
  const seed = spec.data?.seed;
  return { source: id, ...(seeded && seed !== undefined && { seed }) };
}

/** All sources that fit the model's shape, the most telling first: for a picker. */
export function fittingSources(spec: ModelSpec): readonly DataSource[] {
  return DATA_SOURCES.filter(one => one.fits(spec) === true);
}
