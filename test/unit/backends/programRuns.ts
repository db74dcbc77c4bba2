/** Runs the frameworks' programs in an engine and holds everything against what the frameworks computed. */
import assert from 'node:assert/strict';
import type { Backend, Batch, Network } from '../../../engine/backends/backend.ts';
import type { Numbers } from '../../../engine/backends/reference/reference.ts';
import { runReference } from '../../../engine/backends/reference/reference.ts';
import { feedProgram } from '../../../engine/inspection/namedInputs.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { type Case, caseNames, errorOf, type Folder, readCase } from '../reference/cases.ts';

/** The batch of a case as the network takes it. */
function batchOf(spec: ModelSpec, { masks, inputs }: Case['given']): Batch {
  const { batch } = feedProgram(spec, { inputs });
  if (!masks) return batch;
  return {
    ...batch,
    masks: Object.fromEntries([...masks].map(([name, mask]) => [name, forAllRows(mask, batch.size)])),
  };
}

/** A mask `[B, W]`, from one that is the same for all rows if need be. */
function forAllRows({ shape, values }: Numbers, rows: number): Float32Array {
  const width = shape[1]!;
  return Float32Array.from({ length: rows * width }, (_, k) => values[k % values.length]!);
}

function open(backend: Backend, { spec, given }: Case): Network {
  const network = backend.createNetwork(spec, { seed: 1, batchSize: 5 });
  network.setParameters(
    [...given.weights].map(([name, { shape, values }]) => ({ name, shape, values: Float32Array.from(values) })),
  );
  return network;
}

/** One row of the batch. */
function rowOf({ size, steps, inputs, targets, lengths, states, others, masks }: Batch, row: number): Batch {
  const cut = <A extends Float32Array | Int32Array>(values: A): A =>
    values.subarray((row * values.length) / size, ((row + 1) * values.length) / size) as A;
  const cutAll = (all: Readonly<Record<string, Float32Array>>) =>
    Object.fromEntries(Object.entries(all).map(([id, values]) => [id, cut(values)]));
  return {
    size: 1,
    steps,
    inputs: cut(inputs),
    ...(targets && { targets: cut(targets) }),
    ...(lengths && { lengths: cut(lengths) }),
    ...(states && { states: cutAll(states) }),
    ...(others && { others: cutAll(others) }),
    ...(masks && { masks: cutAll(masks) }),
  };
}

/** Leaves out, of gates `[B, T, U]`, the steps past the end of a row: there a cell's gates are computed and thrown away. */
function whatCounts(values: ArrayLike<number>, { size, steps, lengths }: Batch): number[] {
  const width = values.length / (size * steps);
  return Array.from(values).filter(
    (_, k) => Math.floor(k / width) % steps < (lengths?.[Math.floor(k / (width * steps))] ?? steps),
  );
}

/** Largest error of the tensors that are expected; every one of them must be there. */
function worst(
  found: ReadonlyMap<string, ArrayLike<number>>,
  expected: ReadonlyMap<string, Numbers>,
  bound: number,
): number {
  let largest = 0;
  for (const [name, { values }] of expected) {
    const error = errorOf(found.get(name) ?? [], values);
    assert.ok(error <= bound, `${name}: error ${error}`);
    largest = Math.max(largest, error);
  }
  return largest;
}

/** Gates and states of every layer at every step by the names of the reference, and logits, from traces of all rows. */
function traced(network: Network, batch: Batch, names: readonly string[]): Map<string, number[]> {
  const layers = [...new Set(names.map(name => name.slice(0, name.lastIndexOf('.'))))];
  const found = new Map<string, number[]>();
  const put = (name: string, values: Iterable<number>) => found.set(name, [...(found.get(name) ?? []), ...values]);
  for (let row = 0; row < batch.size; row++) {
    const trace = network.trace(rowOf(batch, row));
    put('logits', trace.logits);
    put('outputs', trace.outputs);
    trace.layers.forEach(({ tensors }, index) => {
      for (const [id, values] of tensors) put(`${layers[index]!}.${id}`, values);
    });
  }
  return found;
}

const digits = (error: number): string => error.toExponential(1);

/** An engine that is to be proven. */
export interface ProvenEngine {
  readonly title: string;
  readonly backend: Backend;
  /** Steps whose losses are compared. */
  readonly steps: number;
}

/** @param count programs of that folder that the engine runs. */
export function provenBy(
  { title: engine, backend, steps }: ProvenEngine,
  title: string,
  folder: Folder,
  count: number,
): void {
  describe(`${engine} computes what ${title} computed: values and gradients to 1e-5, losses to 1e-4`, () => {
    const cases = caseNames(folder).filter(name => unsupported(readCase(folder, name).spec).length === 0);

    it(`runs ${count} programs`, () => {
      assert.equal(cases.length, count, `it runs ${cases.join(', ')}`);
    });

    for (const name of cases) {
      it(name, function () {
        const one = readCase(folder, name);
        const batch = batchOf(one.spec, one.given);
        const network = open(backend, one);

        const ofLoss = worst(
          new Map([['loss', [network.evaluate(batch).loss]]]),
          new Map([['loss', one.values.get('loss')!]]),
          1e-5,
        );
        const gradients = [...network.gradients(batch), ...network.inputGradients(batch)];
        const ofGradients = worst(
          new Map(gradients.map(({ name: key, values }) => [key, values])),
          new Map([...one.gradients].map(([key, numbers]) => [key, inOurAxes(one.spec, key, numbers)])),
          1e-5,
        );

        // The framework hands out few gates; the reference, which is proven by the same programs, has all of them.
        const gates = [...runReference(one.spec, one.given).values()].filter(
          ([key]) => key.includes('gates') && !key.endsWith('tanh_c'),
        );
        const found = traced(
          network,
          batch,
          gates.map(([key]) => key),
        );
        const counts = (key: string, values: ArrayLike<number>) =>
          /gates.*\.[^ch]$/.test(key) ? whatCounts(values, batch) : values;
        const expected = new Map<string, Numbers>(
          gates.map(([key, { shape, values }]) => [key, { shape, values: counts(key, values) }]),
        );
        for (const key of ['logits', 'outputs'])
          if (one.values.has(key)) expected.set(key, inOurAxes(one.spec, key, one.values.get(key)!));
        const ofValues = worst(new Map([...found].map(([key, values]) => [key, counts(key, values)])), expected, 1e-5);

        const ofLosses = Math.max(
          ...one.losses.slice(0, steps).map(loss => errorOf([network.trainStep(batch).loss], [loss])),
        );
        assert.ok(ofLosses <= 1e-4, `losses: error ${ofLosses}`);
        const errors = [Math.max(ofLoss, ofValues), ofGradients, ofLosses].map(digits);
        this.test!.title += ` (values ${errors[0]}, gradients ${errors[1]}, losses ${errors[2]})`;
      });
    }
  });
}

/** Exchanges two neighbouring axes. */
function exchanged({ shape, values }: Numbers, axis: number): Numbers {
  const [outer, a, b, inner] = [shape.slice(0, axis), shape[axis]!, shape[axis + 1]!, shape.slice(axis + 2)];
  const width = inner.reduce((size, n) => size * n, 1);
  const turned = Array.from({ length: values.length }, (_, k) => {
    const [rest, i] = [Math.floor(k / width), k % width];
    const [block, row, column] = [Math.floor(rest / (a * b)), Math.floor(rest / a) % b, rest % a];
    return values[(block * a * b + column * b + row) * width + i]!;
  });
  return { shape: [...outer, b, a, ...inner], values: turned };
}

/** A tensor with the batch first and the classes last, whatever axes the program has. */
function inOurAxes(spec: ModelSpec, key: string, numbers: Numbers): Numbers {
  const node = spec.nodes.find(({ op }) => op === 'recurrent');
  const input = spec.inputs.find(({ id }) => id === key);
  if (input?.timeMajor) return exchanged(numbers, 0);
  if (key === 'outputs' && node?.op === 'recurrent' && node.timeMajor) return exchanged(numbers, 0);
  if (key === 'logits' && spec.loss?.classAxis !== undefined) return exchanged(numbers, spec.loss.classAxis);
  return numbers;
}
