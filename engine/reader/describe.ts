/** Readings in words, in the style `float32 [batch, 28 steps, 150] · h of the top layer at every step`. */
import { formatPhrase, type Phrase } from '../model/phrase.ts';
import type { Axis, SymbolReading, Value } from './reading.ts';

/** Axes whose name adds nothing to their size. */
const SILENT: ReadonlySet<string> = new Set(['units', 'classes', 'values', '']);

function axisText({ name, size }: Axis): string {
  if (size === null) return name === '' ? '?' : name;
  if (SILENT.has(name)) return String(size);
  if (size === name) return name;
  return name === 'batch' ? `batch ${size}` : `${size} ${name}`;
}

/** `[batch, 28 steps, 150]` */
export function shapeText(axes: readonly Axis[]): string {
  return `[${axes.map(axisText).join(', ')}]`;
}

function bare(value: Value, field: string | undefined): string {
  const name = field === undefined ? '' : `${field} `;
  switch (value.kind) {
    case 'tensor':
      return `${name}${shapeText(value.axes)}`;
    case 'tuple':
      return name + itemsText(value);
    case 'layer':
      return name + headText(value);
  }
}

function itemsText({ items, fields }: Value & { kind: 'tuple' }): string {
  const parts = items.map((item, position) => bare(item, fields?.[position]));
  const [first] = parts;
  if (parts.length > 1 && first !== undefined && parts.every(part => part === first))
    return `${parts.length} × ${first}`;
  return `(${parts.join(', ')})`;
}

function headText(value: Value): string {
  switch (value.kind) {
    case 'tensor':
      return `${value.dtype} ${value.axes.length === 0 ? 'scalar' : shapeText(value.axes)}`;
    case 'tuple':
      return itemsText(value);
    case 'layer': {
      const cells = value.cells ?? [];
      const widths = [...new Set(cells.map(cell => cell.units))];
      if (cells.length === 0) return value.className;
      return `${value.className} ${cells.length > 1 ? `${cells.length} × ` : ''}${widths.length === 1 ? widths[0]! : cells.map(cell => cell.units).join(', ')}`;
    }
  }
}

/** One line about a value; `translate` puts its meaning into the person's language. */
export function describeValue(value: Value, translate: (text: Phrase) => string = formatPhrase): string {
  const head = headText(value);
  return value.meaning === undefined ? head : `${head} · ${translate(value.meaning)}`;
}

/** All that a name can be, each with what that depends on. */
export function describeAll(
  value: SymbolReading['value'],
  translate: (text: Phrase) => string = formatPhrase,
): readonly string[] {
  if (value.kind !== 'alternatives') return [describeValue(value, translate)];
  return value.items.map(item => `${describeValue(item.value, translate)} (${translate(item.when)})`);
}

/** The values that a name can have. */
export function valuesOf(value: SymbolReading['value']): readonly Value[] {
  return value.kind === 'alternatives' ? value.items.map(item => item.value) : [value];
}

/** `outputs: float32 [batch, 28 steps, 150] · h of the top layer at every step` */
export function describeSymbol(symbol: SymbolReading, translate: (text: Phrase) => string = formatPhrase): string {
  return `${symbol.text}: ${describeAll(symbol.value, translate).join(' | ')}`;
}

/** What frameworks and notes say differently about it, if anything. */
export function noteOf(value: SymbolReading['value']): Phrase | null {
  return valuesOf(value).find(({ note }) => note !== undefined)?.note ?? null;
}
