/** States that layers go on with: from batch to batch (`stateful`), or from window to window of truncated back-propagation. */
import { CELLS } from '../cells/table.ts';
import { EngineError } from '../errors.ts';
import { backwardCells } from '../model/axes.ts';
import { phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { beginsWithKept, keptName } from '../model/truncation.ts';
import type { Parameter } from './backend.ts';
import { widthOfState } from './reference/sizes.ts';

interface KeptState {
  /** `rnn/forward/0/c` */
  readonly name: string;
  readonly width: number;
  /** It is kept from batch to batch, and not only from window to window. */
  readonly stateful: boolean;
}

/** Under which an optimizer state has a kept state. */
const PREFIX = 'state/';

export class KeptStates {
  readonly #states: readonly KeptState[];
  /** `[B, W]` each; none: zeros. */
  #values: ReadonlyMap<string, Float32Array<ArrayBuffer>> = new Map();

  constructor(spec: ModelSpec) {
    this.#states = statesOf(spec);
  }

  get names(): readonly string[] {
    return this.#states.map(({ name }) => name);
  }

  /** Whether any goes on from batch to batch. */
  get stateful(): boolean {
    return this.#states.some(({ stateful }) => stateful);
  }

  /** What layers begin with, `[B, W]`, by name; those that are missing begin with zeros. */
  get values(): ReadonlyMap<string, Float32Array<ArrayBuffer>> {
    return this.#values;
  }

  /** What layers have ended with is what they begin with next. */
  keep(values: ReadonlyMap<string, Float32Array<ArrayBuffer>>): void {
    this.#values = values;
  }

  reset(): void {
    this.#values = new Map();
  }

  /** A sequence begins: what went on inside the one before is forgotten. */
  beginSequence(): void {
    const stateful = this.#states.filter(one => one.stateful).map(({ name }) => name);
    this.#values = new Map([...this.#values].filter(([name]) => stateful.includes(name)));
  }

  /** Work that begins with zeros and leaves the states as they are. */
  aside<T>(work: () => T): T {
    const values = this.#values;
    this.reset();
    try {
      return work();
    } finally {
      this.#values = values;
    }
  }

  /** @throws EngineError `invalid-shape` when the states are those of another number of rows */
  checkRows(size: number): void {
    for (const { name, width } of this.#states) {
      const rows = (this.#values.get(name)?.length ?? size * width) / width;
      if (rows !== size)
        throw new EngineError('invalid-shape', phrase('Stateful layers hold the states of {0} rows, but the batch has {1}.', rows, size)); // prettier-ignore
    }
  }

  /** Those that go on from batch to batch, as parts of an optimizer state. */
  parameters(): Parameter[] {
    return this.#states.flatMap(({ name, width, stateful }) => {
      const values = this.#values.get(name);
      return stateful && values ? [{ name: PREFIX + name, shape: [values.length / width, width], values }] : [];
    });
  }

  /** Takes its own out of an optimizer state. @returns the rest */
  restore(state: readonly Parameter[]): Parameter[] {
    const own = new Map(this.#states.map(({ name }) => [PREFIX + name, name]));
    this.#values = new Map(
      state.filter(({ name }) => own.has(name)).map(({ name, values }) => [own.get(name)!, values]),
    );
    return state.filter(({ name }) => !own.has(name));
  }
}

function statesOf(spec: ModelSpec): KeptState[] {
  return spec.nodes.flatMap(node => {
    if (node.op !== 'recurrent' || !beginsWithKept(spec, node)) return [];
    const directions = node.direction === 'bidirectional' ? (['forward', 'backward'] as const) : [node.direction];
    return directions.flatMap((direction, second) =>
      (second ? backwardCells(node) : node.cells).flatMap((cell, layer) =>
        CELLS[cell.cell].states.map(state => ({
          name: keptName(node.id, direction, layer, state),
          width: widthOfState(cell, state),
          stateful: node.stateful === true,
        })),
      ),
    );
  });
} // prettier-ignore
