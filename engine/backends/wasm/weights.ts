/** Which weights belong to which cell of a recurrent node, told by the ends of their names. */
import { type ParameterShape, nodeParameters } from '../../model/parameters.ts';
import type { ModelSpec, RecurrentNode } from '../../model/spec.ts';

/** Weights of one cell by what they are: `kernel`, `gates/bias`, `w_f_diag`, `weight_ih`. */
export type CellWeights = ReadonlyMap<string, ParameterShape>;

/** TF1: the names that `nodeParameters` gives, from the cell on. */
const ROLE =
  /(?:^|\/|\.)((?:output_projection_wrapper|input_projection_wrapper|projection|gates|candidate)\/(?:kernel|bias)|recurrent_kernel|kernel|bias|w_[ifo]_diag|(?:weight|bias)_(?:ih|hh|hr))(?:_l\d+(?:_reverse)?)?$/;

/** One entry a cell, in the order in which the framework names them; cells that share weights have none of their own. */
export function weightsByCell(spec: ModelSpec, node: RecurrentNode): CellWeights[] {
  const cells = new Map<string, Map<string, ParameterShape>>();
  for (const shape of nodeParameters(spec, node)) {
    const role = ROLE.exec(shape.name)?.[1];
    if (role === undefined) continue;
    // What is left of the name is the cell's own: scope, layer and direction.
    const cell = shape.name.replace(role, '');
    const weights = cells.get(cell) ?? new Map<string, ParameterShape>();
    cells.set(cell, weights.set(role, shape));
  }
  return [...cells.values()];
}
