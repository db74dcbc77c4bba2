/** Builds the parts of a network from its `ModelSpec`. */
import { EngineError } from '../../errors.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import type { Products } from '../../kernels/products.ts';
import { nodeParameters } from '../../model/parameters.ts';
import { phrase } from '../../model/phrase.ts';
import type { DenseNode, Initializer, ModelSpec, RecurrentNode, Size, TensorRef } from '../../model/spec.ts';
import { DenseLayer } from './dense.ts';
import { SoftmaxCrossEntropy } from './loss.ts';
import { LstmLayer } from './lstm.ts';
import type { ParameterStore } from './parameters.ts';
import { type Part, Tensor } from './part.ts';

export interface Graph {
  /** The sequence that is fed, `[T, B, D]`. */
  readonly input: Tensor;
  /** In the order of evaluation. */
  readonly parts: readonly Part[];
  /** Recurrent layers from the bottom up. */
  readonly layers: readonly LstmLayer[];
  readonly loss: SoftmaxCrossEntropy;
}

/** TensorFlow's `variable_scope` starts weights so; biases of cells and dense layers start at zero. */
const GLOROT: Initializer = { kind: 'glorot_uniform' };
const ZEROS: Initializer = { kind: 'zeros' };

/** @param inputAt tells where the fed sequence lies. */
export function buildGraph(
  spec: ModelSpec,
  plan: MemoryPlan,
  products: Products,
  store: ParameterStore,
  inputAt: () => number,
): Graph {
  const sequence = spec.inputs.find(input => input.role === 'sequence')!;
  const input = new Tensor(known(sequence.axes[sequence.axes.length - 1]!.size), true, inputAt);
  input.needsSlopes = false;
  const parts: Part[] = [];
  const layers: LstmLayer[] = [];
  const tensors = new Map<string, Tensor>([[sequence.id, input]]);
  const stacks = new Map<string, LstmLayer[]>();

  const resolve = ({ from, part }: TensorRef): Tensor => {
    const stack = stacks.get(from);
    const top = stack?.[stack.length - 1];
    const tensor =
      top === undefined
        ? tensors.get(from)
        : part?.take === 'state'
          ? stateOf(stack![part.layer ?? stack!.length - 1]!, part.state)
          : top.outputs;
    if (tensor === undefined) throw new EngineError('invalid-model', phrase('The model has no tensor {0}.', from));
    return tensor;
  };

  const addRecurrent = (node: RecurrentNode): void => {
    const stack: LstmLayer[] = [];
    const weights = nodeParameters(spec, node);
    let below = resolve(node.input);
    for (const cell of node.cells) {
      const [kernel, bias] = weights.splice(0, 2);
      const layer = new LstmLayer(
        plan,
        products,
        below,
        known(cell.units),
        store.add(kernel!, given(cell.kernelInitializer, GLOROT)),
        store.add(bias!, given(cell.biasInitializer, ZEROS)),
        cell.forgetBias ?? 1,
      );
      stack.push(layer);
      below = layer.outputs;
    }
    parts.push(...stack);
    layers.push(...stack);
    stacks.set(node.id, stack);
  };

  const addDense = (node: DenseNode): void => {
    const [kernel, bias] = nodeParameters(spec, node);
    const layer = new DenseLayer(
      plan,
      products,
      resolve(node.input),
      known(node.units),
      store.add(kernel!, given(node.kernelInitializer, GLOROT)),
      bias && store.add(bias, given(node.biasInitializer, ZEROS)),
    );
    parts.push(layer);
    tensors.set(node.id, layer.output);
  };

  for (const node of spec.nodes) {
    if (node.op === 'recurrent') addRecurrent(node);
    else if (node.op === 'dense') addDense(node);
  }
  return { input, parts, layers, loss: new SoftmaxCrossEntropy(products.kernels, resolve(spec.loss!.prediction)) };
}

/** The initializer that is given, or the framework's own. */
function given(initializer: Initializer | undefined, own: Initializer): Initializer {
  return initializer === undefined || initializer.kind === 'default' ? own : initializer;
}

function stateOf(layer: LstmLayer, state: 'c' | 'h' | undefined): Tensor {
  return state === 'c' ? layer.finalC : layer.finalH;
}

function known(size: Size): number {
  if (typeof size === 'number') return size;
  throw new EngineError('invalid-model', phrase('The size {0} is not known.', size));
}
