/** The tensors that can be looked at, grouped as the program reaches them. */
import { h, setAttributes } from './dom.ts';
import { formatShape, type Tensor } from './tensor.ts';
import { text } from './text.ts';

interface Group {
  readonly title: string;
  readonly note?: string;
  readonly tensors: readonly Tensor[];
}

export class TensorList {
  readonly element = h('nav', { class: 'tensor-list', 'aria-label': text('tensors') });
  readonly #choose: (id: string) => void;
  #shown = '';
  #items = new Map<string, HTMLElement>();

  constructor(choose: (id: string) => void) {
    this.#choose = choose;
  }

  show(groups: readonly Group[], chosen: string): void {
    const wanted = JSON.stringify(groups.map(({ title, tensors }) => [title, tensors.map(({ id }) => id)]));
    if (wanted !== this.#shown) {
      this.#shown = wanted;
      this.#items = new Map();
      this.element.replaceChildren(
        ...groups.map(({ title, note, tensors }) =>
          h(
            'div',
            { class: 'group' },
            h('h2', {}, title),
            note === undefined ? undefined : h('p', { class: 'note' }, note),
            h('div', { class: 'items' }, ...tensors.map(tensor => this.#item(tensor))),
          ),
        ),
      );
    }
    for (const [id, item] of this.#items) setAttributes(item, { 'aria-current': id === chosen ? 'true' : undefined });
  }

  #item(tensor: Tensor): HTMLElement {
    const item = h(
      'button',
      { type: 'button', 'data-tensor': tensor.id, title: `${tensor.meaning} · float32 ${formatShape(tensor)}` },
      h('span', { class: 'name' }, h('code', {}, tensor.id), h('span', { class: 'faint' }, formatShape(tensor))),
      h('span', { class: 'faint meaning' }, tensor.meaning),
    );
    item.addEventListener('click', () => {
      this.#choose(tensor.id);
    });
    this.#items.set(tensor.id, item);
    return item;
  }
}
