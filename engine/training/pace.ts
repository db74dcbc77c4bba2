/** Work per time, smoothed: what happened some seconds ago counts less and less. */
class Rate {
  readonly #memory: number;
  #samples = 0;
  #milliseconds = 0;

  /** @param memory milliseconds after which a measurement counts 1/e. */
  constructor(memory: number) {
    this.#memory = memory;
  }

  add(samples: number, milliseconds: number): void {
    const kept = Math.exp(-milliseconds / this.#memory);
    this.#samples = this.#samples * kept + samples;
    this.#milliseconds = this.#milliseconds * kept + milliseconds;
  }

  /** Samples per millisecond; undefined while nothing was measured. */
  get value(): number | undefined {
    return this.#milliseconds > 0 ? this.#samples / this.#milliseconds : undefined;
  }
}

/** A forward pass alone takes about a third of a training step. */
const EVALUATION_SPEED = 3;
const MEMORY = 4_000;

/** How fast a run goes and how long it will take; time that is not reported (pauses) does not count. */
export class Pace {
  readonly #training = new Rate(MEMORY);
  readonly #evaluation = new Rate(MEMORY);

  trained(samples: number, milliseconds: number): void {
    this.#training.add(samples, milliseconds);
  }

  evaluated(samples: number, milliseconds: number): void {
    this.#evaluation.add(samples, milliseconds);
  }

  /** Training samples a second; 0 while nothing was measured. */
  get samplesPerSecond(): number {
    return 1000 * (this.#training.value ?? 0);
  }

  /** Seconds that this much work will take; 0 while nothing was measured. */
  secondsFor(trainingSamples: number, evaluationSamples: number): number {
    const training = this.#training.value;
    if (training === undefined) return 0;
    const evaluation = this.#evaluation.value ?? EVALUATION_SPEED * training;
    return (trainingSamples / training + evaluationSamples / evaluation) / 1000;
  }
}
