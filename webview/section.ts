import { type Child, h } from './dom.ts';

/** A part of a page under a small heading, with what belongs to its heading on the right. */
export function section(title: Child, aside: Child, ...children: readonly Child[]): HTMLElement {
  return h(
    'section',
    { class: 'part-of-page' },
    h('div', { class: 'section-head' }, h('h2', {}, title), h('span', { class: 'aside' }, aside)),
    ...children,
  );
}
