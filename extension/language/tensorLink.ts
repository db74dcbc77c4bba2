import type { TensorRef } from '../../engine/model/spec.ts';
import type { Value } from '../../engine/reader/reading.ts';

/** Which tile of the tensor inspector shows a value of the source; undefined where it opens without a selection. */
export function tileOf(value: Value): string | undefined {
  if (value.kind === 'tensor') return value.ref && tileOfRef(value.ref);
  if (value.kind === 'tuple') return value.items.map(tileOf).findLast(tile => tile !== undefined);
  return undefined;
}

function tileOfRef({ part }: TensorRef): string | undefined {
  if (part?.take === 'outputs') return 'outputs';
  if (part?.take === 'state' && part.layer !== undefined) return `states[${part.layer}].${part.state ?? 'h'}`;
  return undefined;
}
