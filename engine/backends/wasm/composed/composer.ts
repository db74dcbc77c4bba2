/** What a composed cell is written with: each call adds one operation and gives its result. */
import type { Products } from '../../../kernels/products.ts';
import type { ActivationSpec } from '../../../model/activations.ts';
import type { Framework } from '../../../model/spec.ts';
import { activatorOf } from '../activator.ts';
import type { DropoutMask } from '../dropout.ts';
import type { Matrix, Weight } from '../parameters.ts';
import { Activation, Addition, Affine, type BiasPlace, Clip, LayerNorm, Masked, MatrixProduct, Multiplication, type Operation, Peephole } from './operations.ts'; // prettier-ignore
import type { Value } from './value.ts';

export class Composer {
  readonly operations: Operation[] = [];
  /** What the cell reads: the input, and its states before the step. */
  readonly x: Value;
  readonly before: Readonly<Record<string, Value>>;
  readonly #products: Products;
  readonly #framework: Framework;

  constructor(products: Products, framework: Framework, x: Value, before: Composer['before']) {
    this.#products = products;
    this.#framework = framework;
    this.x = x;
    this.before = before;
  }

  /** a · A + b · B + bias, `units` columns wide. */
  product(
    factors: readonly [Value] | readonly [Value, Value],
    matrix: Matrix,
    units: number,
    bias: BiasPlace | undefined,
  ): Value {
    return this.#add(new MatrixProduct(this.#products, factors, matrix, units, bias));
  }

  activate(activation: ActivationSpec, x: Value): Value {
    return this.#add(new Activation(this.#products, x, activatorOf(this.#products.kernels, this.#framework, activation)));
  } // prettier-ignore

  multiply(a: Value, b: Value): Value {
    return this.#add(new Multiplication(this.#products, a, b));
  }

  add(a: Value, b: Value): Value {
    return this.#add(new Addition(this.#products, a, b));
  }

  oneMinus(x: Value): Value {
    return this.#add(new Affine(this.#products, x, -1, 1));
  }

  /** x + constant; x itself where that is 0. */
  plus(x: Value, constant: number): Value {
    return constant === 0 ? x : this.#add(new Affine(this.#products, x, 1, constant));
  }

  /** z + w * c; z itself where there is no w. */
  peephole(z: Value, c: Value, weight: Weight | undefined): Value {
    return weight ? this.#add(new Peephole(this.#products, z, c, weight)) : z;
  }

  /** x itself where there is nothing to normalize by. */
  norm(x: Value, weights: { readonly gain: Weight; readonly shift: Weight } | undefined): Value {
    return weights ? this.#add(new LayerNorm(this.#products, x, weights.gain, weights.shift)) : x;
  }

  /** x itself where there is no limit (0). */
  clip(x: Value, limit: number): Value {
    return limit > 0 ? this.#add(new Clip(this.#products, x, limit)) : x;
  }

  /** x itself where nothing is dropped. */
  masked(x: Value, mask: DropoutMask | undefined): Value {
    return mask ? this.#add(new Masked(this.#products, x, mask)) : x;
  }

  #add(operation: Operation): Value {
    this.operations.push(operation);
    return operation.made;
  }
}
