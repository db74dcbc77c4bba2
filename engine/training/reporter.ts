import type { Progress } from '../protocol/engine.ts';
import type { MetricRow } from '../runs/format.ts';

/** Where the reports of a run go. */
export interface ReportSink {
  metrics(event: { readonly run: string; readonly sequence: number; readonly rows: readonly MetricRow[] }): void;
  progress(event: Progress): void;
}

/** Milliseconds between two reports. */
const INTERVAL = 100;

/** Gathers what a run tells step by step into at most ten reports a second; nothing is lost, progress is the newest. */
export class Reporter {
  readonly #run: string;
  readonly #sink: ReportSink;
  #rows: MetricRow[] = [];
  #progress: Omit<Progress, 'run'> | undefined;
  #paused = false;
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;
  #last = -Infinity;

  constructor(run: string, sink: ReportSink) {
    this.#run = run;
    this.#sink = sink;
  }

  row(row: MetricRow): void {
    this.#rows.push(row);
    this.#later();
  }

  progress(progress: Omit<Progress, 'run'>): void {
    this.#progress = progress;
    const turned = progress.paused !== this.#paused;
    this.#paused = progress.paused;
    if (turned) this.flush();
    else this.#later();
  }

  /** Sends what has gathered, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#last = performance.now();
    if (this.#rows.length > 0) {
      this.#sink.metrics({ run: this.#run, sequence: this.#sequence++, rows: this.#rows });
      this.#rows = [];
    }
    if (this.#progress) {
      this.#sink.progress({ run: this.#run, ...this.#progress });
      this.#progress = undefined;
    }
  }

  #later(): void {
    const waited = performance.now() - this.#last;
    if (waited >= INTERVAL) this.flush();
    else
      this.#timer ??= setTimeout(() => {
        this.flush();
      }, INTERVAL - waited);
  }
}
