/** A program as the evaluator sees it, whatever its language: a small syntax tree with ranges in the text that the person has open. */
import type { TextRange } from './reading.ts';

export interface Argument {
  /** Keyword; absent for positional arguments. */
  readonly name?: string;
  readonly star?: 1 | 2;
  readonly value: Expression;
}

export interface Parameter {
  readonly name: string;
  readonly range: TextRange;
  readonly default?: Expression;
  readonly star?: 1 | 2;
}

/** `for targets in iterable if conditions` of a comprehension. */
export interface Clause {
  readonly target: Expression;
  readonly iterable: Expression;
  readonly conditions: readonly Expression[];
}

export type Expression = { readonly range: TextRange } & (
  /** `outer`: given a value where it stands already, not anew (JavaScript without `let`). */
  | { readonly kind: 'name'; readonly id: string; readonly outer?: boolean }
  | { readonly kind: 'number'; readonly value: number; readonly integer: boolean }
  | { readonly kind: 'string'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'constant'; readonly value: boolean | null | '...' }
  | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly kind: 'subscript'; readonly object: Expression; readonly index: Expression }
  | { readonly kind: 'slice'; readonly bounds: readonly [Expression | null, Expression | null, Expression | null] }
  | { readonly kind: 'call'; readonly callee: Expression; readonly arguments: readonly Argument[] }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'conditional'; readonly test: Expression; readonly then: Expression; readonly otherwise: Expression }
  | { readonly kind: 'sequence'; readonly type: 'tuple' | 'list' | 'set'; readonly items: readonly Expression[] }
  | { readonly kind: 'starred'; readonly value: Expression }
  /** A key of null is `**value`. */
  | { readonly kind: 'dict'; readonly entries: readonly { readonly key: Expression | null; readonly value: Expression }[] }
  | { readonly kind: 'comprehension'; readonly type: 'list' | 'set' | 'generator' | 'dict'; readonly key?: Expression; readonly element: Expression; readonly clauses: readonly Clause[] }
  | { readonly kind: 'lambda'; readonly parameters: readonly Parameter[]; readonly body: Expression | readonly Statement[] }
  | { readonly kind: 'assignment'; readonly target: Expression; readonly value: Expression }
  /** What cannot be understood. */
  | { readonly kind: 'unknown' }
); // prettier-ignore

export type Statement = { readonly range: TextRange } & (
  | { readonly kind: 'expression'; readonly value: Expression }
  | { readonly kind: 'assign'; readonly targets: readonly Expression[]; readonly value: Expression }
  /** A name that is told its type only. */
  | { readonly kind: 'declare'; readonly name: string }
  | { readonly kind: 'update'; readonly target: Expression; readonly operator: string; readonly value: Expression }
  | { readonly kind: 'import'; readonly module: string; readonly alias: string | null; readonly range: TextRange }
  | { readonly kind: 'import-from'; readonly module: string; readonly names: readonly { readonly name: string; readonly alias: string }[] }
  | { readonly kind: 'if'; readonly test: Expression; readonly body: readonly Statement[]; readonly otherwise: readonly Statement[] }
  | { readonly kind: 'for'; readonly target: Expression; readonly iterable: Expression; readonly body: readonly Statement[]; readonly otherwise: readonly Statement[] }
  | { readonly kind: 'while'; readonly test: Expression; readonly body: readonly Statement[] }
  | { readonly kind: 'with'; readonly items: readonly { readonly value: Expression; readonly target: Expression | null }[]; readonly body: readonly Statement[] }
  /** Bodies that may run one after the other: `try`, its handlers, `else`, `finally`. */
  | { readonly kind: 'try'; readonly bodies: readonly (readonly Statement[])[] }
  /** What stands in it may be built when it is first asked for: most functions of a program are not run. */
  | { readonly kind: 'function'; readonly name: string; readonly nameRange: TextRange; readonly parameters: readonly Parameter[]; readonly body: readonly Statement[]; readonly bodyRange: TextRange; readonly decorators: readonly Expression[] }
  | { readonly kind: 'class'; readonly name: string; readonly nameRange: TextRange; readonly bases: readonly Argument[]; readonly body: readonly Statement[]; readonly decorators: readonly Expression[] }
  | { readonly kind: 'return'; readonly value: Expression | null }
  | { readonly kind: 'yield'; readonly value: Expression }
  | { readonly kind: 'delete'; readonly targets: readonly Expression[] }
  | { readonly kind: 'break' | 'continue' | 'raise' | 'other' }
); // prettier-ignore

/** What a function is made of: the same object is the same function, whatever it is bound to. */
export type FunctionSyntax = (Statement & { readonly kind: 'function' }) | (Expression & { readonly kind: 'lambda' });

/** Where statements stand. */
export function rangeOf(statements: readonly Statement[]): TextRange {
  return { start: statements[0]?.range.start ?? 0, end: statements.at(-1)?.range.end ?? 0 };
}

export interface SyntaxModule {
  readonly body: readonly Statement[];
  /** Where the text is not of its language. */
  readonly faults: readonly TextRange[];
}
