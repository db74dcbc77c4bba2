/** The weights of each cell of a recurrent node by what they are inside the cell. */
import { type ParameterShape, nodeParameters } from '../../model/parameters.ts';
import type { ModelSpec, RecurrentNode } from '../../model/spec.ts';

/** Weights of one cell: `kernel`, `gates/bias`, `w_f_diag`, `weight_ih`, `output_projection/kernel`. */
export type CellWeights = ReadonlyMap<string, ParameterShape>;

/** A lookup of the weights of each cell; cells that share weights have none of their own. */
export function weightsByCell(
  spec: ModelSpec,
  node: RecurrentNode,
): (direction: 'forward' | 'backward', layer: number) => CellWeights {
  const all = nodeParameters(spec, node);
  return (direction, layer) =>
    new Map(
      all.flatMap(shape =>
        shape.of?.direction === direction && shape.of.layer === layer ? [[shape.of.weight, shape] as const] : [],
      ),
    );
}
