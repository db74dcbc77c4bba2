/** The part of the WebAssembly API that the engine uses; Node's types leave it to the DOM's, which the engine has not. */
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  const Module: new (bytes: Uint8Array<ArrayBuffer> | ArrayBuffer) => Module;

  /** Whether the bytes can be compiled here. */
  const validate: (bytes: Uint8Array<ArrayBuffer> | ArrayBuffer) => boolean;

  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  const Memory: new (descriptor: { initial: number; maximum?: number; shared?: boolean }) => Memory;

  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  const Instance: new (module: Module, imports: Record<string, Record<string, unknown>>) => Instance;
}
