/**
 * A tolerant abstract interpreter. It walks a program's statements once, as its language would, with values that may be
 * unknown; calls of frameworks are looked up in tables. It never runs anything, and everything it does is bounded.
 */
import { Arguments, type Call, type CallEntry, entryOf, type GivenArgument, type Loop, type Reader } from './calls.ts';
import type { Graph } from './graph.ts';
import { mentionsRecurrence } from './mention.ts';
import type { Diagnostic, TextRange } from './reading.ts';
import { add, type Dimension, divide, equal, multiply, symbol } from './sizes.ts';
import { Siblings, type Surroundings } from './siblings.ts';
import { index } from './tensors.ts';
import {
  type Abstract, boolean, type Cells, type ClassValue, dimension, fromDimension, held, type FunctionValue, type Instance, list, NONE, number, type Scope, type Sequence, shortText,
  string, tuple, unknown,
} from './values.ts'; // prettier-ignore
import { itemsOf, MAX_ITEMS, textOf, typicalItem } from './items.ts';
import { parseJson } from './json.ts';
import type { Language } from './language.ts';
import type { Argument, Expression, Statement } from './syntax.ts';

/** Expressions that are evaluated for one text, for one loop, and calls inside calls. */
const MAX_WORK = 300_000;
const MAX_LOOP_WORK = 30_000;
const MAX_CALL_DEPTH = 12;
const MAX_ITERATIONS = 128;
/** More functions than this are run in the order in which they stand. */
const MAX_ORDERED = 64;

type Completion =
  { readonly kind: 'next' | 'break' | 'continue' | 'raise' } | { readonly kind: 'return'; readonly value: Abstract };
const NEXT: Completion = { kind: 'next' };

/** Kinds of values that a reading tells of. */
const SHOWN: ReadonlySet<Abstract['kind']> = new Set(['tensor', 'sequence', 'cells', 'layer', 'many']);

/** Classes of which models and layers are made. */
const MODULES = /(?:^|\.)(?:Module|Model|Layer|LightningModule)$/;

/** Types of objects of which the program sets the attributes. */
const SETTINGS: ReadonlySet<string> = new Set(['namespace', 'flags', 'settings']);

/** A value that stood at a place in the text. */
export interface Occurrence {
  readonly range: TextRange;
  readonly value: Abstract;
}

export class Interpreter implements Reader {
  readonly graph: Graph;
  readonly scopes: string[] = [];
  readonly loops: Loop[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly occurrences = new Map<number, Occurrence>();
  /** Functions that no call has reached yet. */
  readonly instances: Instance[] = [];
  readonly classes: ClassValue[] = [];
  readonly uncalled = new Map<readonly Statement[] | Expression, FunctionValue>();
  readonly module: Scope = { names: new Map([['__name__', string('__main__')]]), parent: null, frame: 0 };
  frame = 0;
  assignedTo: string | null = null;
  statement: TextRange = { start: 0, end: 0 };
  readonly #text: string;
  readonly #language: Language;
  #work = 0;
  #frames = 0;
  #depth = 0;
  #inside = 0;
  #identities = 0;

  readonly flags = { kind: 'object' as const, type: 'flags', attributes: new Map<string, Abstract>() };
  readonly #siblings: Siblings | null;
  /** The statements that make objects. */
  readonly #places = new WeakMap<Instance, TextRange>();
  readonly #modules = new Map<string, Abstract & { kind: 'object' }>();
  /** The file whose statements are being run. */
  #path: string;

  /** @param surroundings of the text, where it stands in a workspace. */
  constructor(text: string, graph: Graph, language: Language, surroundings: Surroundings | null = null) {
    this.#siblings = surroundings === null ? null : new Siblings(surroundings, language, text.length);
    this.#text = text + (this.#siblings?.text ?? '');
    this.#path = surroundings?.path ?? '';
    this.graph = graph;
    graph.end = text.length;
    this.#language = language;
  }

  imported(name: string): Abstract | null {
    const found = this.#siblings?.find(name, this.#path) ?? null;
    if (found === null) return null;
    const known = this.#modules.get(found.path);
    if (known !== undefined) return known;
    const names = new Map<string, Abstract>([['__name__', string(name)]]);
    const made = { kind: 'object' as const, type: 'module', attributes: names };
    // A module that is imported while it imports has the names that it has so far.
    this.#modules.set(found.path, made);
    if (found.path.endsWith('.json')) {
      const data = parseJson(found.text);
      names.set('default', data);
      if (data.kind === 'dict') for (const [key, value] of data.entries) names.set(key, value);
      return made;
    }
    if (this.#depth >= MAX_CALL_DEPTH) return made;
    const state = [this.#path, this.statement, this.assignedTo, this.graph.place] as const;
    this.#path = found.path;
    this.graph.place = null;
    this.#depth++;
    this.#language.exports(names);
    this.#block(found.module.body, { names, parent: null, frame: 0 });
    this.#language.exported(names);
    this.#depth--;
    [this.#path, this.statement, this.assignedTo, this.graph.place] = state;
    return made;
  }

  /** `import a.b as c` and `import a.b`, which binds `a`. */
  #import({ module, alias }: Statement & { kind: 'import' }, scope: Scope): void {
    const found = this.imported(module);
    if (alias !== null) {
      scope.names.set(alias, found ?? { kind: 'path', path: module });
      return;
    }
    const [top = '', ...inside] = module.split('.');
    if (found === null) {
      scope.names.set(top, { kind: 'path', path: top });
      return;
    }
    let at = this.imported(top) ?? scope.names.get(top);
    if (at?.kind !== 'object') at = { kind: 'object', type: 'module', attributes: new Map() };
    scope.names.set(top, at);
    for (const [position, name] of inside.entries()) {
      const whole = module
        .split('.')
        .slice(0, position + 2)
        .join('.');
      const part: Abstract = this.imported(whole) ?? { kind: 'object', type: 'module', attributes: new Map() };
      if (at.kind === 'object') at.attributes.set(name, part);
      at = part;
    }
  }

  /** `from a import b`: a name of the module, or a module of the package. */
  #importFrom({ module, names }: Statement & { kind: 'import-from' }, scope: Scope): void {
    const found = this.imported(module);
    for (const { name, alias } of names) {
      if (name === '*') {
        if (found?.kind !== 'object') continue;
        for (const [each, value] of found.attributes) if (/^[A-Za-z]/.test(each)) scope.names.set(each, value);
        continue;
      }
      const own = found?.kind === 'object' ? found.attributes.get(name) : undefined;
      const inside = own ?? this.imported(module.endsWith('.') ? module + name : `${module}.${name}`);
      scope.names.set(alias, inside ?? this.#named(`${module}.${name}`));
    }
  }

  identity(): number {
    return ++this.#identities;
  }

  report(diagnostic: Diagnostic): void {
    const { range, code } = diagnostic;
    if (this.diagnostics.some(other => other.code === code && other.range.start === range.start)) return;
    this.diagnostics.push(diagnostic);
  }

  show(range: TextRange, value: Abstract): void {
    this.#record(range, value);
  }

  grew(list: Sequence): void {
    for (const loop of this.loops) loop.grown.add(list);
  }

  attribute(object: Abstract, name: string, range: TextRange): Abstract {
    return this.#attribute(object, name, range);
  }

  apply(callee: Abstract, given: readonly GivenArgument[], range: TextRange): Abstract {
    return this.#apply(callee, given, range, this.textOf(range).slice(0, 60));
  }

  textOf(range: TextRange): string {
    return this.#text.slice(range.start, range.end);
  }

  global(name: RegExp): Abstract | null {
    for (const [key, value] of this.module.names) if (name.test(key)) return value;
    return null;
  }

  call(callee: Abstract, args: readonly Abstract[], range: TextRange): Abstract {
    return this.#apply(
      callee,
      args.map(value => ({ value, range })),
      range,
      'call',
    );
  }

  /** Runs the statements of a module. */
  run(statements: readonly Statement[]): void {
    this.#block(statements, this.module);
  }

  /** Runs statements with names of their own, which the module does not see. */
  runApart(statements: readonly Statement[], names: Map<string, Abstract>): void {
    this.#block(statements, { names, parent: null, frame: 0 });
  }

  /**
   * The cells that statements in a part of the text make, each group once: what a variable holds at the end, or what an
   * expression gives. A cell that is part of a stack made there is not listed beside it.
   */
  cellsIn({ start, end }: TextRange): Cells[] {
    const made: Cells[] = [];
    // A list of cells counts less than the stack that is made of it.
    const lists = new Set<Cells>();
    for (const { range, value } of this.occurrences.values()) {
      if (range.start < start || range.start >= end) continue;
      const cells = asCells(value);
      if (cells?.cells.every(cell => cell.range.start >= start && cell.range.start < end) !== true) continue;
      made.push(cells);
      if (value.kind !== 'cells') lists.add(cells);
    }
    const holds = (outer: Cells, inner: Cells): boolean =>
      inner.cells.every(cell => outer.cells.some(other => other.identity === cell.identity));
    return made.filter((cells, position) => {
      const rank = (other: Cells): number =>
        other.cells.length * 4 + (other.stacked && !lists.has(other) ? 2 : 0) + (other.name === undefined ? 0 : 1);
      return !made.some(
        (other, at) =>
          at !== position &&
          holds(other, cells) &&
          (rank(other) > rank(cells) || (rank(other) === rank(cells) && at < position)),
      );
    });
  }

  /** Runs the bodies of functions that nothing in the text calls, with their arguments unknown. */
  runUncalled(): void {
    this.#runModules();
    const owners = new Map<FunctionValue['body'], ClassValue>();
    for (const of of this.classes) {
      for (const member of of.members.values()) if (member.kind === 'function') owners.set(member.body, of);
    }
    for (const callee of this.#relevant([...this.uncalled.values()])) {
      if (!this.uncalled.has(callee.body)) continue;
      const owner = owners.get(callee.body);
      const takesSelf = callee.parameters[0]?.name === 'self';
      const self = owner !== undefined && takesSelf ? this.#instanceOf(owner) : callee.self;
      // Making the object may have called it.
      if (this.uncalled.has(callee.body)) this.#callFunction(callee, [], self);
    }
    for (const build of this.graph.atEnd.splice(0)) build();
  }

  #record(range: TextRange, value: Abstract): void {
    if (!SHOWN.has(value.kind) || !this.#isHere(range)) return;
    const key = range.start * 4096 + Math.min(range.end - range.start, 4095);
    if (!this.occurrences.has(key)) this.occurrences.set(key, { range, value });
  }

  /** Whether a range is of the text that is open, not of a file that it imports. */
  #isHere({ start }: TextRange): boolean {
    return start < this.graph.end;
  }

  // Statements

  #block(statements: readonly Statement[], scope: Scope): Completion {
    for (const statement of statements) {
      if (this.#work > MAX_WORK) return NEXT;
      const completion = this.#execute(statement, scope);
      if (completion.kind !== 'next') return completion;
    }
    return NEXT;
  }

  #execute(statement: Statement, scope: Scope): Completion {
    this.#work++;
    this.statement = statement.range;
    if (this.#isHere(statement.range)) this.graph.place = statement.range;
    switch (statement.kind) {
      case 'expression':
        this.evaluate(statement.value, scope);
        return NEXT;
      case 'assign': {
        const [target] = statement.targets;
        this.assignedTo = target?.kind === 'name' ? target.id : target?.kind === 'attribute' ? target.name : null;
        const value = this.evaluate(statement.value, scope);
        this.assignedTo = null;
        for (const each of statement.targets) this.#assign(each, value, scope);
        return NEXT;
      }
      case 'declare':
        if (!scope.names.has(statement.name)) scope.names.set(statement.name, unknown(statement.name));
        return NEXT;
      case 'update': {
        const old = this.evaluate(statement.target, scope);
        const value = this.#binary(statement.operator, old, this.evaluate(statement.value, scope), statement.range);
        if (value.kind === 'sequence') this.grew(value);
        this.#assign(statement.target, value, scope);
        return NEXT;
      }
      case 'import':
        this.#import(statement, scope);
        return NEXT;
      case 'import-from':
        this.#importFrom(statement, scope);
        return NEXT;
      case 'if': {
        const test = this.#language.truth(this.evaluate(statement.test, scope));
        if (test?.kind !== 'boolean') return this.#either(statement, scope);
        const completion = this.#block(test.value ? statement.body : statement.otherwise, scope);
        // A program that ends with an error is rather one that is not understood.
        return completion.kind === 'raise' ? NEXT : completion;
      }
      case 'for':
        return this.#loop(statement, scope);
      case 'while': {
        this.evaluate(statement.test, scope);
        const completion = this.#block(statement.body, scope);
        return completion.kind === 'return' ? completion : NEXT;
      }
      case 'with':
        return this.#with(statement, scope);
      case 'try':
        return this.#try(statement, scope);
      case 'function': {
        const made = this.#function(statement.name, statement.parameters, statement.body, scope);
        if (this.#isHere(statement.range)) this.uncalled.set(statement.body, made);
        for (const decorator of statement.decorators) this.evaluate(decorator, scope);
        scope.names.set(statement.name, decorated(made, statement.decorators));
        return NEXT;
      }
      case 'class':
        this.#class(statement, scope);
        return NEXT;
      case 'delete':
        for (const target of statement.targets) this.#delete(target, scope);
        return NEXT;
      case 'return':
        return { kind: 'return', value: statement.value === null ? NONE : this.evaluate(statement.value, scope) };
      case 'break':
      case 'continue':
      case 'raise':
        return { kind: statement.kind };
      case 'other':
        return NEXT;
    }
  }

  /** Both branches of a condition that is not known: a size that differs between them is known by its name only. */
  #either({ body, otherwise }: Statement & { kind: 'if' }, scope: Scope): Completion {
    const self = this.#lookup('self', scope);
    const holders = [scope.names, ...(self.kind === 'instance' ? [self.attributes] : [])];
    const before = holders.map(names => [...names]);
    const other = this.#block(otherwise, scope);
    const after = holders.map(names => [...names]);
    holders.forEach((names, at) => {
      names.clear();
      for (const [name, value] of before[at]!) names.set(name, value);
    });
    const first = this.#block(body, scope);
    holders.forEach((names, at) => {
      for (const [name, value] of after[at]!) {
        const current = names.get(name);
        if (current === undefined) names.set(name, value);
        else if (other.kind !== 'next') continue;
        else if (first.kind !== 'next') names.set(name, value);
        else if (differ(current, value)) names.set(name, { kind: 'size', size: symbol(name) });
      }
    });
    return other.kind === 'next' ? NEXT : first;
  }

  /** What the body of a `try` defines stands; handlers and what follows them add to it. */
  #try({ bodies }: Statement & { kind: 'try' }, scope: Scope): Completion {
    const [body = [], ...others] = bodies;
    const completion = this.#block(body, scope);
    const defined = [...scope.names];
    for (const other of others) this.#block(other, scope);
    for (const [name, value] of defined) scope.names.set(name, value);
    return completion.kind === 'raise' ? NEXT : completion;
  }

  #loop(statement: Statement & { kind: 'for' }, scope: Scope): Completion {
    const iterable = this.#iterated(this.evaluate(statement.iterable, scope), statement.iterable.range);
    const items = itemsOf(iterable);
    const count = iterable.kind === 'many' ? iterable.count : items === null ? unknown('') : number(items.length);
    const variable = this.textOf(statement.target.range);
    this.loops.push({ variable, count, text: this.textOf(statement.iterable.range), grown: new Set() });
    const start = this.#work;
    const rounds = items === null || items.length > MAX_ITERATIONS ? [typicalItem(iterable)] : items;
    let completion = NEXT;
    for (const item of rounds) {
      const bound = items !== null && rounds.length !== items.length ? unknown(variable) : item;
      this.#assign(statement.target, bound, scope);
      const ended = this.#block(statement.body, scope);
      if (ended.kind === 'return') completion = ended;
      if (ended.kind === 'return' || ended.kind === 'break' || this.#work - start > MAX_LOOP_WORK) break;
    }
    const ended = this.loops.pop();
    if (items === null || rounds.length !== items.length) this.#repeat(ended?.grown ?? new Set(), count, scope);
    return completion.kind === 'return' ? completion : this.#block(statement.otherwise, scope);
  }

  /** What a loop runs over: a tensor is the many slices along its first axis. */
  #iterated(value: Abstract, range: TextRange): Abstract {
    if (value.kind !== 'tensor' || value.axes === null) return value;
    if (value.parts !== undefined) return list(value.parts);
    const item = index(this.graph, value, [unknown('')], range);
    return { kind: 'many', item, count: fromDimension(value.axes[0]?.size ?? null) };
  }

  /** Lists that grew in a loop of which only the typical round was run: as many of what they got as there are rounds. */
  #repeat(grown: ReadonlySet<Sequence>, count: Abstract, scope: Scope): void {
    if (grown.size === 0) return;
    const holders: Map<string, Abstract>[] = this.instances.map(instance => instance.attributes);
    for (let at: Scope | null = scope; at !== null; at = at.parent) holders.push(at.names);
    for (const names of holders) {
      for (const [name, value] of names) {
        if (value.kind !== 'sequence' || !grown.has(value) || value.items.length === 0) continue;
        names.set(name, { kind: 'many', item: value.items.at(-1)!, count });
      }
    }
  }

  #with(statement: Statement & { kind: 'with' }, scope: Scope): Completion {
    let opened = 0;
    for (const { value, target } of statement.items) {
      const context = this.evaluate(value, scope);
      if (context.kind === 'scope') {
        this.scopes.push(context.name);
        opened++;
      }
      if (target !== null) this.#assign(target, context, scope);
    }
    const completion = this.#block(statement.body, scope);
    this.scopes.length -= opened;
    return completion;
  }

  #delete(target: Expression, scope: Scope): void {
    if (target.kind !== 'subscript') return;
    const [object, key] = [this.evaluate(target.object, scope), this.evaluate(target.index, scope)];
    if (object.kind !== 'dict' || key.kind !== 'string') return;
    object.entries.delete(key.value);
    const at = object.pairs.findIndex(([own]) => own.kind === 'string' && own.value === key.value);
    if (at >= 0) (object.pairs as (readonly [Abstract, Abstract])[]).splice(at, 1);
  }

  #function(
    name: string,
    parameters: FunctionValue['parameters'],
    body: FunctionValue['body'],
    scope: Scope,
  ): FunctionValue {
    const defaults = new Map<string, Abstract>();
    for (const parameter of parameters) {
      if (parameter.default !== undefined) defaults.set(parameter.name, this.evaluate(parameter.default, scope));
    }
    return { kind: 'function', name, parameters, body, scope, defaults };
  }

  /** A function without a name; one with statements may be the program itself, called by nobody in the text. */
  #lambda(expression: Expression & { kind: 'lambda' }, assignedTo: string | null, scope: Scope): FunctionValue {
    const made = this.#function(assignedTo ?? 'lambda', expression.parameters, expression.body, scope);
    if (isStatements(made.body) && this.#isHere(expression.range)) this.uncalled.set(made.body, made);
    return made;
  }

  #class(statement: Statement & { kind: 'class' }, scope: Scope): void {
    const bases = statement.bases.filter(base => base.name === undefined).map(base => this.evaluate(base.value, scope));
    const members = new Map<string, Abstract>();
    const made: ClassValue = { kind: 'class', name: statement.name, bases, members, range: statement.range };
    this.#block(statement.body, {
      names: members,
      parent: { names: new Map([['__class__', made]]), parent: scope, frame: scope.frame },
      frame: scope.frame,
    });
    scope.names.set(statement.name, made);
    if (this.#isHere(statement.range)) this.classes.push(made);
  }

  #assign(target: Expression, value: Abstract, scope: Scope): void {
    switch (target.kind) {
      case 'name': {
        const named = held(value, target.id);
        const holder = target.outer === true ? holderOf(target.id, scope) : scope;
        holder.names.set(target.id, named);
        this.#name(target.id, named);
        this.#record(target.range, named);
        return;
      }
      case 'attribute': {
        const object = this.evaluate(target.object, scope);
        const named = held(value, target.name);
        if (object.kind === 'instance' || object.kind === 'object') object.attributes.set(target.name, named);
        else if (object.kind === 'dict') this.#setEntry(object, string(target.name), named);
        else if (object.kind === 'class') object.members.set(target.name, named);
        this.#name(target.name, named);
        this.#record(target.range, named);
        return;
      }
      case 'subscript': {
        const object = this.evaluate(target.object, scope);
        const key = this.evaluate(target.index, scope);
        if (object.kind === 'dict') this.#setEntry(object, key, value);
        if (
          object.kind === 'sequence' &&
          object.type === 'list' &&
          key.kind === 'number' &&
          object.items.at(key.value) !== undefined
        ) {
          (object.items as Abstract[])[key.value < 0 ? key.value + object.items.length : key.value] = value;
        }
        return;
      }
      case 'sequence': {
        const items = itemsOf(value);
        const star = target.items.findIndex(item => item.kind === 'starred');
        if (value.kind === 'sequence' && star < 0 && value.items.some(item => item.kind === 'tensor')) {
          const targets = target.items.map(({ range }) => ({ text: this.textOf(range), range }));
          this.graph.unpackings.push({ targets, items: value.items, text: range => this.textOf(range) });
        }
        target.items.forEach((item, position) => {
          if (item.kind === 'starred') {
            const end = (items?.length ?? 0) - (target.items.length - position - 1);
            this.#assign(item.value, items === null ? value : list(items.slice(position, end)), scope);
            return;
          }
          const place =
            star >= 0 && position > star && items !== null ? items.length - (target.items.length - position) : position;
          const part = value.kind === 'many' ? value.item : items === null ? this.#part(value, position) : items[place];
          this.#assign(item, part ?? unknown(''), scope);
        });
        return;
      }
      default:
    }
  }

  /** One item of a value that cannot be taken apart. */
  #part(value: Abstract, position: number): Abstract {
    if (value.kind === 'tensor' && value.axes !== null)
      return index(this.graph, value, [number(position)], { start: 0, end: 0 });
    return value.kind === 'unknown' ? unknown(value.text) : unknown('');
  }

  #name(name: string, value: Abstract): void {
    if (value.kind === 'tensor' && value.ref !== undefined) this.graph.names.set(name, value.ref);
  }

  #setEntry(dict: Abstract & { kind: 'dict' }, key: Abstract, value: Abstract): void {
    if (dict.entries.size >= MAX_ITEMS) return;
    if (key.kind === 'string') dict.entries.set(key.value, value);
    else if (key.kind === 'number') dict.entries.set(String(key.value), value);
    (dict.pairs as (readonly [Abstract, Abstract])[]).push([key, value]);
  }

  // Expressions

  evaluate(expression: Expression, scope: Scope): Abstract {
    if (++this.#work > MAX_WORK) return unknown('');
    const assignedTo = this.assignedTo;
    this.assignedTo = null;
    switch (expression.kind) {
      case 'name': {
        const value = this.#lookup(expression.id, scope);
        this.#record(expression.range, value);
        return value;
      }
      case 'number':
        return number(expression.value, expression.integer);
      case 'string': {
        const pieces = expression.parts.map(part =>
          typeof part === 'string' ? part : textOf(this.evaluate(part, scope)),
        );
        return pieces.some(piece => piece === null) ? unknown('') : string(pieces.join(''));
      }
      case 'constant':
        if (expression.value === '...') return { kind: 'ellipsis' };
        return expression.value === null ? NONE : boolean(expression.value);
      case 'attribute': {
        const value = this.#attribute(this.evaluate(expression.object, scope), expression.name, expression.range);
        this.#record(expression.range, value);
        return value;
      }
      case 'subscript': {
        const object = this.evaluate(expression.object, scope);
        const value = this.#subscript(object, this.evaluate(expression.index, scope), expression.range);
        this.#record(expression.range, value);
        return value;
      }
      case 'slice': {
        const [lower, upper, step] = expression.bounds.map(bound =>
          bound === null ? NONE : this.evaluate(bound, scope),
        );
        return { kind: 'slice', bounds: [lower!, upper!, step!] };
      }
      case 'call':
        return this.#callExpression(expression, scope, assignedTo);
      case 'unary':
        return this.#unary(expression.operator, this.evaluate(expression.operand, scope));
      case 'binary': {
        const left = this.evaluate(expression.left, scope);
        const right = this.evaluate(expression.right, scope);
        return this.#binary(expression.operator, left, right, expression.range);
      }
      case 'conditional': {
        const test = this.#language.truth(this.evaluate(expression.test, scope));
        const then = this.evaluate(expression.then, scope);
        const otherwise = this.evaluate(expression.otherwise, scope);
        if (test?.kind === 'boolean') return test.value ? then : otherwise;
        // A size that depends on what is not known has the name of what it is put into, or the words of the program.
        const text = assignedTo ?? this.textOf(expression.range).replaceAll(/\s+/g, ' ').slice(0, 40);
        return differ(then, otherwise) ? { kind: 'size', size: symbol(text) } : then;
      }
      case 'sequence': {
        const items = this.#items(expression.items, scope);
        return { kind: 'sequence', type: expression.type === 'tuple' ? 'tuple' : 'list', items };
      }
      case 'starred':
        return this.evaluate(expression.value, scope);
      case 'dict': {
        const made: Abstract = { kind: 'dict', entries: new Map(), pairs: [] };
        for (const { key, value } of expression.entries) {
          const item = this.evaluate(value, scope);
          if (key !== null) this.#setEntry(made, this.evaluate(key, scope), item);
          else if (item.kind === 'dict') for (const [name, part] of item.pairs) this.#setEntry(made, name, part);
        }
        return made;
      }
      case 'comprehension':
        return this.#comprehension(expression, scope);
      case 'lambda':
        return this.#lambda(expression, assignedTo, scope);
      case 'assignment': {
        const value = this.evaluate(expression.value, scope);
        this.#assign(expression.target, value, scope);
        return value;
      }
      case 'unknown':
        return unknown('');
    }
  }

  #items(expressions: readonly Expression[], scope: Scope): Abstract[] {
    return expressions.flatMap(item => {
      const value = this.evaluate(item, scope);
      return item.kind === 'starred' ? (itemsOf(value) ?? [value]) : [value];
    });
  }

  #lookup(name: string, scope: Scope): Abstract {
    for (let at: Scope | null = scope; at !== null; at = at.parent) {
      const value = at.names.get(name);
      if (value !== undefined) return value;
    }
    return this.#language.name(name) ?? unknown(name);
  }

  #member(of: ClassValue, name: string, depth = 0): Abstract | null {
    const own = of.members.get(name);
    if (own !== undefined) return own;
    if (depth > MAX_CALL_DEPTH) return null;
    for (const base of of.bases) {
      const inherited = base.kind === 'class' ? this.#member(base, name, depth + 1) : null;
      if (inherited !== null) return inherited;
    }
    return null;
  }

  /** What stands under a path of a library: an object that the language knows, or the path itself. */
  #named(path: string): Abstract {
    return this.#language.shared(path) === 'flags' ? this.flags : { kind: 'path', path };
  }

  /** A method of an object that holds settings, or a setting that the text does not give. */
  #methodOrUnknown(object: Abstract & { kind: 'object' }, name: string): Abstract {
    const settings = SETTINGS.has(object.type) && this.#methodEntry(`${object.type}.${name}`) === null;
    return settings ? unknown(name) : { kind: 'method', of: object, name };
  }

  #bound(value: Abstract, self: Instance): Abstract {
    if (value.kind !== 'function' || value.role === 'static') return value;
    const bound: FunctionValue = { ...value, self: value.role === 'class' ? self.of : self };
    return value.role === 'property' ? this.#callFunction(bound, [], bound.self) : bound;
  }

  #attribute(object: Abstract, name: string, range: TextRange): Abstract {
    const native = this.#language.attribute(object, name);
    if (native !== null) return native;
    switch (object.kind) {
      case 'path':
        return this.#named(`${object.path}.${name}`);
      case 'instance': {
        const own = object.attributes.get(name);
        if (own !== undefined) return own;
        const member = this.#member(object.of, name);
        if (member !== null) return this.#bound(member, object);
        return object.of.bases.length === 0 ? unknown(name) : { kind: 'method', of: object, name };
      }
      case 'super': {
        for (const base of object.of.bases) {
          const member = base.kind === 'class' ? this.#member(base, name) : null;
          if (member !== null) return this.#bound(member, object.instance);
        }
        return { kind: 'method', of: object, name };
      }
      case 'class': {
        const member = this.#member(object, name);
        if (member?.kind === 'function' && member.role === 'class') return { ...member, self: object };
        return member ?? unknown(`${object.name}.${name}`);
      }
      case 'object':
        return object.attributes.get(name) ?? this.#methodOrUnknown(object, name);
      case 'sequence': {
        const field = object.fields?.indexOf(name) ?? -1;
        return field >= 0 ? object.items[field]! : { kind: 'method', of: object, name };
      }
      case 'unknown':
        return unknown(object.text === '' ? name : `${object.name ?? object.text}.${name}`);
      default: {
        const getter = this.#methodEntry(`${object.kind}:${name}`);
        if (getter === null) return { kind: 'method', of: object, name };
        return getter.result(this.#prepare(getter, [], range, object));
      }
    }
  }

  #subscript(object: Abstract, key: Abstract, range: TextRange): Abstract {
    switch (object.kind) {
      case 'sequence': {
        if (key.kind === 'number') return object.items.at(key.value) ?? unknown('');
        if (key.kind !== 'slice') return object.items[0] === undefined ? unknown('') : object.items[0];
        const [from, to, step] = key.bounds.map(bound => (bound.kind === 'number' ? bound.value : null));
        if (key.bounds.some(bound => bound.kind !== 'number' && bound.kind !== 'none')) return object;
        if (step === -1 && from === null && to === null) return { ...object, items: [...object.items].reverse() };
        return { kind: 'sequence', type: object.type, items: object.items.slice(from ?? undefined, to ?? undefined) };
      }
      case 'dict': {
        const name = key.kind === 'string' ? key.value : key.kind === 'number' ? String(key.value) : null;
        return (name === null ? undefined : object.entries.get(name)) ?? unknown(shortText(key));
      }
      case 'many':
        return key.kind === 'slice' ? object : object.item;
      case 'tensor':
        return index(this.graph, object, key.kind === 'sequence' ? key.items : [key], range);
      case 'unknown':
        // A part of something unknown still comes from it.
        return { kind: 'unknown', text: object.text, name: this.textOf(range).slice(0, 60) };
      case 'object':
      case 'instance':
        return (key.kind === 'string' ? object.attributes.get(key.value) : undefined) ?? unknown(shortText(key));
      default:
        return unknown('');
    }
  }

  #comprehension(expression: Expression & { kind: 'comprehension' }, scope: Scope): Abstract {
    const inner: Scope = { names: new Map(), parent: scope, frame: scope.frame };
    const items: Abstract[] = [];
    const pairs: [Abstract, Abstract][] = [];
    let typical = null as Abstract | null;
    const start = this.#work;
    const step = (depth: number): void => {
      const clause = expression.clauses[depth];
      if (clause === undefined) {
        if (expression.key !== undefined)
          pairs.push([this.evaluate(expression.key, inner), this.evaluate(expression.element, inner)]);
        else items.push(this.evaluate(expression.element, inner));
        return;
      }
      const iterable = this.#iterated(this.evaluate(clause.iterable, inner), clause.iterable.range);
      const all = itemsOf(iterable);
      if (all === null) typical = iterable.kind === 'many' ? iterable.count : unknown('');
      for (const item of all ?? [typicalItem(iterable)]) {
        if (this.#work - start > MAX_LOOP_WORK || items.length + pairs.length >= MAX_ITEMS) return;
        this.#assign(clause.target, item, inner);
        const kept = clause.conditions.every(condition => {
          const test = this.#language.truth(this.evaluate(condition, inner));
          return test?.kind !== 'boolean' || test.value;
        });
        if (kept) step(depth + 1);
      }
    };
    step(0);
    if (expression.type === 'dict') {
      const made: Abstract = { kind: 'dict', entries: new Map(), pairs: [] };
      for (const [key, value] of pairs) this.#setEntry(made, key, value);
      return made;
    }
    if (typical !== null) return { kind: 'many', item: items[0] ?? unknown(''), count: typical };
    return list(items);
  }

  #unary(operator: string, operand: Abstract): Abstract {
    if (operator === 'not') {
      const test = this.#language.truth(operand);
      return test?.kind === 'boolean' ? boolean(!test.value) : unknown('');
    }
    if (operator === '-' && operand.kind === 'number') return number(-operand.value, operand.integer);
    if (operator === '-' && operand.kind === 'size') return fromDimension(multiply(operand.size, -1));
    return operator === '+' || operand.kind === 'tensor' ? operand : unknown('');
  }

  #binary(operator: string, left: Abstract, right: Abstract, range: TextRange): Abstract {
    const entry = this.#methodEntry(`${left.kind}${operator}`) ?? this.#methodEntry(`${operator}${right.kind}`);
    if (entry !== null) {
      const given = [
        { value: left, range },
        { value: right, range },
      ];
      return entry.result(this.#prepare(entry, given, range, left));
    }
    if (operator === '+' && (left.kind === 'string' || right.kind === 'string')) {
      const [before, after] = [textOf(left), textOf(right)];
      return before === null || after === null ? unknown('') : string(before + after);
    }
    if (operator === '??') return left.kind === 'none' ? right : left;
    if (operator === '%' && left.kind === 'string') return formatted(left.value, right);
    if (operator === '+' && left.kind === 'sequence' && right.kind === 'sequence') {
      return { kind: 'sequence', type: left.type, items: [...left.items, ...right.items].slice(0, MAX_ITEMS) };
    }
    if (operator === '*' && left.kind === 'sequence') return repeated(left, right);
    if (operator === '*' && right.kind === 'sequence') return repeated(right, left);
    if (operator === 'and' || operator === 'or') {
      const test = this.#language.truth(left);
      if (test?.kind !== 'boolean') return operator === 'or' ? left : right;
      return test.value === (operator === 'and') ? right : left;
    }
    if (/^(?:==|!=|<>|<|>|<=|>=|is|is not|in|not in)$/.test(operator)) return compare(operator, left, right);
    return arithmetic(operator, left, right) ?? unknown(this.textOf(range).slice(0, 60));
  }

  // Calls

  #callExpression(expression: Expression & { kind: 'call' }, scope: Scope, assignedTo: string | null): Abstract {
    const { callee, range } = expression;
    if (callee.kind === 'name' && callee.id === 'super') {
      const self = this.#lookup('self', scope);
      const of = this.#lookup('__class__', scope);
      if (self.kind === 'instance' && of.kind === 'class') return { kind: 'super', of, instance: self };
    }
    const target = this.evaluate(callee, scope);
    const given = this.#given(expression.arguments, scope);
    this.assignedTo = assignedTo;
    const value = this.#apply(target, given, range, this.textOf(range).slice(0, 60));
    this.assignedTo = null;
    // A wrapper around a layer is made by the call around its call.
    const outer = value.kind === 'layer' && (value.made === undefined || (range.start <= value.made.start && value.made.end <= range.end)); // prettier-ignore
    const made = outer ? { ...value, made: range } : value;
    if (made.kind === 'cells' || made.kind === 'layer' || made.kind === 'instance') this.#record(callee.range, made);
    return made;
  }

  #given(args: readonly Argument[], scope: Scope): GivenArgument[] {
    return args.flatMap((argument): GivenArgument[] => {
      const value = this.evaluate(argument.value, scope);
      const { range } = argument.value;
      if (argument.star === 1) return (itemsOf(value) ?? [value]).map(item => ({ value: item, range }));
      if (argument.star === 2) {
        if (value.kind !== 'dict') return [];
        return [...value.entries].map(([name, item]) => ({ name, value: item, range }));
      }
      return [argument.name === undefined ? { value, range } : { name: argument.name, value, range }];
    });
  }

  #methodEntry(key: string): CallEntry | null {
    for (const { methods } of this.#language.frameworks) {
      const entry = methods[key];
      if (entry !== undefined) return entry;
    }
    return this.#language.methods[key] ?? null;
  }

  #prepare(
    entry: CallEntry,
    given: readonly GivenArgument[],
    range: TextRange,
    self: Abstract,
    framework: Call['framework'] = 'tensorflow1',
  ): Call {
    return { args: new Arguments(entry.signature, given), range, self, framework, reader: this };
  }

  #apply(callee: Abstract, given: readonly GivenArgument[], range: TextRange, text: string): Abstract {
    switch (callee.kind) {
      case 'function':
        return this.#callFunction(callee, given, callee.self);
      case 'class':
        return this.#instantiate(callee, given);
      case 'instance':
        return this.#callInstance(callee, given, range, text);
      case 'path': {
        const own = entryOf(this.#language.functions, this.#language.canonical(callee.path));
        if (own !== undefined) return own.result(this.#prepare(own, given, range, NONE));
        for (const framework of this.#language.frameworks) {
          const known = framework.canonical(callee.path);
          const entry = known === null ? undefined : entryOf(framework.calls, known.name);
          if (entry !== undefined) return entry.result(this.#prepare(entry, given, range, NONE, known!.framework));
        }
        return unknown(text);
      }
      case 'method': {
        const kind = callee.of.kind === 'object' ? callee.of.type : callee.of.kind;
        const entry = this.#methodEntry(`${kind}.${callee.name}`);
        return entry === null ? unknown(text) : entry.result(this.#prepare(entry, given, range, callee.of));
      }
      default: {
        const kind = callee.kind === 'object' ? callee.type : callee.kind;
        const entry = this.#methodEntry(`${kind}.__call__`);
        return entry === null ? unknown(text) : entry.result(this.#prepare(entry, given, range, callee));
      }
    }
  }

  /** Calls an object: a module of PyTorch or a model of Keras by its forward pass. */
  #callInstance(self: Instance, given: readonly GivenArgument[], range: TextRange, text: string): Abstract {
    const method = ['__call__', 'forward', 'call']
      .map(name => this.#member(self.of, name))
      .find(member => member !== null);
    self.called = true;
    if (method?.kind !== 'function') return unknown(text);
    this.#build(self, given);
    const isModule = this.#isModule(self.of);
    if (!isModule || this.#inside > 0) {
      // A module inside a module: its name stands before those of its layers.
      const scoped = isModule && self.name !== null;
      if (scoped) this.scopes.push(self.name!);
      const value = this.#callFunction(method, given, self);
      if (scoped) this.scopes.pop();
      return value;
    }
    // Called again with nothing new, as in a loop over batches, it gives what it gave.
    const open = given.every(
      ({ value }) => value.kind === 'unknown' || (value.kind === 'tensor' && value.ref === undefined),
    );
    if (open && self.result !== null) return self.result;
    this.#inside++;
    const names = method.parameters.filter(parameter => parameter.name !== 'self');
    let position = 0;
    const promoted = given.map((argument): GivenArgument => {
      const name = argument.name ?? names[position++]?.name;
      return name === undefined ? argument : { ...argument, value: this.#argument(argument.value, name, range) };
    });
    const missing =
      given.length > 0
        ? []
        : names.filter(parameter => parameter.default === undefined && parameter.star === undefined);
    for (const parameter of missing) {
      promoted.push({
        name: parameter.name,
        value: this.#argument(unknown(parameter.name), parameter.name, parameter.range),
        range,
      });
    }
    const value = this.#callFunction(method, promoted, self);
    this.#inside--;
    if (open) self.result = value;
    return value;
  }

  /** Keras calls `build` with the shape of the input before the first forward pass. */
  #build(self: Instance, given: readonly GivenArgument[]): void {
    const build = this.#member(self.of, 'build');
    if (build?.kind !== 'function' || !this.uncalled.has(build.body) || !this.#member(self.of, 'call')) return;
    const [input] = given;
    const shapes = (value: Abstract | undefined): Abstract =>
      value?.kind === 'tensor' && value.axes !== null
        ? tuple(value.axes.map(({ size }) => (size === null ? NONE : fromDimension(size))))
        : value?.kind === 'sequence'
          ? list(value.items.map(shapes))
          : unknown('input_shape');
    const range = self.of.range;
    this.#callFunction(build, [{ value: shapes(input?.value), range }], self);
  }

  /** What is known of an argument of a model's forward pass; an input of the model where nothing else is. */
  #argument(value: Abstract, name: string, range: TextRange): Abstract {
    if (value.kind === 'tensor' && value.ref === undefined && value.derivation?.op === 'data' && value.axes !== null) {
      const input = this.graph.input(name, {
        dtype: value.dtype,
        axes: value.axes.slice(1),
        range,
        data: value.derivation.source,
      });
      return { ...value, ref: { from: input.id } };
    }
    if (value.kind !== 'unknown') return value;
    const data = value.text === name || /^\w*$/.test(value.text) ? null : { kind: 'unknown', source: value.text };
    const input = this.graph.input(name, { dtype: 'float32', axes: [], range, known: false, data });
    return this.graph.tensorOf(input);
  }

  /** Whether a class is a model of a framework, by what it derives from. */
  #isModule(of: ClassValue, depth = 0): boolean {
    return of.bases.some(base => {
      if (base.kind === 'class') return depth < MAX_CALL_DEPTH && this.#isModule(base, depth + 1);
      const name = base.kind === 'path' ? base.path : base.kind === 'unknown' ? base.text : '';
      if (name === '' || name === 'object' || name === 'builtins.object') return false;
      // A base that another file defines: its forward pass tells.
      return MODULES.test(name) || of.members.has('forward') || of.members.has('call');
    });
  }

  /** The functions that mention a recurrent layer, or another function that does; those that call others before them. */
  #relevant(functions: readonly FunctionValue[]): FunctionValue[] {
    const textOf = ({ body }: FunctionValue): string => {
      if (!isStatements(body)) return this.textOf(body.range);
      return this.textOf({ start: body[0]?.range.start ?? 0, end: body.at(-1)?.range.end ?? 0 });
    };
    const all = functions.map(callee => ({ callee, text: textOf(callee) }));
    let waiting = all;
    let found = waiting.filter(({ text }) => mentionsRecurrence(text));
    const relevant = new Set<FunctionValue>();
    while (found.length > 0) {
      for (const { callee } of found) relevant.add(callee);
      waiting = waiting.filter(({ callee }) => !relevant.has(callee));
      const names = anyOf(found.map(({ callee }) => callee.name));
      found = waiting.filter(({ text }) => names.test(text));
    }
    const chosen = all.filter(({ callee }) => relevant.has(callee));
    if (chosen.length > MAX_ORDERED) return chosen.map(({ callee }) => callee);
    const isCalled = ({ name }: FunctionValue): boolean => {
      const call = anyOf([name], '\\s*\\(');
      return chosen.some(({ callee, text }) => callee.name !== name && call.test(text));
    };
    const [called, first] = [[], []] as [FunctionValue[], FunctionValue[]];
    for (const { callee } of chosen) (isCalled(callee) ? called : first).push(callee);
    return [...first, ...called];
  }

  /** The object of a class whose methods are read: one that the program makes, or one with the defaults. */
  #instanceOf(of: ClassValue): Abstract {
    const derives = (from: ClassValue, depth = 0): boolean =>
      from === of ||
      (depth < MAX_CALL_DEPTH && from.bases.some(base => base.kind === 'class' && derives(base, depth + 1)));
    const made = this.instances.find(instance => derives(instance.of));
    if (made !== undefined) return made;
    const derived = this.classes.findLast(other => derives(other)) ?? of;
    return this.#instantiate(derived, []);
  }

  /** Builds the models of classes that the text only defines, and runs those that it never calls. */
  #runModules(): void {
    // Whoever contains others makes them with the sizes that they have: the last classes first.
    for (const of of this.classes.toReversed()) {
      const subclassed = this.classes.some(other => other.bases.includes(of));
      const made = this.instances.some(instance => instance.of === of);
      const holder = this.#isModule(of) || this.#holdsModules(of);
      if (holder && !subclassed && !made) this.#instantiate(of, []);
    }
    for (const of of this.classes) {
      if (!this.#isModule(of)) continue;
      for (const [, member] of of.members) if (member.kind === 'function') this.uncalled.delete(member.body);
    }
    const runnable = (instance: Instance): boolean =>
      this.#isModule(instance.of) && !instance.called && !instance.attributes.has(' output');
    const run = (instance: Instance): void => {
      this.graph.place = this.#places.get(instance) ?? null;
      this.#callInstance(instance, [], instance.of.range, instance.of.name);
    };
    for (const instance of this.instances.slice()) {
      const contained = this.instances.some(other => [...other.attributes.values()].includes(instance));
      if (runnable(instance) && !contained) run(instance);
    }
    // Parts that nothing in the text puts together.
    for (const instance of this.instances.slice()) if (runnable(instance)) run(instance);
  }

  /** Whether objects of a class make modules of the text when they are made. */
  #holdsModules(of: ClassValue): boolean {
    const init = of.members.get('__init__');
    if (of.bases.length === 0 || init?.kind !== 'function' || !isStatements(init.body)) return false;
    const text = this.textOf({ start: init.body[0]?.range.start ?? 0, end: init.body.at(-1)?.range.end ?? 0 });
    return this.classes.some(
      other => other !== of && this.#isModule(other) && new RegExp(`\\b${other.name}\\s*\\(`).test(text),
    );
  }

  #instantiate(of: ClassValue, given: readonly GivenArgument[]): Abstract {
    const instance: Instance = { kind: 'instance', of, attributes: new Map(), name: null, result: null, called: false };
    // What a module makes for itself stands in its own file.
    if (this.graph.place !== null || this.#isHere(of.range)) this.instances.push(instance);
    if (this.graph.place !== null) this.#places.set(instance, this.graph.place);
    const init = this.#member(of, '__init__');
    if (init?.kind === 'function') this.#callFunction(init, given, instance);
    else {
      const fields = this.#fields(of);
      for (const { name = fields.shift(), value } of given)
        if (name !== undefined) instance.attributes.set(name, value);
    }
    return instance;
  }

  /** The fields of a data class or a named tuple, in order: those of what it derives from come first. */
  #fields(of: ClassValue, depth = 0): string[] {
    const inherited = of.bases.flatMap(base => {
      if (base.kind === 'class') return depth < MAX_CALL_DEPTH ? this.#fields(base, depth + 1) : [];
      return base.kind === 'object' && base.type === 'namedtuple' ? [...base.attributes.keys()] : [];
    });
    const own = [...of.members].filter(([, member]) => member.kind !== 'function').map(([name]) => name);
    return [...new Set([...inherited, ...own])];
  }

  #callFunction(callee: FunctionValue, given: readonly GivenArgument[], self: Abstract | undefined): Abstract {
    this.uncalled.delete(callee.body);
    if (this.#depth >= MAX_CALL_DEPTH) return unknown(callee.name);
    const names = new Map<string, Abstract>();
    const positional = [
      ...(self === undefined ? [] : [self]),
      ...given.filter(item => item.name === undefined).map(item => item.value),
    ];
    for (const parameter of callee.parameters) {
      const named = given.find(item => item.name === parameter.name);
      let value = named?.value ?? (parameter.star === undefined ? positional.shift() : undefined);
      if (parameter.star === 1) value = tuple(positional.splice(0));
      if (parameter.star === 2) {
        const known = new Set(callee.parameters.map(({ name }) => name));
        const others = given.filter(item => item.name !== undefined && !known.has(item.name));
        value = {
          kind: 'dict',
          entries: new Map(others.map(item => [item.name!, item.value])),
          pairs: others.map(item => [string(item.name!), item.value] as const),
        };
      }
      value ??= callee.defaults.get(parameter.name) ?? unknown(parameter.name);
      names.set(parameter.name, value);
      this.#record(parameter.range, value);
    }
    const { frame, assignedTo, statement } = this;
    const { place } = this.graph;
    this.frame = ++this.#frames;
    this.assignedTo = null;
    this.#depth++;
    const scope: Scope = { names, parent: callee.scope, frame: this.frame };
    const result = isStatements(callee.body)
      ? this.#block(callee.body, scope)
      : { kind: 'return' as const, value: this.evaluate(callee.body, scope) };
    this.#depth--;
    this.frame = frame;
    this.assignedTo = assignedTo;
    this.statement = statement;
    this.graph.place = place;
    return result.kind === 'return' ? result.value : NONE;
  }
}

/** Finds any of these names in a text, with what is to follow it. */
function anyOf(names: readonly string[], after = '(?![\\w$])'): RegExp {
  return new RegExp(`(?<![\\w$])(?:${names.map(name => name.replaceAll('$', '\\$')).join('|')})${after}`);
}

/** The scope in which a name has a value; the outermost for one that has none yet. */
function holderOf(name: string, scope: Scope): Scope {
  let at = scope;
  while (!at.names.has(name) && at.parent !== null) at = at.parent;
  return at;
}

/** Cells, or a list of single cells as the stack that it will become. */
function asCells(value: Abstract): Cells | null {
  if (value.kind === 'cells') return value;
  if (value.kind !== 'sequence' || value.items.length === 0) return null;
  const parts = value.items.flatMap(item => (item.kind === 'cells' ? [item] : []));
  const [first] = parts;
  if (first === undefined || parts.length < value.items.length) return null;
  return { ...first, cells: parts.flatMap(part => part.cells), stacked: true };
}

/** A function as its decorators make it. */
function decorated(made: FunctionValue, decorators: readonly Expression[]): FunctionValue {
  for (const decorator of decorators) {
    const name = decorator.kind === 'name' ? decorator.id : decorator.kind === 'attribute' ? decorator.name : '';
    if (name === 'staticmethod') return { ...made, role: 'static' };
    if (name === 'classmethod') return { ...made, role: 'class' };
    // Also those that remember: `@lazy_property`.
    if (/property$/.test(name)) return { ...made, role: 'property' };
  }
  return made;
}

function isStatements(body: FunctionValue['body']): body is readonly Statement[] {
  return Array.isArray(body);
}

function repeated(sequence: Abstract & { kind: 'sequence' }, times: Abstract): Abstract {
  if (times.kind !== 'number') return { kind: 'many', item: sequence.items[0] ?? unknown(''), count: times };
  const count = Math.max(0, Math.min(times.value, Math.floor(MAX_ITEMS / Math.max(1, sequence.items.length))));
  return { kind: 'sequence', type: sequence.type, items: Array.from({ length: count }, () => sequence.items).flat() };
}

/** `'%d units' % 3`; unknown where a part is. */
function formatted(pattern: string, values: Abstract): Abstract {
  const parts = values.kind === 'sequence' ? [...values.items] : [values];
  let complete = true as boolean;
  const text = pattern.replace(/%[-+0-9.]*[a-zA-Z]/g, () => {
    const piece = textOf(parts.shift());
    complete &&= piece !== null;
    return piece ?? '';
  });
  return complete ? string(text) : unknown('');
}

function compare(operator: string, left: Abstract, right: Abstract): Abstract {
  const negate = operator === '!=' || operator === '<>' || operator === 'is not' || operator === 'not in';
  if (operator === 'in' || operator === 'not in') {
    const items = itemsOf(right);
    const key = textOf(left);
    if (right.kind === 'string' && left.kind === 'string') return boolean(right.value.includes(left.value) !== negate);
    if (items === null || key === null || items.some(item => textOf(item) === null)) return unknown('');
    return boolean(items.some(item => item.kind === left.kind && textOf(item) === key) !== negate);
  }
  if (left.kind === 'unknown' || right.kind === 'unknown' || left.kind === 'size' || right.kind === 'size')
    return unknown('');
  if (left.kind === 'number' && right.kind === 'number') {
    const [a, b] = [left.value, right.value];
    const results: Readonly<Record<string, boolean>> = { '<': a < b, '>': a > b, '<=': a <= b, '>=': a >= b };
    return boolean(results[operator] ?? (a === b) !== negate);
  }
  if (operator.startsWith('<') || operator.startsWith('>')) return unknown('');
  const [a, b] = [textOf(left), textOf(right)];
  if (left.kind === 'none' || right.kind === 'none') return boolean((left.kind === right.kind) !== negate);
  return a === null || b === null ? unknown('') : boolean((left.kind === right.kind && a === b) !== negate);
}

function arithmetic(operator: string, left: Abstract, right: Abstract): Abstract | null {
  if (left.kind === 'boolean') return arithmetic(operator, number(Number(left.value)), right);
  if (right.kind === 'boolean') return arithmetic(operator, left, number(Number(right.value)));
  if (left.kind === 'number' && right.kind === 'number') {
    const [a, b] = [left.value, right.value];
    const integer = left.integer && right.integer;
    switch (operator) {
      case '+':
        return number(a + b, integer);
      case '-':
        return number(a - b, integer);
      case '*':
        return number(a * b, integer);
      case '/':
        return b === 0 ? null : number(a / b, false);
      case '//':
        return b === 0 ? null : number(Math.floor(a / b), integer);
      case '%':
        return b === 0 ? null : number(a - Math.floor(a / b) * b, integer);
      case '**':
        return Math.abs(b) > 64 ? null : number(a ** b, integer && b >= 0);
      default:
        return null;
    }
  }
  const [a, b] = [dimension(left), dimension(right)];
  if (a === null || b === null) return null;
  const result: Readonly<Record<string, (a: Dimension, b: Dimension) => Dimension | null>> = {
    '+': add,
    '-': (x, y) => add(x, y, -1),
    '*': multiply,
    '//': divide,
    '/': (x, y) => (equal(x, y) ? 1 : divide(x, y)),
  };
  const size = result[operator]?.(a, b) ?? null;
  return size === null ? null : fromDimension(size);
}

/** Whether two values are sizes, and not the same one. */
function differ(a: Abstract, b: Abstract): boolean {
  const [one, other] = [a, b].map(value =>
    value.kind === 'number' && value.integer ? value.value : value.kind === 'size' ? value.size : null,
  );
  return one != null && other != null && !equal(one, other);
}
