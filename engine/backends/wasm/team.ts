/** Those who share the work of a batch. How they are brought together is told by `threadTeam.ts`. */
import type { ModelSpec } from '../../model/spec.ts';
import type { Shape } from './part.ts';
import type { Pass, Place } from './pass.ts';

/** A network as every thread builds it. */
export interface SharedNetwork {
  readonly spec: ModelSpec;
  readonly memory: WebAssembly.Memory;
  readonly place: Place;
}

/** Threads that live as long as the engine, and the kernels for memory that they share. */
export interface Team {
  /** Together with the one that asks. */
  readonly threads: number;
  readonly kernels: WebAssembly.Module;
  /** Makes a network known to all. @param pass that of the one who asks, which does the first share. */
  open(pass: Pass, network: SharedNetwork): Crew;
}

/** The team at work on one network. */
export interface Crew {
  readonly threads: number;
  /** Whether all threads live. */
  readonly whole: boolean;
  /** Returns when all have done their share. @throws EngineError `closed` when a thread has died or failed. */
  run(work: number, shape: Shape): void;
  leave(): void;
}
