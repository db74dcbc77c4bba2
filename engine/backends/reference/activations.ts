/**
 * The activation functions with their derivatives. Sources: TensorFlow 1.15 `nn_ops`, Keras 3 `activations.py`, PyTorch
 * `torch.nn.functional`; where they differ, a `Note:` says so.
 */
import type { Activation } from '../../model/spec.ts';
import { exponential, logSoftmax, pointwise } from './float64.ts';
import type { Tensor } from './tensor.ts';

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
/** Self-normalizing networks (Klambauer et al. 2017). */
const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/** The error function by the series `2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!`, whose terms have one sign. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}
const normal = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;
/** √(2/π) (x + 0.044715 x³), whose tanh comes near 2 Φ(x) - 1. Source: Hendrycks and Gimpel 2016. */
const nearNormal = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** f and its derivative, the latter given x and f(x). */
type Curve = readonly [f: (x: number) => number, slope: (x: number, y: number) => number];

const CURVES: Readonly<Record<Exclude<Activation, 'softmax' | 'log_softmax' | 'leaky_relu'>, Curve>> = {
  linear: [x => x, () => 1],
  tanh: [Math.tanh, (_x, y) => 1 - y * y],
  sigmoid: [logistic, (_x, y) => y * (1 - y)],
  relu: [x => Math.max(x, 0), x => (x > 0 ? 1 : 0)],
  relu6: [x => Math.min(Math.max(x, 0), 6), x => (x > 0 && x < 6 ? 1 : 0)],
  elu: [x => (x > 0 ? x : Math.expm1(x)), (x, y) => (x > 0 ? 1 : y + 1)],
  selu: [
    x => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
    (x, y) => (x > 0 ? SELU_SCALE : y + SELU_SCALE * SELU_ALPHA),
  ],
  /** The exact form, which is the default of TensorFlow, Keras and PyTorch. */
  gelu: [x => x * normal(x), x => normal(x) + x * normalDensity(x)],
  gelu_tanh: [
    x => (x / 2) * (1 + Math.tanh(nearNormal(x))),
    x => {
      const t = Math.tanh(nearNormal(x));
      return (1 + t) / 2 + (x / 2) * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    },
  ],
  softplus: [x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), logistic],
  softsign: [x => x / (1 + Math.abs(x)), x => 1 / (1 + Math.abs(x)) ** 2],
  swish: [x => x * logistic(x), (x, y) => y + logistic(x) * (1 - y)],
  hard_sigmoid: [x => Math.min(Math.max(0.2 * x + 0.5, 0), 1), x => (Math.abs(x) < 2.5 ? 0.2 : 0)],
  hard_sigmoid_keras3: [x => Math.min(Math.max(x + 3, 0), 6) / 6, x => (Math.abs(x) < 3 ? 1 / 6 : 0)],
  exponential: [Math.exp, (_x, y) => y],
};

/**
 * The activation of every value; softmax and log-softmax over the last axis.
 * @param negativeSlope of `leaky_relu` below 0; TensorFlow's own where it is left out
 */
export function activate(activation: Activation, x: Tensor, negativeSlope = 0.2): Tensor {
  if (x.arithmetic) return x.arithmetic.activate(activation, x, negativeSlope);
  if (activation === 'softmax') return exponential(logSoftmax(x));
  if (activation === 'log_softmax') return logSoftmax(x);
  if (activation !== 'leaky_relu') return pointwise(x, ...CURVES[activation]);
  return pointwise(x, one => (one > 0 ? one : negativeSlope * one), one => (one > 0 ? 1 : negativeSlope)); // prettier-ignore
}
