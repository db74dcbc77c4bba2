/** Which steps the windows of a convolution see. Source: Keras 3 `ops/operation_utils.py`, `compute_conv_output_shape`. */
import type { GraphNode } from './spec.ts';

export type ConvolveNode = Extract<GraphNode, { op: 'convolve' }>;

interface Windows {
  /** How many there are. */
  readonly count: number;
  /** Steps from one to the next. */
  readonly stride: number;
  /** Steps between what one of them sees. */
  readonly dilation: number;
  /** The step at which the first begins; before 0 there are zeros, as after the last step. */
  readonly first: number;
}

/** The windows over so many steps; none where there are too few. */
export function windowsOf({ size, stride = 1, dilation = 1, padding }: ConvolveNode, steps: number): Windows {
  const reach = dilation * (size - 1);
  if (padding === 'valid')
    return { count: Math.max(0, Math.floor((steps - reach - 1) / stride) + 1), stride, dilation, first: 0 };
  const count = Math.ceil(steps / stride);
  const missing = Math.max(0, (count - 1) * stride + reach + 1 - steps);
  return { count, stride, dilation, first: padding === 'causal' ? -reach : -Math.floor(missing / 2) };
}

/** Whether there are as many windows as steps, however many these are. */
export function keepsSteps({ stride = 1, padding }: ConvolveNode): boolean {
  return stride === 1 && padding !== 'valid';
}
