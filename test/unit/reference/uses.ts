import * as operations from '../../../engine/backends/reference/operations.ts';
import { type Tensor, tensor } from '../../../engine/backends/reference/tensor.ts';
import { Random } from '../../../engine/random.ts';
import { someTensor } from './differences.ts';

const random = new Random(7, 'operations');
const of = (...shape: number[]): Tensor => someTensor(random, ...shape);
const positive = (...shape: number[]): Tensor => tensor(shape, of(...shape).values.map(Math.abs));

/** One use of every operation: its inputs, and the result as a function of them. */
export const USES: Record<keyof typeof operations, [inputs: Tensor[], use: (...inputs: Tensor[]) => Tensor]> = {
  add: [[of(3, 4), of(4)], (a, b) => operations.add(a, b)],
  subtract: [[of(4), of(3, 4)], (a, b) => operations.subtract(a, b)],
  multiply: [[of(3, 4), of(1, 4)], (a, b) => operations.multiply(a, b)],
  divide: [[of(3, 4), positive(3, 4)], (a, b) => operations.divide(a, b)],
  maximum: [[of(3, 4), of(3, 4)], (a, b) => operations.maximum(a, b)],
  scale: [[of(3, 4)], x => operations.scale(x, -2.5)],
  oneMinus: [[of(3, 4)], x => operations.oneMinus(x)],
  log: [[positive(3, 4)], x => operations.log(x)],
  exponential: [[of(3, 4)], x => operations.exponential(x)],
  squareRoot: [[positive(3, 4)], x => operations.squareRoot(x)],
  absolute: [[of(3, 4)], x => operations.absolute(x)],
  clip: [[of(3, 4)], x => operations.clip(x, -0.6, 0.7)],
  matmul: [[of(2, 3, 4), of(4, 5)], (x, w) => operations.matmul(x, w)],
  transpose: [[of(3, 4)], x => operations.transpose(x)],
  exchange: [[of(2, 3, 4, 2)], x => operations.exchange(x, 1)],
  reshape: [[of(3, 4)], x => operations.reshape(x, [2, 6])],
  columns: [[of(3, 4)], x => operations.columns(x, 1, 3)],
  rows: [[of(3, 2, 2)], x => operations.rows(x, 1, 3)],
  repeatRows: [[of(1, 4)], x => operations.repeatRows(x, 3)],
  stepOf: [[of(2, 3, 4)], x => operations.stepOf(x, 1)],
  stepsOf: [[of(2, 3, 4)], x => operations.sequence(operations.stepsOf(x).reverse())],
  embed: [[of(5, 3)], table => operations.embed(table, tensor([2, 3], [0, 4, 4, 2, 0, 1]))],
  pick: [[of(3, 4)], x => operations.pick(x, [3, 0, 3])],
  concatenate: [[of(2, 3, 1), of(2, 3, 4)], (a, b) => operations.concatenate([a, b, a])],
  sequence: [[of(2, 3, 2), of(2, 3, 2)], (a, b) => operations.sequence([a, b, a])],
  select: [[of(3, 4), of(3, 4)], (a, b) => operations.select([true, false, true], a, b)],
  sum: [[of(3, 4)], x => operations.sum(x)],
  rowSum: [[of(3, 4)], x => operations.rowSum(x)],
  spread: [[of(3, 1)], x => operations.spread(x, 4)],
  logSoftmax: [[of(3, 4)], x => operations.logSoftmax(x)],
};
