/** What stands in for contents: welcome, nothing there yet, something went wrong. */
import { type Child, h, icon } from './dom.ts';

/** A calm page-filling notice that says what to do next. */
export function emptyState(symbol: string, title: string, ...children: readonly Child[]): HTMLElement {
  return h('div', { class: 'empty' }, icon(symbol), h('h1', {}, title), ...children);
}

/** A line across the page that something needs attention, with what to do about it. */
export function banner(kind: 'error' | 'warning' | 'info', message: Child, ...actions: readonly Child[]): HTMLElement {
  return h(
    'div',
    { class: `banner ${kind}`, role: kind === 'error' ? 'alert' : 'status' },
    icon(kind),
    h('span', { class: 'message' }, message),
    h('span', { class: 'actions' }, ...actions),
  );
}
