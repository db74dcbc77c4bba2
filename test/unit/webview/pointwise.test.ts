import assert from 'node:assert/strict';
import { type CellId, CELLS } from '../../../engine/cells/table.ts';
import type { GateTrace } from '../../../engine/protocol/trace.ts';
import { readTrace } from '../../../webview/gateTrace.ts';
import { fillEquation } from '../../../webview/pointwise.ts';

/** A trace of one unit over some steps, with the values of each tensor given. */
function traceOf(cell: CellId, values: Readonly<Record<string, readonly number[]>>): ReturnType<typeof readTrace> {
  const steps = Object.values(values)[0]!.length;
  const trace: GateTrace = {
    sample: { index: 0, kind: 'series', steps, features: 1, values: new Float32Array(steps).buffer, label: undefined },
    classNames: undefined,
    sampleCount: 1,
    probabilities: undefined,
    layers: [{ index: 0, title: 'layer 1', number: 1, cell, units: 1, direction: 'forward', letters: {}, equations: [] }],
    layer: 0,
    tensors: CELLS[cell].tensors.flatMap(({ id, title, meaning, scale }) =>
      values[id]
        ? [{ id, title, meaning, scale, bounds: [-1, 1], rows: { name: 'steps', count: steps }, columns: { name: 'units', count: 1 }, values: Float32Array.from(values[id]).buffer }]
        : [],
    ),
    order: [0],
    contributions: undefined,
    step: 1,
    epoch: 0,
  }; // prettier-ignore
  return readTrace(trace);
}
const [i, j, f, o] = [0.2, -0.4, 0.9, 0.7];
const c0 = i * j;
const c1 = f * c0 + i * j;
const lstm = { i: [i, i], j: [j, j], f: [f, f], o: [o, o], c: [c0, c1], h: [o * Math.tanh(c0), o * Math.tanh(c1)] };
const [cEquation, hEquation] = CELLS.lstm.pointwise;

describe('the equations of a cell with numbers', () => {
  it('take the cell state of the step before, which is zero before the first', () => {
    const trace = traceOf('lstm', lstm);
    assert.equal(fillEquation(cEquation!, trace, 0, 0)?.terms[0]?.[1]?.raw, 0);
    assert.equal(fillEquation(cEquation!, trace, 1, 0)?.terms[0]?.[1]?.raw, Math.fround(c0));
  });
  it('apply tanh and 1 minus where the equation says so', () => {
    assert.equal(
      fillEquation(hEquation!, traceOf('lstm', lstm), 1, 0)?.terms[0]?.[1]?.value,
      Math.tanh(Math.fround(c1)),
    );
    const [u, n] = [0.8, 0.5];
    const gru = traceOf('gru', { r: [1], u: [u], n: [n], h: [(1 - u) * n] });
    assert.equal(fillEquation(CELLS.gru.pointwise[0]!, gru, 0, 0)?.terms[1]?.[0]?.value, 1 - Math.fround(u));
  });
  it('are not shown where the numbers do not meet: another activation, a clip', () => {
    assert.equal(fillEquation(cEquation!, traceOf('lstm', { ...lstm, c: [c0, 0.5] }), 1, 0), undefined);
  });
  it('are not shown where a tensor is missing', () => {
    const { o: _, ...rest } = lstm;
    assert.equal(fillEquation(hEquation!, traceOf('lstm', rest), 1, 0), undefined);
  });
});
