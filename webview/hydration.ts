/** Gets what the host has when the page is opened, seen again, or has missed something; the host owns everything. */
import { onVisible } from './host.ts';
import { banner } from './notice.ts';
import { text } from './text.ts';
import { button } from './toolkit.ts';

/**
 * Asks now and whenever the page becomes visible. A failure is shown with a way to try again, since without an answer
 * there is no page.
 * @returns a function that asks once more.
 */
export function keepHydrated<T>(ask: () => Promise<T>, use: (answer: T) => void): () => void {
  let failure: HTMLElement | undefined;
  const hydrate = async (): Promise<void> => {
    try {
      const answer = await ask();
      failure?.remove();
      use(answer);
    } catch (error) {
      failure?.remove();
      const retry = button({ label: text('retry'), appearance: 'secondary', press: again });
      const message = error instanceof Error ? error.message : String(error);
      failure = banner('error', text('couldNotAsk', message), retry.element);
      document.body.prepend(failure);
    }
  };
  const again = (): void => {
    void hydrate();
  };
  onVisible(again);
  return again;
}
