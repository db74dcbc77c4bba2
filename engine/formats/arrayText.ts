/**
 * Float32 arrays as NumPy prints them: `print(array)` with its default options. Rules restated from NumPy 1.26
 * `numpy/core/arrayprint.py` (`FloatingFormat`, `_formatArray`): the shortest decimals that tell float32 values apart, at
 * most 8 behind the point, padded to a common width; exponents where a value is 1e8 or more, below 1e-4, or where the
 * largest is more than 1000 times the smallest; lines of at most 75 characters.
 */

const PRECISION = 8;
const LINE = 75;

/** The shortest decimal digits that are this float32, as `[digits, exponent]` of d.ddd × 10^exponent. */
function shortest(value: number): readonly [digits: string, exponent: number] {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toExponential(digits - 1);
    if (Math.fround(Number(text)) === value) return parts(text);
  }
  return parts(value.toExponential(8));
}

function parts(text: string): readonly [string, number] {
  const [mantissa = '0', exponent = '0'] = text.split('e');
  return [mantissa.replace('.', ''), Number(exponent)];
}

/** Without an exponent, at most 8 digits behind the point, without zeros at the end: `0.5`, `-1.`. */
function positional(value: number): string {
  const [digits, exponent] = shortest(Math.abs(value));
  const decimals = Math.min(PRECISION, Math.max(0, digits.length - 1 - exponent));
  const text = Math.abs(value).toFixed(decimals);
  const trimmed = text.includes('.') ? text.replace(/0+$/, '') : `${text}.`;
  return (value < 0 || Object.is(value, -0) ? '-' : '') + trimmed;
}

function scientific(value: number, decimals: number): string {
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential(decimals).split('e');
  const point = mantissa.includes('.') ? mantissa : `${mantissa}.`;
  const sign = Number(power) < 0 ? '-' : '+';
  return `${value < 0 ? '-' : ''}${point}e${sign}${String(Math.abs(Number(power))).padStart(2, '0')}`;
}

/** All values as texts of one width. */
function formatted(values: readonly number[]): string[] {
  const finite = values.filter(value => Number.isFinite(value));
  const sizes = finite.filter(value => value !== 0).map(value => Math.abs(value));
  const [most, least] = [Math.max(0, ...sizes), Math.min(Infinity, ...sizes)];
  const special = (value: number): string => (Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf');
  let texts: string[];
  if (most >= 1e8 || (sizes.length > 0 && (least < 1e-4 || most / least > 1000))) {
    const decimals = Math.max(0, ...finite.map(value => Math.min(PRECISION, shortest(Math.abs(value))[0].length - 1)));
    texts = values.map(value => (Number.isFinite(value) ? scientific(value, decimals) : special(value)));
  } else {
    const plain = values.map(value => (Number.isFinite(value) ? positional(value) : special(value)));
    const behind = Math.max(0, ...plain.map(text => (text.split('.')[1] ?? '').length));
    texts = plain.map(text => (text.includes('.') ? text.padEnd(text.indexOf('.') + 1 + behind) : text));
  }
  const width = Math.max(...texts.map(text => text.length));
  return texts.map(text => text.padStart(width));
}

/** Puts words on lines, all behind a prefix; brackets behind the last one find room. */
function wrapped(words: readonly string[], prefix: string): string {
  const width = LINE - prefix.length;
  const lines = [prefix];
  for (const word of words) {
    const line = lines.pop()!;
    if (line.length > prefix.length && line.length + word.length > width)
      lines.push(line.trimEnd(), `${prefix}${word} `);
    else lines.push(`${line}${word} `);
  }
  return lines.join('\n').slice(0, -1);
}

/** @param shape one or two sizes, whose product is the number of values. */
export function arrayText(values: readonly number[], shape: readonly number[]): string {
  const texts = formatted(values);
  if (shape.length === 1) return `[${wrapped(texts, ' ').slice(1)}]`;
  const [rows = 0, columns = 0] = shape;
  const lines = Array.from({ length: rows }, (_, row) => {
    const words = texts.slice(row * columns, (row + 1) * columns);
    return `[${wrapped(words, '  ').slice(2)}]`;
  });
  return `[${lines.join('\n ')}]`;
}
