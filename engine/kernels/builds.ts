/**
 * The builds of the kernels, all with the same table of functions (`Kernels`). Another one (with wider vectors, native) is
 * one file and one entry here, chosen at start.
 */
export interface KernelBuild {
  /** Its file in the `dist` folder. */
  readonly file: string;
  /** Whether it is linked to memory that threads share; a module can be linked to one kind only. */
  readonly shared: boolean;
  /** What computes, in words. */
  readonly title: string;
}

export const KERNEL_BUILDS = {
  /** For one thread, and where there is no SharedArrayBuffer. */
  plain: { file: 'kernels.wasm', shared: false, title: 'WebAssembly SIMD' },
  /** For threads; the same bits as `plain`. */
  shared: { file: 'kernelsShared.wasm', shared: true, title: 'WebAssembly SIMD' },
  /** Multiply-add with one rounding, where the processor can: faster on some, and with other bits from machine to machine. */
  relaxed: { file: 'kernelsRelaxed.wasm', shared: true, title: 'WebAssembly SIMD with relaxed multiply-add' },
} as const satisfies Readonly<Record<string, KernelBuild>>;
