/** Kinds of schema that TypeBox lacks. */
import { Kind, type TSchema, Type, TypeRegistry } from '@sinclair/typebox';

/** One of these words: `literals(['mean', 'sum'])`. */
export function literals<const T extends readonly string[]>(values: T) {
  return Type.Unsafe<T[number]>(Type.Union(values.map(value => Type.Literal(value))));
}

const ARRAY_BUFFER = 'ArrayBuffer';
TypeRegistry.Set<TSchema>(ARRAY_BUFFER, (_schema, value) => value instanceof ArrayBuffer);

/** Binary data on a channel. */
export const Binary = Type.Unsafe<ArrayBuffer>({ [Kind]: ARRAY_BUFFER });
