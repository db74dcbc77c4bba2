import type { Abstract } from '../values.ts';

/** How a statement ends. */
export type Completion =
  { readonly kind: 'next' | 'break' | 'continue' | 'raise' } | { readonly kind: 'return'; readonly value: Abstract };

export const NEXT: Completion = { kind: 'next' };
