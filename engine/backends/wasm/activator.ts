/** Activations as the kernels run them: three ways to find the slope. */
import { ACTIVATIONS, CURVES, ROWWISE } from '../../kernels/activations.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { type ActivationSpec, leakySlope } from '../../model/activations.ts';
import type { Framework } from '../../model/spec.ts';

export interface Activator {
  /** y = f(x) for rows side by side. */
  forward(x: number, y: number, rows: number, width: number): void;
  /** dx = dy · f' by rows that lie `stride` bytes apart (those of x and y side by side); with `add` onto what is there. */
  backward(
    x: number,
    y: number,
    dy: number,
    dx: number,
    stride: number,
    rows: number,
    width: number,
    add: boolean,
  ): void;
}

export function activatorOf(kernels: Kernels, framework: Framework, { activation, negativeSlope }: ActivationSpec): Activator {
  const byResult = ACTIVATIONS[activation];
  if (byResult !== undefined)
    return {
      forward: (x, y, rows, width) => { kernels.activate(byResult, x, y, rows * width); },
      backward: (_x, y, dy, dx, stride, rows, width, add) => { kernels.slopesByResult(byResult, y, dy, dx, stride, rows, width, add ? 1 : 0); },
    };
  const curve = CURVES[activation];
  const parameter = negativeSlope ?? leakySlope(framework);
  if (curve !== undefined)
    return {
      forward: (x, y, rows, width) => { kernels.curve(curve, parameter, x, y, rows * width); },
      backward: (x, _y, dy, dx, stride, rows, width, add) => { kernels.curveSlopes(curve, parameter, x, dy, dx, stride, rows, width, add ? 1 : 0); },
    };
  const logarithm = ROWWISE[activation]!;
  return {
    forward: (x, y, rows, width) => { kernels.softmaxRows(logarithm, x, y, rows, width); },
    backward: (_x, y, dy, dx, stride, rows, width, add) => { kernels.softmaxSlopes(logarithm, y, dy, dx, stride, rows, width, add ? 1 : 0); },
  };
} // prettier-ignore

/** Whether the slope follows from the result value by value, as the fused kernels want it. */
export function isFused({ activation }: ActivationSpec): boolean {
  return ACTIVATIONS[activation] !== undefined;
}
