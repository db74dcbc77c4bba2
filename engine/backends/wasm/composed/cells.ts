/** The cells as compositions: the equations of `engine/backends/reference/cells.ts` in operations of the kernels. */
import type { ActivationSpec } from '../../../model/activations.ts';
import type { DropoutMask } from '../dropout.ts';
import type { Composer } from './composer.ts';
import type { Composed } from './layer.ts';
import type { Matrix, Weight } from '../parameters.ts';
import type { Packed } from '../part.ts';
import type { BiasPlace } from './operations.ts';
import type { Value } from './value.ts';

/** What each gate is let see, and the candidate: Keras' `dropout` and `recurrent_dropout`, `LayerNormBasicLSTMCell`. */
export interface GateDropout {
  readonly input: ReadonlyMap<string, DropoutMask>;
  readonly state: ReadonlyMap<string, DropoutMask>;
  readonly candidate: DropoutMask | undefined;
}

/** The weights of one gate: of x and h together, or each with a bias of its own. */
export interface GateWeights {
  readonly joint?: { readonly matrix: Matrix; readonly bias: BiasPlace | undefined };
  readonly input?: { readonly matrix: Matrix; readonly bias: BiasPlace | undefined };
  readonly recurrent?: { readonly matrix: Matrix; readonly bias: BiasPlace | undefined };
}

export interface CellParts {
  readonly units: number;
  readonly activation: ActivationSpec;
  readonly gateActivation: ActivationSpec;
  readonly gates: Readonly<Record<string, GateWeights>>;
  readonly dropout: GateDropout | undefined;
  /** Biases that must be made anew. */
  readonly packed: readonly Packed[];
}

export interface LstmParts extends CellParts {
  readonly forgetBias: number;
  /** The input gate is 1 - the forget gate. */
  readonly coupled: boolean;
  readonly cellClip: number;
  readonly peepholes: Readonly<Record<string, Weight>>;
  /** By scope of the LayerNorm cells. */
  readonly norms: Readonly<Record<string, { readonly gain: Weight; readonly shift: Weight }>>;
  readonly projection: { readonly matrix: Matrix; readonly units: number; readonly clip: number } | undefined;
}

/** x W + b of a gate, through its mask. */
function ofInput(c: Composer, { units, dropout, gates }: CellParts, gate: string, x: Value): Value {
  const { matrix, bias } = gates[gate]!.input!;
  return c.product([c.masked(x, dropout?.input.get(gate))], matrix, units, bias);
}

function ofState(c: Composer, { units, dropout, gates }: CellParts, gate: string, h: Value): Value {
  const { matrix, bias } = gates[gate]!.recurrent!;
  return c.product([c.masked(h, dropout?.state.get(gate))], matrix, units, bias);
}

/** What a gate's activation is applied to. */
function preActivation(c: Composer, parts: CellParts, gate: string, h: Value): Value {
  const { joint } = parts.gates[gate]!;
  if (!joint) return c.add(ofInput(c, parts, gate, c.x), ofState(c, parts, gate, h));
  const seen = [c.masked(c.x, parts.dropout?.input.get(gate)), c.masked(h, parts.dropout?.state.get(gate))] as const;
  return c.product(seen, joint.matrix, parts.units, joint.bias);
}

export function composeRnn(c: Composer, parts: CellParts): Composed {
  const z_h = preActivation(c, parts, 'h', c.before['h']!);
  return { states: { h: c.activate(parts.activation, z_h) }, gates: {}, preActivations: { z_h }, packed: parts.packed };
}

export function composeLstm(c: Composer, parts: LstmParts): Composed {
  const { norms, peepholes, projection } = parts;
  const [h0, c0] = [c.before['h']!, c.before['c']!];
  const gate = (z: Value): Value => c.activate(parts.gateActivation, z);
  const z = (name: string, scope: string): Value => c.norm(preActivation(c, parts, name, h0), norms[scope]);
  const z_j = z('j', 'transform');
  const j = c.masked(c.activate(parts.activation, z_j), parts.dropout?.candidate);
  const z_f = c.peephole(c.plus(z('f', 'forget'), parts.forgetBias), c0, peepholes['f']);
  const f = gate(z_f);
  const z_i = parts.coupled ? undefined : c.peephole(z('i', 'input'), c0, peepholes['i']);
  const i = z_i ? gate(z_i) : c.oneMinus(f);
  const written = c.norm(c.add(c.multiply(f, c0), c.multiply(i, j)), norms['state']);
  const cell = c.clip(written, parts.cellClip);
  const z_o = c.peephole(z('o', 'output'), cell, peepholes['o']);
  const o = gate(z_o);
  const shown = c.activate(parts.activation, cell);
  const m = c.multiply(o, shown);
  const h = projection ? c.clip(c.product([m], projection.matrix, projection.units, undefined), projection.clip) : m;
  const preActivations = { ...(z_i && { z_i }), z_j, z_f, z_o };
  return {
    states: { h, c: cell },
    gates: { i, j, f, o },
    preActivations,
    hidden: { tanh_c: shown },
    packed: parts.packed,
  };
}

export function composeGru(c: Composer, parts: CellParts, resetAfter: boolean): Composed {
  const h0 = c.before['h']!;
  const z_r = preActivation(c, parts, 'r', h0);
  const z_u = preActivation(c, parts, 'u', h0);
  const [r, u] = [c.activate(parts.gateActivation, z_r), c.activate(parts.gateActivation, z_u)];
  const z_n = resetAfter
    ? c.add(ofInput(c, parts, 'n', c.x), c.multiply(r, ofState(c, parts, 'n', h0)))
    : preActivation(c, parts, 'n', c.multiply(r, h0));
  const n = c.activate(parts.activation, z_n);
  const h = c.add(c.multiply(u, h0), c.multiply(c.oneMinus(u), n));
  return { states: { h }, gates: { r, u, n }, preActivations: { z_r, z_u, z_n }, packed: parts.packed };
}
