/**
 * The optimizers of each framework as plain update rules, one number at a time, with the framework's own defaults and its
 * own place for epsilon, which is where they differ most. g is the gradient, w the weight, η the learning rate.
 *
 * Sources: TensorFlow 1.15 `core/kernels/training_ops.cc` and `python/training/*.py`; Keras 3 `optimizers/*.py` (Keras
 * 2.15 has the same rules but for Nadam); PyTorch 2 `torch/optim/*.py`.
 */
import { EngineError } from '../../errors.ts';
import { phrase } from '../../model/phrase.ts';
import type { DecaySpec, Framework, ModelSpec, OptimizerSpec, TrainingSpec } from '../../model/spec.ts';

/** The options of an optimizer, all known. */
interface Settings {
  /** At this step, after any decay. */
  readonly η: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly dampening: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly rho: number;
  readonly epsilon: number;
  readonly centered: boolean;
  readonly amsgrad: boolean;
  readonly initialAccumulator: number;
  readonly weightDecay: number;
  readonly decoupledDecay: boolean;
  readonly momentumDecay: number;
  readonly rateDecay: number;
  readonly l1: number;
  readonly l2: number;
  readonly l2Shrinkage: number;
  readonly ratePower: number;
  readonly beta: number;
}

interface Rule {
  /** Where they differ from zero; `η` is the default learning rate. */
  readonly defaults: Partial<Settings>;
  /** First values of what is kept for every weight. */
  readonly slots: (settings: Settings) => readonly number[];
  /** The new weight; changes the slots. */
  readonly update: (w: number, g: number, slots: number[], settings: Settings, at: Moment) => number;
}

interface Moment {
  /** Number of the step, from 1. */
  readonly t: number;
  /** Place of the weight's tensor among all of the model, from 0, and their number. */
  readonly place: number;
  readonly count: number;
}

type Kind = OptimizerSpec['kind'];
type Rules = Readonly<Partial<Record<Kind, Rule>>>;

const sqrt = Math.sqrt;
/** Moving average: keeps `rho` of the old. */
const average = (old: number, rho: number, value: number): number => rho * old + (1 - rho) * value;

const MOMENTS = { beta1: 0.9, beta2: 0.999 };
const twoZeros = () => [0, 0];
const threeZeros = () => [0, 0, 0];
const byAmsgrad = ({ amsgrad }: Settings) => (amsgrad ? threeZeros() : twoZeros());

/** McMahan et al. 2013: the weight that is best for the sum of all gradients so far (`linear`). */
const FTRL: Rule = {
  defaults: { η: 0.001, initialAccumulator: 0.1, ratePower: -0.5 },
  slots: ({ initialAccumulator }) => [initialAccumulator, 0],
  update: (w, g, s, { η, ratePower, l1, l2, l2Shrinkage, beta }) => {
    const [before, after] = [s[0]!, s[0]! + g * g];
    const σ = (after ** -ratePower - before ** -ratePower) / η;
    s[0] = after;
    s[1] = s[1]! + g + 2 * l2Shrinkage * w - σ * w;
    const pull = after ** -ratePower / η + 2 * (l2 + beta / (2 * η));
    return Math.abs(s[1]) <= l1 ? 0 : (Math.sign(s[1]) * l1 - s[1]) / pull;
  },
};

/** A step of size η, then towards 0 by `η l1` and a share of `η l2` (Duchi and Singer 2009). */
function proximalStep(w: number, g: number, η: number, { l1, l2 }: Settings): number {
  const p = w - η * g;
  return (Math.sign(p) * Math.max(Math.abs(p) - η * l1, 0)) / (1 + η * l2);
}

const TENSORFLOW1: Rules = {
  sgd: { defaults: { η: 0.01 }, slots: () => [], update: (w, g, _s, { η }) => w - η * g },
  /** `accum = momentum · accum + g` */
  momentum: {
    defaults: { η: 0.01, momentum: 0.9 },
    slots: () => [0],
    update: (w, g, s, { η, momentum, nesterov }) => {
      s[0] = momentum * s[0]! + g;
      return w - (nesterov ? η * g + η * momentum * s[0] : η * s[0]);
    },
  },
  /** Note: the mean square starts at 1, and epsilon stands inside the root. */
  rmsprop: {
    defaults: { η: 0.01, rho: 0.9, epsilon: 1e-10 },
    slots: () => [1, 0, 0],
    update: (w, g, s, { η, rho, momentum, epsilon, centered }) => {
      s[0] = average(s[0]!, rho, g * g);
      s[1] = average(s[1]!, rho, g);
      const variance = s[0] - (centered ? s[1] * s[1] : 0);
      s[2] = momentum * s[2]! + (η * g) / sqrt(variance + epsilon);
      return w - s[2];
    },
  },
  /** Note: no epsilon; the accumulator starts at 0.1. */
  adagrad: {
    defaults: { η: 0.01, initialAccumulator: 0.1 },
    slots: ({ initialAccumulator }) => [initialAccumulator],
    update: (w, g, s, { η }) => {
      s[0] = s[0]! + g * g;
      return w - (η * g) / sqrt(s[0]);
    },
  },
  adadelta: {
    defaults: { η: 0.001, rho: 0.95, epsilon: 1e-8 },
    slots: twoZeros,
    update: adadelta,
  },
  /** Note: epsilon is added before the bias of v is corrected ("epsilon hat" of the paper). */
  adam: { defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-8 }, slots: twoZeros, update: adamEpsilonHat },
  /** `contrib.opt`. Note: the decay is not multiplied by the learning rate (`weight_decay_optimizers.py`). */
  adamw: {
    defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-8 },
    slots: twoZeros,
    update: (w, g, s, settings, at) => adamEpsilonHat(w * (1 - settings.weightDecay), g, s, settings, at),
  },
  /** `contrib.opt`, kernel `ApplyAdaMax` */
  adamax: { defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-8 }, slots: twoZeros, update: adamaxOuter },
  /** `contrib.opt`, kernel `ApplyAdam` with `use_nesterov`: `w - η̂ · (β₁ m + (1 - β₁) g) / (√v + ε)` */
  nadam: {
    defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-8 },
    slots: twoZeros,
    update: (w, g, s, { η, beta1, beta2, epsilon }, { t }) => {
      s[0] = average(s[0]!, beta1, g);
      s[1] = average(s[1]!, beta2, g * g);
      const corrected = (η * sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
      return w - (corrected * average(s[0], beta1, g)) / (sqrt(s[1]) + epsilon);
    },
  },
  ftrl: FTRL,
  proximal_sgd: {
    defaults: { η: 0.01 },
    slots: () => [],
    update: (w, g, _s, settings) => proximalStep(w, g, settings.η, settings),
  },
  proximal_adagrad: {
    defaults: { η: 0.01, initialAccumulator: 0.1 },
    slots: ({ initialAccumulator }) => [initialAccumulator],
    update: (w, g, s, settings) => {
      s[0] = s[0]! + g * g;
      return proximalStep(w, g, settings.η / sqrt(s[0]), settings);
    },
  },
};

/** `w - η / (1 - β₁ᵗ) · m / (u + ε)`, where u is the greatest magnitude, which fades. */
function adamaxOuter(w: number, g: number, s: number[], { η, beta1, beta2, epsilon }: Settings, { t }: Moment): number {
  s[0] = average(s[0]!, beta1, g);
  s[1] = Math.max(beta2 * s[1]!, Math.abs(g));
  return w - (η * s[0]) / ((1 - beta1 ** t) * (s[1] + epsilon));
}

/** `delta = √(updates + ε) / √(squares + ε) · g` (Zeiler 2012). */
function adadelta(w: number, g: number, s: number[], { η, rho, epsilon }: Settings): number {
  s[0] = average(s[0]!, rho, g * g);
  const delta = (sqrt(s[1]! + epsilon) / sqrt(s[0] + epsilon)) * g;
  s[1] = average(s[1]!, rho, delta * delta);
  return w - η * delta;
}

/** `w - η · √(1-β₂ᵗ)/(1-β₁ᵗ) · m / (√v + ε)`; of AMSGrad, v is the greatest so far. */
function adamEpsilonHat(
  w: number,
  g: number,
  s: number[],
  { η, beta1, beta2, epsilon }: Settings,
  { t }: Moment,
): number {
  s[0] = average(s[0]!, beta1, g);
  s[1] = average(s[1]!, beta2, g * g);
  const corrected = (η * sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
  if (s.length > 2) s[2] = Math.max(s[2]!, s[1]);
  return w - (corrected * s[0]) / (sqrt(s[2] ?? s[1]) + epsilon);
}

/** Nadam's momentum at step t: `μ(t) = β₁ (1 - 0.5 · 0.96^(t·ψ))` (Dozat 2016); ψ is 1 in Keras, 0.004 in PyTorch. */
const nadamMomentum = (beta1: number, t: number, ψ: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * ψ));

/** `μ(1) · … · μ(t)` */
function nadamProduct(beta1: number, t: number, ψ: number): number {
  let product = 1;
  for (let k = 1; k <= t; k++) product *= nadamMomentum(beta1, k, ψ);
  return product;
}

/**
 * `m̂ = μ(t+1) m / (1 - Π μ(1 … t+1)) + (1 - μ(t)) g / (1 - Π μ(1 … t))`, then as Adam.
 * @param productOf the product of the momenta up to this step.
 */
const nadam =
  (
    productOf = ({ beta1, momentumDecay }: Settings, { t }: Moment): number => nadamProduct(beta1, t, momentumDecay),
  ): Rule['update'] =>
  (w, g, s, settings, at) => {
    const { η, beta1, beta2, epsilon, momentumDecay: ψ } = settings;
    s[0] = average(s[0]!, beta1, g);
    s[1] = average(s[1]!, beta2, g * g);
    const now = nadamMomentum(beta1, at.t, ψ);
    const next = nadamMomentum(beta1, at.t + 1, ψ);
    const product = productOf(settings, at);
    const m = (next * s[0]) / (1 - product * next) + ((1 - now) * g) / (1 - product);
    return w - (η * m) / (sqrt(s[1] / (1 - beta2 ** at.t)) + epsilon);
  };

/**
 * Note: in a compiled step of Keras 2.15, every tensor of weights multiplies the product that all of them share, so that
 * it shrinks as many times faster as the model has tensors (`optimizers/nadam.py`, `compute_new_u_product`).
 */
function keras2NadamProduct({ beta1 }: Settings, { t, place, count }: Moment): number {
  return nadamProduct(beta1, t - 1, 1) ** count * nadamMomentum(beta1, t, 1) ** (place + 1);
}

/** Weights shrink by themselves before the update (Loshchilov and Hutter 2019). */
const decoupled =
  (update: Rule['update']): Rule['update'] =>
  (w, g, s, settings, at) =>
    update(w * (1 - settings.η * settings.weightDecay), g, s, settings, at);

/** Note: momentum carries the learning rate, so that a decayed rate does not reach back: `v = momentum · v - η g`. */
function kerasMomentum(w: number, g: number, s: number[], { η, momentum, nesterov }: Settings): number {
  s[0] = momentum * s[0]! - η * g;
  return w + (nesterov ? momentum * s[0] - η * g : s[0]);
}

const KERAS: Rules = {
  sgd: { defaults: { η: 0.01 }, slots: () => [0], update: decoupled(kerasMomentum) },
  momentum: { defaults: { η: 0.01 }, slots: () => [0], update: decoupled(kerasMomentum) },
  /** Epsilon stands inside the root; the mean square starts at 0. */
  rmsprop: {
    defaults: { η: 0.001, rho: 0.9, epsilon: 1e-7 },
    slots: threeZeros,
    update: decoupled((w, g, s, { η, rho, momentum, epsilon, centered }) => {
      s[0] = average(s[0]!, rho, g * g);
      s[1] = average(s[1]!, rho, g);
      const increment = (η * g) / sqrt(s[0] - (centered ? s[1] * s[1] : 0) + epsilon);
      s[2] = momentum * s[2]! + increment;
      return w - s[2];
    }),
  },
  adagrad: {
    defaults: { η: 0.001, initialAccumulator: 0.1, epsilon: 1e-7 },
    slots: ({ initialAccumulator }) => [initialAccumulator],
    update: decoupled((w, g, s, { η, epsilon }) => {
      s[0] = s[0]! + g * g;
      return w - (η * g) / sqrt(s[0] + epsilon);
    }),
  },
  adadelta: { defaults: { η: 0.001, rho: 0.95, epsilon: 1e-7 }, slots: twoZeros, update: decoupled(adadelta) },
  adam: { defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-7 }, slots: twoZeros, update: decoupled(adamEpsilonHat) },
  amsgrad: { defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-7 }, slots: threeZeros, update: decoupled(adamEpsilonHat) },
  adamw: {
    defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-7, weightDecay: 0.004 },
    slots: byAmsgrad,
    update: decoupled(adamEpsilonHat),
  },
  adamax: {
    defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-7 },
    slots: twoZeros,
    update: decoupled(adamaxOuter),
  },
  nadam: {
    defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-7, momentumDecay: 1 },
    slots: twoZeros,
    update: decoupled(nadam()),
  },
  ftrl: { ...FTRL, update: decoupled(FTRL.update) },
  /** The sign of a mixture of momentum and gradient alone (Chen et al. 2023). */
  lion: {
    defaults: { η: 0.001, beta1: 0.9, beta2: 0.99 },
    slots: () => [0],
    update: decoupled((w, g, s, { η, beta1, beta2 }) => {
      const direction = Math.sign(average(s[0]!, beta1, g));
      s[0] = average(s[0]!, beta2, g);
      return w - η * direction;
    }),
  },
};

const KERAS2: Rules = { ...KERAS, nadam: { ...KERAS.nadam!, update: decoupled(nadam(keras2NadamProduct)) } };

/** Weight decay as a part of the gradient, `g + λ w`, unless it is to be decoupled. */
const l2 =
  (update: Rule['update']): Rule['update'] =>
  (w, g, s, settings, at) =>
    settings.decoupledDecay
      ? decoupled(update)(w, g, s, settings, at)
      : update(w, g + settings.weightDecay * w, s, settings, at);

/** Note: the first step fills the buffer with the whole gradient, without dampening. */
function torchMomentum(w: number, g: number, s: number[], settings: Settings, { t }: Moment): number {
  const { η, momentum, nesterov, dampening } = settings;
  if (momentum === 0) return w - η * g;
  s[0] = t === 1 ? g : momentum * s[0]! + (1 - dampening) * g;
  return w - η * (nesterov ? g + momentum * s[0] : s[0]);
}

/** Epsilon is added after the bias of v is corrected: `m̂ / (√v̂ + ε)`. */
function torchAdam(w: number, g: number, s: number[], { η, beta1, beta2, epsilon }: Settings, { t }: Moment): number {
  s[0] = average(s[0]!, beta1, g);
  s[1] = average(s[1]!, beta2, g * g);
  if (s.length > 2) s[2] = Math.max(s[2]!, s[1]);
  const root = sqrt(s[2] ?? s[1]) / sqrt(1 - beta2 ** t);
  return w - ((η / (1 - beta1 ** t)) * s[0]) / (root + epsilon);
}

/** Adam whose step is as certain as its average of squares; by m alone before that can be told (Liu et al. 2020). */
function radam(w: number, g: number, s: number[], { η, beta1, beta2, epsilon }: Settings, { t }: Moment): number {
  s[0] = average(s[0]!, beta1, g);
  s[1] = average(s[1]!, beta2, g * g);
  const m = s[0] / (1 - beta1 ** t);
  const most = 2 / (1 - beta2) - 1;
  const length = most - (2 * t * beta2 ** t) / (1 - beta2 ** t);
  if (length <= 5) return w - η * m;
  const part = ((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length);
  return w - (η * m * sqrt(1 - beta2 ** t) * sqrt(part)) / (sqrt(s[1]) + epsilon);
}

const PYTORCH: Rules = {
  sgd: { defaults: { η: 0.001 }, slots: () => [0], update: l2(torchMomentum) },
  momentum: { defaults: { η: 0.001 }, slots: () => [0], update: l2(torchMomentum) },
  /** Epsilon stands outside the root; the mean square starts at 0; momentum does not carry the learning rate. */
  rmsprop: {
    defaults: { η: 0.01, rho: 0.99, epsilon: 1e-8 },
    slots: threeZeros,
    update: l2((w, g, s, { η, rho, momentum, epsilon, centered }) => {
      s[0] = average(s[0]!, rho, g * g);
      s[1] = average(s[1]!, rho, g);
      s[2] = momentum * s[2]! + g / (sqrt(s[0] - (centered ? s[1] * s[1] : 0)) + epsilon);
      return w - η * s[2];
    }),
  },
  adagrad: {
    defaults: { η: 0.01, epsilon: 1e-10 },
    slots: ({ initialAccumulator }) => [initialAccumulator],
    update: l2((w, g, s, { η, epsilon, rateDecay }, { t }) => {
      s[0] = s[0]! + g * g;
      return w - ((η / (1 + rateDecay * (t - 1))) * g) / (sqrt(s[0]) + epsilon);
    }),
  },
  adadelta: { defaults: { η: 1, rho: 0.9, epsilon: 1e-6 }, slots: twoZeros, update: l2(adadelta) },
  adam: { defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-8 }, slots: twoZeros, update: l2(torchAdam) },
  amsgrad: { defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-8 }, slots: threeZeros, update: l2(torchAdam) },
  adamw: {
    defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-8, weightDecay: 0.01 },
    slots: byAmsgrad,
    update: decoupled(torchAdam),
  },
  adamax: {
    defaults: { ...MOMENTS, η: 0.002, epsilon: 1e-8 },
    slots: twoZeros,
    update: l2((w, g, s, { η, beta1, beta2, epsilon }, { t }) => {
      s[0] = average(s[0]!, beta1, g);
      s[1] = Math.max(beta2 * s[1]!, Math.abs(g) + epsilon);
      return w - ((η / (1 - beta1 ** t)) * s[0]) / s[1];
    }),
  },
  nadam: {
    defaults: { ...MOMENTS, η: 0.002, epsilon: 1e-8, momentumDecay: 0.004 },
    slots: twoZeros,
    update: l2(nadam()),
  },
  radam: { defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-8 }, slots: twoZeros, update: l2(radam) },
};

/** Note: δ is scaled by the squares before this gradient is among them. */
function tensorflowjsAdadelta(w: number, g: number, s: number[], { η, rho, epsilon }: Settings): number {
  const delta = (sqrt(s[1]! + epsilon) / sqrt(s[0]! + epsilon)) * g;
  s[0] = average(s[0]!, rho, g * g);
  s[1] = average(s[1]!, rho, delta * delta);
  return w - η * delta;
}

/** TensorFlow.js has rules of its own; epsilon is 1e-7 on backends with float32. Source: tfjs-core 4.22 `optimizers/*.ts`. */
const TENSORFLOWJS: Rules = {
  sgd: TENSORFLOW1.sgd!,
  momentum: TENSORFLOW1.momentum!,
  /** Note: when centered, epsilon is subtracted under the root, not added. */
  rmsprop: {
    defaults: { η: 0.01, rho: 0.9, epsilon: 1e-7 },
    slots: threeZeros,
    update: (w, g, s, { η, rho, momentum, epsilon, centered }) => {
      s[0] = average(s[0]!, rho, g * g);
      s[1] = average(s[1]!, rho, g);
      s[2] = momentum * s[2]! + (η * g) / sqrt(centered ? s[0] - (s[1] * s[1] + epsilon) : s[0] + epsilon);
      return w - s[2];
    },
  },
  adagrad: { ...KERAS.adagrad!, defaults: { η: 0.01, initialAccumulator: 0.1, epsilon: 1e-7 } },
  adadelta: { defaults: { η: 0.001, rho: 0.95, epsilon: 1e-7 }, slots: twoZeros, update: tensorflowjsAdadelta },
  /** As in PyTorch, epsilon is added after the bias of v is corrected. */
  adam: { defaults: { ...MOMENTS, η: 0.001, epsilon: 1e-7 }, slots: twoZeros, update: torchAdam },
  adamax: { ...KERAS.adamax!, defaults: { ...MOMENTS, η: 0.002, epsilon: 1e-7 } },
};

export const OPTIMIZER_RULES: Readonly<Record<Framework, Rules>> = {
  tensorflow1: TENSORFLOW1,
  keras2: KERAS2,
  keras3: KERAS,
  tensorflowjs: TENSORFLOWJS,
  pytorch: PYTORCH,
};

const NOTHING: Settings = {
  η: 0,
  momentum: 0,
  nesterov: false,
  dampening: 0,
  beta1: 0,
  beta2: 0,
  rho: 0,
  epsilon: 0,
  centered: false,
  amsgrad: false,
  initialAccumulator: 0,
  weightDecay: 0,
  decoupledDecay: false,
  momentumDecay: 0,
  rateDecay: 0,
  l1: 0,
  l2: 0,
  l2Shrinkage: 0,
  ratePower: 0,
  beta: 0,
};

/** Changes the weights, in the order in which the framework makes them, in place by one step. @param step, epoch from 0. */
export type Optimizer = (step: number, weights: readonly Float64Array[], gradients: readonly Float64Array[], epoch?: number) => void; // prettier-ignore

/**
 * The optimizer of a spec, with no step taken yet; plain SGD where the spec names none.
 * @throws EngineError `unsupported` when the framework has none of that kind.
 */
export function createOptimizer(framework: Framework, training: TrainingSpec): Optimizer {
  const { kind, learningRate, ...options } = training.optimizer ?? { kind: 'sgd' };
  const rule = OPTIMIZER_RULES[framework][kind];
  if (!rule) throw new EngineError('unsupported', phrase('{0} has no optimizer {1}.', framework, kind));
  const η = learningRate ?? rule.defaults.η!;
  const settings: Settings = { ...NOTHING, ...rule.defaults, ...options, η };
  const slots = new Map<Float64Array, number[][]>();
  return (step, weights, gradients, epoch = step) => {
    const now = { ...settings, η: decayedRate(training, η, step, epoch) };
    for (const [index, weight] of weights.entries()) {
      const kept = slots.get(weight) ?? Array.from(weight, () => [...rule.slots(settings)]);
      slots.set(weight, kept);
      const at = { t: step + 1, place: index, count: weights.length };
      for (let k = 0; k < weight.length; k++)
        weight[k] = rule.update(weight[k]!, gradients[index]![k]!, kept[k]!, now, at);
    }
  };
}

/** The learning rate at a step (and epoch), counted from 0; `DecaySpec` tells the formulas. */
export function decayedRate({ learningRateDecay: decay }: TrainingSpec, η: number, step: number, epoch = step): number {
  if (!decay) return η;
  const n = decay.per === 'epoch' ? epoch : step;
  if (decay.kind === 'piecewise') {
    const reached = decay.boundaries.filter(boundary => boundary <= n);
    return η * decay.factors[reached.length]!;
  }
  if (decay.kind === 'phases') {
    const at = Math.max(0, decay.phases.findIndex(({ end }, k) => n <= end || k === decay.phases.length - 1)); // prettier-ignore
    const { from, to, end } = decay.phases[at]!;
    const start = at === 0 ? 0 : decay.phases[at - 1]!.end;
    const part = end === start ? 1 : Math.min(1, (n - start) / (end - start));
    return η * (decay.curve === 'linear' ? from + (to - from) * part : to + ((from - to) * (1 + Math.cos(Math.PI * part))) / 2); // prettier-ignore
  }
  const p = n / decay.steps;
  const upToOne = Math.min(p, 1);
  const between = (floor: number, share: number): number => η * (floor + (1 - floor) * share);
  if (decay.kind === 'polynomial') {
    const rounds = decay.cycle ? Math.max(1, Math.ceil(p)) : 1;
    return between(decay.floor, (1 - (decay.cycle ? p / rounds : upToOne)) ** (decay.power ?? 1));
  }
  if (decay.kind === 'cosine') return decayedByCosine(decay, η, n);
  const whole = (decay.staircase ?? decay.kind === 'step') ? Math.floor(p) : p;
  if (decay.kind === 'inverse_time') return η / (1 + decay.rate * whole);
  return η * (decay.kind === 'natural_exponential' ? Math.exp(-decay.rate * whole) : decay.rate ** whole);
}

function decayedByCosine(decay: Extract<DecaySpec, { kind: 'cosine' }>, η: number, n: number): number {
  const { steps, floor = 0, cycle, warmUp: { steps: rising, from } = { steps: 0, from: 1 }, restarts } = decay;
  if (n < rising) return η * (from + (1 - from) * (n / rising));
  const p = (n - rising) / steps;
  let [share, height] = [cycle ? p : Math.min(p, 1), 1];
  if (restarts) {
    const { longer: t, lower: m } = restarts;
    // Rounds begin at 0, 1, 1 + t, 1 + t + t² …
    let [begin, round, k] = [0, 1, 0];
    for (; p >= begin + round; k++) [begin, round] = [begin + round, round * t];
    [share, height] = [(p - begin) / round, m ** k];
  }
  return η * (floor + ((1 - floor) * height * (1 + Math.cos(Math.PI * share))) / 2);
}

/**
 * Clips gradients as the spec says: each value, each weight's norm, or the norm of all together.
 * Note: PyTorch divides by `norm + 1e-6` (`clip_grad_norm_`), TensorFlow and Keras by the greater of norm and limit.
 */
export function clipGradients(spec: ModelSpec, gradients: readonly Float64Array[]): readonly Float64Array[] {
  const { clipping } = spec.training;
  if (!clipping) return gradients;
  if (Array.isArray(clipping))
    return clipping.reduce(
      (clipped, one) => clipGradients({ ...spec, training: { clipping: one } }, clipped),
      gradients,
    );
  const { kind, limit, order } = clipping;
  const normOf = (some: readonly Float64Array[]): number => {
    const values = some.flatMap(one => Array.from(one, Math.abs));
    if (order === undefined) return sqrt(values.reduce((sum, g) => sum + g * g, 0));
    return values.reduce((total, g) => (order === 1 ? total + g : Math.max(total, g)), 0);
  };
  const within = (some: readonly Float64Array[]): Float64Array[] => {
    const norm = normOf(some);
    const factor = spec.framework === 'pytorch' ? Math.min(limit / (norm + 1e-6), 1) : limit / Math.max(norm, limit);
    return some.map(one => one.map(g => g * factor));
  };
  if (kind === 'value') return gradients.map(one => one.map(g => Math.min(Math.max(g, -limit), limit)));
  return kind === 'norm' ? gradients.flatMap(one => within([one])) : within(gradients);
}
