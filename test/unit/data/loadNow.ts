import assert from 'node:assert/strict';
import { dataSource } from '../../../engine/data/sources.ts';
import type { Dataset } from '../../../engine/data/source.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';

/** A data set that is there at once: made up, or shipped in `directory`. */
export function loadNow(source: string, spec: ModelSpec, seed?: number, directory = ''): Dataset {
  const dataset = dataSource(source).load({ source, ...(seed !== undefined && { seed }) }, spec, { directory });
  assert.ok(!(dataset instanceof Promise));
  return dataset;
}
