/** A tensor as text that numpy reads back to the same float32 bits. No DOM in here. */

/** The fewest digits that give this float32 back, as numpy prints them; Python's names for what is not finite. */
export function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return 'np.nan';
  if (!Number.isFinite(value)) return value > 0 ? 'np.inf' : '-np.inf';
  if (Object.is(value, -0)) return '-0.';
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return withPoint(rounded);
  }
  return withPoint(Number(value.toPrecision(9)));
}

function withPoint(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.`;
}

/** `np.array([[…], …], dtype=np.float32)`, one row a line. */
export function numpyArray(values: Float32Array, rows: number, columns: number): string {
  const lines = Array.from(
    { length: rows },
    (_, row) => `[${Array.from(values.subarray(row * columns, (row + 1) * columns), pythonNumber).join(', ')}]`,
  );
  return `np.array([${lines.join(',\n          ')}], dtype=np.float32)`;
}
