/** Makes the layer of one cell: which weights by which names lie where, by the conventions of each framework. */
import { EngineError } from '../../errors.ts';
import { ACTIVATIONS } from '../../kernels/activations.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import type { ParameterShape } from '../../model/parameters.ts';
import type { ActivationSpec } from '../../model/activations.ts';
import { completeCell, cudnnScope } from '../../model/cudnn.ts';
import { phrase } from '../../model/phrase.ts';
import type { Activation, CellSpec, Framework, Initializer, Size } from '../../model/spec.ts';
import { isFused } from './activator.ts';
import { Bias } from './bias.ts';
import {
  type CellParts,
  composeGru,
  composeLstm,
  composeRnn,
  type GateDropout,
  type GateWeights,
} from './composed/cells.ts';
import { ComposedLayer } from './composed/layer.ts';
import type { BiasPlace } from './composed/operations.ts';
import { GruLayer, type GruWeights } from './gru.ts';
import { GruAfterLayer, type GruAfterWeights } from './gruAfter.ts';
import { LstmLayer, type LstmOrder } from './lstm.ts';
import { type Block, columnsFrom, type Matrix, type ParameterStore, type Weight } from './parameters.ts';
import type { RecurrentLayer, RecurrentOptions } from './recurrent.ts';
import { RnnLayer } from './rnn.ts';
import type { CellWeights } from './weights.ts';

/** The conventions of a framework for its cells. Sources: see `engine/cells/table.ts` and `engine/model/parameters.ts`. */
interface Dialect {
  readonly lstm: LstmOrder;
  /** Places among the blocks of the GRU; the candidate is the last. */
  readonly gru: { readonly r: number; readonly u: number };
  /** Names of the matrices: one for x and h together, or one each; PyTorch keeps them as `[outputs, inputs]`. */
  readonly matrices: readonly string[];
  readonly transposed: boolean;
  readonly biases: readonly string[];
  readonly recurrentActivation: Activation;
  readonly forgetBias: number;
  /** Whether the bias of the forget gate begins with ones; absent where a framework has no such option. */
  readonly unitForgetBias?: boolean;
  readonly resetAfter: boolean;
  readonly starts: (units: number) => { readonly kernel: Initializer; readonly recurrent: Initializer; readonly bias: Initializer };
} // prettier-ignore

const GLOROT: Initializer = { kind: 'glorot_uniform' };
const ZEROS: Initializer = { kind: 'zeros' };
const ONES: Initializer = { kind: 'ones' };

/** `CoupledInputForgetGateLSTMCell` has no input gate of its own. */
const COUPLED_ORDER = { j: 0, f: 1, o: 2 };
type Names = Readonly<Record<string, string>>;
/** Names of weights, where they are others than those of the other cells. */
const COUPLED_NAMES: Names = { kernel: 'W_0', bias: 'B', 'projection/kernel': 'W_P_0' };
const NAMES_OF_CLASSES: Readonly<Record<string, Names>> = {
  GRUBlockCell: { 'gates/kernel': 'w_ru', 'gates/bias': 'b_ru', 'candidate/kernel': 'w_c', 'candidate/bias': 'b_c' },
};

const KERAS: Dialect = {
  lstm: { i: 0, f: 1, j: 2, o: 3 },
  gru: { u: 0, r: 1 },
  matrices: ['kernel', 'recurrent_kernel'],
  transposed: false,
  biases: ['bias'],
  recurrentActivation: 'sigmoid',
  forgetBias: 0,
  unitForgetBias: true,
  resetAfter: true,
  starts: () => ({ kernel: GLOROT, recurrent: { kind: 'orthogonal' }, bias: ZEROS }),
};

const DIALECTS: Readonly<Record<Framework, Dialect>> = {
  tensorflow1: {
    lstm: { i: 0, j: 1, f: 2, o: 3 },
    gru: { r: 0, u: 1 },
    matrices: ['kernel'],
    transposed: false,
    biases: ['bias'],
    recurrentActivation: 'sigmoid',
    forgetBias: 1,
    resetAfter: false,
    starts: () => ({ kernel: GLOROT, recurrent: GLOROT, bias: ZEROS }),
  },
  keras2: KERAS,
  keras3: KERAS,
  tensorflowjs: {
    ...KERAS,
    recurrentActivation: 'hard_sigmoid',
    unitForgetBias: false,
    resetAfter: false,
    starts: () => ({ kernel: { kind: 'glorot_normal' }, recurrent: { kind: 'orthogonal' }, bias: ZEROS }),
  },
  pytorch: {
    lstm: { i: 0, f: 1, j: 2, o: 3 },
    gru: { r: 0, u: 1 },
    matrices: ['weight_ih', 'weight_hh'],
    transposed: true,
    biases: ['bias_ih', 'bias_hh'],
    recurrentActivation: 'sigmoid',
    forgetBias: 0,
    resetAfter: true,
    starts: units => {
      const uniform: Initializer = { kind: 'uniform', value: 1 / Math.sqrt(units) };
      return { kernel: uniform, recurrent: uniform, bias: uniform };
    },
  },
};

/** @param dropout masks of what the gates and the candidate see. */
export function makeLayer(framework: Framework, cell: CellSpec, weights: CellWeights, common: RecurrentOptions, plan: MemoryPlan, store: ParameterStore, dropout?: GateDropout): RecurrentLayer {
  return new CellBuilder(framework, cell, weights, common, plan, store, dropout).build();
} // prettier-ignore

class CellBuilder {
  readonly #cell: CellSpec;
  readonly #dialect: Dialect;
  readonly #weights: CellWeights;
  readonly #common: RecurrentOptions;
  readonly #plan: MemoryPlan;
  readonly #store: ParameterStore;
  readonly #units: number;
  readonly #starts: ReturnType<Dialect['starts']>;
  readonly #framework: Framework;
  readonly #dropout: GateDropout | undefined;

  constructor(
    framework: Framework,
    cell: CellSpec,
    weights: CellWeights,
    common: RecurrentOptions,
    plan: MemoryPlan,
    store: ParameterStore,
    dropout: GateDropout | undefined,
  ) {
    this.#framework = framework;
    this.#dropout = dropout;
    this.#cell = completeCell(cell);
    this.#dialect = DIALECTS[framework];
    this.#weights = weights;
    this.#common = common;
    this.#plan = plan;
    this.#store = store;
    this.#units = known(cell.units);
    const own = this.#dialect.starts(this.#units);
    this.#starts = {
      kernel: given(cell.kernelInitializer, own.kernel),
      recurrent: given(
        cell.recurrentInitializer ?? (this.#dialect.matrices.length === 1 ? cell.kernelInitializer : undefined),
        own.recurrent,
      ),
      bias: given(cell.biasInitializer, own.bias),
    };
  }

  build(): RecurrentLayer {
    const { coupledInputForget, layerNorm } = this.#cell;
    // The fused kernels know the common cells only.
    const fused = isFused(this.#activationSpec) && isFused(this.#gateSpec) && !coupledInputForget && !layerNorm;
    const apart = this.#weights.has('candidate/hidden_projection/kernel');
    return fused && !apart && !this.#dropout ? this.#fused() : this.#composed();
  }

  #fused(): RecurrentLayer {
    switch (this.#cell.cell) {
      case 'rnn':
        return new RnnLayer(this.#common, this.#units, this.#activation, {
          kernel: this.#packed(1, this.#units),
          bias: this.#bias(1),
        });
      case 'lstm':
        return this.#lstm();
      case 'gru':
        return (this.#cell.resetAfter ?? this.#dialect.resetAfter) ? this.#gruAfter() : this.#gru();
    }
  }

  #composed(): RecurrentLayer {
    const common: Omit<CellParts, 'gates' | 'packed'> = {
      units: this.#units,
      activation: this.#activationSpec,
      gateActivation: this.#gateSpec,
      dropout: this.#dropout,
    };
    const h = { name: 'h', width: this.#units };
    switch (this.#cell.cell) {
      case 'rnn':
        return this.#composedLayer([h], c => composeRnn(c, { ...common, ...this.#jointGates({ h: 0 }) }));
      case 'lstm':
        return this.#composedLstm(common);
      case 'gru': {
        const resetAfter = this.#cell.resetAfter ?? this.#dialect.resetAfter;
        const gates = resetAfter ? this.#gruAfterGates() : this.#gruGates();
        return this.#composedLayer([h], c => composeGru(c, { ...common, ...gates }, resetAfter));
      }
    }
  }

  #composedLayer(
    states: readonly { name: string; width: number }[],
    compose: ConstructorParameters<typeof ComposedLayer>[3],
  ): ComposedLayer {
    return new ComposedLayer(this.#common, this.#framework, states, compose);
  }

  #composedLstm(common: Omit<CellParts, 'gates' | 'packed'>): ComposedLayer {
    const { cellClip = 0, projection: projected, coupledInputForget: coupled = false, layerNorm } = this.#cell;
    const projection = projected && { units: known(projected.units), clip: projected.clip ?? 0 };
    const width = projection?.units ?? this.#units;
    const gates = this.#jointGates(coupled ? COUPLED_ORDER : { ...this.#dialect.lstm }, width);
    // A normalized gate has no bias; some classes keep one that nothing reads.
    const unbiased = Object.fromEntries(Object.entries(gates.gates).map(([gate, { joint }]) => [gate, { joint: { ...joint!, bias: undefined } }])); // prettier-ignore
    const norms = ['input', 'transform', 'forget', 'output', 'state'].flatMap(scope =>
      this.#weights.has(`${scope}/gamma`) ? [[scope, this.#norm(scope)] as const] : [],
    );
    const peepholes = ['i', 'f', 'o'].flatMap(gate => {
      const name = [`w_${gate}_diag`, `W_${gate.toUpperCase()}_diag`].find(one => this.#weights.has(one));
      return name === undefined ? [] : [[gate, this.#block(this.#units, name, this.#starts.kernel)] as const];
    });
    const parts = {
      ...common,
      ...gates,
      ...(layerNorm && { gates: unbiased }),
      forgetBias: this.#forgetBias,
      coupled,
      cellClip,
      peepholes: Object.fromEntries(peepholes),
      norms: Object.fromEntries(norms),
      projection: projection && {
        ...projection,
        matrix: columnsFrom(this.#projection(width), 0, width * 4),
      },
    };
    const states = [
      { name: 'h', width },
      { name: 'c', width: this.#units },
    ];
    return this.#composedLayer(states, c => composeLstm(c, parts));
  }

  #norm(scope: string): { gain: Weight; shift: Weight } {
    const { gain, shift } = this.#cell.layerNorm!;
    return {
      gain: this.#block(this.#units, `${scope}/gamma`, { kind: 'constant', value: gain }),
      shift: this.#block(this.#units, `${scope}/beta`, { kind: 'constant', value: shift }),
    };
  }

  /** Gates whose columns lie side by side, x above h. @param order places of the blocks */
  #jointGates(order: Readonly<Record<string, number>>, hidden = this.#units): Pick<CellParts, 'gates' | 'packed'> {
    const blocks = Object.keys(order).length;
    const kernel = this.#packed(blocks, hidden);
    const bias = this.#bias(blocks, order['f']);
    const gates = Object.entries(order).map(([gate, block]): [string, GateWeights] => [
      gate,
      { joint: { matrix: this.#columns(kernel, block, blocks), bias: this.#biasOf(bias, block) } },
    ]);
    return { gates: Object.fromEntries(gates), packed: bias.packed };
  }

  /** Columns of one gate in a matrix of several. */
  #columns(of: Weight, block: number, blocks: number): Matrix {
    return columnsFrom(of, block * this.#units, blocks * this.#units * 4);
  }

  #biasOf(bias: Bias, block: number): BiasPlace {
    const first = block * this.#units;
    return Object.assign(columnsFrom(bias, first, 0), {
      spread: (from: number, to: number) => { bias.spread(first + from, first + to); },
    });
  } // prettier-ignore

  /** Reset gate before the product: TF1 keeps gates and candidate apart. */
  #gruGates(): Pick<CellParts, 'gates' | 'packed'> {
    const { r, u } = this.#dialect.gru;
    if (!this.#weights.has(this.#nameOf('gates/kernel'))) return this.#jointGates({ r, u, n: 2 });
    const { gates, gatesBias, candidate, candidateBias } = this.#gruWeights();
    const gate = (block: number): GateWeights => ({
      joint: { matrix: this.#columns(gates, block, 2), bias: this.#columns(gatesBias, block, 2) },
    });
    return {
      gates: { r: gate(r), u: gate(u), n: { joint: { matrix: candidate, bias: candidateBias } } },
      packed: [],
    };
  }

  /** Reset gate after the product: x and h have products of their own. */
  #gruAfterGates(): Pick<CellParts, 'gates' | 'packed'> {
    if (this.#weights.has(this.#nameOf('gates/kernel'))) return this.#cudnnGruGates();
    const { input, recurrent, biases } = this.#gruAfterWeights();
    const side = (matrix: Weight, bias: Weight | undefined, block: number) => ({
      matrix: this.#columns(matrix, block, 3),
      bias: bias && this.#columns(bias, block, 3),
    });
    const gate = (block: number): GateWeights => ({
      input: side(input, biases?.input, block),
      recurrent: side(recurrent, biases?.recurrent, block),
    });
    const { r, u } = this.#dialect.gru;
    return { gates: { r: gate(r), u: gate(u), n: gate(2) }, packed: [] };
  }

  /** cuDNN's GRU in TF1: only the candidate has products of its own for x and h. */
  #cudnnGruGates(): Pick<CellParts, 'gates' | 'packed'> {
    const { width } = this.#common.input;
    const { r, u } = this.#dialect.gru;
    const units = this.#units;
    const cell = cudnnScope(this.#cell) === undefined;
    const kernel = this.#store.addBlock(2 * units * (width + units));
    this.#store.addView(kernel, 0, this.#shape('gates/kernel'), this.#starts.kernel, false, undefined, cell ? undefined : width); // prettier-ignore
    const bias = this.#biasBlocks(2 * units, 'gates/', cell ? given(this.#cell.biasInitializer, ONES) : ZEROS);
    const gate = (block: number): GateWeights => ({
      joint: { matrix: this.#columns(kernel, block, 2), bias: this.#biasOf(bias, block) },
    });
    const candidate = (side: string, depth: number) => ({
      matrix: columnsFrom(this.#block(depth * units, `candidate/${side}_projection/kernel`, this.#starts.kernel), 0, 4 * units),
      bias: this.#block(units, `candidate/${side}_projection/bias`, this.#starts.bias),
    });
    const n = { input: candidate('input', width), recurrent: candidate('hidden', units) };
    return {
      gates: { r: gate(r), u: gate(u), n },
      packed: bias.packed,
    };
  } // prettier-ignore

  #biasBlocks(size: number, scope: string, initializer: Initializer): Bias {
    const names = [`${scope}bias`, `${scope}recurrent_bias`].filter(name => this.#weights.has(name));
    return new Bias(this.#common.products.kernels, this.#plan, size, names.map(name => this.#block(size, name, initializer))); // prettier-ignore
  }

  #lstm(): LstmLayer {
    const { cellClip = 0, projection: projected, peepholes } = this.#cell;
    const projection = projected && { units: known(projected.units), clip: projected.clip ?? 0 };
    const kernel = this.#packed(4, projection?.units ?? this.#units);
    const bias = this.#bias(4, this.#dialect.lstm.f);
    return new LstmLayer(
      this.#common,
      {
        units: this.#units,
        order: this.#dialect.lstm,
        forgetBias: this.#forgetBias,
        activation: this.#activation,
        gate: this.#gate,
        cellClip,
        projection,
      },
      {
        kernel,
        bias,
        peepholes: peepholes ? this.#peepholes() : undefined,
        projection: projection && this.#projection(projection.units),
      },
    );
  }

  /** Reset gate before the product. TF1 keeps gates and candidate apart, Keras side by side. */
  #gru(): GruLayer {
    const options = { units: this.#units, order: this.#dialect.gru, activation: this.#activation, gate: this.#gate };
    if (this.#weights.has(this.#nameOf('gates/kernel'))) return new GruLayer(this.#common, options, this.#gruWeights());
    const kernel = this.#packed(3, this.#units);
    const bias = this.#bias(3);
    return new GruLayer(this.#common, options, {
      gates: this.#columns(kernel, 0, 3),
      gatesBias: bias,
      candidate: this.#columns(kernel, 2, 3),
      candidateBias: this.#columns(bias, 2, 3),
    });
  }

  #gruWeights(): GruWeights {
    const depth = this.#common.input.width + this.#units;
    const gates = this.#block(2 * this.#units * depth, 'gates/kernel', this.#starts.kernel);
    const candidate = this.#block(this.#units * depth, 'candidate/kernel', this.#starts.kernel);
    return {
      gates: columnsFrom(gates, 0, 8 * this.#units),
      gatesBias: this.#block(2 * this.#units, 'gates/bias', given(this.#cell.biasInitializer, ONES)),
      candidate: columnsFrom(candidate, 0, 4 * this.#units),
      candidateBias: this.#block(this.#units, 'candidate/bias', this.#starts.bias),
    };
  }

  #gruAfter(): GruAfterLayer {
    return new GruAfterLayer(
      this.#common,
      { units: this.#units, order: this.#dialect.gru, activation: this.#activation, gate: this.#gate },
      this.#gruAfterWeights(),
    );
  }

  #gruAfterWeights(): GruAfterWeights {
    const width = 3 * this.#units;
    const [inputName = '', recurrentName = ''] = this.#dialect.matrices;
    const input = this.#block(this.#common.input.width * width, inputName, this.#starts.kernel);
    const recurrent = this.#block(this.#units * width, recurrentName, this.#starts.recurrent);
    return { input, recurrent, biases: this.#cell.useBias === false ? undefined : this.#twoBiases(width) };
  }

  /** The biases of x and h: PyTorch has two weights, Keras one `[2, 3U]`. */
  #twoBiases(width: number): { input: Weight; recurrent: Weight } {
    const [first = '', second] = this.#dialect.biases;
    if (second !== undefined) {
      return {
        input: this.#block(width, first, this.#starts.bias),
        recurrent: this.#block(width, second, this.#starts.bias),
      };
    }
    const both = this.#block(2 * width, first, this.#starts.bias);
    return { input: both, recurrent: columnsFrom(both, width, 0) };
  }

  /** `[D + H, blocks · U]`: rows of x above rows of h, whatever the framework keeps apart. */
  #packed(blocks: number, hidden: number): Block {
    const { width } = this.#common.input;
    const columns = blocks * this.#units;
    const block = this.#store.addBlock((width + hidden) * columns);
    const [first = '', second] = this.#dialect.matrices;
    const cutAt = cudnnScope(this.#cell) === undefined ? undefined : width;
    this.#store.addView(block, 0, this.#shape(first), this.#starts.kernel, this.#dialect.transposed, undefined, cutAt);
    if (second !== undefined) {
      this.#store.addView(
        block,
        width * columns,
        this.#shape(second),
        this.#starts.recurrent,
        this.#dialect.transposed,
      );
    }
    return block;
  }

  /** @param forget place of the forget gate, where the bias begins with ones (Keras `unit_forget_bias`). */
  #bias(blocks: number, forget?: number): Bias {
    const size = blocks * this.#units;
    const unit = forget !== undefined && (this.#cell.unitForgetBias ?? this.#dialect.unitForgetBias ?? false);
    const ones = unit ? { first: forget * this.#units, end: (forget + 1) * this.#units } : undefined;
    const names = this.#cell.useBias === false ? [] : [...this.#dialect.biases, 'recurrent_bias'];
    const terms = names
      .filter(name => this.#weights.has(this.#nameOf(name)))
      .map(name => this.#block(size, name, this.#starts.bias, ones));
    return new Bias(this.#common.products.kernels, this.#plan, size, terms);
  }

  #peepholes(): Block {
    const block = this.#store.addBlock(3 * this.#units);
    for (const [place, name] of ['w_i_diag', 'w_f_diag', 'w_o_diag'].entries()) {
      this.#store.addView(block, place * this.#units, this.#shape(name), this.#starts.kernel);
    }
    return block;
  }

  #projection(width: number): Block {
    const name = this.#weights.has('weight_hr') ? 'weight_hr' : 'projection/kernel';
    return this.#block(this.#units * width, name, this.#starts.kernel);
  }

  /** A block that is one weight. */
  #block(size: number, name: string, initializer: Initializer, ones?: { first: number; end: number }): Block {
    const block = this.#store.addBlock(size);
    const shape = this.#shape(name);
    const matrix = shape.shape.length === 2 && !name.includes('bias');
    this.#store.addView(block, 0, shape, initializer, matrix && this.#dialect.transposed, ones);
    return block;
  }

  #shape(name: string): ParameterShape {
    const shape = this.#weights.get(this.#nameOf(name));
    if (!shape) throw new EngineError('invalid-model', phrase('{0} has no weight {1}.', this.#cell.className, name));
    return shape;
  }

  /** In Keras and PyTorch a forget bias is part of the bias from the beginning. */
  get #forgetBias(): number {
    return this.#dialect.forgetBias === 0 ? 0 : (this.#cell.forgetBias ?? this.#dialect.forgetBias);
  }

  #nameOf(name: string): string {
    const own = this.#cell.coupledInputForget ? COUPLED_NAMES : NAMES_OF_CLASSES[this.#cell.className];
    return own?.[name] ?? name;
  }

  get #activationSpec(): ActivationSpec {
    return { activation: this.#cell.activation ?? 'tanh', negativeSlope: this.#cell.negativeSlope };
  }

  get #gateSpec(): ActivationSpec {
    return { activation: this.#cell.recurrentActivation ?? this.#dialect.recurrentActivation };
  }

  get #activation(): number {
    return ACTIVATIONS[this.#activationSpec.activation]!;
  }

  get #gate(): number {
    return ACTIVATIONS[this.#gateSpec.activation]!;
  }
}

/** The initializer that is given, or the framework's own. */
export function given(initializer: Initializer | undefined, own: Initializer): Initializer {
  return initializer === undefined || initializer.kind === 'default' ? own : initializer;
}

export function known(size: Size): number {
  if (typeof size === 'number') return size;
  throw new EngineError('invalid-model', phrase('The size {0} is not known.', size));
}
