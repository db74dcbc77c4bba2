/** All tensors of one unit as curves over the steps: gates above in [0, 1], candidates and states below, c on its own scale. */
import { CrossCanvas, type PlaceEvents } from './crossCanvas.ts';
import { setAttributes } from './dom.ts';
import type { Selection } from './gateMaps.ts';
import { letterOf, type ReadTrace } from './gateTrace.ts';
import { formatBound } from './numbers.ts';
import type { Tensor } from './tensor.ts';
import { tensorColor } from './tensorColors.ts';
import { text } from './text.ts';
import { type Theme, theme } from './theme.ts';
import { AXIS_HEIGHT, drawTimeAxis } from './timeAxis.ts';

/** Least room for the numbers at the left; a number of a state without bounds may need more. */
const LEFT = 24;
const DIGIT = 5.5;
const RIGHT = 42;
const LANE = 58;
const BETWEEN = 10;

interface Lane {
  readonly tensors: readonly Tensor[];
  readonly low: number;
  readonly high: number;
  /** Unbounded tensors are drawn in parts of their own size, so that they fit beside others; alone they need not. */
  readonly parts: boolean;
}

export class UnitCurves {
  readonly view: CrossCanvas;
  constructor(events: PlaceEvents) {
    this.view = new CrossCanvas(events);
    this.view.element.classList.add('curves');
    setAttributes(this.view.element, { role: 'img' });
  }

  show(trace: ReadTrace, { step, unit }: Selection, width: number): void {
    const lanes = lanesOf(trace, unit);
    const height = lanes.length * LANE + (lanes.length - 1) * BETWEEN;
    const longest = Math.max(...lanes.flatMap(({ low, high }) => [low, high].map(bound => formatBound(bound).length)));
    const left = Math.max(LEFT, longest * DIGIT + 6);
    const room = width - left - RIGHT;
    this.view.resize(width, height + AXIS_HEIGHT + 4);
    this.view.cells(trace.steps, 1, left, room);
    this.view.mark({ column: step });
    const now = theme();
    this.view.draw(context => {
      for (const [index, lane] of lanes.entries())
        drawLane(context, now, trace, unit, lane, { top: index * (LANE + BETWEEN), left, width: room });
      drawTimeAxis(context, now, { steps: trace.steps, left, width: room, top: height + 3 });
    });
    const ids = trace.tensors.map(({ id }) => letterOf(trace, id)).join(', ');
    setAttributes(this.view.element, { 'aria-label': text('unitOverTimeLabel', ids, unit, trace.steps) });
  }
}

/** Values of one unit at every step. */
function seriesOf({ steps, units }: ReadTrace, { values }: Tensor, unit: number): number[] {
  return Array.from({ length: steps }, (_, step) => values[step * units + unit]!);
}

/** An unbounded tensor's largest magnitude in this unit; 1 for what keeps within 1. */
function sizeOf(tensor: Tensor, series: readonly number[]): number {
  const unbounded = tensor.scale === 'signed' || tensor.scale === 'positive';
  return unbounded ? Math.max(1, ...series.map(Math.abs).filter(Number.isFinite)) : 1;
}

function lanesOf(trace: ReadTrace, unit: number): Lane[] {
  const gates = trace.tensors.filter(({ scale }) => scale === 'unit');
  const signed = trace.tensors.filter(({ scale }) => scale !== 'unit');
  const low = signed.every(({ scale }) => scale === 'positive') ? 0 : -1;
  const [first, ...others] = signed;
  const size = first && others.length === 0 ? sizeOf(first, seriesOf(trace, first, unit)) : undefined;
  return [
    ...(gates.length > 0 ? [{ tensors: gates, low: 0, high: 1, parts: false }] : []),
    ...(signed.length > 0
      ? [{ tensors: signed, low: low * (size ?? 1), high: size ?? 1, parts: size === undefined }]
      : []),
  ];
}

function drawLane(
  context: CanvasRenderingContext2D,
  now: Theme,
  trace: ReadTrace,
  unit: number,
  { tensors, low, high, parts }: Lane,
  { top, left, width }: { readonly top: number; readonly left: number; readonly width: number },
): void {
  const at = (value: number): number => top + 3 + (LANE - 6) * (1 - (value - low) / (high - low));
  context.font = `9px ${now.fontFamily}`;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  context.fillStyle = now.faint;
  for (const value of [low, high, ...(low < 0 ? [0] : [])]) {
    const y = Math.round(at(value)) + 0.5;
    context.strokeStyle = now.line;
    context.lineWidth = 1;
    context.setLineDash(value === 0 && low < 0 ? [2, 3] : []);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    context.fillText(formatBound(value), left - 4, y);
  }
  context.setLineDash([]);
  const labels: { y: number; text: string; color: string }[] = [];
  for (const tensor of tensors) {
    const series = seriesOf(trace, tensor, unit);
    // An unbounded state has a scale of its own, written beside its name.
    const size = parts ? sizeOf(tensor, series) : 1;
    const color = tensorColor(now, trace.cell, tensor.id);
    context.strokeStyle = color;
    context.lineWidth = now.highContrast ? 2 : 1.5;
    context.lineJoin = 'round';
    context.beginPath();
    for (const [step, value] of series.entries())
      if (Number.isFinite(value)) context.lineTo(left + ((step + 0.5) * width) / trace.steps, at(value / size));
    context.stroke();
    const last = series.at(-1) ?? 0;
    const letter = letterOf(trace, tensor.id);
    labels.push({ y: at(last / size), text: size > 1 ? `${letter} ±${formatBound(size)}` : letter, color });
  }
  context.textAlign = 'left';
  context.font = `10px ${now.fontFamily}`;
  for (const { y, text: label, color } of apart(labels, 11, top + 4, top + LANE - 4)) {
    context.fillStyle = color;
    context.fillText(label, left + width + 3, y);
  }
}

/** Moves labels so that none lies on another, each as near to its place as can be. */
export function apart<T extends { readonly y: number }>(
  labels: readonly T[],
  distance: number,
  top: number,
  bottom: number,
): T[] {
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  let lowest = top - distance;
  const down = sorted.map(label => {
    lowest = Math.max(label.y, lowest + distance);
    return { ...label, y: lowest };
  });
  let highest = bottom + distance;
  for (let index = down.length - 1; index >= 0; index--) {
    highest = Math.min(down[index]!.y, highest - distance);
    down[index] = { ...down[index]!, y: highest };
  }
  return down;
}
