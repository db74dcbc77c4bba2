/**
 * `ModelSpec`: the one description of a recurrent model that reader, engine, views and files speak. It is plain JSON,
 * versioned, and validated by a JSON schema (the TypeBox types below are that schema). It says what the program says,
 * in the field's terms; what of it the engine can run is told by `support.ts`.
 *
 * A model is a graph: `inputs` are what is fed, `nodes` are operations in the order of evaluation, `loss` reads one of
 * them. Sizes that the source leaves open are named symbols (`"hidden_size"`).
 *
 * Conventions (`test/fixtures/specs` has a spec for each of 82 programs):
 * - The graph holds every tensor batch-major, `[B, T, H]`, features or classes last. A program's transposed, stacked,
 *   unstacked or reshaped view of a tensor (`[B·T, H]`, a list over steps) is the same tensor of the graph;
 *   `timeMajor` and `classAxis` keep how the program sees it.
 * - Ids of inputs are the names by which they are fed: TF1 the placeholder's, PyTorch the argument's of `forward`, Keras
 *   `inputs[0]`, `inputs[1]` …; the target is `y` where the program does not name it.
 * - Ids of nodes are free; Keras nodes have the layer's name, TF1 nodes that of their scope.
 * - `scope` begins the names of the weights: TF1 `rnn`, `bidirectional_rnn`, `softmax`; PyTorch the attribute; Keras the
 *   layer's name, with `sequential/` before it in a `Sequential` of Keras 3, and for `TimeDistributed(Dense)` in Keras 3
 *   `time_distributed/dense`, in Keras 2 `time_distributed`.
 * - TF1's cuDNN layers (`CudnnLSTM`, `CudnnGRU`, `CudnnRNNTanh`, `CudnnRNNRelu`) are recurrent nodes with driver `layer`, a
 *   cell of that class name for each layer, and `layerDropout`.
 * - An option that the program does not give is left out; the framework's default holds.
 */
import { type Static, Type } from '@sinclair/typebox';
import { literals } from './schema.ts';

export const MODEL_SPEC_VERSION = 1;

const id = Type.String({ minLength: 1 });
const closed = { additionalProperties: false } as const;

/** The dialects: which framework's conventions (gate order, biases, defaults, names of weights) hold. */
export const Framework = literals(['tensorflow1', 'keras2', 'keras3', 'pytorch', 'tensorflowjs']);
export type Framework = Static<typeof Framework>;

/** A known size, or the name of one that the source leaves open. */
export const Size = Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })]);
export type Size = Static<typeof Size>;

export const Activation = literals([
  'linear', 'tanh', 'sigmoid', 'relu', 'relu6', 'leaky_relu', 'elu', 'selu',
  'gelu', // x Φ(x)
  'gelu_tanh', // its approximation by tanh
  'softplus', 'softsign', 'swish',
  'hard_sigmoid', // clip(0.2 x + 0.5, 0, 1): TensorFlow 1, Keras 2, TensorFlow.js
  'hard_sigmoid_keras3', // relu6(x + 3) / 6
  'softmax', 'log_softmax', 'exponential',
]); // prettier-ignore
export type Activation = Static<typeof Activation>;

/** Slope of `leaky_relu` below 0, where it is not that of the framework's function. */
const NegativeSlope = Type.Optional(Type.Number({ minimum: 0 }));

/** How a weight starts. `default` is the framework's own choice for that weight. */
export const Initializer = Type.Object(
  {
    kind: literals(['default', 'zeros', 'ones', 'constant', 'glorot_uniform', 'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform', 'lecun_normal', 'orthogonal', 'uniform', 'normal', 'truncated_normal', 'identity']),
    /** The constant, the half-width of `uniform`, the standard deviation of `normal`, or the gain of `orthogonal`. */
    value: Type.Optional(Type.Number()),
  },
  closed,
); // prettier-ignore
export type Initializer = Static<typeof Initializer>;

const PartOfRecurrent = Type.Object(
  {
    /** `outputs` is h of the top layer at every step; `state` is what a layer holds after the last step. */
    take: literals(['outputs', 'state']),
    /** Layer of the stack, counted from 0 at the bottom; only with `state`. The top layer where it is left out. */
    layer: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Of a bidirectional node; for `outputs`, both directions merged where it is left out, for `state` the forward one. */
    direction: Type.Optional(literals(['forward', 'backward'])),
    /** `h` where it is left out. */
    state: Type.Optional(literals(['c', 'h'])),
  },
  closed,
);

/**
 * A tensor of the graph: the value of an input or node, or a named part of a recurrent node. A recurrent node without a
 * part is what it returns first: all outputs, of a Keras layer without `returnSequences` the last one.
 */
export const TensorRef = Type.Object(
  { from: Type.String({ minLength: 1 }), part: Type.Optional(PartOfRecurrent) },
  closed,
);
export type TensorRef = Static<typeof TensorRef>;

const Keep = Type.Number({ exclusiveMinimum: 0, maximum: 1 });
const Rate = Type.Number({ minimum: 0, exclusiveMaximum: 1 });

/** What is wrapped around one cell of a stack, from the innermost to the outermost. */
export const CellWrapper = Type.Union([
  /** TF1 `DropoutWrapper`: drops the input, then the new state (never c), then the output. Probabilities of keeping. */
  Type.Object({ wrapper: Type.Literal('dropout'), inputKeep: Type.Optional(Keep), stateKeep: Type.Optional(Keep), outputKeep: Type.Optional(Keep), variational: Type.Optional(Type.Boolean()) }, closed),
  /** Adds its input; that of the lowest of so many layers where it is around a stack of them. */
  Type.Object({ wrapper: Type.Literal('residual'), layers: Type.Optional(Type.Integer({ minimum: 2 })) }, closed),
  Type.Object({ wrapper: Type.Literal('input_projection'), units: Size, activation: Type.Optional(Activation) }, closed),
  Type.Object({ wrapper: Type.Literal('output_projection'), units: Size, activation: Type.Optional(Activation) }, closed),
]); // prettier-ignore
export type CellWrapper = Static<typeof CellWrapper>;

/** One recurrent cell: a key of the cell table (`engine/cells/table.ts`) and its options. */
export const CellSpec = Type.Object(
  {
    cell: literals(['rnn', 'lstm', 'gru']),
    /** The class in the source, e.g. `BasicLSTMCell`; it names the weights. */
    className: Type.String({ minLength: 1 }),
    units: Size,
    /** Name given in the source, where it changes the names of the weights. */
    name: Type.Optional(Type.String()),
    activation: Type.Optional(Activation),
    recurrentActivation: Type.Optional(Activation),
    negativeSlope: NegativeSlope,
    useBias: Type.Optional(Type.Boolean()),
    /** Added to the forget gate's pre-activation at every step (TF1), or put into the initial bias (Keras: `unitForgetBias`). */
    forgetBias: Type.Optional(Type.Number()),
    unitForgetBias: Type.Optional(Type.Boolean()),
    peepholes: Type.Optional(Type.Boolean()),
    cellClip: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    projection: Type.Optional(Type.Object({ units: Size, clip: Type.Optional(Type.Number({ exclusiveMinimum: 0 })) }, closed)),
    /** GRU: the reset gate is applied after the recurrent product (Keras default, PyTorch) or before it (TF1). */
    resetAfter: Type.Optional(Type.Boolean()),
    /** LSTM whose forget gate is 1 - input gate (`CoupledInputForgetGateLSTMCell`). */
    coupledInputForget: Type.Optional(Type.Boolean()),
    layerNorm: Type.Optional(Type.Object({ gain: Type.Number(), shift: Type.Number() }, closed)),
    /** Keras `dropout` and `recurrent_dropout` (one mask for all steps), `dropout_keep_prob` of the LayerNorm cell. */
    inputDropout: Type.Optional(Rate),
    recurrentDropout: Type.Optional(Rate),
    /** Keras: 1 gives each gate an input mask of its own, as `recurrentDropout` does by itself; 2 where it is left out. */
    implementation: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(2)])),
    kernelInitializer: Type.Optional(Initializer),
    recurrentInitializer: Type.Optional(Initializer),
    biasInitializer: Type.Optional(Initializer),
    wrappers: Type.Optional(Type.Array(CellWrapper)),
    /** Index of the cell of this stack whose weights it shares (`[cell] * n`). */
    sharesWeightsWith: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
); // prettier-ignore
export type CellSpec = Static<typeof CellSpec>;

/** A stack of cells driven over the steps of a sequence: `dynamic_rnn`, a Keras layer, `nn.LSTM(num_layers=…)`. */
export const RecurrentNode = Type.Object(
  {
    op: Type.Literal('recurrent'),
    id,
    input: TensorRef,
    /** From the bottom to the top. */
    cells: Type.Array(CellSpec, { minItems: 1 }),
    /**
     * `backward` is Keras' `go_backwards`: outputs stand in the order in which they are computed. Of `bidirectional`
     * outputs both stand in the order of the input; several cells are one stack in each direction (TF1, Keras), or, in
     * PyTorch, layers that each read both directions of the layer below.
     */
    direction: literals(['forward', 'backward', 'bidirectional']),
    /** Cells of the backward direction where they differ from `cells`. */
    backwardCells: Type.Optional(Type.Array(CellSpec, { minItems: 1 })),
    /** How both directions become one; `concatenate` where it is left out, `separate` in `bidirectional_dynamic_rnn`. */
    merge: Type.Optional(literals(['concatenate', 'sum', 'average', 'multiply', 'separate'])),
    /** `dynamic_rnn`, `static_rnn`, `loop` (cells called in a loop), `layer` (Keras, PyTorch modules). */
    driver: literals(['dynamic_rnn', 'static_rnn', 'loop', 'layer']),
    /** TF1 variable scope or layer / attribute name; it begins the names of the weights. */
    scope: Type.String(),
    /** Whether the scope adds `multi_rnn_cell/cell_k` to the names (TF1 `MultiRNNCell`). */
    stacked: Type.Boolean(),
    /** The program hands in and gets out steps before batch (`time_major=True`; PyTorch without `batch_first`). */
    timeMajor: Type.Optional(Type.Boolean()),
    /** Input that holds the length of each row, or the `count_steps` that computes it. */
    sequenceLength: Type.Optional(TensorRef),
    /** Node that makes the mask of the steps (Keras `Masking`, `Embedding(mask_zero=True)`), named by every layer that it reaches. */
    mask: Type.Optional(TensorRef),
    zeroOutputForMask: Type.Optional(Type.Boolean()),
    /** PyTorch packed sequences: outputs past the end are zeros, the backward direction starts at each row's own end. */
    packed: Type.Optional(Type.Boolean()),
    initialState: Type.Optional(
      Type.Union([
        Type.Object({ kind: Type.Literal('zeros') }, closed),
        /**
         * Weights that are the first states of every row. Of a PyTorch module or cuDNN layer one a state, `[layers · directions, 1, H]`, in
         * the order of the cell table (c before h); elsewhere `[1, H]`, in the order of `given`.
         */
        Type.Object({ kind: Type.Literal('learned'), names: Type.Array(Type.String()) }, closed),
        /**
         * The forward direction before the backward one, in each the layers from the bottom up, of each its states in the
         * order of the cell table (c before h, also where the program passes h first). A PyTorch module, like a cuDNN layer
         * of TF1, has one tensor a state for all layers and directions, c before h; or, where they come from another module, for each state those of
         * all layers and, in each, directions.
         */
        Type.Object({ kind: Type.Literal('given'), tensors: Type.Array(TensorRef) }, closed),
      ]),
    ),
    returnSequences: Type.Optional(Type.Boolean()),
    returnState: Type.Optional(Type.Boolean()),
    /** First states are the last ones of the batch before, row by row; zeros at the beginning of an epoch. */
    stateful: Type.Optional(Type.Boolean()),
    /** PyTorch: dropout on the outputs of every layer but the last. */
    layerDropout: Type.Optional(Rate),
  },
  closed,
); // prettier-ignore
export type RecurrentNode = Static<typeof RecurrentNode>;

export const DenseNode = Type.Object(
  {
    op: Type.Literal('dense'),
    id,
    input: TensorRef,
    units: Size,
    activation: Activation,
    negativeSlope: NegativeSlope,
    useBias: Type.Boolean(),
    /** Variable scope, layer or attribute name. */
    scope: Type.String(),
    /** The program calls it at each step of a loop, with what a cell has given there (PyTorch). */
    inLoop: Type.Optional(Type.Literal(true)),
    /** Names of its weights where the program has made them itself (TF1: `tf.matmul(h, W) + b`). */
    weights: Type.Optional(Type.Object({ kernel: Type.String(), bias: Type.Optional(Type.String()) }, closed)),
    kernelInitializer: Type.Optional(Initializer),
    biasInitializer: Type.Optional(Initializer),
  },
  closed,
);
export type DenseNode = Static<typeof DenseNode>;

export const GraphNode = Type.Union([
  RecurrentNode,
  DenseNode, // on the last axis, whatever stands before it
  Type.Object({ op: Type.Literal('embedding'), id, input: TensorRef, vocabulary: Size, units: Size, maskZero: Type.Optional(Type.Boolean()), paddingIndex: Type.Optional(Type.Integer()), scope: Type.String(), initializer: Type.Optional(Initializer) }, closed),
  Type.Object({ op: Type.Literal('masking'), id, input: TensorRef, value: Type.Number() }, closed),
  Type.Object({ op: Type.Literal('dropout'), id, input: TensorRef, rate: Rate }, closed),
  Type.Object({ op: Type.Literal('activation'), id, input: TensorRef, activation: Activation, negativeSlope: NegativeSlope }, closed),
  /** One step of a sequence; negative counts from the end. */
  Type.Object({ op: Type.Literal('select_step'), id, input: TensorRef, step: Type.Integer() }, closed),
  /**
   * Convolution over the steps: a dense layer on every window of `size` steps, `stride` apart, each `dilation` steps from
   * the next. `same` and `causal` put zeros at both ends or before the first step, so that no step is lost.
   */
  Type.Object({ op: Type.Literal('convolve'), id, input: TensorRef, units: Size, size: Type.Integer({ minimum: 1 }), stride: Type.Optional(Type.Integer({ minimum: 1 })), dilation: Type.Optional(Type.Integer({ minimum: 1 })), padding: literals(['valid', 'same', 'causal']), activation: Activation, negativeSlope: NegativeSlope, useBias: Type.Boolean(), scope: Type.String(), kernelInitializer: Type.Optional(Initializer), biasInitializer: Type.Optional(Initializer) }, closed),
  /** Mean and sum may be those of the steps that count in a mask or lengths. */
  Type.Object({ op: Type.Literal('reduce_steps'), id, input: TensorRef, by: literals(['mean', 'sum', 'max']), mask: Type.Optional(TensorRef) }, closed),
  /** Layer normalization on the last axis: mean 0 and variance 1 of each row, then a gain and a shift. */
  Type.Object({ op: Type.Literal('normalize'), id, input: TensorRef, epsilon: Type.Number({ minimum: 0 }), scope: Type.String() }, closed),
  /** Joins tensors on the last axis. */
  Type.Object({ op: Type.Literal('concatenate'), id, inputs: Type.Array(TensorRef, { minItems: 1 }) }, closed),
  Type.Object({ op: Type.Literal('combine'), id, inputs: Type.Array(TensorRef, { minItems: 1 }), by: literals(['add', 'average', 'multiply']) }, closed),
  /** Times a number. */
  Type.Object({ op: Type.Literal('scale'), id, input: TensorRef, factor: Type.Number() }, closed),
  /** Steps in the other order; those of a row up to its end where its lengths are given (`tf.reverse_sequence`). */
  Type.Object({ op: Type.Literal('reverse_steps'), id, input: TensorRef, sequenceLength: Type.Optional(TensorRef) }, closed),
  /** The same vector at every step (Keras `RepeatVector`). */
  Type.Object({ op: Type.Literal('repeat'), id, input: TensorRef, steps: Size }, closed),
  /** Exchanges batch and steps. */
  Type.Object({ op: Type.Literal('swap_batch_and_steps'), id, input: TensorRef }, closed),
  /** How many steps of each row have a value that is not `besides` (0 where it is left out): lengths that a program computes. */
  Type.Object({ op: Type.Literal('count_steps'), id, input: TensorRef, besides: Type.Optional(Type.Number()) }, closed),
  /** Joins all axes after the batch. */
  Type.Object({ op: Type.Literal('flatten'), id, input: TensorRef }, closed),
]); // prettier-ignore
export type GraphNode = Static<typeof GraphNode>;

export const InputSpec = Type.Object(
  {
    id,
    /** What it is fed with: the sequence itself, its labels or target values, the length of each row, a first state or other vector of each row, a mask of steps. */
    role: literals(['sequence', 'target', 'lengths', 'state', 'mask']),
    dtype: literals(['float32', 'float64', 'int32', 'int64', 'bool']),
    /**
     * Axes after the batch, in batch-major order: `[{name: 'steps', size: 28}, {name: 'features', size: 28}]`. A state of a
     * PyTorch module or cuDNN layer has `layers` and `units` and is fed as these have it, `[L, B, H]`.
     */
    axes: Type.Array(Type.Object({ name: Type.String(), size: Size }, closed)),
    /** Fed with steps before batch. */
    timeMajor: Type.Optional(Type.Boolean()),
    /** Sizes of the axes after the batch in which it is fed, where the program itself gives it the shape of `axes`. */
    fed: Type.Optional(Type.Array(Size, { minItems: 1 })),
  },
  closed,
);
export type InputSpec = Static<typeof InputSpec>;

/** `l1 · Σ|w| + l2 · Σw²` over a weight by its framework's name (Keras' regularizers; of `tf.nn.l2_loss`, `l2` is 1/2). */
export const PenaltySpec = Type.Object(
  { weight: Type.String({ minLength: 1 }), l1: Type.Optional(Type.Number()), l2: Type.Optional(Type.Number()) },
  closed,
);
export type PenaltySpec = Static<typeof PenaltySpec>;

export const LossSpec = Type.Object(
  {
    kind: literals([
      'sparse_softmax_cross_entropy', 'softmax_cross_entropy', 'sigmoid_cross_entropy', 'mean_squared_error', 'mean_absolute_error',
      'huber', 'log_cosh', 'mean_absolute_percentage_error', 'mean_squared_logarithmic_error',
      'hinge', 'squared_hinge', // labels -1 and 1; 0 stands for -1 in TensorFlow 1, in Keras where all are 0 or 1
      'poisson', 'poisson_of_logarithms', // of the mean, or (PyTorch) of its logarithm
      'kl_divergence', 'kl_divergence_of_logarithms', // of probabilities, or (PyTorch, then each value is a loss) of their logarithms
      'cosine_similarity', // -1 where they point the same way
    ]),
    /** Logits, or predicted values; probabilities where `fromLogits` is false. */
    prediction: TensorRef,
    target: TensorRef,
    fromLogits: Type.Optional(Type.Boolean()),
    ignoreLabel: Type.Optional(Type.Integer()),
    /** Axis of the classes in the tensor that the program hands to the loss, batch counted as 0, where that is not the last (PyTorch: 1). The graph's tensor has classes last. */
    classAxis: Type.Optional(Type.Integer({ minimum: 1 })),
    /** The program hands the loss rows of one value without an axis for it: `[B]` where the graph's tensor is `[B, 1]`. */
    squeezed: Type.Optional(Type.Literal(true)),
    /** It hands the rows of all steps, one after the other: `[B · T, C]`. */
    flattened: Type.Optional(Type.Literal(true)),
    /** Steps that count: by an input with lengths or a mask, or by the node that makes the mask (Keras). */
    mask: Type.Optional(TensorRef),
    /**
     * `mean` over all rows and steps, of which masked ones are zero (`tf.reduce_mean(loss * mask)`) and those with
     * `ignoreLabel` are left out; `mean_over_mask` over those that count (Keras). Several values a row are averaged first.
     * `mean_over_weights`: the sum, divided by the weights of the labels' classes (PyTorch).
     */
    reduction: literals(['mean', 'sum', 'mean_over_mask', 'mean_over_weights']),
    /** The loss times this (`0.5 * tf.reduce_mean(…)`, `tf.nn.l2_loss`); 1 where it is left out. */
    factor: Type.Optional(Type.Number()),
    /** Cross-entropies: so much of a target goes to all classes alike, or half of it to yes and no. */
    labelSmoothing: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    /** Cross-entropies: weights of the classes, or of the values of a row for `sigmoid_cross_entropy`. */
    classWeights: Type.Optional(Type.Array(Type.Number({ minimum: 0 }), { minItems: 1 })),
    /** `sigmoid_cross_entropy`: weights of a yes, one for each value of a row or one for all. */
    positiveWeights: Type.Optional(Type.Array(Type.Number({ minimum: 0 }), { minItems: 1 })),
    /** `huber`: where the parabola ends; 1 where it is left out. */
    delta: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    /** `poisson`: added to the mean before its logarithm is taken; 1e-7 where it is left out. */
    epsilon: Type.Optional(Type.Number({ minimum: 0 })),
    /** What is added to the loss for the size of weights, without that factor. */
    penalties: Type.Optional(Type.Array(PenaltySpec)),
  },
  closed,
); // prettier-ignore
export type LossSpec = Static<typeof LossSpec>;
/** What changes the values of a loss. */
export type LossOptions = Pick<LossSpec, 'labelSmoothing' | 'classWeights' | 'positiveWeights' | 'delta' | 'epsilon'>;

/**
 * Options that are absent have the framework's own default. `momentum` is TF1's `MomentumOptimizer`; `SGD` of Keras and
 * PyTorch is `sgd`, with the option `momentum` where it has one. `amsgrad` is `Adam(amsgrad=True)`; other optimizers that
 * know it have the option.
 */
export const OptimizerSpec = Type.Object(
  {
    kind: literals(['sgd', 'momentum', 'rmsprop', 'adagrad', 'adadelta', 'adam', 'amsgrad', 'adamw', 'adamax', 'nadam', 'radam', 'lion', 'ftrl', 'proximal_sgd', 'proximal_adagrad']),
    learningRate: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    momentum: Type.Optional(Type.Number()),
    nesterov: Type.Optional(Type.Boolean()),
    dampening: Type.Optional(Type.Number()),
    beta1: Type.Optional(Type.Number()),
    beta2: Type.Optional(Type.Number()),
    /** Decay of the squared gradients (RMSProp: TF1 `decay`, Keras `rho`, PyTorch `alpha`). */
    rho: Type.Optional(Type.Number()),
    epsilon: Type.Optional(Type.Number()),
    centered: Type.Optional(Type.Boolean()),
    amsgrad: Type.Optional(Type.Boolean()),
    initialAccumulator: Type.Optional(Type.Number()),
    weightDecay: Type.Optional(Type.Number()),
    /** PyTorch: the weights shrink by themselves and not by their gradients. */
    decoupledDecay: Type.Optional(Type.Boolean()),
    /** PyTorch's NAdam: how fast the momentum grows. */
    momentumDecay: Type.Optional(Type.Number()),
    /** PyTorch's Adagrad: the rate is divided by 1 + this · the steps taken. */
    rateDecay: Type.Optional(Type.Number()),
    /** Ftrl and the proximal optimizers: strengths of regularization, which pull weights towards 0. */
    l1: Type.Optional(Type.Number({ minimum: 0 })),
    l2: Type.Optional(Type.Number({ minimum: 0 })),
    /** Ftrl: regularization that is part of the gradient, the power of the accumulator in the rate, and beta of McMahan et al. */
    l2Shrinkage: Type.Optional(Type.Number({ minimum: 0 })),
    ratePower: Type.Optional(Type.Number({ maximum: 0 })),
    beta: Type.Optional(Type.Number({ minimum: 0 })),
  },
  closed,
); // prettier-ignore
export type OptimizerSpec = Static<typeof OptimizerSpec>;

/**
 * `norm` is that of each weight by itself (Keras `clipnorm`), `global_norm` that of all together
 * (`tf.clip_by_global_norm`, Keras `global_clipnorm`, PyTorch `clip_grad_norm_`).
 */
export const ClippingSpec = Type.Object(
  {
    kind: literals(['value', 'norm', 'global_norm']),
    limit: Type.Number({ exclusiveMinimum: 0 }),
    /** Which norm: the sum of all magnitudes, or the largest; the Euclidean one where it is left out. */
    order: Type.Optional(Type.Union([Type.Literal(1), Type.Literal('infinity')])),
  },
  closed,
);
export type ClippingSpec = Static<typeof ClippingSpec>;

const per = Type.Optional(literals(['step', 'epoch']));
const Period = Type.Number({ exclusiveMinimum: 0 });
/** Part of the first rate. */
const Part = Type.Number({ minimum: 0 });

/**
 * How the learning rate η falls with the steps taken, or with the epochs (`per`: PyTorch's schedulers). p is their number
 * divided by `steps`; `staircase` rounds it down.
 */
export const DecaySpec = Type.Union([
  /** `η · rate^p`, `η / (1 + rate · p)`, `η · e^(-rate · p)`, `η · rate^⌊p⌋` */
  Type.Object({ kind: literals(['exponential', 'inverse_time', 'natural_exponential', 'step']), rate: Type.Number(), steps: Period, staircase: Type.Optional(Type.Boolean()), per }, closed),
  /** `η · (floor + (1 - floor) · (1 - p)^power)` until p is 1; with `cycle`, `steps` grows to its next multiple then. */
  Type.Object({ kind: Type.Literal('polynomial'), steps: Period, floor: Part, power: Type.Optional(Type.Number()), cycle: Type.Optional(Type.Boolean()), per }, closed),
  /**
   * `η · (floor + (1 - floor) · (1 + cos(π p)) / 2)` until p is 1; with `cycle` on and on (PyTorch). With `warmUp` the rate
   * first rises in a line, and p counts from its end; with `restarts` p starts again from 0 whenever it is 1, each time over
   * `longer` times as many steps and with `lower` times the cosine.
   */
  Type.Object({
    kind: Type.Literal('cosine'), steps: Period, floor: Type.Optional(Part), cycle: Type.Optional(Type.Boolean()), per,
    warmUp: Type.Optional(Type.Object({ steps: Period, from: Part }, closed)),
    restarts: Type.Optional(Type.Object({ longer: Type.Number({ minimum: 1 }), lower: Type.Number({ minimum: 0 }) }, closed)),
  }, closed),
  /**
   * From one part of η to another in each phase, which ends with step `end`; the last one stays. Where the momentum (β₁ of
   * Adam and its kin) goes up and down with it, that too (PyTorch's `OneCycleLR`).
   */
  Type.Object({
    kind: Type.Literal('phases'), curve: literals(['cosine', 'linear']), per,
    phases: Type.Array(Type.Object({ end: Type.Number(), from: Part, to: Part, momentum: Type.Optional(Type.Object({ from: Part, to: Part }, closed)) }, closed), { minItems: 1 }),
  }, closed),
  /** `η · factors[k]`, where k of the boundaries have been reached; one factor more than boundaries. */
  Type.Object({ kind: Type.Literal('piecewise'), boundaries: Type.Array(Type.Number(), { minItems: 1 }), factors: Type.Array(Part, { minItems: 2 }), per }, closed),
]); // prettier-ignore
export type DecaySpec = Static<typeof DecaySpec>;

/**
 * What a weight is brought to after every batch, by its framework's name (Keras' constraints). `norm`: the norms along an
 * axis, of which each that is less than `least` or more than `most` goes `rate` of the way back.
 */
export const ConstraintSpec = Type.Union([
  Type.Object({ kind: Type.Literal('non_negative'), weight: Type.String({ minLength: 1 }) }, closed),
  Type.Object({ kind: Type.Literal('norm'), weight: Type.String({ minLength: 1 }), least: Type.Number({ minimum: 0 }), most: Type.Number({ minimum: 0 }), rate: Type.Number(), axis: Type.Integer({ minimum: 0 }) }, closed),
]); // prettier-ignore
export type ConstraintSpec = Static<typeof ConstraintSpec>;

/** Moving averages `m · average + (1 - m) · weight` of the weights, whose place they take after every `every` steps. */
export const AveragingSpec = Type.Object(
  { momentum: Type.Number({ minimum: 0, maximum: 1 }), every: Type.Integer({ minimum: 1 }) },
  closed,
);
export type AveragingSpec = Static<typeof AveragingSpec>;

const names = Type.Array(Type.String({ minLength: 1 }), { minItems: 1 });

export const TrainingSpec = Type.Object(
  {
    optimizer: Type.Optional(OptimizerSpec),
    /** Weights, by their framework's names, for which some options of the optimizer are others. */
    groups: Type.Optional(Type.Array(Type.Object({ weights: names, options: Type.Omit(OptimizerSpec, ['kind'], closed) }, closed))),
    /** Weights that no step changes; clipping by a norm leaves out their gradients. */
    frozen: Type.Optional(names),
    /** Only every so many batches a step is taken, by the sum (PyTorch) or the mean (Keras) of their gradients. */
    accumulation: Type.Optional(Type.Object({ batches: Type.Integer({ minimum: 2 }), by: literals(['sum', 'mean']) }, closed)),
    constraints: Type.Optional(Type.Array(ConstraintSpec, { minItems: 1 })),
    averaging: Type.Optional(AveragingSpec),
    /** Several are done one after the other. */
    clipping: Type.Optional(Type.Union([ClippingSpec, Type.Array(ClippingSpec, { minItems: 1 })])),
    learningRateDecay: Type.Optional(DecaySpec),
    epochs: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Training steps, where the program counts steps and not epochs. */
    iterations: Type.Optional(Type.Integer({ minimum: 1 })),
    batchSize: Type.Optional(Type.Integer({ minimum: 1 })),
    /**
     * Truncated back-propagation through time: no gradient goes back through a state past a multiple of so many steps.
     * Where the loss is on every step, each such window of the sequence is a training step of its own, and only the
     * states go on from window to window.
     */
    truncateSteps: Type.Optional(Type.Integer({ minimum: 1 })),
    metrics: Type.Optional(Type.Array(Type.Object({ kind: literals(['accuracy', 'mean_squared_error', 'mean_absolute_error', 'perplexity']), topK: Type.Optional(Type.Integer({ minimum: 1 })) }, closed))),
  },
  closed,
); // prettier-ignore
export type TrainingSpec = Static<typeof TrainingSpec>;

const columns = Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 10_000 });
const ofRows = Type.Integer({ minimum: 1, maximum: 1_000_000 });

/** What of a file is fed, and how it is cut into samples, where the source says it. */
export const FedSpec = Type.Object(
  {
    /** Columns that are read at each step, and those that are predicted. */
    inputs: Type.Optional(columns),
    targets: Type.Optional(columns),
    /** Steps of a sample; steps from its last one to the target; steps from one sample to the next. */
    window: Type.Optional(ofRows),
    horizon: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    stride: Type.Optional(ofRows),
  },
  closed,
);
export type FedSpec = Static<typeof FedSpec>;

/** The data as the source names it; which data source of ours that is, is decided in `engine/data/sources.ts`. */
export const DataSpec = Type.Object(
  {
    /** A data set that is known by name (`mnist`), or `file`, `array`, `unknown` (an expression that cannot be read). */
    kind: Type.String({ minLength: 1 }),
    /** The expression in the source, or the path. */
    source: Type.Optional(Type.String()),
    /** Of a file; what is not said is guessed from its beginning and the model. */
    fed: Type.Optional(FedSpec),
    /** Of generated data. */
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff_ffff })),
  },
  closed,
);
export type DataSpec = Static<typeof DataSpec>;

export const ModelSpec = Type.Object(
  {
    version: Type.Literal(MODEL_SPEC_VERSION),
    name: Type.String(),
    framework: Framework,
    inputs: Type.Array(InputSpec),
    nodes: Type.Array(GraphNode),
    loss: Type.Optional(LossSpec),
    training: TrainingSpec,
    data: Type.Optional(DataSpec),
    /** Names under which the source holds tensors of the graph, inputs among them: `X`, `top_layer_h_state`, `logits`. */
    names: Type.Optional(Type.Record(Type.String(), TensorRef)),
  },
  { ...closed, $id: 'rnn-explorer-model-1', title: 'Recurrent model' },
);
export type ModelSpec = Static<typeof ModelSpec>;
