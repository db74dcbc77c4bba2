/**
 * Where each framework keeps the weights of each gate of a cell, both ways: taken apart into gates, and packed again.
 * Which blocks stand where is data of the reference engine's dialects.
 */
import { type CellWeights, cellWeights, packingsOf } from '../backends/reference/dialects.ts';
import { concatenate, transpose } from '../backends/reference/operations.ts';
import { unitsOf } from '../backends/reference/sizes.ts';
import { tensor, zeros } from '../backends/reference/tensor.ts';
import type { Numbers } from '../backends/reference/reference.ts';
import { completeCell } from '../model/cudnn.ts';
import type { CellSpec, Framework, Size } from '../model/spec.ts';

/** @param weights of one cell, by their names inside it (`gates/kernel`, `weight_ih`). */
export function takeApart(framework: Framework, cell: CellSpec, weights: ReadonlyMap<string, Numbers>): CellWeights {
  const tensors = [...weights].map(([name, { shape, values }]) => [name, tensor(shape, values)] as const);
  return cellWeights(framework, completeCell(cell), new Map(tensors));
} // prettier-ignore

/**
 * Packs gates as a framework keeps them. Two biases become one sum where it keeps one.
 * @param shapes of the cell's weights, by their names inside it.
 * @returns values by those names; of a weight that this module does not know, nothing.
 */
export function packed(
  framework: Framework,
  given: CellSpec,
  { gates, peepholes, projection, norms }: CellWeights,
  shapes: ReadonlyMap<string, readonly Size[]>,
): ReadonlyMap<string, readonly number[]> {
  const cell = completeCell(given);
  const all = new Map<string, readonly number[]>();
  for (const { gates: blocks, joint, split, transposed, biases } of packingsOf(framework, cell)) {
    const input = concatenate(blocks.map(gate => gates[gate]!.input));
    const recurrent = concatenate(blocks.map(gate => gates[gate]!.recurrent));
    if (joint !== undefined) all.set(joint, [...input.values, ...recurrent.values]);
    for (const [k, matrix] of [input, recurrent].entries())
      if (split) all.set(split[k]!, [...(transposed ? transpose(matrix) : matrix).values]);
    const ofInput = blocks.flatMap(gate => [...gates[gate]!.inputBias.values]);
    const ofState = blocks.flatMap(gate => [...gates[gate]!.recurrentBias.values]);
    const [first, second] = biases;
    if (second !== undefined) all.set(first!, ofInput).set(second, ofState);
    // Keras keeps both in one weight `[2, 3U]` where the reset gate is applied after the product.
    else if (shapes.get(first!)?.length === 2) all.set(first!, [...ofInput, ...ofState]);
    else all.set(first!, ofInput.map((bias, k) => bias + ofState[k]!)); // prettier-ignore
  }
  // Without peepholes is with peepholes of zeros.
  for (const gate of ['i', 'f', 'o']) {
    const diagonal = peepholes[gate] ?? zeros([unitsOf(cell)]);
    all.set(`w_${gate}_diag`, [...diagonal.values]).set(`W_${gate.toUpperCase()}_diag`, [...diagonal.values]);
  }
  for (const [scope, { gain, shift }] of Object.entries(norms))
    all.set(`${scope}/gamma`, [...gain.values]).set(`${scope}/beta`, [...shift.values]);
  if (projection) {
    all.set('projection/kernel', [...projection.values]).set('W_P_0', [...projection.values]);
    all.set('weight_hr', [...transpose(projection).values]);
  }
  return new Map([...shapes.keys()].flatMap(name => (all.has(name) ? [[name, all.get(name)!] as const] : [])));
}
