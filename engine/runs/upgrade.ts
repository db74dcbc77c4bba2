/** Reads what earlier versions have written as what this one writes. */
import { Value } from '@sinclair/typebox/value';
import { measureOf } from '../model/measures.ts';
import { ModelSpec } from '../model/spec.ts';

type Fields = Readonly<Record<string, unknown>>;

function isFields(data: unknown): data is Fields {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

/** A `run.json` of version 1 has no measure: it follows from the model. */
export function upgradeRecord(data: unknown): unknown {
  if (!isFields(data) || data['version'] !== 1 || !Value.Check(ModelSpec, data['spec'])) return data;
  return { ...data, version: 2, measure: measureOf(data['spec']) };
}

/** A step of version 1 had its `accuracy`, or nothing where the loss is of values. */
export function upgradeRow(data: unknown): unknown {
  if (!isFields(data) || data['kind'] !== 'step' || 'value' in data) return data;
  const { accuracy, ...row } = data;
  return { ...row, value: accuracy ?? row['loss'] };
}
