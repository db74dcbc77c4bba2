/**
 * The hot functions: one narrow table over addresses in one memory. Matrices are float32, row after row; addresses,
 * panel distances and strides are bytes, everything else counts elements. Another build of them (shared memory, relaxed,
 * native) is one more function that returns this table.
 */
export interface Kernels {
  /** Bytes at the beginning of the memory that the kernels use themselves. */
  reservedBytes(): number;
  /** Tells this instance which of the threads on its memory it serves, from 0 to 63. */
  beThread(index: number): void;
  /**
   * C[m, n] = A · B, or C += A · B when `add` is 1, over packed panels (`assembly/tile.ts` tells the layout). `shape` is an
   * index of `TILES`; all shapes give the same bits.
   */
  multiply(shape: number, a: number, aPanel: number, b: number, bDepth: number, c: number, stride: number, m: number, n: number, k: number, add: number): void;
  /** The bare tile `times` times on the same panels. */
  bareTile(shape: number, a: number, b: number, c: number, k: number, times: number): void;
  /** Panels over the rows of source[rows, depth]: `[panel][depth][width]`; the last one is narrower when `round` is 1. */
  packRows(target: number, panel: number, source: number, stride: number, rows: number, depth: number, width: number, round: number): void;
  /** Panels over the columns of source[depth, columns]: `[panel][depth][width]`; the last one is narrower when `round` is 1. */
  packColumns(target: number, panel: number, source: number, stride: number, columns: number, depth: number, width: number, round: number): void;
  /** Sums panels over k from first to last, onto what is there when `add` is 1. */
  panelSums(panels: number, panel: number, columns: number, depth: number, width: number, sums: number, add: number): void;
  /** `[batch, steps, width]` to `[steps, batch, width]`. */
  batchToSteps(source: number, target: number, batch: number, steps: number, width: number): void;
  /** Pre-activations `z` become gates in place, and new states are made, for the rows of one step (`assembly/lstm.ts`). */
  lstmForward(
    rows: number, units: number, z: number, bias: number, forgetBias: number, iAt: number, jAt: number, fAt: number, oAt: number,
    peepholes: number, clip: number, activation: number, gate: number, cBefore: number, c: number, shown: number, h: number,
  ): void;
  /** Gates in `z` become the gradient of the pre-activations in place, and `dc` moves one step back. */
  lstmBackward(
    rows: number, units: number, z: number, iAt: number, jAt: number, fAt: number, oAt: number,
    peepholes: number, clip: number, activation: number, gate: number, cBefore: number, c: number, shown: number,
    dh: number, dhStride: number, dhTime: number, dhTimeStride: number, dc: number, alive: number,
  ): void;
  /** Gradients by i, j, f, o, c' and act(c') of a step, side by side, before `lstmBackward`. */
  lstmStepSlopes(
    rows: number, units: number, z: number, iAt: number, jAt: number, fAt: number, oAt: number, peepholes: number, clip: number,
    activation: number, gate: number, cBefore: number, c: number, shown: number, dm: number, dc: number, alive: number, to: number,
  ): void;
  /** Reset gate before the product (TF1): gates `[rows, 2U]` become r and u, rh = r * h (`assembly/gru.ts`). */
  gruGates(rows: number, units: number, gates: number, bias: number, rAt: number, gate: number, hBefore: number, rh: number): void;
  /** n `[rows, U]` becomes the candidate, and the new h is made. */
  gruState(rows: number, units: number, gates: number, uAt: number, n: number, bias: number, activation: number, hBefore: number, h: number): void;
  gruStateBackward(
    rows: number, units: number, gates: number, uAt: number, n: number, activation: number, gate: number, hBefore: number,
    dh: number, dhStride: number, dhTime: number, dhTimeStride: number, dhBefore: number, alive: number,
  ): void;
  gruGatesBackward(rows: number, units: number, gates: number, rAt: number, gate: number, hBefore: number, drh: number, drhStride: number, dhBefore: number): void;
  /** Reset gate after the product (Keras, PyTorch): x and hh `[rows, 3U]` are the products of x and of h. */
  gruAfterForward(
    rows: number, units: number, x: number, bias: number, hh: number, hBias: number, rAt: number, uAt: number,
    activation: number, gate: number, hBefore: number, h: number,
  ): void;
  gruAfterBackward(
    rows: number, units: number, x: number, hh: number, rAt: number, uAt: number, activation: number, gate: number, hBefore: number,
    dh: number, dhStride: number, dhTime: number, dhTimeStride: number, dhBefore: number, dhBeforeStride: number, alive: number,
  ): void;
  /** Gradients by u and n of a step of either GRU, before its way back. */
  gruStepSlopes(
    rows: number, units: number, u: number, uStride: number, n: number, nStride: number, hBefore: number, dh: number,
    du: number, dn: number, toStride: number,
  ): void;
  /** x = act(x + bias) for every row; `bias` 0: none. */
  biasActivate(kind: number, x: number, bias: number, rows: number, width: number): void;
  /** dz = (dh + dhTime) * act'(y); zero where the row is not alive. Address 0: none. */
  activationSlopes(
    kind: number, y: number, dh: number, dhStride: number, dhTime: number, dhTimeStride: number, dz: number, dzStride: number, rows: number, width: number, alive: number,
  ): void;
  /** after = before where the row is not alive. */
  carryRows(after: number, before: number, alive: number, rows: number, width: number): void;
  /** target = source where the row is alive, elsewhere zero. */
  maskRows(target: number, source: number, alive: number, rows: number, width: number): void;
  /** target += source where the row is alive. */
  maskSlopes(target: number, targetStride: number, source: number, sourceStride: number, alive: number, rows: number, width: number): void;
  /** target = dhTime + dh where the row is not alive. */
  carrySlopes(
    target: number, targetStride: number, dhTime: number, dhTimeStride: number, dh: number, dhStride: number, alive: number, rows: number, width: number,
  ): void;
  /** A byte for each row, 1 where any of its values is not `besides`; then as many of a row's first steps as are marked (`assembly/steps.ts`). */
  markRows(x: number, besides: number, marks: number, rows: number, width: number): void;
  countMarks(marks: number, batch: number, steps: number, rows: number): void;
  /** Rows of x divided by the number of marked steps of each. */
  divideByMarked(x: number, stride: number, marks: number, batch: number, steps: number, rows: number, width: number): void;
  /** Steps of each row that are marked, the other way round; `add` 1: onto what is there. */
  reverseMarked(target: number, targetStride: number, source: number, sourceStride: number, marks: number, batch: number, steps: number, rows: number, width: number, add: number): void;
  /** greatest = max(greatest, source); `chosen` (integers) holds the step that it came from. */
  greaterOf(source: number, greatest: number, chosen: number, n: number, step: number): void;
  /** target += slopes where `chosen` is this step. */
  slopesOfChosen(slopes: number, stride: number, chosen: number, step: number, target: number, targetStride: number, rows: number, width: number): void;
  /** y = f(x) for n floats; `kind` is a number of `ACTIVATIONS`. */
  activate(kind: number, source: number, target: number, n: number): void;
  /** Turns the gradient by y = f(x) into that by x, in place. */
  activationBackward(kind: number, y: number, slopes: number, n: number): void;
  /** y = f(x) for n floats; `kind` is a number of `CURVES`, `parameter` the slope of a leaky rectifier below 0. */
  curve(kind: number, parameter: number, x: number, y: number, n: number): void;
  /** dx (+)= dy * f'(x) by rows; rows of dx and dy lie `stride` bytes apart. `add` 1: onto what is there; so below. */
  curveSlopes(kind: number, parameter: number, x: number, dy: number, dx: number, stride: number, rows: number, width: number, add: number): void;
  /** dx (+)= dy * f'(y), for a number of `ACTIVATIONS`. */
  slopesByResult(kind: number, y: number, dy: number, dx: number, stride: number, rows: number, width: number, add: number): void;
  /** Softmax of each row, or its logarithm (1). */
  softmaxRows(logarithm: number, x: number, y: number, rows: number, width: number): void;
  softmaxSlopes(logarithm: number, y: number, dy: number, dx: number, stride: number, rows: number, width: number, add: number): void;
  /** x = x * mask by rows that lie `stride` bytes apart, where the row is alive (address 0: everywhere). */
  dropRows(x: number, stride: number, mask: number, alive: number, rows: number, width: number): void;
  /** Single operations of composed cells: target (+)= a * b, factor * a + constant, a * vector (`assembly/composed.ts`). */
  productOnto(target: number, a: number, b: number, n: number, add: number): void;
  affineOnto(target: number, a: number, factor: number, constant: number, n: number, add: number): void;
  columnsOnto(target: number, a: number, vector: number, rows: number, width: number, add: number): void;
  /** dx (+)= dy where |y| is below the limit. */
  clippedOnto(dx: number, dy: number, y: number, limit: number, n: number, add: number): void;
  /** Layer normalization of rows; `normed` and `inverse` (one a row) are kept for the way back. */
  normRows(x: number, gain: number, shift: number, epsilon: number, normed: number, inverse: number, y: number, rows: number, width: number): void;
  normSlopes(dy: number, gain: number, normed: number, inverse: number, dx: number, rows: number, width: number, add: number): void;
  addRows(target: number, targetStride: number, source: number, sourceStride: number, rows: number, width: number): void;
  /** Sums the rows of x from first to last, onto what is there when `add` is 1. */
  columnSums(x: number, stride: number, rows: number, width: number, sums: number, add: number): void;
  /** Sums a * b over the rows from first to last, onto what is there when `add` is 1. */
  productSums(a: number, aStride: number, b: number, bStride: number, rows: number, width: number, sums: number, add: number): void;
  /** target = a * b by rows. */
  multiplyRows(target: number, targetStride: number, a: number, aStride: number, b: number, bStride: number, rows: number, width: number): void;
  copyRows(target: number, targetStride: number, source: number, sourceStride: number, rows: number, width: number): void;
  /** Rows of a table by numbers kept as floats. */
  gatherRows(ids: number, table: number, target: number, rows: number, width: number): void;
  /** Adds columns of slopes to the rows of a table's gradient. */
  scatterRows(ids: number, slopes: number, stride: number, gradient: number, rows: number, width: number, first: number, end: number): void;
  fill(target: number, value: number, n: number): void;
  /** Clips n floats to ± limit. */
  clip(x: number, n: number, limit: number): void;
  /** Zero where |y| has reached the limit. */
  clipBackward(y: number, slopes: number, n: number, limit: number): void;
  scale(x: number, n: number, factor: number): void;
  /** In double precision, from the first to the last. */
  /** 1 where all of n floats are finite. */
  allFinite(x: number, n: number): number;
  sumOfSquares(x: number, n: number): number;
  /** Losses in double precision and right predictions per row; logits' gradient times `scale` goes to `slopes` (0: none). */
  sparseSoftmaxCrossEntropy(logits: number, labels: number, rows: number, classes: number, weights: number, smoothing: number, scale: number, slopes: number, losses: number, correct: number): void;
  softmaxCrossEntropy(logits: number, targets: number, rows: number, classes: number, weights: number, smoothing: number, scale: number, slopes: number, losses: number, correct: number): void;
  /** A loss of every value, by its number in `VALUE_LOSSES`, summed over each row. */
  valueLosses(kind: number, parameter: number, predictions: number, targets: number, rows: number, width: number, scale: number, slopes: number, losses: number): void;
  cosineSimilarity(predictions: number, targets: number, rows: number, width: number, scale: number, slopes: number, losses: number): void;
  sigmoidCrossEntropy(logits: number, targets: number, rows: number, width: number, weights: number, positive: number, smoothing: number, scale: number, slopes: number, losses: number): void;
  /** Optimizers: one update of n neighbouring weights (`assembly/optimizer.ts` has the formulas). */
  adam(w: number, g: number, m: number, v: number, greatest: number, n: number, rate: number, oneMinusBeta1: number, oneMinusBeta2: number, epsilon: number): void;
  nadam(
    w: number, g: number, m: number, v: number, n: number, rate: number, oneMinusBeta1: number, oneMinusBeta2: number,
    ofM: number, ofG: number, ofV: number, epsilon: number,
  ): void;
  adamax(w: number, g: number, m: number, u: number, n: number, rate: number, oneMinusBeta1: number, beta2: number, inner: number, outer: number): void;
  rmsprop(
    w: number, g: number, ms: number, mg: number, mom: number, n: number, oneMinusRho: number, keep: number,
    inner: number, outer: number, inside: number, outside: number,
  ): void;
  momentum(w: number, g: number, acc: number, n: number, keep: number, inside: number, outside: number, nesterov: number): void;
  adagrad(w: number, g: number, acc: number, n: number, rate: number, inner: number, outer: number): void;
  adadelta(w: number, g: number, acc: number, delta: number, n: number, rate: number, rho: number, oneMinusRho: number, epsilon: number, early: number): void;
  lion(w: number, g: number, m: number, n: number, rate: number, beta1: number, oneMinusBeta1: number, beta2: number, oneMinusBeta2: number): void;
  ftrl(
    w: number, g: number, acc: number, linear: number, n: number, rate: number, power: number, l1: number, l2: number, shrinkage: number,
  ): void;
  /** `acc` 0: without an accumulator. */
  proximal(w: number, g: number, acc: number, n: number, rate: number, l1: number, l2: number): void;
  /** g += factor * w. */
  addScaled(g: number, w: number, n: number, factor: number): void;
  sgd(w: number, g: number, n: number, rate: number): void;
} // prettier-ignore

/** The tile shapes of `multiply`, by index: rows × columns. */
export const TILES: readonly { readonly rows: number; readonly columns: number }[] = [
  { rows: 4, columns: 8 },
  { rows: 3, columns: 12 },
  { rows: 5, columns: 8 },
];

/** Links compiled kernels to a memory. */
export function linkKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const abort = () => {
    throw new Error('kernel aborted');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels;
}
