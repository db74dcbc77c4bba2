/** The weights of a cell or layer, from the place in a model where the program runs it. */
import { countOf, nodeParameters, type ParameterShape } from '../model/parameters.ts';
import type { GraphNode, ModelSpec, RecurrentNode } from '../model/spec.ts';
import type { Graph } from './graph.ts';
import type { LayerValue } from './reading.ts';
import type { Abstract, CellObject } from './values.ts';

/** Where the cells and layers of a program stand in its graph. */
export class Places {
  readonly #graph: Graph;
  /** Node by the identity of a cell. */
  readonly #cells = new Map<number, string>();
  /** Nodes with weights by the name of their layer. */
  readonly #layers = new Map<string, string[]>();
  /** The weights of a node, once for all places where its cells are named. */
  readonly #weights = new Map<GraphNode, readonly ParameterShape[]>();

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const [id, { node, cells }] of graph.nodes) {
      for (const { identity } of cells) if (!this.#cells.has(identity)) this.#cells.set(identity, id);
      if (node.op !== 'dense' && node.op !== 'embedding') continue;
      const name = node.scope.split(/[./]/).at(-1) ?? '';
      this.#layers.set(name, [...(this.#layers.get(name) ?? []), id]);
    }
  }

  /** The node that runs the cells of a value, or that is the layer; undefined where that is not plain. */
  nodeOf(value: Abstract): string | undefined {
    if (value.kind !== 'cells' && value.kind !== 'layer') return undefined;
    const [first] = value.cells;
    if (first !== undefined) return this.#cells.get(first.identity);
    const named = value.kind === 'layer' ? (this.#layers.get(value.name) ?? []) : [];
    return named.length === 1 ? named[0] : undefined;
  }

  /** The layer with its weights as the model has them. */
  withWeights(shown: LayerValue, value: Abstract, node: GraphNode, spec: ModelSpec): LayerValue {
    const all = this.#weights.get(node) ?? nodeParameters(spec, node);
    this.#weights.set(node, all);
    const places = value.kind === 'cells' && node.op === 'recurrent' ? this.#placesOf(value.cells, node.id) : null;
    const weights = places === null ? all : ownOf(all, places, (node as RecurrentNode).cells.length);
    const count = countOf(weights);
    return {
      ...shown,
      node: node.id,
      ...(places === null ? {} : { layers: places.map(place => place % (node as RecurrentNode).cells.length) }),
      parameters: weights.map(({ name, shape }) => ({ name, shape })),
      ...(count === undefined ? {} : { count }),
    };
  }

  /** Where cells stand in their node: behind those of the forward direction are those of the backward one. */
  #placesOf(cells: readonly CellObject[], id: string): number[] {
    const all = this.#graph.nodes.get(id)?.cells ?? [];
    return cells.map(cell => all.findIndex(({ identity }) => identity === cell.identity));
  }
}

/** The weights of some of the cells of a stack. */
function ownOf(all: readonly ParameterShape[], places: readonly number[], layers: number): readonly ParameterShape[] {
  return all.filter(
    ({ of }) =>
      of === undefined ||
      places.some(place => place % layers === of.layer && (place < layers || of.direction === 'backward')),
  );
}
