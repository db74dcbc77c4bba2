/** A trace as the gate inspector works with it: numbers readable, values found by step and unit. */
import { type CellDefinition, CELLS } from '../engine/cells/table.ts';
import type { GateTrace, LayerInfo } from '../engine/protocol/trace.ts';
import { type ReadSample, readSample } from './samples.ts';
import { readTensor, type Tensor } from './tensor.ts';

export interface ReadTrace extends Omit<GateTrace, 'sample' | 'tensors'> {
  readonly sample: ReadSample;
  readonly tensors: readonly Tensor[];
  readonly steps: number;
  readonly units: number;
  readonly info: LayerInfo;
  readonly cell: CellDefinition;
  /** Class with the highest probability. */
  readonly predicted: number | undefined;
}

/** Index of the largest probability. */
export function predictedClass(probabilities: readonly number[] | undefined): number | undefined {
  return probabilities?.length ? probabilities.indexOf(Math.max(...probabilities)) : undefined;
}

export function className(classNames: readonly string[] | undefined, index: number): string {
  return classNames?.[index] ?? String(index);
}

/** @throws RangeError when the trace contradicts itself. */
export function readTrace(trace: GateTrace): ReadTrace {
  const info = trace.layers.find(({ index }) => index === trace.layer) ?? trace.layers[trace.layer];
  const tensors = trace.tensors.map(readTensor);
  const first = tensors[0];
  if (!info || !first) throw new RangeError(`Trace of layer ${trace.layer}: no such layer or no tensors`);
  return {
    ...trace,
    sample: readSample(trace.sample),
    tensors,
    steps: first.rows.count,
    units: first.columns.count,
    info,
    cell: CELLS[info.cell],
    predicted: predictedClass(trace.probabilities),
  };
}

/** A tensor as the equations of its framework write it. */
export function letterOf({ info }: ReadTrace, tensor: string): string {
  return info.letters[tensor] ?? tensor;
}

/** The unit whose last tensor (h) has the widest range over the steps. */
export function mostChanging({ tensors, steps, units }: Pick<ReadTrace, 'tensors' | 'steps' | 'units'>): number {
  const { values } = tensors.at(-1)!;
  const ranges = Array.from({ length: units }, (_, unit) => {
    const series = Array.from({ length: steps }, (_, step) => values[step * units + unit]!).filter(Number.isFinite);
    return series.length === 0 ? 0 : Math.max(...series) - Math.min(...series);
  });
  return ranges.indexOf(Math.max(...ranges));
}

/** Value of a tensor of the trace; undefined where the trace has no such tensor. */
export function valueAt(trace: ReadTrace, tensor: string, step: number, unit: number): number | undefined {
  return trace.tensors.find(({ id }) => id === tensor)?.values[step * trace.units + unit];
}
