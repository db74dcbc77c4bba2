/** Objects of the program's own classes: how they are made, and modules called by their forward pass. */
import type { GivenArgument } from '../calls.ts';
import { argumentOf } from '../modelInputs.ts';
import type { TextRange } from '../reading.ts';
import {
  type Abstract,
  type ClassValue,
  fromDimension,
  type FunctionValue,
  type Instance,
  list,
  NONE,
  tuple,
  unknown,
} from '../values.ts';
import { isNothingNew, isTold, runAside, shapesOf } from './again.ts';
import { fieldsOf, isModule, memberOf } from './classes.ts';
import { callFunction } from './functions.ts';
import type { Interpreter } from './interpreter.ts';

/** A new object of a class. */
export function instantiate(interpreter: Interpreter, of: ClassValue, given: readonly GivenArgument[]): Abstract {
  const instance: Instance = {
    kind: 'instance',
    of,
    attributes: new Map(),
    name: null,
    results: new Map(),
    called: false,
  };
  // What a module makes for itself stands in its own file.
  if (interpreter.graph.place !== null || interpreter.isHere(of.range)) interpreter.instances.push(instance);
  if (interpreter.graph.place !== null) interpreter.places.set(instance, interpreter.graph.place);
  const init = memberOf(of, '__init__');
  if (init?.kind === 'function') callFunction(interpreter, init, given, instance);
  else {
    const fields = fieldsOf(of);
    for (const { name = fields.shift(), value } of given) if (name !== undefined) instance.attributes.set(name, value);
  }
  return instance;
}

/** Calls an object: a module of PyTorch or a model of Keras by its forward pass. */
export function callInstance(
  interpreter: Interpreter,
  self: Instance,
  given: readonly GivenArgument[],
  range: TextRange,
  text: string,
): Abstract {
  const method = ['__call__', 'forward', 'call'].map(name => memberOf(self.of, name)).find(member => member !== null);
  self.called = true;
  if (method?.kind !== 'function') return unknown(text);
  buildLayers(interpreter, self, given);
  const module = isModule(self.of);
  if (!module || interpreter.inside > 0) {
    // A module inside a module: its name stands before those of its layers.
    const scoped = module && self.name !== null;
    if (scoped) interpreter.scopes.push(self.name!);
    const value = callFunction(interpreter, method, given, self);
    if (scoped) interpreter.scopes.pop();
    return value;
  }
  // Called again with nothing new, as in a loop over batches, it gives what it gave.
  const open = given.every(({ value }) => isNothingNew(interpreter.graph, self, value));
  const shapes = shapesOf(given, !open);
  const known = self.results.get(shapes);
  if (known !== undefined) return known;
  const [before] = self.results.values();
  const run = (): Abstract => runForward(interpreter, self, method, given, range);
  const value = open && before !== undefined ? runAside(interpreter, self, before, run) : run();
  // What depends on nothing but tensors of the network is the same in each round of a loop.
  if (open || isTold(given)) self.results.set(shapes, value);
  return value;
}

/** The forward pass of an outermost module: what it is given becomes inputs of the network. */
function runForward(
  interpreter: Interpreter,
  self: Instance,
  method: FunctionValue,
  given: readonly GivenArgument[],
  range: TextRange,
): Abstract {
  interpreter.inside++;
  interpreter.graph.root = self;
  const names = method.code.parameters.filter(parameter => parameter.name !== 'self');
  let position = 0;
  const promoted = given.map((argument): GivenArgument => {
    const name = argument.name ?? names[position++]?.name;
    return name === undefined
      ? argument
      : { ...argument, value: argumentOf(interpreter.graph, argument.value, name, range) };
  });
  if (given.length === 0) promoted.push(...openArguments(interpreter, method, range));
  const value = callFunction(interpreter, method, promoted, self);
  interpreter.inside--;
  interpreter.graph.root = null;
  return value;
}

/** An input for each argument that a method must have. */
function openArguments(interpreter: Interpreter, { code }: FunctionValue, range: TextRange): GivenArgument[] {
  return code.parameters
    .filter(({ name, default: otherwise, star }) => name !== 'self' && otherwise === undefined && star === undefined)
    .map(({ name, range: place }) => ({
      name,
      value: argumentOf(interpreter.graph, unknown(name), name, place),
      range,
    }));
}

/** Runs another method of a module with open arguments. */
export function runMethod(interpreter: Interpreter, self: Instance, method: FunctionValue): void {
  const { start } = method.code.parameters[0]?.range ?? self.of.range;
  interpreter.inside++;
  callFunction(interpreter, method, openArguments(interpreter, method, { start, end: start }), self);
  interpreter.inside--;
}

/** Keras calls `build` with the shape of the input before the first forward pass. */
function buildLayers(interpreter: Interpreter, self: Instance, given: readonly GivenArgument[]): void {
  const build = memberOf(self.of, 'build');
  if (build?.kind !== 'function' || !interpreter.uncalled.has(build.code) || !memberOf(self.of, 'call')) return;
  const [input] = given;
  const shapes = (value: Abstract | undefined): Abstract =>
    value?.kind === 'tensor' && value.axes !== null
      ? tuple(value.axes.map(({ size }) => (size === null ? NONE : fromDimension(size))))
      : value?.kind === 'sequence'
        ? list(value.items.map(shapes))
        : unknown('input_shape');
  const range = self.of.range;
  callFunction(interpreter, build, [{ value: shapes(input?.value), range }], self);
}
