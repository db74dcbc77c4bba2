/** Step numbers under a time axis. */
import type { Theme } from './theme.ts';

export const AXIS_HEIGHT = 14;

/** Steps that get a number, so that numbers stand at least `apart` pixels from each other. */
export function axisSteps(steps: number, width: number, apart = 26): number[] {
  const cell = width / steps;
  const stride = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find(each => each * cell >= apart) ?? steps;
  return Array.from({ length: Math.ceil(steps / stride) }, (_, index) => index * stride);
}

/** Draws ticks and numbers under the cells from `left` over `width`, its top at `top`. */
export function drawTimeAxis(
  context: CanvasRenderingContext2D,
  theme: Theme,
  {
    steps,
    left,
    width,
    top,
  }: { readonly steps: number; readonly left: number; readonly width: number; readonly top: number },
): void {
  context.font = `9px ${theme.fontFamily}`;
  context.fillStyle = theme.faint;
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const step of axisSteps(steps, width)) {
    const x = left + ((step + 0.5) * width) / steps;
    context.fillRect(Math.round(x), top, 1, 3);
    context.fillText(String(step), x, top + 4);
  }
}
