/**
 * What a cell computes, whatever its dialect: the options that decide it, and its weights with every convention that is
 * not part of the function taken out. Two cells of the same options compute the same with the same `CellWeights`.
 */
import { CELL_DEFAULTS, type CellWeights, type GateWeights } from '../backends/reference/dialects.ts';
import { tensor, type Tensor } from '../backends/reference/tensor.ts';
import { completeCell } from '../model/cudnn.ts';
import type { Activation, CellSpec, CellWrapper, Framework } from '../model/spec.ts';

type Options = Readonly<Record<string, string | number | boolean>>;

/** Slopes at 0 of the activations that are one function but for the scale of what they are given. */
const SLOPES: Partial<Record<Activation, number>> = { hard_sigmoid: 0.2, hard_sigmoid_keras3: 1 / 6 };

/** Options that must agree, as they are when a program leaves them out. */
export function functionOptions(framework: Framework, given: CellSpec): Options {
  const cell = completeCell(given);
  const defaults = CELL_DEFAULTS[framework];
  const gate = gateActivation(framework, cell);
  const activation = cell.activation ?? 'tanh';
  const slope = activation === 'leaky_relu' ? ` (${cell.negativeSlope ?? defaults.leakySlope})` : '';
  return {
    cell: cell.cell,
    units: cell.units,
    activation: `${activation}${slope}`,
    ...(cell.cell === 'rnn' ? {} : { 'recurrent activation': SLOPES[gate] ? 'hard_sigmoid' : gate }),
    projection: cell.projection?.units ?? 'none',
    'clip of the projection': cell.projection?.clip ?? 'none',
    'clip of c': cell.cellClip ?? 'none',
    'layer normalization': cell.layerNorm !== undefined,
    wrappers: (cell.wrappers ?? []).flatMap(wrapperTitle).join(', ') || 'none',
  };
} // prettier-ignore

/** Dropout is no part of what a trained cell computes. */
function wrapperTitle(wrapper: CellWrapper): string[] {
  if (wrapper.wrapper === 'dropout') return [];
  return [wrapper.wrapper === 'residual' && wrapper.layers ? `residual around ${wrapper.layers} layers` : wrapper.wrapper]; // prettier-ignore
}

/** Whether a GRU applies its reset gate after the recurrent product. */
export function resetsAfter(framework: Framework, cell: CellSpec): boolean {
  return completeCell(cell).resetAfter ?? CELL_DEFAULTS[framework].resetAfter;
}

function gateActivation(framework: Framework, cell: CellSpec): Activation {
  return cell.recurrentActivation ?? CELL_DEFAULTS[framework].recurrentActivation;
}

/** What the weights of a cell are in terms of its function: nothing is added to a gate besides, and every gate stands for itself. */
export function pureWeights(framework: Framework, cell: CellSpec, weights: CellWeights): CellWeights {
  const biased = shifted(weights, forgetBias(framework, cell));
  const pure = scaled(biased, SLOPES[gateActivation(framework, cell)] ?? 1);
  return cell.coupledInputForget ? withInputGate(pure) : pure;
}

/** The weights with which a cell computes what `pure` says; the opposite of `pureWeights`. */
export function ownWeights(framework: Framework, cell: CellSpec, pure: CellWeights): CellWeights {
  const biased = scaled(pure, 1 / (SLOPES[gateActivation(framework, cell)] ?? 1));
  return shifted(biased, -forgetBias(framework, cell));
}

/** What a cell adds to its forget gate at every step. In Keras and PyTorch it is part of the bias from the beginning. */
function forgetBias(framework: Framework, cell: CellSpec): number {
  const own = CELL_DEFAULTS[framework].forgetBias;
  return cell.cell !== 'lstm' || own === 0 ? 0 : (completeCell(cell).forgetBias ?? own);
}

const mapped = (of: Tensor, change: (value: number) => number): Tensor => tensor(of.shape, of.values.map(change)); // prettier-ignore

/** Puts a number into the bias of the forget gate; where that is normalized, into its shift. */
function shifted(weights: CellWeights, by: number): CellWeights {
  const { gates, norms } = weights;
  const { f } = gates;
  if (by === 0 || !f) return weights;
  const plus = (of: Tensor): Tensor => mapped(of, value => value + by);
  const norm = norms['forget'];
  if (norm) return { ...weights, norms: { ...norms, forget: { ...norm, shift: plus(norm.shift) } } };
  return { ...weights, gates: { ...gates, f: { ...f, inputBias: plus(f.inputBias) } } };
}

/** Scopes of the normalization of the gates. */
const NORMS: Readonly<Record<string, string>> = { i: 'input', f: 'forget', o: 'output' };
const CANDIDATES: ReadonlySet<string> = new Set(['h', 'j', 'n']);

/** Multiplies what the gates' activation is given; the candidate has an activation of its own. */
function scaled(weights: CellWeights, by: number): CellWeights {
  const times = (of: Tensor): Tensor => mapped(of, value => value * by);
  if (by === 1) return weights;
  const gates = Object.entries(weights.gates).map(([gate, one]): [string, GateWeights] => {
    if (CANDIDATES.has(gate)) return [gate, one];
    const matrices = weights.norms[NORMS[gate]!] ? {} : { input: times(one.input), recurrent: times(one.recurrent) };
    return [gate, { ...one, ...matrices, inputBias: times(one.inputBias), recurrentBias: times(one.recurrentBias) }];
  });
  const scopes = new Set(Object.values(NORMS));
  const norms = Object.entries(weights.norms).map(([scope, { gain, shift }]) => [scope, scopes.has(scope) ? { gain: times(gain), shift: times(shift) } : { gain, shift }] as const);
  const peepholes = Object.entries(weights.peepholes).map(([gate, one]) => [gate, times(one)] as const);
  return { ...weights, gates: Object.fromEntries(gates), norms: Object.fromEntries(norms), peepholes: Object.fromEntries(peepholes) };
} // prettier-ignore

/** The input gate that is 1 - forget gate, as one with weights: 1 - σ(z) = σ(-z), for sigmoids of any kind. */
export function withInputGate(weights: CellWeights): CellWeights {
  const { f } = weights.gates;
  const minus = (of: Tensor): Tensor => mapped(of, value => -value);
  const norm = weights.norms['forget'];
  const peephole = weights.peepholes['f'];
  const i = norm
    ? f!
    : {
        input: minus(f!.input),
        recurrent: minus(f!.recurrent),
        inputBias: minus(f!.inputBias),
        recurrentBias: minus(f!.recurrentBias),
      };
  return {
    ...weights,
    gates: { ...weights.gates, i },
    peepholes: peephole ? { ...weights.peepholes, i: minus(peephole) } : weights.peepholes,
    norms: norm
      ? { ...weights.norms, input: { gain: minus(norm.gain), shift: minus(norm.shift) } }
      : weights.norms,
  }; // prettier-ignore
}

/** Whether the input gate happens to be 1 - forget gate, so that a cell that couples them computes the same. */
export function isCoupled(weights: CellWeights): boolean {
  const { gates, peepholes, norms } = withInputGate(weights);
  const bias = ({ inputBias, recurrentBias }: GateWeights): number[] =>
    Array.from(inputBias.values, (value, k) => value + recurrentBias.values[k]!);
  const same = (a: ArrayLike<number> = [], b: ArrayLike<number> = []): boolean =>
    Array.from(a).every((value, k) => Math.abs(value - b[k]!) <= 1e-6 * Math.max(1, Math.abs(value)));
  const [mirror, own] = [gates['i']!, weights.gates['i']!];
  return (
    same(mirror.input.values, own.input.values) &&
    same(mirror.recurrent.values, own.recurrent.values) &&
    same(bias(mirror), bias(own)) &&
    same(peepholes['i']?.values, weights.peepholes['i']?.values) &&
    same(norms['input']?.gain.values, weights.norms['input']?.gain.values) &&
    same(norms['input']?.shift.values, weights.norms['input']?.shift.values)
  );
}
