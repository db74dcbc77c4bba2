import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';

const PAGE = 65536;
/** Bytes where WebAssembly with 32-bit addresses ends. */
export const MEMORY_LIMIT = 65536 * PAGE;
/** Kernels read whole vectors: up to 12 bytes past the end of an array. */
const SLACK = 16;
const ALIGNMENT = 64;

/** Hands out addresses one after the other; nothing is allocated until the memory is grown to `end`. */
export class MemoryPlan {
  #end: number;

  constructor(start: number) {
    this.#end = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
  }

  /** Bytes from address 0 to the end of what is planned. */
  get end(): number {
    return this.#end;
  }

  /** Address of that many bytes. */
  reserve(bytes: number): number {
    const at = this.#end;
    this.#end = Math.ceil((at + bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
    return at;
  }

  /** Address of that many floats (4 bytes each). */
  floats(count: number): number {
    return this.reserve(count * 4);
  }
}

/** One WebAssembly memory with typed views that survive its growth. */
export class EngineMemory {
  readonly memory: WebAssembly.Memory;
  #floats: Float32Array<ArrayBuffer>;

  /** @param shared whether other threads work in it, too. @throws EngineError `no-memory` */
  constructor(shared = false) {
    try {
      this.memory = new WebAssembly.Memory({ initial: 1, maximum: MEMORY_LIMIT / PAGE, shared });
    } catch {
      throw outOfMemory(PAGE);
    }
    this.#floats = new Float32Array(this.memory.buffer);
  }

  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** @throws EngineError `no-memory` with the bytes needed and the bytes there can be; nothing has changed then. */
  growTo(bytes: number): void {
    if (bytes > MEMORY_LIMIT) throw outOfMemory(bytes);
    const pages = Math.ceil(bytes / PAGE) - this.bytes / PAGE;
    if (pages <= 0) return;
    try {
      this.memory.grow(pages);
    } catch {
      throw outOfMemory(bytes);
    }
    this.#floats = new Float32Array(this.memory.buffer);
  }

  /** A view, valid until the memory grows. */
  floats(at: number, count: number): Float32Array<ArrayBuffer> {
    return this.#floats.subarray(at / 4, at / 4 + count);
  }

  integers(at: number, count: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.memory.buffer, at, count);
  }

  doubles(at: number, count: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.memory.buffer, at, count);
  }

  bytesAt(at: number, count: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory.buffer, at, count);
  }
}

function outOfMemory(bytes: number): EngineError {
  return new EngineError(
    'no-memory',
    phrase(
      'The model needs {0} bytes of memory for this batch; {1} bytes is the most there can be.',
      bytes,
      MEMORY_LIMIT,
    ),
  );
}
