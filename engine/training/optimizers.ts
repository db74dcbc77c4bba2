/**
 * The optimizers: slots, defaults and update of each, as data over the kernels, by framework: where they differ is the
 * place of epsilon, of the learning rate and of weight decay. Sources: TensorFlow 1.15 `training_ops`, Keras 3
 * `optimizers`, PyTorch 2 `torch.optim`.
 */
import type { Kernels } from '../kernels/kernels.ts';
import type { AveragingSpec, Framework, OptimizerSpec } from '../model/spec.ts';
import { power } from '../portableMath.ts';

/** One weight and what belongs to it, by address; `n` elements each. */
export interface UpdateTarget {
  readonly weight: number;
  readonly gradient: number;
  readonly slots: readonly number[];
  readonly n: number;
  /** Its number among all weights in the order in which the framework makes them, and their count. */
  readonly place: number;
  readonly count: number;
}

export interface Optimizer {
  /** Values kept for every weight: suffix of the name (TF1: `softmax/kernel/Adam_1`) and first value. */
  readonly slots: readonly { readonly suffix: string; readonly initial: number }[];
  /** Used where neither spec nor caller gives one. */
  readonly learningRate: number;
  /** The update of one step; `step` counts from 1. */
  update(kernels: Kernels, target: UpdateTarget, rate: number, step: number): void;
}

type Kind = OptimizerSpec['kind'];
type Make = (spec: OptimizerSpec) => Optimizer;

const slot = (suffix: string, initial = 0) => ({ suffix, initial });

/** TF1 and Keras add epsilon before the bias of v is corrected, PyTorch after. */
const adam =
  (learningRate: number, defaultEpsilon: number, corrected: boolean): Make =>
  ({ kind, amsgrad = kind === 'amsgrad', beta1 = 0.9, beta2 = 0.999, epsilon = defaultEpsilon }) => ({
    slots: [slot('Adam'), slot('Adam_1'), ...(amsgrad ? [slot('Adam_2')] : [])],
    learningRate,
    update(kernels, { weight, gradient, slots: [m = 0, v = 0, greatest = 0], n }, rate, step) {
      const root = Math.sqrt(1 - power(beta2, step));
      const stride = (rate * root) / (1 - power(beta1, step));
      kernels.adam(
        weight,
        gradient,
        m,
        v,
        greatest,
        n,
        stride,
        1 - beta1,
        1 - beta2,
        corrected ? epsilon * root : epsilon,
      );
    },
  });

/**
 * Nadam's momentum at step t is b1 (1 - 0.5 · 0.96^(t ψ)) (Dozat 2016).
 * Note: in a compiled step of Keras 2.15 (`optimizers/nadam.py`) every weight multiplies the product that all of them
 * share, so that it shrinks faster by as many times as there are weights (`shared`).
 */
const nadam =
  (learningRate: number, defaultEpsilon: number, defaultPsi: number, shared = false): Make =>
  ({ beta1 = 0.9, beta2 = 0.999, epsilon = defaultEpsilon, momentumDecay: psi = defaultPsi }) => {
    const momentumAt = (t: number) => beta1 * (1 - 0.5 * power(0.96, t * psi));
    return {
      slots: [slot('Nadam'), slot('Nadam_1')],
      learningRate,
      update(kernels, { weight, gradient, slots: [m = 0, v = 0], n, place, count }, rate, step) {
        let before = 1;
        for (let t = 1; t < step; t++) before *= momentumAt(t);
        const product = shared ? power(before, count) * power(momentumAt(step), place + 1) : before * momentumAt(step);
        const next = momentumAt(step + 1);
        const ofM = next / (1 - product * next);
        const ofG = (1 - momentumAt(step)) / (1 - product);
        kernels.nadam(
          weight,
          gradient,
          m,
          v,
          n,
          rate,
          1 - beta1,
          1 - beta2,
          ofM,
          ofG,
          1 / (1 - power(beta2, step)),
          epsilon,
        );
      },
    };
  };

const adamax =
  (learningRate: number, defaultEpsilon: number, inner: boolean): Make =>
  ({ beta1 = 0.9, beta2 = 0.999, epsilon = defaultEpsilon }) => ({
    slots: [slot('Adamax'), slot('Adamax_1')],
    learningRate,
    update(kernels, { weight, gradient, slots: [m = 0, u = 0], n }, rate, step) {
      const stride = rate / (1 - power(beta1, step));
      kernels.adamax(weight, gradient, m, u, n, stride, 1 - beta1, beta2, inner ? epsilon : 0, inner ? 0 : epsilon);
    },
  });

interface RmspropPlaces {
  readonly learningRate: number;
  readonly rho: number;
  readonly epsilon: number;
  /** First value of the mean square. */
  readonly initial: number;
  /** Epsilon stands inside the root, and momentum carries the learning rate. */
  readonly inside: boolean;
  /** When centered, epsilon is taken off under the root. */
  readonly takesOff?: boolean;
}

const rmsprop =
  (own: RmspropPlaces): Make =>
  ({ rho = own.rho, momentum: keep = 0, epsilon = own.epsilon, centered = false }) => ({
    slots: [slot('RMSProp', own.initial), slot('RMSProp_1'), ...(centered ? [slot('RMSProp_2')] : [])],
    learningRate: own.learningRate,
    update(kernels, { weight, gradient, slots: [ms = 0, mom = 0, mg = 0], n }, rate) {
      const { inside } = own;
      const under = centered && own.takesOff === true ? -epsilon : epsilon;
      const [inner, outer] = inside ? [under, 0] : [0, epsilon];
      kernels.rmsprop(
        weight,
        gradient,
        ms,
        mg,
        mom,
        n,
        1 - rho,
        keep,
        inner,
        outer,
        inside ? rate : 1,
        inside ? 1 : rate,
      );
    },
  });

const sgd =
  (learningRate: number, rateInside: boolean): Make =>
  ({ kind, momentum: keep = kind === 'momentum' ? 0.9 : 0, nesterov = false, dampening = 0 }) => ({
    slots: keep === 0 ? [] : [slot('Momentum')],
    learningRate,
    update(kernels, { weight, gradient, slots: [speed], n }, rate, step) {
      // Note: PyTorch's first step takes the whole gradient, without dampening.
      const fresh = step === 1 ? 1 : 1 - dampening;
      if (speed === undefined) kernels.sgd(weight, gradient, n, rate);
      else
        kernels.momentum(
          weight,
          gradient,
          speed,
          n,
          keep,
          rateInside ? rate : fresh,
          rateInside ? 1 : rate,
          nesterov ? 1 : 0,
        );
    },
  });

const adagrad =
  (learningRate: number, defaultInitial: number, [inner, outer]: readonly [number | 'epsilon', number | 'epsilon'], defaultEpsilon: number): Make =>
  ({ initialAccumulator = defaultInitial, epsilon = defaultEpsilon, rateDecay = 0 }) => ({
    slots: [slot('Adagrad', initialAccumulator)],
    learningRate,
    update(kernels, { weight, gradient, slots: [sum = 0], n }, rate, step) {
      const now = rate / (1 + rateDecay * (step - 1));
      kernels.adagrad(weight, gradient, sum, n, now, inner === 'epsilon' ? epsilon : inner, outer === 'epsilon' ? epsilon : outer);
    },
  }); // prettier-ignore

const adadelta =
  (learningRate: number, defaultRho: number, defaultEpsilon: number, early = false): Make =>
  ({ rho = defaultRho, epsilon = defaultEpsilon }) => ({
    slots: [slot('Adadelta'), slot('Adadelta_1')],
    learningRate,
    update(kernels, { weight, gradient, slots: [squares = 0, deltas = 0], n }, rate) {
      kernels.adadelta(weight, gradient, squares, deltas, n, rate, rho, 1 - rho, epsilon, early ? 1 : 0);
    },
  });

/**
 * Weights shrink by themselves before the update (Loshchilov and Hutter 2019).
 * @param byRate whether they shrink by the learning rate times the decay, or by the decay alone.
 */
const decoupled =
  (make: Make, defaultDecay = 0, byRate = true): Make =>
  spec => {
    const { weightDecay = defaultDecay } = spec;
    const inner = make(spec);
    return {
      ...inner,
      update(kernels, target, rate, step) {
        if (weightDecay !== 0) kernels.scale(target.weight, target.n, 1 - (byRate ? rate : 1) * weightDecay);
        inner.update(kernels, target, rate, step);
      },
    };
  };

/** Weight decay as a part of the gradient, unless it is to be decoupled. */
const l2 =
  (make: Make): Make =>
  spec => {
    const { weightDecay = 0, decoupledDecay } = spec;
    if (decoupledDecay) return decoupled(make)(spec);
    const inner = make(spec);
    return {
      ...inner,
      update(kernels, target, rate, step) {
        if (weightDecay !== 0) kernels.addScaled(target.gradient, target.weight, target.n, weightDecay);
        inner.update(kernels, target, rate, step);
      },
    };
  };

/**
 * An optimizer whose weights become their moving averages every so many steps. The first average is the weight itself.
 * Source: Keras 3 `base_optimizer.py`, `use_ema`.
 */
export function averaged(inner: Optimizer, { momentum, every }: AveragingSpec): Optimizer {
  const place = inner.slots.length;
  return {
    ...inner,
    slots: [...inner.slots, slot('Average')],
    update(kernels, target, rate, step) {
      const { weight, slots, n } = target;
      inner.update(kernels, { ...target, slots: slots.slice(0, place) }, rate, step);
      const average = slots[place]!;
      const kept = step === 1 ? 0 : momentum;
      kernels.scale(average, n, kept);
      kernels.addScaled(average, weight, n, 1 - kept);
      if (step % every === 0) kernels.copyRows(weight, 0, average, 0, 1, n);
    },
  };
}

/** TF1's `contrib.opt.NadamOptimizer`: Adam whose momentum looks one step ahead. Source: `ApplyAdam` with `use_nesterov`. */
const nesterovAdam =
  (learningRate: number, defaultEpsilon: number): Make =>
  ({ beta1 = 0.9, beta2 = 0.999, epsilon = defaultEpsilon }) => ({
    slots: [slot('Adam'), slot('Adam_1')],
    learningRate,
    update(kernels, { weight, gradient, slots: [m = 0, v = 0], n }, rate, step) {
      const stride = (rate * Math.sqrt(1 - power(beta2, step))) / (1 - power(beta1, step));
      kernels.nadam(weight, gradient, m, v, n, stride, 1 - beta1, 1 - beta2, beta1, 1 - beta1, 1, epsilon);
    },
  });

/**
 * Adam that knows how long the average of squares is: a step of m alone before it can be told (Liu et al. 2020).
 * Note: as in PyTorch, epsilon is added before the bias of v is corrected.
 */
const radam =
  (learningRate: number, defaultEpsilon: number): Make =>
  ({ beta1 = 0.9, beta2 = 0.999, epsilon = defaultEpsilon }) => ({
    slots: [slot('RAdam'), slot('RAdam_1')],
    learningRate,
    update(kernels, { weight, gradient, slots: [m = 0, v = 0], n }, rate, step) {
      const stride = rate / (1 - power(beta1, step));
      const corrected = 1 - power(beta2, step);
      const most = 2 / (1 - beta2) - 1;
      const length = most - (2 * step * (1 - corrected)) / corrected;
      const rectified = length > 5;
      const part = ((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length);
      const scaled = rectified ? stride * Math.sqrt(corrected) * Math.sqrt(part) : 0;
      kernels.adam(weight, gradient, m, v, 0, n, scaled, 1 - beta1, 1 - beta2, rectified ? epsilon : 1);
      if (!rectified) kernels.addScaled(weight, m, n, -stride);
    },
  });

/** The sign of a mixture of momentum and gradient alone (Chen et al. 2023). */
const lion =
  (learningRate: number): Make =>
  ({ beta1 = 0.9, beta2 = 0.99 }) => ({
    slots: [slot('Lion')],
    learningRate,
    update(kernels, { weight, gradient, slots: [m = 0], n }, rate) {
      kernels.lion(weight, gradient, m, n, rate, beta1, 1 - beta1, beta2, 1 - beta2);
    },
  });

const ftrl =
  (learningRate: number): Make =>
  ({ initialAccumulator = 0.1, ratePower = -0.5, l1 = 0, l2: strength = 0, l2Shrinkage = 0, beta = 0 }) => ({
    slots: [slot('Ftrl', initialAccumulator), slot('Ftrl_1')],
    learningRate,
    update(kernels, { weight, gradient, slots: [sum = 0, linear = 0], n }, rate) {
      const pull = strength + beta / (2 * rate);
      kernels.ftrl(weight, gradient, sum, linear, n, rate, -ratePower, l1, pull, l2Shrinkage);
    },
  });

/** Weights that step, then are pulled towards 0 (Duchi and Singer 2009). */
const proximal =
  (learningRate: number, accumulates: boolean): Make =>
  ({ initialAccumulator = 0.1, l1 = 0, l2: strength = 0 }) => ({
    slots: accumulates ? [slot('ProximalAdagrad', initialAccumulator)] : [],
    learningRate,
    update(kernels, { weight, gradient, slots: [sum = 0], n }, rate) {
      kernels.proximal(weight, gradient, sum, n, rate, l1, strength);
    },
  });

const TENSORFLOW1 = {
  sgd: sgd(0.01, false),
  momentum: sgd(0.01, false),
  rmsprop: rmsprop({ learningRate: 0.01, rho: 0.9, epsilon: 1e-10, initial: 1, inside: true }),
  adagrad: adagrad(0.01, 0.1, [0, 0], 0),
  adadelta: adadelta(0.001, 0.95, 1e-8),
  adam: adam(0.001, 1e-8, false),
  // Those of `contrib.opt`. Note: its decay is not multiplied by the learning rate.
  adamw: decoupled(adam(0.001, 1e-8, false), 0, false),
  adamax: adamax(0.001, 1e-8, false),
  nadam: nesterovAdam(0.001, 1e-8),
  ftrl: ftrl(0.001),
  proximal_sgd: proximal(0.01, false),
  proximal_adagrad: proximal(0.01, true),
} satisfies Partial<Record<Kind, Make>>;

const KERAS = {
  sgd: decoupled(sgd(0.01, true)),
  momentum: decoupled(sgd(0.01, true)),
  rmsprop: decoupled(rmsprop({ learningRate: 0.001, rho: 0.9, epsilon: 1e-7, initial: 0, inside: true })),
  adagrad: decoupled(adagrad(0.001, 0.1, ['epsilon', 0], 1e-7)),
  adadelta: decoupled(adadelta(0.001, 0.95, 1e-7)),
  adam: decoupled(adam(0.001, 1e-7, false)),
  amsgrad: decoupled(adam(0.001, 1e-7, false)),
  adamw: decoupled(adam(0.001, 1e-7, false), 0.004),
  adamax: decoupled(adamax(0.001, 1e-7, false)),
  ftrl: decoupled(ftrl(0.001)),
  lion: decoupled(lion(0.001)),
} satisfies Partial<Record<Kind, Make>>;

const PYTORCH = {
  sgd: l2(sgd(0.001, false)),
  momentum: l2(sgd(0.001, false)),
  rmsprop: l2(rmsprop({ learningRate: 0.01, rho: 0.99, epsilon: 1e-8, initial: 0, inside: false })),
  adagrad: l2(adagrad(0.01, 0, [0, 'epsilon'], 1e-10)),
  adadelta: l2(adadelta(1, 0.9, 1e-6)),
  adam: l2(adam(0.001, 1e-8, true)),
  amsgrad: l2(adam(0.001, 1e-8, true)),
  adamw: decoupled(adam(0.001, 1e-8, true), 0.01),
  adamax: l2(adamax(0.002, 1e-8, true)),
  nadam: l2(nadam(0.002, 1e-8, 0.004)),
  radam: l2(radam(0.001, 1e-8)),
} satisfies Partial<Record<Kind, Make>>;

/** Source: tfjs-core 4.22 `optimizers/*.ts`. */
const TENSORFLOWJS = {
  sgd: sgd(0.01, false),
  momentum: sgd(0.01, false),
  rmsprop: rmsprop({ learningRate: 0.001, rho: 0.9, epsilon: 1e-7, initial: 0, inside: true, takesOff: true }),
  adagrad: adagrad(0.01, 0.1, ['epsilon', 0], 1e-7),
  adadelta: adadelta(0.001, 0.95, 1e-7, true),
  adam: adam(0.001, 1e-7, true),
  adamax: adamax(0.002, 1e-7, false),
} satisfies Partial<Record<Kind, Make>>;

/** What can be run, by framework and kind. */
export const OPTIMIZERS: Readonly<Record<Framework, Readonly<Partial<Record<Kind, Make>>>>> = {
  tensorflow1: TENSORFLOW1,
  keras2: { ...KERAS, nadam: decoupled(nadam(0.001, 1e-7, 1, true)) },
  keras3: { ...KERAS, nadam: decoupled(nadam(0.001, 1e-7, 1)) },
  tensorflowjs: TENSORFLOWJS,
  pytorch: PYTORCH,
};
