/**
 * Asks again and again, politely: one request under way at a time, at least `interval` ms between two that nobody
 * waits for, and a wish of the person's overtakes whatever is under way.
 */
export class Refresher {
  readonly #work: (signal: AbortSignal) => Promise<void>;
  readonly #interval: number;
  #running: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again = false;
  #startedAt = Number.NEGATIVE_INFINITY;

  constructor(work: (signal: AbortSignal) => Promise<void>, interval: number) {
    this.#work = work;
    this.#interval = interval;
  }

  /** For a wish of the person's: drops what is under way and asks now. */
  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = false;
    this.#running?.abort();
    void this.#run();
  }

  /** For news that may wait: asks when nothing is under way and the interval has passed. */
  soon(): void {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        void this.#run();
      },
      Math.max(0, this.#startedAt + this.#interval - performance.now()),
    );
  }

  /** Drops what is under way or planned. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = false;
    this.#running?.abort();
    this.#running = undefined;
  }

  async #run(): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    this.#startedAt = performance.now();
    await this.#work(running.signal);
    if (this.#running !== running) return; // overtaken
    this.#running = undefined;
    if (this.#again) {
      this.#again = false;
      this.soon();
    }
  }
}
