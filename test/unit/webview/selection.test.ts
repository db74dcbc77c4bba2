import assert from 'node:assert/strict';
import { columnsFor, overviewHeight } from '../../../webview/gateLayout.ts';
import { moved } from '../../../webview/selection.ts';
import { axisSteps } from '../../../webview/timeAxis.ts';
import { apart } from '../../../webview/unitCurves.ts';
import { windowAround } from '../../../webview/valueGrid.ts';

describe('moving by keyboard', () => {
  const go = (key: string, column = 14, row = 37) => moved({ column, row }, key, 28, 150);
  it('goes by one, by ten, and to the ends of time', () => {
    assert.deepEqual(go('ArrowLeft'), { column: 13, row: 37 });
    assert.deepEqual(go('ArrowDown'), { column: 14, row: 38 });
    assert.deepEqual(go('PageUp'), { column: 14, row: 27 });
    assert.deepEqual(go('Home'), { column: 0, row: 37 });
    assert.deepEqual(go('End'), { column: 27, row: 37 });
  });
  it('stays within the map', () => {
    assert.deepEqual(go('ArrowRight', 27), { column: 27, row: 37 });
    assert.deepEqual(go('PageDown', 14, 145), { column: 14, row: 149 });
  });
  it('leaves other keys to the page', () => {
    assert.equal(go('Tab'), undefined);
    assert.equal(go('a'), undefined);
  });
});

describe('the layout of the gate inspector', () => {
  it('puts the six tensors of an LSTM in two columns in a side bar of 280, three at 420, six in a wide one', () => {
    assert.deepEqual(
      [256, 396, 776].map(width => columnsFor(6, width, 'overview')),
      [2, 3, 6],
    );
  });
  it('leaves no ragged last row for a GRU, and one column for a plain RNN', () => {
    assert.deepEqual(
      [256, 396, 776].map(width => columnsFor(4, width, 'overview')),
      [2, 2, 4],
    );
    assert.equal(columnsFor(1, 776, 'overview'), 1);
  });
  it('gives each unit whole pixels, and bounds what thousands of units take', () => {
    assert.equal(overviewHeight(150, false), 150);
    assert.equal(overviewHeight(150, true), 300);
    assert.equal(overviewHeight(5, false), 70);
    assert.equal(overviewHeight(1024, false), 225);
  });
});

describe('the time axis', () => {
  it('numbers round steps that do not touch', () => {
    assert.deepEqual(axisSteps(28, 112), [0, 10, 20]);
    assert.deepEqual(axisSteps(28, 252), [0, 5, 10, 15, 20, 25]);
  });
});

describe('labels at the end of curves', () => {
  it('stand apart and inside their lane, in the order of their curves', () => {
    const placed = apart([{ y: 50, id: 'c' }, { y: 49, id: 'h' }, { y: 5, id: 'f' }], 11, 0, 54); // prettier-ignore
    assert.deepEqual(
      placed.map(({ id }) => id),
      ['f', 'h', 'c'],
    );
    assert.deepEqual(
      placed.map(({ y }) => y),
      [5, 43, 54],
    );
  });
});

describe('the window of numbers', () => {
  const size = { rows: 28, columns: 150 };
  it('moves only as far as the selection needs', () => {
    const window = { row: 0, column: 10, rows: 8, columns: 12 };
    assert.deepEqual(windowAround({ row: 3, column: 15 }, window, size), window);
    assert.deepEqual(windowAround({ row: 8, column: 22 }, window, size), { ...window, row: 1, column: 11 });
  });
  it('stays within the tensor, and is no larger than it', () => {
    const window = { row: 27, column: 149, rows: 8, columns: 12 };
    assert.deepEqual(windowAround({ row: 27, column: 149 }, window, size), {
      row: 20,
      column: 138,
      rows: 8,
      columns: 12,
    });
    assert.deepEqual(windowAround({ row: 0, column: 3 }, window, { rows: 1, columns: 5 }), {
      row: 0,
      column: 0,
      rows: 1,
      columns: 5,
    });
  });
});
