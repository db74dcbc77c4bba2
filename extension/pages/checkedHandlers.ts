import type { TSchema } from '@sinclair/typebox';
import type { Handlers, Side } from '../../engine/protocol/channel.ts';
import { check } from '../../engine/model/validate.ts';

/** Puts the check of the params against their schema before every handler: what a page sends comes from outside. */
export function checkedHandlers<S extends Side>(
  page: string,
  schemas: Readonly<Record<keyof S['requests'] & string, TSchema>>,
  handlers: Handlers<S>,
): Handlers<S> {
  const checked = Object.entries(handlers).map(([name, handler]) => [
    name,
    (params: unknown, signal: AbortSignal) => {
      const schema = schemas[name as keyof S['requests'] & string];
      return (handler as (params: unknown, signal: AbortSignal) => unknown)(
        check(schema, params, `message "${page}.${name}"`, 'invalid-message'),
        signal,
      );
    },
  ]);
  return Object.fromEntries(checked) as Handlers<S>;
}
