import type { SyntaxNode, Tree } from '@lezer/common';
import { parser } from '@lezer/javascript';
import type { Comment } from '../language.ts';
import { ParseMemory } from '../parseMemory.ts';
import type { TextRange } from '../reading.ts';
import type { SourceText } from '../source.ts';
import {
  type Argument,
  type Expression,
  type Parameter,
  rangeOf,
  type Statement,
  type SyntaxModule,
} from '../syntax.ts';

/** Deeper expressions and blocks than this are not understood; it bounds every recursion that follows. */
const MAX_DEPTH = 60;

/** JavaScript, TypeScript and JSX in one grammar: what one of them lacks, a program of it does not contain. */
const PARSER = parser.configure({ dialect: 'ts jsx' });

/** Name of the function by which a loop that counts is written in the common tree; no program can have it. */
export const COUNT = ' count';

/** Trees of the texts that are being read, so that their comments cost no second parse. */
const TREES = new WeakMap<SourceText, Tree>();

/** Parses a program in any state of repair: around a fault, everything else is still there. */
export function parseJavaScript(source: SourceText, memory = new ParseMemory()): SyntaxModule {
  const tree = memory.parse(PARSER, source.text, 'as it is');
  TREES.set(source, tree);
  const { topNode } = tree;
  const faults: TextRange[] = [];
  topNode.cursor().iterate(node => {
    if (node.type.isError) faults.push({ start: source.offset(node.from), end: source.offset(node.to) });
  });
  return { body: new Builder(source).block(topNode, 0), faults };
}

export function commentsOf(source: SourceText): Comment[] {
  const comments: Comment[] = [];
  (TREES.get(source) ?? PARSER.parse(source.text)).iterate({
    enter: ({ name, from, to }) => {
      if (name === 'LineComment') comments.push({ text: source.text.slice(from, to), from });
      else if (name === 'BlockComment') comments.push({ text: source.text.slice(from, to - 2), from });
    },
  });
  return comments;
}

/** What only types say. */
const TYPES: ReadonlySet<string> = new Set([
  'TypeAnnotation',
  'TypeArgList',
  'TypeParamList',
  'Optional',
  'ReturnType',
]);

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (!child.type.isError && !/Comment$/.test(child.name) && !TYPES.has(child.name)) children.push(child);
  }
  return children;
}

function child(node: SyntaxNode, ...names: readonly string[]): SyntaxNode | undefined {
  return childrenOf(node).find(each => names.includes(each.name));
}

const OPERATORS: Readonly<Record<string, string>> = { '===': '==', '!==': '!=', '&&': 'and', '||': 'or' };
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '' };
const DECLARATIONS: ReadonlySet<string> = new Set(['PrivacyModifier', 'Privacy', 'readonly', 'override']);

/** Turns Lezer's tree into the common one. What that does not have, such as patterns, is written in what it has. */
class Builder {
  readonly #source: SourceText;
  #hidden = 0;

  constructor(source: SourceText) {
    this.#source = source;
  }

  #text({ from, to }: { readonly from: number; readonly to: number }): string {
    return this.#source.text.slice(from, to);
  }

  #range({ from, to }: { readonly from: number; readonly to: number }): TextRange {
    return { start: this.#source.offset(from), end: this.#source.offset(Math.max(from, to - 1)) + (to > from ? 1 : 0) };
  }

  /** The statements of a script or block; functions are known before the statements that call them. */
  block(node: SyntaxNode, depth: number): Statement[] {
    if (depth > MAX_DEPTH) return [];
    const all = childrenOf(node).flatMap(each => this.#statement(each, depth + 1));
    return [...all.filter(each => each.kind === 'function'), ...all.filter(each => each.kind !== 'function')];
  }

  /** A block, or the one statement that stands in its place. */
  #body(node: SyntaxNode | undefined, depth: number): Statement[] {
    if (node === undefined || depth > MAX_DEPTH) return [];
    return node.name === 'Block' ? this.block(node, depth) : this.#statement(node, depth + 1);
  }

  #statement(node: SyntaxNode, depth: number): Statement[] {
    const range = this.#range(node);
    const children = childrenOf(node);
    switch (node.name) {
      case 'ExpressionStatement':
        return children[0] === undefined ? [] : this.#expressionStatement(children[0], range, depth);
      case 'VariableDeclaration':
        return this.#declarations(children.slice(1), range, depth);
      case 'FunctionDeclaration':
        return this.#functionStatement(node, depth);
      case 'ClassDeclaration':
        return this.#class(node, depth);
      case 'ExportDeclaration':
        return children.flatMap(each =>
          /Declaration$/.test(each.name) ? this.#statement(each, depth) : this.#exported(each, range, depth),
        );
      case 'ImportDeclaration':
        return this.#import(children, range);
      case 'ReturnStatement': {
        const value = children.find(each => each.name !== 'return' && each.name !== ';');
        return [{ kind: 'return', value: value === undefined ? null : this.expression(value, depth), range }];
      }
      case 'IfStatement': {
        const [, test, then, , otherwise] = children;
        if (test === undefined) return [];
        return [
          { kind: 'if', test: this.expression(test, depth), body: this.#body(then, depth), otherwise: this.#body(otherwise, depth), range },
        ]; // prettier-ignore
      }
      case 'ForStatement':
        return this.#for(node, range, depth);
      case 'WhileStatement':
      case 'DoStatement': {
        const test = children.find(each => each.name === 'ParenthesizedExpression');
        const body = children.find(each => !['while', 'do', ';'].includes(each.name) && each !== test);
        const condition: Expression = test === undefined ? { kind: 'unknown', range } : this.expression(test, depth);
        return [{ kind: 'while', test: condition, body: this.#body(body, depth), range }];
      }
      case 'TryStatement': {
        const blocks = children.flatMap(each => (each.name === 'Block' ? [each] : (child(each, 'Block') ?? [])));
        return [{ kind: 'try', bodies: blocks.map(each => this.block(each, depth)), range }];
      }
      case 'SwitchStatement':
        return this.#switch(node, range, depth);
      case 'Block':
        return this.block(node, depth);
      case 'LabeledStatement':
        return this.#body(children.at(-1), depth);
      case 'BreakStatement':
        return [{ kind: 'break', range }];
      case 'ContinueStatement':
        return [{ kind: 'continue', range }];
      case 'EnumDeclaration':
        return this.#enum(node, range, depth);
      default:
        return [];
    }
  }

  #expressionStatement(node: SyntaxNode, range: TextRange, depth: number): Statement[] {
    const [target, operator, value] = childrenOf(node);
    if (node.name === 'AssignmentExpression' && target !== undefined && operator !== undefined && value !== undefined) {
      const assigned = this.expression(value, depth);
      if (operator.name === 'Equals') return this.#assign(target, assigned, range, depth, true);
      const update = this.#text(operator).slice(0, -1);
      const place = outer(this.expression(target, depth));
      return [{ kind: 'update', target: place, operator: OPERATORS[update] ?? update, value: assigned, range }];
    }
    if (node.name === 'PostfixExpression' && operator !== undefined && target !== undefined) {
      const step = { '++': '+', '--': '-' }[this.#text(operator)];
      const one: Expression = { kind: 'number', value: 1, integer: true, range };
      const place = outer(this.expression(target, depth));
      if (step !== undefined) return [{ kind: 'update', target: place, operator: step, value: one, range }];
    }
    if (node.name === 'SequenceExpression') {
      return childrenOf(node).flatMap(each =>
        each.name === ',' ? [] : this.#expressionStatement(each, this.#range(each), depth),
      );
    }
    return [{ kind: 'expression', value: this.expression(node, depth), range }];
  }

  /** `a = 1, {b, c} = d, e` of a declaration. */
  #declarations(nodes: readonly SyntaxNode[], range: TextRange, depth: number): Statement[] {
    return split(
      nodes.filter(node => node.name !== ';'),
      ',',
    ).flatMap((group): Statement[] => {
      const [target] = group;
      const at = group.findIndex(node => node.name === 'Equals');
      const value = at < 0 ? undefined : group[at + 1];
      if (target === undefined) return [];
      const none: Expression = { kind: 'constant', value: null, range: this.#range(target) };
      return this.#assign(target, value === undefined ? none : this.expression(value, depth), range, depth, false);
    });
  }

  /** Gives a value to a name, a member, or the names of a pattern. */
  #assign(target: SyntaxNode, value: Expression, range: TextRange, depth: number, old: boolean): Statement[] {
    if (depth > MAX_DEPTH) return [];
    if (target.name === 'ParenthesizedExpression') {
      const inner = childrenOf(target)[1];
      return inner === undefined ? [] : this.#assign(inner, value, range, depth + 1, old);
    }
    if (!/^(?:Object|Array)(?:Pattern|Expression)$/.test(target.name)) {
      const place = this.expression(target, depth);
      return [{ kind: 'assign', targets: [old ? outer(place) : place], value, range }];
    }
    const whole = this.#hiddenName(this.#range(target));
    return [{ kind: 'assign', targets: [whole], value, range }, ...this.#parts(target, whole, depth, old)];
  }

  /** A name that no program can have, for a value that a pattern takes apart. */
  #hiddenName(range: TextRange): Expression & { kind: 'name' } {
    return { kind: 'name', id: ` ${this.#hidden++}`, range: { start: range.start, end: range.start } };
  }

  /** The assignments that a pattern stands for. */
  #parts(pattern: SyntaxNode, whole: Expression, depth: number, old: boolean): Statement[] {
    const object = pattern.name.startsWith('Object');
    return split(childrenOf(pattern).slice(1, -1), ',').flatMap((group, position): Statement[] => {
      const nodes = object && group[0] !== undefined ? childrenOf(group[0]) : group;
      if (nodes.length === 0) return [];
      const range = this.#range({ from: nodes[0]!.from, to: nodes.at(-1)!.to });
      const at = nodes.findIndex(node => node.name === 'Equals');
      const fallback = at < 0 ? undefined : nodes[at + 1];
      const spread = nodes[0]!.name === 'Spread';
      const renamed = nodes.findIndex(node => node.name === ':');
      const [key] = nodes;
      const place = nodes[spread ? 1 : Math.max(0, renamed + 1)];
      if (place === undefined) return [];
      let value: Expression;
      if (spread) value = object ? whole : { kind: 'subscript', object: whole, index: from(position, range), range };
      else if (object) value = { kind: 'attribute', object: whole, name: this.#key(key!), range };
      else value = { kind: 'subscript', object: whole, index: { kind: 'number', value: position, integer: true, range }, range }; // prettier-ignore
      if (fallback !== undefined) {
        value = { kind: 'binary', operator: '??', left: value, right: this.expression(fallback, depth), range };
      }
      return this.#assign(place, value, range, depth + 1, old);
    });
  }

  #key(node: SyntaxNode): string {
    const text = this.#text(node);
    return node.name === 'String' ? text.slice(1, -1) : text;
  }

  #for(node: SyntaxNode, range: TextRange, depth: number): Statement[] {
    const children = childrenOf(node);
    const spec = children.find(each => /^For(?:Of|In)?Spec$/.test(each.name));
    const inside = children.at(-1);
    if (spec === undefined || inside === undefined || inside === spec) return [];
    const body = this.#body(inside, depth);
    const parts = childrenOf(spec).filter(each => each.name !== '(' && each.name !== ')');
    if (spec.name !== 'ForSpec') {
      const at = parts.findIndex(each => each.name === 'of' || each.name === 'in');
      const [target, iterable] = [parts[at - 1], parts[at + 1]];
      if (target === undefined || iterable === undefined) return body;
      const plain = !/Pattern$/.test(target.name);
      const item = plain ? this.expression(target, depth) : this.#hiddenName(this.#range(target));
      const apart = plain ? [] : this.#parts(target, item, depth, false);
      return [{ kind: 'for', target: item, iterable: this.expression(iterable, depth), body: [...apart, ...body], otherwise: [], range }]; // prettier-ignore
    }
    return this.#counted(parts, body, range, depth);
  }

  /** `for (let i = a; i < b; i += c)` counts like a range; other loops are gone through once. */
  #counted(parts: readonly SyntaxNode[], body: readonly Statement[], range: TextRange, depth: number): Statement[] {
    const [start, test, step] = [parts[0], ...parts.slice(1).filter(each => each.name !== ';')];
    const first = start?.name === 'VariableDeclaration' ? childrenOf(start) : [];
    const variable = first[1];
    const from = first.find((_, at) => first[at - 1]?.name === 'Equals');
    const [left, comparison, bound] = test?.name === 'BinaryExpression' ? childrenOf(test) : [];
    const by = step === undefined ? null : this.#step(step, depth);
    const name = variable === undefined ? '' : this.#text(variable);
    const counts =
      variable !== undefined &&
      from !== undefined &&
      left !== undefined &&
      bound !== undefined &&
      this.#text(left) === name;
    if (!counts || by === null || comparison === undefined || !/^<=?$/.test(this.#text(comparison))) {
      const before = start?.name === 'VariableDeclaration' ? this.#statement(start, depth) : [];
      const condition: Expression = test === undefined ? { kind: 'unknown', range } : this.expression(test, depth);
      return [...before, { kind: 'while', test: condition, body, range }];
    }
    const place = this.#range(test!);
    const end = this.expression(bound, depth);
    const one: Expression = { kind: 'number', value: 1, integer: true, range: place };
    const stop: Expression =
      this.#text(comparison) === '<' ? end : { kind: 'binary', operator: '+', left: end, right: one, range: place };
    const iterable: Expression = {
      kind: 'call',
      callee: { kind: 'name', id: COUNT, range: place },
      arguments: [this.expression(from, depth), stop, by].map(value => ({ value })),
      range: place,
    };
    return [{ kind: 'for', target: this.expression(variable, depth), iterable, body, otherwise: [], range }];
  }

  /** By how much `i++`, `++i` or `i += 2` counts on. */
  #step(node: SyntaxNode, depth: number): Expression | null {
    const text = this.#text(node);
    const range = this.#range(node);
    if (/\+\+/.test(text)) return { kind: 'number', value: 1, integer: true, range };
    const [, operator, value] = childrenOf(node);
    if (operator === undefined || value === undefined || this.#text(operator) !== '+=') return null;
    return this.expression(value, depth);
  }

  /** Every case with what it does up to its `break`, as conditions one after the other. */
  #switch(node: SyntaxNode, range: TextRange, depth: number): Statement[] {
    const [, subject] = childrenOf(node);
    const body = child(node, 'SwitchBody');
    if (subject === undefined || body === undefined || depth > MAX_DEPTH) return [];
    const of = this.expression(subject, depth);
    const cases: { tests: Expression[]; always: boolean; statements: Statement[] }[] = [];
    for (const each of childrenOf(body)) {
      if (each.name === 'CaseLabel' || each.name === 'DefaultLabel') {
        const last = cases.at(-1);
        const group = last?.statements.length === 0 ? last : { tests: [], always: false, statements: [] };
        if (group !== last) cases.push(group);
        const value = childrenOf(each)[1];
        if (each.name === 'DefaultLabel' || value === undefined) group.always = true;
        else group.tests.push({ kind: 'binary', operator: '==', left: of, right: this.expression(value, depth), range: this.#range(each) }); // prettier-ignore
      } else {
        cases.at(-1)?.statements.push(...this.#statement(each, depth + 1));
      }
    }
    return cases.reduceRight<Statement[]>((otherwise, { tests, always, statements }) => {
      const kept = statements.filter(each => each.kind !== 'break');
      const [first, ...more] = tests;
      if (always || first === undefined) return kept;
      const test = more.reduce<Expression>(
        (left, right) => ({ kind: 'binary', operator: 'or', left, right, range }),
        first,
      );
      return [{ kind: 'if', test, body: kept, otherwise, range }];
    }, []);
  }

  #enum(node: SyntaxNode, range: TextRange, depth: number): Statement[] {
    const name = child(node, 'TypeDefinition');
    const body = child(node, 'EnumBody');
    if (name === undefined || body === undefined) return [];
    let next = 0;
    const entries = split(childrenOf(body).slice(1, -1), ',').flatMap(([key, , value]) => {
      if (key === undefined) return [];
      const place = this.#range(key);
      const given: Expression = value === undefined ? { kind: 'number', value: next, integer: true, range: place } : this.expression(value, depth); // prettier-ignore
      if (given.kind === 'number') next = given.value + 1;
      return [{ key: { kind: 'string', parts: [this.#text(key)], range: place } as const, value: given }];
    });
    const target: Expression = { kind: 'name', id: this.#text(name), range: this.#range(name) };
    return [{ kind: 'assign', targets: [target], value: { kind: 'dict', entries, range }, range }];
  }

  #import(children: readonly SyntaxNode[], range: TextRange): Statement[] {
    if (children.some(each => each.name === 'type')) return [];
    const path = children.find(each => each.name === 'String');
    if (path === undefined) return [];
    const module = this.#text(path).slice(1, -1);
    return split(
      children.slice(
        1,
        children.findIndex(each => each.name === 'from'),
      ),
      ',',
    ).flatMap((group): Statement[] => {
      const [first] = group;
      if (first?.name === 'Star') return [{ kind: 'import', module, alias: this.#text(group.at(-1)!), range }];
      if (first?.name === 'VariableDefinition')
        return [{ kind: 'import-from', module, names: [{ name: 'default', alias: this.#text(first) }], range }];
      if (first?.name !== 'ImportGroup') return [];
      const names = split(childrenOf(first).slice(1, -1), ',').flatMap(each => {
        const [name] = each;
        return name === undefined ? [] : [{ name: this.#text(name), alias: this.#text(each.at(-1)!) }];
      });
      return [{ kind: 'import-from', module, names, range }];
    });
  }

  /** `export default …` and `export {a as b}`. */
  #exported(node: SyntaxNode, range: TextRange, depth: number): Statement[] {
    const assign = (name: string, value: Expression): Statement => {
      const target: Expression = { kind: 'name', id: name, range: { start: range.start, end: range.start } };
      return { kind: 'assign', targets: [target], value, range };
    };
    if (node.name === 'ExportGroup') {
      return split(childrenOf(node).slice(1, -1), ',').flatMap(each => {
        const [name] = each;
        if (name === undefined || each.length < 3) return [];
        return [assign(this.#text(each.at(-1)!), this.expression(name, depth))];
      });
    }
    const punctuation = ['export', 'default', ';', 'from', 'String', 'Star', 'as'].includes(node.name);
    return punctuation ? [] : [assign('default', this.expression(node, depth))];
  }

  #functionStatement(node: SyntaxNode, depth: number): Statement[] {
    const name = child(node, 'VariableDefinition', 'PropertyDefinition');
    if (name === undefined) return [];
    const { parameters, prelude } = this.#parameters(child(node, 'ParamList'), depth);
    const body = [...prelude, ...this.#body(child(node, 'Block'), depth)];
    return [{ kind: 'function', name: this.#text(name), nameRange: this.#range(name), parameters, body, bodyRange: rangeOf(body), decorators: [], range: this.#range(node) }]; // prettier-ignore
  }

  /** A class; its methods have the object as their first parameter, as in Python. */
  #class(node: SyntaxNode, depth: number): Statement[] {
    const name = child(node, 'VariableDefinition');
    const body = child(node, 'ClassBody');
    if (name === undefined || body === undefined || depth > MAX_DEPTH) return [];
    const children = childrenOf(node);
    const base = children[children.findIndex(each => each.name === 'extends') + 1];
    const bases = children.some(each => each.name === 'extends') && base !== undefined ? [{ value: this.expression(base, depth) }] : []; // prettier-ignore
    const fields: Statement[] = [];
    const members: Statement[] = [];
    for (const member of childrenOf(body)) {
      const fixed = childrenOf(member).some(each => each.name === 'static');
      if (member.name === 'PropertyDeclaration') {
        const [field] = this.#field(member, fixed, depth);
        if (field !== undefined) (fixed ? members : fields).push(field);
      } else if (member.name === 'MethodDeclaration') {
        members.push(...this.#method(member, fixed, depth));
      }
    }
    const range = this.#range(node);
    const own = members.findIndex(each => each.kind === 'function' && each.name === '__init__');
    const initial = members[own];
    if (initial?.kind === 'function') {
      const all = [...fields, ...initial.body];
      members[own] = { ...initial, body: all, bodyRange: rangeOf(all) };
    }
    if (initial === undefined && fields.length > 0) members.push(this.#initializer(fields, range));
    return [{ kind: 'class', name: this.#text(name), nameRange: this.#range(name), bases, body: members, decorators: [], range }]; // prettier-ignore
  }

  #initializer(body: readonly Statement[], range: TextRange): Statement {
    const at = { start: range.start, end: range.start };
    return { kind: 'function', name: '__init__', nameRange: at, parameters: [{ name: 'self', range: at }], body, bodyRange: rangeOf(body), decorators: [], range }; // prettier-ignore
  }

  #field(node: SyntaxNode, fixed: boolean, depth: number): Statement[] {
    const children = childrenOf(node);
    const name = child(node, 'PropertyDefinition', 'PrivatePropertyDefinition');
    const at = children.findIndex(each => each.name === 'Equals');
    const value = at < 0 ? undefined : children[at + 1];
    if (name === undefined || value === undefined) return [];
    const range = this.#range(node);
    const place = this.#range(name);
    const target: Expression = fixed
      ? { kind: 'name', id: this.#text(name), range: place }
      : { kind: 'attribute', object: this.#this(place), name: this.#text(name), range: place };
    return [{ kind: 'assign', targets: [target], value: this.expression(value, depth), range }];
  }

  #this(range: TextRange): Expression {
    return { kind: 'name', id: 'self', range: { start: range.start, end: range.start } };
  }

  #method(node: SyntaxNode, fixed: boolean, depth: number): Statement[] {
    const name = child(node, 'PropertyDefinition', 'PrivatePropertyDefinition');
    const list = child(node, 'ParamList');
    if (name === undefined || list === undefined) return [];
    const { parameters, prelude } = this.#parameters(list, depth);
    const place = this.#range(name);
    const self: Parameter = { name: 'self', range: { start: place.start, end: place.start } };
    const text = this.#text(name);
    // `constructor(private units: number)` is a field, too.
    const declared = split(childrenOf(list).slice(1, -1), ',').flatMap((group): Statement[] => {
      const field = group.find(each => each.name === 'VariableDefinition');
      if (field === undefined || !group.some(each => DECLARATIONS.has(each.name))) return [];
      const range = this.#range(field);
      const value: Expression = { kind: 'name', id: this.#text(field), range };
      const target: Expression = { kind: 'attribute', object: this.#this(range), name: this.#text(field), range };
      return [{ kind: 'assign', targets: [target], value, range }];
    });
    const body = [...prelude, ...declared, ...this.#body(child(node, 'Block'), depth)];
    return [
      {
        kind: 'function',
        name: text === 'constructor' ? '__init__' : text,
        nameRange: place,
        parameters: fixed ? parameters : [self, ...parameters],
        body,
        bodyRange: rangeOf(body),
        decorators: [],
        range: this.#range(node),
      },
    ];
  }

  /** Parameters, and the statements that take apart those that are patterns. */
  #parameters(
    list: SyntaxNode | undefined,
    depth: number,
  ): { readonly parameters: Parameter[]; readonly prelude: Statement[] } {
    const prelude: Statement[] = [];
    if (list === undefined || depth > MAX_DEPTH) return { parameters: [], prelude };
    const inside = childrenOf(list).filter(each => each.name !== '(' && each.name !== ')');
    const parameters = split(inside, ',').flatMap((group): Parameter[] => {
      const star = group.some(each => each.name === 'Spread');
      const place = group.find(each => /^(?:VariableDefinition|ObjectPattern|ArrayPattern)$/.test(each.name));
      if (place === undefined) return [];
      const at = group.findIndex(each => each.name === 'Equals');
      const fallback = at < 0 ? undefined : group[at + 1];
      const range = this.#range(place);
      const named = place.name === 'VariableDefinition';
      const hidden = this.#hiddenName(range);
      if (!named) prelude.push(...this.#parts(place, hidden, depth, false));
      return [
        {
          name: named ? this.#text(place) : hidden.id,
          range: named ? range : hidden.range,
          ...(star ? { star: 1 as const } : {}),
          ...(fallback === undefined ? {} : { default: this.expression(fallback, depth) }),
        },
      ];
    });
    return { parameters, prelude };
  }

  #arguments(list: SyntaxNode | undefined, depth: number): Argument[] {
    if (list === undefined) return [];
    return split(childrenOf(list).slice(1, -1), ',').flatMap((group): Argument[] => {
      const [first, second] = group;
      if (first === undefined) return [];
      if (first.name !== 'Spread') return [{ value: this.expression(first, depth) }];
      return second === undefined ? [] : [{ star: 1, value: this.expression(second, depth) }];
    });
  }

  expression(node: SyntaxNode, depth: number): Expression {
    const range = this.#range(node);
    const unknown: Expression = { kind: 'unknown', range };
    if (depth > MAX_DEPTH) return unknown;
    const below = depth + 1;
    const children = childrenOf(node);
    const [first, second, third] = children;
    switch (node.name) {
      case 'VariableName':
      case 'VariableDefinition':
        return { kind: 'name', id: this.#text(node), range };
      case 'this':
        return { kind: 'name', id: 'self', range };
      case 'Number': {
        const text = this.#text(node).replaceAll('_', '').replace(/n$/, '');
        const value = Number(text);
        return Number.isNaN(value) ? unknown : { kind: 'number', value, integer: Number.isInteger(value), range };
      }
      case 'String':
        return { kind: 'string', parts: [unescaped(this.#text(node).slice(1, -1))], range };
      case 'TemplateString':
        return { kind: 'string', parts: this.#template(node, below), range };
      case 'BooleanLiteral':
        return { kind: 'constant', value: this.#text(node) === 'true', range };
      case 'null':
        return { kind: 'constant', value: null, range };
      case 'ParenthesizedExpression':
        return second === undefined ? unknown : this.expression(second, below);
      case 'InstantiationExpression':
        return first === undefined ? unknown : this.expression(first, below);
      case 'SequenceExpression': {
        const last = children.at(-1);
        return last === undefined ? unknown : this.expression(last, below);
      }
      case 'MemberExpression': {
        if (first === undefined || second === undefined || third === undefined) return unknown;
        const object = this.expression(first, below);
        if (second.name === '[') return { kind: 'subscript', object, index: this.expression(third, below), range };
        const bracket = third.name === '[' ? children[3] : undefined;
        if (bracket !== undefined) return { kind: 'subscript', object, index: this.expression(bracket, below), range };
        return { kind: 'attribute', object, name: this.#text(third), range };
      }
      case 'CallExpression':
      case 'NewExpression': {
        const at = node.name === 'NewExpression' ? 1 : 0;
        const callee = children[at];
        if (callee === undefined) return unknown;
        const args = this.#arguments(child(node, 'ArgList'), below);
        if (callee.name === 'super') return this.#super(this.#range(callee), args, range);
        return { kind: 'call', callee: this.expression(callee, below), arguments: args, range };
      }
      case 'super':
        return { kind: 'call', callee: { kind: 'name', id: 'super', range }, arguments: [], range };
      case 'UnaryExpression': {
        if (first === undefined || second === undefined) return unknown;
        const operator = this.#text(first);
        const operand = this.expression(second, below);
        if (operator !== '!' && operator !== '-' && operator !== '+') return unknown;
        return { kind: 'unary', operator: operator === '!' ? 'not' : operator, operand, range };
      }
      case 'PostfixExpression':
        // `value!` of TypeScript is the value.
        return first === undefined ? unknown : this.expression(first, below);
      case 'BinaryExpression': {
        if (first === undefined || second === undefined || third === undefined) return unknown;
        const operator = this.#text(second);
        const left = this.expression(first, below);
        if (operator === 'as' || operator === 'satisfies') return left;
        if (/^[<>]{2,}|^[&|^]$|^in$|^instanceof$/.test(operator)) return unknown;
        return { kind: 'binary', operator: OPERATORS[operator] ?? operator, left, right: this.expression(third, below), range }; // prettier-ignore
      }
      case 'ConditionalExpression': {
        const [test, , then, , otherwise] = children;
        if (test === undefined || then === undefined || otherwise === undefined) return unknown;
        return { kind: 'conditional', test: this.expression(test, below), then: this.expression(then, below), otherwise: this.expression(otherwise, below), range }; // prettier-ignore
      }
      case 'ArrayExpression': {
        const items = split(children.slice(1, -1), ',').flatMap((group): Expression[] => {
          const [item, spread] = group;
          if (item === undefined) return [];
          if (item.name !== 'Spread') return [this.expression(item, below)];
          return spread === undefined
            ? []
            : [{ kind: 'starred', value: this.expression(spread, below), range: this.#range(spread) }];
        });
        return { kind: 'sequence', type: 'list', items, range };
      }
      case 'ObjectExpression':
        return { kind: 'dict', entries: children.filter(each => each.name === 'Property').flatMap(each => this.#property(each, below)), range }; // prettier-ignore
      case 'ArrowFunction':
      case 'FunctionExpression':
        return this.#lambda(node, range, below);
      case 'AssignmentExpression': {
        if (first === undefined || third === undefined || second?.name !== 'Equals') return unknown;
        return { kind: 'assignment', target: outer(this.expression(first, below)), value: this.expression(third, below), range }; // prettier-ignore
      }
      case 'AwaitExpression':
      case 'YieldExpression':
      case 'TypeAssertion': {
        const value = children.at(-1);
        return value === undefined || value === first ? unknown : this.expression(value, below);
      }
      default:
        return unknown;
    }
  }

  /** `super(…)` of a constructor. */
  #super(place: TextRange, args: readonly Argument[], range: TextRange): Expression {
    const parent: Expression = { kind: 'call', callee: { kind: 'name', id: 'super', range: place }, arguments: [], range: place }; // prettier-ignore
    const callee: Expression = { kind: 'attribute', object: parent, name: '__init__', range: place };
    return { kind: 'call', callee, arguments: args, range };
  }

  #property(node: SyntaxNode, depth: number): { key: Expression | null; value: Expression }[] {
    const children = childrenOf(node);
    const [first, second] = children;
    if (first === undefined) return [];
    if (first.name === 'Spread')
      return second === undefined ? [] : [{ key: null, value: this.expression(second, depth) }];
    const range = this.#range(first);
    const computed = first.name === '[' ? second : undefined;
    const key: Expression = computed
      ? this.expression(computed, depth)
      : { kind: 'string', parts: [this.#key(first)], range };
    const colon = children.findIndex(each => each.name === ':');
    const value = colon < 0 ? undefined : children[colon + 1];
    if (value !== undefined) return [{ key, value: this.expression(value, depth) }];
    if (children.some(each => each.name === 'ParamList')) return [{ key, value: this.#lambda(node, range, depth) }];
    return [{ key, value: { kind: 'name', id: this.#text(first), range } }];
  }

  #lambda(node: SyntaxNode, range: TextRange, depth: number): Expression {
    const { parameters, prelude } = this.#parameters(child(node, 'ParamList'), depth);
    const last = childrenOf(node).at(-1);
    if (last === undefined) return { kind: 'unknown', range };
    if (last.name === 'Block')
      return { kind: 'lambda', parameters, body: [...prelude, ...this.block(last, depth)], range };
    const value = this.expression(last, depth);
    return { kind: 'lambda', parameters, body: [...prelude, { kind: 'return', value, range: value.range }], range };
  }

  #template(node: SyntaxNode, depth: number): (string | Expression)[] {
    const parts: (string | Expression)[] = [];
    let at = node.from + 1;
    for (const piece of childrenOf(node).filter(each => each.name === 'Interpolation')) {
      parts.push(unescaped(this.#source.text.slice(at, piece.from)));
      const value = childrenOf(piece)[1];
      if (value !== undefined) parts.push(this.expression(value, depth));
      at = piece.to;
    }
    parts.push(unescaped(this.#source.text.slice(at, Math.max(at, node.to - 1))));
    return parts;
  }
}

/** The place of an assignment without declaration: the variable that stands there already, of whichever function. */
function outer(target: Expression): Expression {
  return target.kind === 'name' ? { ...target, outer: true } : target;
}

/** `[position:]`. */
function from(position: number, range: TextRange): Expression {
  return { kind: 'slice', bounds: [{ kind: 'number', value: position, integer: true, range }, null, null], range };
}

function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}

function split(nodes: readonly SyntaxNode[], separator: string): SyntaxNode[][] {
  const groups: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) groups.push([]);
    else groups.at(-1)!.push(node);
  }
  return groups;
}
