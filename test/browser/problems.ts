import type { Page } from 'playwright-core';

/** Something that went wrong inside the page, as the browser reported it. */
export interface Problem {
  readonly kind: 'content security policy' | 'uncaught error' | 'console error';
  readonly text: string;
  /** Address of the document or script that it came from; empty when the browser does not say. */
  readonly from: string;
}

/** Collects everything that the browser complains about in a page and its frames, from the moment it is called. */
export function collectProblems(page: Page): Problem[] {
  const problems: Problem[] = [];
  page.on('console', message => {
    if (message.type() !== 'error') return;
    const kind = /content security policy/i.test(message.text()) ? 'content security policy' : 'console error';
    problems.push({ kind, text: message.text(), from: message.location().url });
  });
  page.on('pageerror', error => {
    problems.push({ kind: 'uncaught error', text: error.stack ?? error.message, from: '' });
  });
  return problems;
}

/**
 * Whether a complaint is about VS Code itself: it looks for a licence module and a gallery that this server does not have,
 * and says on every reload that a browser gives it no time to shut down.
 */
export function isOfVsCode({ text, from }: Problem): boolean {
  return /\/vsda\/|open-vsx\.org/.test(text + from) || from.endsWith('/vs/code/browser/workbench/workbench.js');
}
