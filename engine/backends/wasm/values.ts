/** Copies what a forward pass left in memory, node by node and layer by layer, as the program would see it. */
import type { EngineMemory } from '../../kernels/memory.ts';
import type { GraphNode, ModelSpec, RecurrentNode } from '../../model/spec.ts';
import { isLossActivation } from '../../model/support.ts';
import type { LayerGradients, LayerValues, NodeValues, RecurrentValues, Values } from '../backend.ts';
import type { Graph } from './graph.ts';
import type { Marks } from './marks.ts';
import type { Shape, Tensor } from './part.ts';
import type { RecurrentLayer } from './recurrent.ts';

/** Where a forward pass lies. */
export interface Pass {
  readonly memory: EngineMemory;
  readonly shape: Shape;
}

/** Values of all nodes that the network has built. */
export function readValues(spec: ModelSpec, graph: Graph, pass: Pass): NodeValues {
  const nodes = new Map<string, Values>();
  const recurrent = new Map<string, RecurrentValues>();
  for (const node of spec.nodes) {
    const tensor = graph.named.get(node.id);
    if (node.op === 'recurrent') recurrent.set(node.id, recurrentValues(node, graph, pass));
    else if (tensor)
      nodes.set(node.id, seenByProgram(spec, node, valuesOf(tensor, pass), graph.marks.get(node.id), pass));
  }
  return { nodes, recurrent };
}

/** Gradients of what recurrent layers made at every step, by the ids of their nodes. */
export function readStepGradients(graph: Graph, pass: Pass): Map<string, LayerGradients[]> {
  const ofLayer = (built: RecurrentLayer) =>
    new Map([...built.slopePlaces()].map(({ id, at, stride, width }) => [id, overSteps(at, stride, width, built.axis, pass)]));
  return new Map(
    [...graph.recurrent].map(([id, { directions }]) => [
      id,
      directions.flatMap(({ direction, layers }) => layers.map((built, layer) => ({ layer, direction, steps: ofLayer(built) }))),
    ]),
  );
} // prettier-ignore

function recurrentValues(node: RecurrentNode, graph: Graph, pass: Pass): RecurrentValues {
  const { directions, marks } = graph.recurrent.get(node.id)!;
  const layers = directions.flatMap(({ direction, layers: own }) =>
    own.map((built, layer): LayerValues => ({
      layer,
      direction,
      steps: new Map(
        [...built.places(pass.shape.along(built.axis)), ...built.hiddenPlaces()].map(({ id, at, stride, width }) => [
          id,
          overSteps(at, stride, width, built.axis, pass),
        ]),
      ),
      finals: new Map([...built.finals].map(([state, tensor]) => [state, valuesOf(tensor, pass)])),
    })),
  );
  const outputs = directions.map(({ direction, top }) => {
    const values = valuesOf(top, pass);
    return [direction, marks ? withoutStepsThatDoNotCount(values, marks, pass) : values] as const;
  });
  return { layers, outputs: new Map(outputs) };
}

/** What the kernels leave to others: softmax and sigmoid that are part of the loss, masked steps, exchanged axes. */
function seenByProgram(spec: ModelSpec, node: GraphNode, values: Values, marks: Marks | undefined, pass: Pass): Values {
  if (node.op === 'masking') return withoutStepsThatDoNotCount(values, marks!, pass);
  if (node.op === 'swap_batch_and_steps') {
    const [batch = 0, steps = 0, width = 0] = values.shape;
    return { shape: [steps, batch, width], values: exchanged(values.values, batch, steps, width) };
  }
  if (isLossActivation(spec, node))
    return {
      ...values,
      values: 'activation' in node && node.activation === 'softmax' ? softmax(values) : values.values.map(sigmoid),
    };
  return values;
}

function valuesOf(tensor: Tensor, { memory, shape }: Pass): Values {
  const at = tensor.at(shape);
  if (tensor.sequence) return overSteps(at, tensor.width * 4, tensor.width, tensor.axis, { memory, shape });
  return { shape: [shape.batch, tensor.width], values: memory.floats(at, shape.batch * tensor.width).slice() };
}

/** `[T, B, W]`, whose rows lie `stride` bytes apart, as `[B, T, W]`. */
function overSteps(at: number, stride: number, width: number, axis: number, { memory, shape }: Pass): Values {
  const { batch, steps } = shape.along(axis);
  const values = new Float32Array(batch * steps * width);
  for (let row = 0; row < steps * batch; row++) {
    const to = ((row % batch) * steps + Math.floor(row / batch)) * width;
    values.set(memory.floats(at + row * stride, width), to);
  }
  return { shape: [batch, steps, width], values };
} // prettier-ignore

function withoutStepsThatDoNotCount({ shape, values }: Values, marks: Marks, { memory }: Pass): Values {
  const [batch = 0, steps = 0, width = 0] = shape;
  const alive = memory.bytesAt(marks.at, steps * batch);
  const kept = values.map((value, k) => {
    const row = Math.floor(k / width);
    return alive[(row % steps) * batch + Math.floor(row / steps)] === 0 ? 0 : value;
  });
  return { shape, values: kept };
}

function exchanged(values: Float32Array, rows: number, columns: number, width: number): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = (row * columns + column) * width;
      turned.set(values.subarray(from, from + width), (column * rows + row) * width);
    }
  }
  return turned;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function softmax({ shape, values }: Values): Float32Array<ArrayBuffer> {
  const width = shape.at(-1)!;
  const result = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += width) {
    const row = values.subarray(from, from + width);
    const largest = Math.max(...row);
    const powers = Array.from(row, x => Math.exp(x - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    result.set(powers.map(power => power / sum), from); // prettier-ignore
  }
  return result;
}
