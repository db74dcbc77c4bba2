/** First values of weights. Fans follow TensorFlow: of a matrix its rows and columns, of a vector its length twice. */
import type { Initializer } from '../model/spec.ts';
import type { Random } from '../random.ts';

/** Source: Glorot and Bengio 2010, He et al. 2015, LeCun et al. 1998; scales as in `tf.variance_scaling_initializer`. */
const VARIANCE: Partial<Record<Initializer['kind'], { fan: 'in' | 'average'; scale: number; uniform: boolean }>> = {
  glorot_uniform: { fan: 'average', scale: 1, uniform: true },
  glorot_normal: { fan: 'average', scale: 1, uniform: false },
  he_uniform: { fan: 'in', scale: 2, uniform: true },
  he_normal: { fan: 'in', scale: 2, uniform: false },
  lecun_uniform: { fan: 'in', scale: 1, uniform: true },
  lecun_normal: { fan: 'in', scale: 1, uniform: false },
};

/** Standard deviation of a standard normal cut off at ± 2, by which TensorFlow divides. */
const TRUNCATED_DEVIATION = 0.87962566103423978;

function truncatedNormal(random: Random): number {
  for (;;) {
    const x = random.normal();
    if (Math.abs(x) <= 2) return x;
  }
}

/** Rows of a random orthogonal matrix, or columns where there are more rows, by Gram-Schmidt in double precision. */
function orthogonal(rows: number, columns: number, random: Random): Float64Array {
  const many = Math.max(rows, columns);
  const few = Math.min(rows, columns);
  const vectors: Float64Array[] = [];
  while (vectors.length < few) {
    const v = Float64Array.from({ length: many }, () => random.normal());
    // Twice is enough to be orthogonal to rounding.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) {
        const dot = v.reduce((sum, x, k) => sum + x * other[k]!, 0);
        for (let k = 0; k < many; k++) v[k]! -= dot * other[k]!;
      }
    }
    const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    vectors.push(v.map(x => x / norm));
  }
  return Float64Array.from({ length: rows * columns }, (_, k) => {
    const row = Math.floor(k / columns);
    const column = k % columns;
    return rows <= columns ? vectors[row]![column]! : vectors[column]![row]!;
  });
}

/** Values for a weight of that shape, row after row. */
export function initialise(
  initializer: Initializer,
  shape: readonly number[],
  random: Random,
): Float32Array<ArrayBuffer> {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = new Float32Array(size);
  const columns = shape[shape.length - 1] ?? 1;
  const rows = shape.length > 1 ? size / columns : columns;
  const variance = VARIANCE[initializer.kind];
  if (variance) {
    const fan = variance.fan === 'in' ? rows : (rows + columns) / 2;
    const deviation = Math.sqrt(variance.scale / fan);
    const limit = deviation * Math.sqrt(3);
    for (let k = 0; k < size; k++) {
      values[k] = variance.uniform
        ? (2 * random.uniform() - 1) * limit
        : (truncatedNormal(random) * deviation) / TRUNCATED_DEVIATION;
    }
    return values;
  }
  const value = initializer.value;
  switch (initializer.kind) {
    case 'ones':
      return values.fill(1);
    case 'constant':
      return values.fill(value ?? 0);
    case 'uniform':
      return values.map(() => (2 * random.uniform() - 1) * (value ?? 0.05));
    case 'normal':
      return values.map(() => random.normal() * (value ?? 0.05));
    case 'truncated_normal':
      return values.map(() => truncatedNormal(random) * (value ?? 0.05));
    case 'orthogonal':
      return Float32Array.from(orthogonal(rows, columns, random), x => x * (value ?? 1));
    case 'identity':
      return values.map((_, k) => (Math.floor(k / columns) === k % columns ? (value ?? 1) : 0));
    default:
      return values;
  }
}

/**
 * Values for a matrix whose rows from `cutAt` on are one of its own, and whose columns are gates of as many units as the
 * lower part has rows: each gate's part begins by itself.
 */
export function initialiseParts(
  initializer: Initializer,
  [rows = 0, columns = 0]: readonly number[],
  cutAt: number,
  random: Random,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(rows * columns);
  const units = rows - cutAt;
  for (const [first, count] of [[0, cutAt], [cutAt, units]] as const)
    for (let column = 0; column < columns; column += units) {
      const part = initialise(initializer, [count, units], random);
      for (let row = 0; row < count; row++)
        values.set(part.subarray(row * units, (row + 1) * units), (first + row) * columns + column);
    }
  return values;
} // prettier-ignore
