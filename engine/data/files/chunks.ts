/** Numbers whose count is not known beforehand: they grow by chunks and are never moved, so that memory is what they take. */
const CHUNK = 1 << 16;

type Chunk = Float64Array | Uint8Array | Uint16Array | Uint32Array;

export class Chunks<C extends Chunk> {
  readonly #make: (length: number) => C;
  readonly #chunks: C[] = [];
  #length = 0;

  constructor(make: (length: number) => C) {
    this.#make = make;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  push(value: number): void {
    const within = this.#length++ & (CHUNK - 1);
    if (within === 0) this.#chunks.push(this.#make(CHUNK));
    this.#chunks[this.#chunks.length - 1]![within] = value;
  }

  at(index: number): number {
    return this.#chunks[Math.floor(index / CHUNK)]![index & (CHUNK - 1)]!;
  }

  set(index: number, value: number): void {
    this.#chunks[Math.floor(index / CHUNK)]![index & (CHUNK - 1)] = value;
  }
}
