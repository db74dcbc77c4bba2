/** What the text defines and does not use: models are built, and functions run with unknown arguments. */
import { mentionsRecurrence } from '../mention.ts';
import type { Abstract, ClassValue, FunctionValue, Instance } from '../values.ts';
import { MAX_CALL_DEPTH } from './bounds.ts';
import { isModule } from './classes.ts';
import { bodyText } from './definitions.ts';
import { callFunction } from './functions.ts';
import type { Interpreter } from './interpreter.ts';
import { callInstance, instantiate, runMethod } from './objects.ts';

/** The methods that a module's call runs. */
const FORWARD: ReadonlySet<string> = new Set(['__init__', '__call__', 'forward', 'call', 'build']);

/** More functions than this are run in the order in which they stand. */
const MAX_ORDERED = 64;

/** Runs the bodies of functions that nothing in the text calls, with their arguments unknown. */
export function runUncalled(interpreter: Interpreter): void {
  interpreter.guessing = true;
  const methods = runModules(interpreter);
  const owners = new Map<FunctionValue['code'], ClassValue>();
  for (const of of interpreter.classes) {
    for (const member of of.members.values()) if (member.kind === 'function') owners.set(member.code, of);
  }
  for (const callee of relevant(interpreter, [...interpreter.uncalled.values()])) {
    if (!interpreter.uncalled.has(callee.code)) continue;
    const owner = owners.get(callee.code);
    const takesSelf = callee.code.parameters[0]?.name === 'self';
    const self = owner !== undefined && takesSelf ? instanceOf(interpreter, owner) : callee.self;
    // Making the object may have called it.
    if (interpreter.uncalled.has(callee.code)) callFunction(interpreter, callee, [], self);
  }
  for (const build of interpreter.graph.atEnd.splice(0)) build();
  for (const { self, method } of methods) look(interpreter, self, method);
  const { length } = interpreter.diagnostics;
  for (const { self, method } of otherMethods(interpreter))
    interpreter.graph.aside(() => callFunction(interpreter, method, [], self));
  interpreter.diagnostics.splice(length);
}

/** The methods for which nothing calls of classes that build a network and are no modules: what they do with it is seen. */
function otherMethods(interpreter: Interpreter): Method[] {
  return interpreter.classes.flatMap(of => {
    const self = interpreter.instances.find(instance => instance.of === of);
    if (self === undefined || isModule(of) || !mentionsRecurrence(interpreter.textOf(of.range))) return [];
    return [...of.members.values()].flatMap((method): Method[] => {
      const own = method.kind === 'function' && method.code.parameters[0]?.name === 'self';
      return own && interpreter.uncalled.has(method.code) ? [{ self, method }] : [];
    });
  });
}

/** Reads a method that no forward pass calls: what it computes is seen, and is no part of the model. */
function look(interpreter: Interpreter, self: Instance, method: FunctionValue): void {
  const { length } = interpreter.diagnostics;
  interpreter.graph.aside(() => {
    runMethod(interpreter, self, method);
  });
  interpreter.diagnostics.splice(length);
}

interface Method {
  readonly self: Instance;
  readonly method: FunctionValue;
}

/**
 * Builds the models of classes that the text only defines, and runs those that it never calls.
 * @returns the other methods of recurrent ones, for which nothing calls.
 */
function runModules(interpreter: Interpreter): Method[] {
  // Whoever contains others makes them with the sizes that they have: the last classes first.
  for (const of of interpreter.classes.toReversed()) {
    const subclassed = interpreter.classes.some(other => other.bases.includes(of));
    const made = interpreter.instances.some(instance => instance.of === of);
    const holder = isModule(of) || holdsModules(interpreter, of);
    if (holder && !subclassed && !made) instantiate(interpreter, of, []);
  }
  const methods: Method[] = [];
  for (const of of interpreter.classes) {
    if (!isModule(of)) continue;
    const self = interpreter.instances.find(instance => instance.of === of);
    const recurrent = self !== undefined && mentionsRecurrence(interpreter.textOf(of.range));
    for (const [name, member] of of.members) {
      if (member.kind !== 'function') continue;
      const uncalled = interpreter.uncalled.delete(member.code);
      if (uncalled && recurrent && !FORWARD.has(name) && member.code.parameters[0]?.name === 'self')
        methods.push({ self, method: member });
    }
  }
  const runnable = (instance: Instance): boolean =>
    isModule(instance.of) && !instance.called && !instance.attributes.has(' output');
  const run = (instance: Instance): void => {
    interpreter.graph.place = interpreter.places.get(instance) ?? null;
    callInstance(interpreter, instance, [], instance.of.range, instance.of.name);
  };
  for (const instance of interpreter.instances.slice()) {
    const contained = interpreter.instances.some(other => [...other.attributes.values()].includes(instance));
    if (runnable(instance) && !contained) run(instance);
  }
  // Parts that nothing in the text puts together.
  for (const instance of interpreter.instances.slice()) if (runnable(instance)) run(instance);
  return methods;
}

/** The functions that mention a recurrent layer, or another function that does; those that call others before them. */
function relevant(interpreter: Interpreter, functions: readonly FunctionValue[]): FunctionValue[] {
  const all = functions.map(callee => ({ callee, text: bodyText(interpreter, callee) }));
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
function instanceOf(interpreter: Interpreter, of: ClassValue): Abstract {
  const derives = (from: ClassValue, depth = 0): boolean =>
    from === of ||
    (depth < MAX_CALL_DEPTH && from.bases.some(base => base.kind === 'class' && derives(base, depth + 1)));
  const made = interpreter.instances.find(instance => derives(instance.of));
  if (made !== undefined) return made;
  const derived = interpreter.classes.findLast(other => derives(other)) ?? of;
  return instantiate(interpreter, derived, []);
}

/** Whether objects of a class make modules of the text when they are made. */
function holdsModules(interpreter: Interpreter, of: ClassValue): boolean {
  const init = of.members.get('__init__');
  if (of.bases.length === 0 || init?.kind !== 'function') return false;
  const text = bodyText(interpreter, init);
  return interpreter.classes.some(
    other => other !== of && isModule(other) && new RegExp(`\\b${other.name}\\s*\\(`).test(text),
  );
}

/** Finds any of these names in a text, with what is to follow it. */
function anyOf(names: readonly string[], after = '(?![\\w$])'): RegExp {
  return new RegExp(`(?<![\\w$])(?:${names.map(name => name.replaceAll('$', '\\$')).join('|')})${after}`);
}
