import { logarithm } from './portableMath.ts';

/**
 * Random numbers that are the same on every machine: xoshiro128** (Blackman and Vigna, 2018), seeded by SplitMix32.
 * Weights, shuffling and dropout draw from streams of their own, so that one does not shift another.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  /** @param stream a name that sets this stream apart from others of the same seed: `weights`, `shuffle`. */
  constructor(seed: number, stream = '') {
    let x = seed >>> 0;
    for (let k = 0; k < stream.length; k++) x = Math.imul(x ^ stream.charCodeAt(k), 0x01000193) >>> 0;
    for (let k = 0; k < 4; k++) {
      x = (x + 0x9e3779b9) >>> 0;
      let y = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
      y = Math.imul(y ^ (y >>> 13), 0xc2b2ae35);
      this.#state[k] = y ^ (y >>> 16);
    }
    if (this.#state.every(word => word === 0)) this.#state[0] = 1;
  }

  /** 32 random bits. */
  bits(): number {
    const s = this.#state;
    const s1 = s[1]!;
    const x = Math.imul(s1, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    s[2]! ^= s[0]!;
    s[3]! ^= s1;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= s1 << 9;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** Uniform in [0, 1), 24 bits: exact as float32. */
  uniform(): number {
    return (this.bits() >>> 8) / 0x1000000;
  }

  /** Uniform whole number in [0, bound), without the bias of a remainder. */
  below(bound: number): number {
    const limit = 0x100000000 - (0x100000000 % bound);
    for (;;) {
      const bits = this.bits();
      if (bits < limit) return bits % bound;
    }
  }

  /** Standard normal (polar method of Marsaglia). */
  normal(): number {
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) return u * Math.sqrt((-2 * logarithm(s)) / s);
    }
  }

  /** Shuffles in place (Fisher and Yates). */
  shuffle(values: { [index: number]: number; readonly length: number }): void {
    for (let k = values.length - 1; k > 0; k--) {
      const other = this.below(k + 1);
      const kept = values[k]!;
      values[k] = values[other]!;
      values[other] = kept;
    }
  }
}
