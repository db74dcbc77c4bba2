import { parser } from '@lezer/python';
import type { SyntaxNode, Tree } from '@lezer/common';
import { ParseMemory } from '../parseMemory.ts';
import type { TextRange } from '../reading.ts';
import type { SourceText } from '../source.ts';
import { closeBrackets } from './repair.ts';
import type { Argument, Clause, Expression, Parameter, SyntaxModule, Statement } from '../syntax.ts';

/** Deeper expressions and blocks than this are not understood; it bounds every recursion that follows. */
const MAX_DEPTH = 60;

/** Parses Python of any version and in any state of repair: around a fault, everything else is still there. */
export function parsePython(source: SourceText, memory = new ParseMemory()): SyntaxModule {
  const plain = memory.parse(parser, source.text, 'as it is');
  const decimals = decimalsOf(plain, source.text);
  const whole = decimals.length === 0 ? source : source.insert(decimals);
  const tree = whole === source ? plain : memory.parse(parser, whole.text, 'with decimals');
  const faults = faultsOf(tree.topNode, whole);
  if (faults.length === 0) return { body: new Builder(whole).block(tree.topNode, 0), faults };
  const repaired = closeBrackets(whole);
  return { body: new Builder(repaired).block(memory.parse(parser, repaired.text, 'repaired').topNode, 0), faults };
}

/** The comments of a program, each with its offset in the source. */
export function commentsOf(source: SourceText): { readonly text: string; readonly from: number }[] {
  const comments: { text: string; from: number }[] = [];
  parser.parse(source.text).iterate({
    enter: ({ name, from, to }) => {
      if (name === 'Comment') comments.push({ text: source.text.slice(from, to), from });
    },
  });
  return comments;
}

/** `1.` and `1.e-3` are attributes of 1 to the parser: what makes numbers of them. */
function decimalsOf(tree: Tree, text: string): { readonly position: number; readonly text: string }[] {
  return [...text.matchAll(/(?<![\w.])\d+\.(?!\d)/g)].flatMap(({ index, 0: { length } }) => {
    const position = index + length;
    const { name, from, parent } = tree.resolveInner(position - 1, -1);
    const inside = name === 'Number' && from === index && parent?.name === 'MemberExpression' && parent.from === index;
    return inside ? [{ position, text: '0' }] : [];
  });
}

function faultsOf(top: SyntaxNode, source: SourceText): TextRange[] {
  const faults: TextRange[] = [];
  top.cursor().iterate(node => {
    if (node.type.isError) faults.push({ start: source.offset(node.from), end: source.offset(node.to) });
  });
  return faults;
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (!child.type.isError && child.name !== 'Comment') children.push(child);
  }
  return children;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** Turns Lezer's tree into ours. */
class Builder {
  readonly #source: SourceText;
  constructor(source: SourceText) {
    this.#source = source;
  }

  #text(node: { readonly from: number; readonly to: number }): string {
    return this.#source.text.slice(node.from, node.to);
  }

  #range(from: number, to: number): TextRange {
    // The end is one behind the last character, which a bracket that a repair has put in is not.
    const end = this.#source.offset(Math.max(from, to - 1)) + (to > from ? 1 : 0);
    return { start: this.#source.offset(from), end: Math.min(end, this.#source.offset(to)) };
  }

  /** From the first to the last statement of a `Body`. */
  #rangeInside({ from, to, lastChild }: SyntaxNode): TextRange {
    let last = lastChild;
    while (last !== null && (last.type.isError || last.name === 'Comment')) last = last.prevSibling;
    return this.#range(from, last?.to ?? to);
  }

  /** The statements of a script or of a `Body`. */
  block(node: SyntaxNode, depth: number): Statement[] {
    if (depth > MAX_DEPTH) return [];
    return childrenOf(node).flatMap(child => this.#statement(child, depth + 1));
  }

  #statement(node: SyntaxNode, depth: number, decorators: readonly Expression[] = []): Statement[] {
    const range = this.#range(node.from, node.to);
    const children = childrenOf(node);
    const bodies = children.filter(child => child.name === 'Body');
    const bodyAt = (index: number): Statement[] =>
      bodies[index] === undefined ? [] : this.block(bodies[index], depth);
    switch (node.name) {
      case 'ExpressionStatement':
        return [{ kind: 'expression', value: this.#list(children, depth), range }];
      case 'AssignStatement': {
        const groups = split(
          children.filter(child => child.name !== 'TypeDef'),
          'AssignOp',
        );
        // `hidden: int` declares a name without a value.
        const [only] = groups[0] ?? [];
        if (groups.length < 2)
          return only?.name === 'VariableName' ? [{ kind: 'declare', name: this.#text(only), range }] : [];
        const expressions = groups.map(group => this.#list(group, depth));
        return [{ kind: 'assign', targets: expressions.slice(0, -1), value: expressions.at(-1)!, range }];
      }
      case 'UpdateStatement': {
        const [target, operator, ...value] = children;
        if (target === undefined || operator === undefined) return [];
        return [
          { kind: 'update', target: this.expression(target, depth), operator: this.#text(operator).slice(0, -1), value: this.#list(value, depth), range },
        ]; // prettier-ignore
      }
      case 'ReturnStatement':
        return [{ kind: 'return', value: children.length > 1 ? this.#list(children.slice(1), depth) : null, range }];
      case 'ImportStatement':
        return this.#import(children, range);
      case 'StatementGroup':
        return children.flatMap(child => this.#statement(child, depth));
      case 'IfStatement':
        return this.#conditional(children, range, depth);
      case 'ForStatement': {
        const inside = children.findIndex(child => child.name === 'in');
        const end = children.findIndex(child => child.name === 'Body');
        if (inside < 0 || end < 0) return bodies.flatMap(body => this.block(body, depth));
        const first = children.findIndex(child => child.name === 'for') + 1;
        const target = this.#list(children.slice(first, inside), depth);
        const iterable = this.#list(children.slice(inside + 1, end), depth);
        return [{ kind: 'for', target, iterable, body: bodyAt(0), otherwise: bodyAt(1), range }];
      }
      case 'WhileStatement':
        // What stands in `else` runs after the loop.
        return [{ kind: 'while', test: this.#list(children.slice(1, 2), depth), body: bodyAt(0), range }, ...bodyAt(1)];
      case 'WithStatement': {
        const end = children.findIndex(child => child.name === 'Body');
        const inside = children.slice(
          children.findIndex(child => child.name === 'with') + 1,
          end < 0 ? undefined : end,
        );
        const items = split(
          inside.filter(child => child.name !== '(' && child.name !== ')'),
          ',',
        ).map(item => {
          const [value, target] = split(item, 'as');
          return {
            value: this.#list(value ?? [], depth),
            target: target === undefined ? null : this.#list(target, depth),
          };
        });
        return [{ kind: 'with', items, body: bodyAt(0), range }];
      }
      case 'TryStatement':
        return [{ kind: 'try', bodies: bodies.map(body => this.block(body, depth)), range }];
      case 'FunctionDefinition': {
        const name = children.find(child => child.name === 'VariableName');
        const parameters = children.find(child => child.name === 'ParamList');
        if (name === undefined) return [];
        const body = once(() => bodyAt(0));
        return [
          {
            kind: 'function',
            name: this.#text(name),
            nameRange: this.#range(name.from, name.to),
            parameters: this.#parameters(parameters, depth),
            get body() {
              return body();
            },
            bodyRange: bodies[0] === undefined ? { start: 0, end: 0 } : this.#rangeInside(bodies[0]),
            decorators,
            range,
          },
        ];
      }
      case 'ClassDefinition': {
        const name = children.find(child => child.name === 'VariableName');
        const bases = children.find(child => child.name === 'ArgList');
        if (name === undefined) return [];
        return [
          { kind: 'class', name: this.#text(name), nameRange: this.#range(name.from, name.to), bases: bases === undefined ? [] : this.#arguments(bases, depth), body: bodyAt(0), decorators, range },
        ]; // prettier-ignore
      }
      case 'DecoratedStatement': {
        const found = children.filter(child => child.name === 'Decorator').map(child => this.#decorator(child, depth));
        const definition = children.at(-1);
        return definition === undefined ? [] : this.#statement(definition, depth, found);
      }
      case 'BreakStatement':
        return [{ kind: 'break', range }];
      case 'ContinueStatement':
        return [{ kind: 'continue', range }];
      case 'RaiseStatement':
        return [{ kind: 'raise', range }];
      case 'DeleteStatement':
        return [
          { kind: 'delete', targets: split(children.slice(1), ',').map(group => this.#list(group, depth)), range },
        ];
      case 'PrintStatement':
      case 'AssertStatement':
        return split(children.slice(1), ',').map(group => ({
          kind: 'expression',
          value: this.#list(group, depth),
          range,
        }));
      case 'YieldStatement':
        return [{ kind: 'yield', value: this.#list(children.slice(1), depth), range }];
      default:
        return [{ kind: 'other', range }];
    }
  }

  #decorator(node: SyntaxNode, depth: number): Expression {
    const children = childrenOf(node).slice(1);
    const names = children.filter(child => child.name === 'VariableName' || child.name === 'PropertyName');
    const [first, ...rest] = names;
    if (first === undefined) return { kind: 'unknown', range: this.#range(node.from, node.to) };
    let value = this.expression(first, depth);
    for (const name of rest) {
      value = { kind: 'attribute', object: value, name: this.#text(name), range: this.#range(first.from, name.to) };
    }
    const list = children.find(child => child.name === 'ArgList');
    if (list === undefined) return value;
    return {
      kind: 'call',
      callee: value,
      arguments: this.#arguments(list, depth),
      range: this.#range(first.from, list.to),
    };
  }

  #conditional(children: readonly SyntaxNode[], range: TextRange, depth: number): Statement[] {
    const bodyIndex = children.findIndex(child => child.name === 'Body');
    if (bodyIndex < 0) return [];
    const test = this.#list(children.slice(1, bodyIndex), depth);
    const body = this.block(children[bodyIndex]!, depth);
    const rest = children.slice(bodyIndex + 1);
    const next = rest.findIndex(child => child.name === 'Body');
    if (rest[0]?.name === 'elif') {
      if (depth > MAX_DEPTH) return [];
      return [{ kind: 'if', test, body, otherwise: this.#conditional(rest, range, depth + 1), range }];
    }
    return [{ kind: 'if', test, body, otherwise: next < 0 ? [] : this.block(rest[next]!, depth), range }];
  }

  #import(children: readonly SyntaxNode[], range: TextRange): Statement[] {
    const words = children.filter(child => child.name !== '(' && child.name !== ')');
    const at = words.findIndex(child => child.name === 'import');
    if (at < 0) return [];
    const dotted = (nodes: readonly SyntaxNode[]): string => nodes.map(node => this.#text(node)).join('');
    const entries = split(words.slice(at + 1), ',').map(entry => {
      const [name, alias] = split(entry, 'as');
      return { name: dotted(name ?? []), alias: alias === undefined ? null : dotted(alias) };
    });
    if (words[0]?.name === 'from') {
      const names = entries
        .filter(({ name }) => name !== '')
        .map(({ name, alias }) => ({ name, alias: alias ?? name }));
      return [{ kind: 'import-from', module: dotted(words.slice(1, at)), names, range }];
    }
    return entries
      .filter(({ name }) => name !== '')
      .map(({ name, alias }) => ({ kind: 'import', module: name, alias, range }));
  }

  #parameters(node: SyntaxNode | undefined, depth: number): Parameter[] {
    if (node === undefined) return [];
    return split(
      childrenOf(node).filter(child => !['(', ')', 'TypeDef'].includes(child.name)),
      ',',
    ).flatMap(group => {
      const star = group[0]?.name === '*' ? 1 : group[0]?.name === '**' ? 2 : undefined;
      const name = group.find(child => child.name === 'VariableName');
      if (name === undefined) return [];
      const at = group.findIndex(child => child.name === 'AssignOp');
      return [
        {
          name: this.#text(name),
          range: this.#range(name.from, name.to),
          ...(star === undefined ? {} : { star }),
          ...(at < 0 ? {} : { default: this.#list(group.slice(at + 1), depth) }),
        },
      ];
    });
  }

  #arguments(node: SyntaxNode, depth: number): Argument[] {
    const children = childrenOf(node).filter(
      (child, index, all) => !(child.name === '(' && index === 0) && !(child.name === ')' && index === all.length - 1),
    );
    if (children.some(child => child.name === 'for')) {
      return [{ value: this.#comprehension(children, 'generator', this.#range(node.from, node.to), depth) }];
    }
    return split(children, ',').flatMap((group): Argument[] => {
      const [first, second] = group;
      if (first === undefined) return [];
      if (first.name === '*' || first.name === '**') {
        return [{ star: first.name === '*' ? 1 : 2, value: this.#list(group.slice(1), depth) }];
      }
      if (second?.name === 'AssignOp') return [{ name: this.#text(first), value: this.#list(group.slice(2), depth) }];
      return [{ value: this.#list(group, depth) }];
    });
  }

  /** `a`, or `a, b` as a tuple. */
  #list(nodes: readonly SyntaxNode[], depth: number): Expression {
    const [first] = nodes;
    const last = nodes.at(-1);
    if (first === undefined || last === undefined) return { kind: 'unknown', range: { start: 0, end: 0 } };
    if (nodes.length === 1) return this.expression(first, depth);
    const range = this.#range(first.from, last.to);
    return { kind: 'sequence', type: 'tuple', items: this.#items(nodes, depth), range };
  }

  #items(nodes: readonly SyntaxNode[], depth: number): Expression[] {
    return split(nodes, ',').flatMap((group): Expression[] => {
      const [first, second] = group;
      if (first === undefined) return [];
      if (first.name !== '*') return [this.expression(first, depth)];
      if (second === undefined) return [];
      return [{ kind: 'starred', value: this.expression(second, depth), range: this.#range(first.from, second.to) }];
    });
  }

  #comprehension(
    children: readonly SyntaxNode[],
    type: 'list' | 'set' | 'generator' | 'dict',
    range: TextRange,
    depth: number,
  ): Expression {
    const first = children.findIndex(child => child.name === 'for' || child.name === 'async');
    const head = children.slice(0, first);
    const clauses: Clause[] = split(children.slice(first).filter(child => child.name !== 'async'), 'for').slice(1).map(part => {
      const [before = [], after = []] = split(part, 'in');
      const [iterable = [], ...conditions] = split(after, 'if');
      return { target: this.#list(before, depth), iterable: this.#list(iterable, depth), conditions: conditions.map(condition => this.#list(condition, depth)) };
    }); // prettier-ignore
    const [key, value] = split(head, ':');
    if (type === 'dict' && value !== undefined) {
      return {
        kind: 'comprehension',
        type,
        key: this.#list(key ?? [], depth),
        element: this.#list(value, depth),
        clauses,
        range,
      };
    }
    return { kind: 'comprehension', type, element: this.#list(head, depth), clauses, range };
  }

  expression(node: SyntaxNode, depth: number): Expression {
    const range = this.#range(node.from, node.to);
    const unknown: Expression = { kind: 'unknown', range };
    if (depth > MAX_DEPTH) return unknown;
    const below = depth + 1;
    const children = childrenOf(node);
    const [first, second] = children;
    switch (node.name) {
      case 'VariableName':
      case 'self':
        return { kind: 'name', id: this.#text(node), range };
      case 'Number': {
        const text = this.#text(node).replaceAll('_', '');
        const value = Number(text.replace(/[lL]$/, ''));
        return Number.isNaN(value)
          ? unknown
          : { kind: 'number', value, integer: !/[.eE]/.test(text) || /^0x/i.test(text), range };
      }
      case 'String':
      case 'FormatString':
      case 'ContinuedString':
        return { kind: 'string', parts: this.#string(node, below), range };
      case 'Boolean':
        return { kind: 'constant', value: this.#text(node) === 'True', range };
      case 'None':
        return { kind: 'constant', value: null, range };
      case 'Ellipsis':
        return { kind: 'constant', value: '...', range };
      case 'ParenthesizedExpression': {
        const inner = children.filter(child => child.name !== '(' && child.name !== ')');
        return inner.length === 0 ? unknown : this.#list(inner, below);
      }
      case 'MemberExpression': {
        if (first === undefined) return unknown;
        const object = this.expression(first, below);
        if (second?.name === '.') {
          const name = children[2];
          if (name === undefined) return unknown;
          return { kind: 'attribute', object, name: this.#text(name), range };
        }
        const inside = children
          .slice(2)
          .filter((child, index, all) => !(child.name === ']' && index === all.length - 1));
        return { kind: 'subscript', object, index: this.#index(inside, range, below), range };
      }
      case 'CallExpression': {
        const list = children.find(child => child.name === 'ArgList');
        if (first === undefined || list === undefined) return unknown;
        return { kind: 'call', callee: this.expression(first, below), arguments: this.#arguments(list, below), range };
      }
      case 'UnaryExpression':
        if (first === undefined || second === undefined) return unknown;
        return { kind: 'unary', operator: this.#text(first), operand: this.expression(second, below), range };
      case 'BinaryExpression': {
        const last = children.at(-1);
        if (first === undefined || last === undefined || children.length < 3) return unknown;
        const operator = children
          .slice(1, -1)
          .map(child => this.#text(child))
          .join(' ');
        return {
          kind: 'binary',
          operator,
          left: this.expression(first, below),
          right: this.expression(last, below),
          range,
        };
      }
      case 'ConditionalExpression': {
        const [then, , test, , otherwise] = children;
        if (then === undefined || test === undefined || otherwise === undefined) return unknown;
        return { kind: 'conditional', test: this.expression(test, below), then: this.expression(then, below), otherwise: this.expression(otherwise, below), range };
      } // prettier-ignore
      case 'TupleExpression':
      case 'ArrayExpression':
      case 'SetExpression': {
        const type = node.name === 'TupleExpression' ? 'tuple' : node.name === 'ArrayExpression' ? 'list' : 'set';
        return { kind: 'sequence', type, items: this.#items(inBrackets(children), below), range };
      }
      case 'DictionaryExpression': {
        const entries = split(inBrackets(children), ',').flatMap(
          (group): { key: Expression | null; value: Expression }[] => {
            if (group[0]?.name === '**') return [{ key: null, value: this.#list(group.slice(1), below) }];
            const [key, value] = split(group, ':');
            return key === undefined || value === undefined
              ? []
              : [{ key: this.#list(key, below), value: this.#list(value, below) }];
          },
        );
        return { kind: 'dict', entries, range };
      }
      case 'ArrayComprehensionExpression':
        return this.#comprehension(inBrackets(children), 'list', range, below);
      case 'SetComprehensionExpression':
        return this.#comprehension(inBrackets(children), 'set', range, below);
      case 'DictionaryComprehensionExpression':
        return this.#comprehension(inBrackets(children), 'dict', range, below);
      case 'ComprehensionExpression':
        return this.#comprehension(inBrackets(children), 'generator', range, below);
      case 'LambdaExpression': {
        const parameters = children.find(child => child.name === 'ParamList');
        const body = children.at(-1);
        if (body === undefined) return unknown;
        return {
          kind: 'lambda',
          parameters: this.#parameters(parameters, below),
          body: this.expression(body, below),
          range,
        };
      }
      case 'NamedExpression': {
        const value = children.at(-1);
        if (first === undefined || value === undefined) return unknown;
        return {
          kind: 'assignment',
          target: this.expression(first, below),
          value: this.expression(value, below),
          range,
        };
      }
      case 'AwaitExpression':
      case 'YieldExpression':
        return second === undefined ? unknown : this.expression(second, below);
      default:
        return unknown;
    }
  }

  /** What stands in `[…]`: one index, a slice, or several of them. */
  #index(nodes: readonly SyntaxNode[], range: TextRange, depth: number): Expression {
    const one = (group: readonly SyntaxNode[]): Expression => {
      if (!group.some(node => node.name === ':')) return this.#list(group, depth);
      const bounds = split(group, ':').map(part => (part.length === 0 ? null : this.#list(part, depth)));
      return { kind: 'slice', bounds: [bounds[0] ?? null, bounds[1] ?? null, bounds[2] ?? null], range };
    };
    const groups = split(nodes, ',');
    if (groups.at(-1)?.length === 0) groups.pop();
    if (groups.length === 1 && nodes.at(-1)?.name !== ',') return one(groups[0]!);
    return { kind: 'sequence', type: 'tuple', items: groups.map(one), range };
  }

  #string(node: SyntaxNode, depth: number): (string | Expression)[] {
    if (node.name === 'ContinuedString') return childrenOf(node).flatMap(child => this.#string(child, depth));
    const text = this.#text(node);
    const [, prefix = '', quote = ''] = /^([a-zA-Z]*)("""|'''|"|')/.exec(text) ?? [];
    const start = node.from + prefix.length + quote.length;
    const end =
      text.endsWith(quote) && text.length >= prefix.length + 2 * quote.length ? node.to - quote.length : node.to;
    const raw = /r/i.test(prefix);
    const plain = (from: number, to: number): string => {
      const piece = this.#source.text.slice(from, Math.max(from, to));
      return raw ? piece : piece.replace(/\\([\s\S])/g, (whole, letter: string) => ESCAPES[letter] ?? whole);
    };
    const parts: (string | Expression)[] = [];
    let at = start;
    for (const child of childrenOf(node)) {
      if (child.name !== 'FormatReplacement') continue;
      parts.push(plain(at, child.from));
      const value = childrenOf(child)[1];
      parts.push(value === undefined ? '' : this.expression(value, depth));
      at = child.to;
    }
    parts.push(plain(at, end));
    return parts;
  }
}

/** Makes something when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function inBrackets(children: readonly SyntaxNode[]): SyntaxNode[] {
  const last = children.at(-1)?.name;
  return children.slice(1, last === ')' || last === ']' || last === '}' ? -1 : undefined);
}

function split(nodes: readonly SyntaxNode[], separator: string): SyntaxNode[][] {
  const groups: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) groups.push([]);
    else groups.at(-1)!.push(node);
  }
  return groups;
}
