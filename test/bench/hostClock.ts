/**
 * A stopwatch in the browser, so that nothing of the measuring is measured: the pages themselves note the time of a
 * click and the frame after which the thing that was waited for stood on the screen.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Frame, Page } from 'playwright-core';
import type { Workbench } from '../browser/workbench.ts';

/** What can be seen: a click on a lens, a point on the chart of a run, gates, a hover with shapes, the mouse at rest. */
type Sight = 'click' | 'chart' | 'gates' | 'hover' | 'mouse';

interface Seen {
  readonly sight: Sight;
  /** ms since 1970, with fractions. */
  readonly at: number;
}

const PATIENCE = 120_000;

/** How often pages that have just opened are looked for, in ms: so much too long may a time be at most. */
const INTERVAL = 20;
/** The compiler wraps named functions in a helper that no page has. */
const HELPER = 'globalThis.__name ??= named => named;';

export class BrowserClock {
  readonly #page: Page;
  readonly #asked = new Set<Frame>();
  readonly #seen: Seen[] = [];

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Puts the stopwatch into the window. */
  static async in({ page }: Workbench): Promise<BrowserClock> {
    const clock = new BrowserClock(page);
    await page.context().addInitScript({ content: HELPER });
    await page.evaluate(HELPER);
    await page.evaluate(watch);
    return clock;
  }

  /**
   * Does something and waits until a sight has been seen since.
   * @returns ms from the last `from` to the first `to` after it.
   */
  async time(from: Sight, to: Sight, act: () => Promise<unknown>): Promise<number> {
    this.#seen.length = 0;
    await act();
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const start = this.#seen.findLast(({ sight }) => sight === from);
      const end = start && this.#seen.find(({ sight, at }) => sight === to && at >= start.at);
      if (end) return end.at - start.at;
      if (Date.now() > deadline)
        throw new Error(
          `${to} was not seen after ${from} within ${PATIENCE / 1000} s, only ${JSON.stringify(this.#seen)}`,
        );
      for (const frame of this.#page.frames()) this.#watch(frame);
      await pause(INTERVAL);
    }
  }

  /**
   * VS Code writes a page into a document that is open already, which ends whatever began to watch it before. So the
   * stopwatch is put into pages again and again, one that has it stays as it is.
   */
  #watch(frame: Frame): void {
    if (this.#asked.has(frame)) return;
    this.#asked.add(frame);
    frame
      .evaluate(watch)
      .then(seen => this.#seen.push(...seen))
      .catch(() => undefined) // frames come and go
      .finally(() => this.#asked.delete(frame));
  }
}

/** Runs in every frame and must not refer to anything outside of itself. @returns what was seen since the last call. */
function watch(): Seen[] {
  const root = document.documentElement as HTMLElement & { rnnBenchSeen?: Seen[] };
  if (root.rnnBenchSeen) return root.rnnBenchSeen.splice(0);
  const seen: Seen[] = (root.rnnBenchSeen = []);
  const now = (): number => performance.timeOrigin + performance.now();
  const told = new Set<string>();
  const tell = (sight: Sight, once: string): void => {
    if (told.has(once)) return;
    told.add(once);
    // This frame is painted after its callbacks; the next one begins when it stands on the screen.
    requestAnimationFrame(() => seen.push({ sight, at: now() }));
  };
  const painted = (canvas: HTMLCanvasElement): boolean => {
    if (canvas.width === 0 || canvas.height === 0) return false;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 1;
  };
  if (window.parent === window) {
    addEventListener(
      'pointerdown',
      event => {
        if (!(event.target as Element).closest('.codelens-decoration a')) return;
        seen.push({ sight: 'click', at: performance.timeOrigin + event.timeStamp });
      },
      true,
    );
    addEventListener(
      'pointermove',
      event => {
        told.clear();
        if ((event.target as Element).closest('.view-line'))
          seen.push({ sight: 'mouse', at: performance.timeOrigin + event.timeStamp });
      },
      true,
    );
  }
  const look = (): void => {
    const training = document.querySelector<HTMLElement>('main.training');
    const run = training?.dataset['run'];
    const points = training?.querySelector<HTMLElement>('[data-points]')?.dataset['points'];
    if (run !== undefined && Number(training?.dataset['step']) >= 1 && Number(points) >= 1) tell('chart', run);
    if (!told.has('gates') && document.querySelector('main.gates[data-trace-step]')) {
      const map = document.querySelector('main.gates .content:not(.pending) .map [data-tensor="f"]');
      const canvas = map instanceof HTMLCanvasElement ? map : map?.querySelector('canvas');
      // A canvas is painted without any change of the document.
      if (canvas && painted(canvas)) tell('gates', 'gates');
      else requestAnimationFrame(look);
    }
    const hover = document.querySelector<HTMLElement>('.monaco-hover:not(.hidden)');
    if (hover && hover.offsetHeight > 0 && hover.innerText.includes('float32')) tell('hover', 'hover');
  };
  new MutationObserver(look).observe(root, { subtree: true, childList: true, attributes: true });
  look();
  return [];
}
