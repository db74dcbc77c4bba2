import type { DecaySpec } from '../model/spec.ts';
import { cosine, exponential, power } from '../portableMath.ts';

/** What has been done so far, counted from 0. */
export interface Taken {
  readonly steps: number;
  readonly epochs: number;
}

/**
 * The learning rate after so many steps and epochs; `DecaySpec` tells the formulas. Sources: TensorFlow 1.15
 * `learning_rate_decay.py`, Keras 2.15 `learning_rate_schedule.py`, PyTorch 2 `lr_scheduler.py`.
 */
export function decayedRate(decay: DecaySpec | undefined, rate: number, taken: Taken): number {
  if (!decay) return rate;
  const count = decay.per === 'epoch' ? taken.epochs : taken.steps;
  if (decay.kind === 'piecewise')
    return rate * decay.factors[decay.boundaries.filter(boundary => count >= boundary).length]!;
  if (decay.kind === 'phases') return rate * inPhase(decay, count, phase => phase);
  const part = count / decay.steps;
  switch (decay.kind) {
    case 'polynomial': {
      const done = decay.cycle ? count / (decay.steps * Math.max(1, Math.ceil(part))) : Math.min(1, part);
      return rate * (decay.floor + (1 - decay.floor) * power(1 - done, decay.power ?? 1));
    }
    case 'cosine':
      return rate * cosineFactor(decay, count);
    default: {
      const periods = (decay.staircase ?? decay.kind === 'step') ? Math.floor(part) : part;
      if (decay.kind === 'inverse_time') return rate / (1 + decay.rate * periods);
      if (decay.kind === 'natural_exponential') return rate * exponential(-decay.rate * periods);
      return rate * power(decay.rate, periods);
    }
  }
}

/** The momentum at such a step, where a decay changes it, too. */
export function decayedMomentum(decay: DecaySpec | undefined, { steps, epochs }: Taken): number | undefined {
  if (decay?.kind !== 'phases' || decay.phases.some(({ momentum }) => momentum === undefined)) return undefined;
  return inPhase(decay, decay.per === 'epoch' ? epochs : steps, ({ momentum }) => momentum!);
}

type Phases = Extract<DecaySpec, { kind: 'phases' }>;

/** What goes from one value to another in each phase. Source: PyTorch 2 `OneCycleLR`. */
function inPhase({ phases, curve }: Phases, count: number, of: (phase: Phases['phases'][number]) => { readonly from: number; readonly to: number }): number {
  const found = phases.findIndex(({ end }) => count <= end);
  const at = found < 0 ? phases.length - 1 : found;
  const [start, { end }] = [at === 0 ? 0 : phases[at - 1]!.end, phases[at]!];
  const part = end === start ? 1 : Math.min(1, (count - start) / (end - start));
  const { from, to } = of(phases[at]!);
  return curve === 'linear' ? from + (to - from) * part : to + ((from - to) * (1 + cosine(Math.PI * part))) / 2;
} // prettier-ignore

function cosineFactor(decay: Extract<DecaySpec, { kind: 'cosine' }>, count: number): number {
  const { steps, floor = 0, cycle = false, warmUp, restarts } = decay;
  if (warmUp && count < warmUp.steps) return warmUp.from + ((1 - warmUp.from) * count) / warmUp.steps;
  const after = count - (warmUp?.steps ?? 0);
  const { part, height } = restarts ? inRound(after / steps, restarts) : { part: after / steps, height: 1 };
  return floor + ((1 - floor) * height * (1 + cosine(Math.PI * (cycle ? part : Math.min(1, part))))) / 2;
}

/** How much of a round has been done, where each takes `longer` times as long as the one before, and how high it starts. */
function inRound(
  rounds: number,
  { longer, lower }: { readonly longer: number; readonly lower: number },
): { part: number; height: number } {
  if (longer === 1) return { part: rounds - Math.floor(rounds), height: power(lower, Math.floor(rounds)) };
  let [length, height, left] = [1, 1, rounds];
  while (left >= length) {
    left -= length;
    length *= longer;
    height *= lower;
  }
  return { part: left / length, height };
}
