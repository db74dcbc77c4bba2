/** The cell's equations with the numbers of the chosen unit and step under their letters. */
import { h, setAttributes, show } from './dom.ts';
import type { Selection } from './gateMaps.ts';
import { letterOf, type ReadTrace } from './gateTrace.ts';
import { formatShort } from './numbers.ts';
import { type FilledFactor, fillEquation } from './pointwise.ts';
import { tensorColor } from './tensorColors.ts';
import { theme } from './theme.ts';

/** Writes one equation a line; each letter stands over its number. */
export class Equations {
  readonly element = h('div', { class: 'equations' });

  /** Hides itself where the cell has no such equation or its numbers do not meet. */
  show(trace: ReadTrace, { step, unit }: Selection): boolean {
    const filled = trace.cell.pointwise.flatMap(equation => fillEquation(equation, trace, step, unit) ?? []);
    show(this.element, filled.length > 0);
    this.element.replaceChildren(
      ...filled.map(({ result, traced, terms }) => {
        const line = h('div', { class: 'equation', 'data-result': result });
        line.append(this.#pair(trace, { tensor: result, raw: traced, value: traced }, step), operator('='));
        for (const [index, term] of terms.entries()) {
          const group = h('span', { class: 'term' }); // a line breaks between terms, not within
          if (index > 0) group.append(operator('+'));
          for (const [place, factor] of term.entries()) {
            if (place > 0) group.append(operator('·'));
            group.append(this.#pair(trace, factor, step));
          }
          line.append(group);
        }
        return line;
      }),
    );
    return filled.length > 0;
  }

  #pair(trace: ReadTrace, factor: FilledFactor, step: number): HTMLElement {
    const at = factor.previous ? step - 1 : step;
    const name = h(
      'span',
      { class: 'name' },
      letterOf(trace, factor.tensor),
      h('sub', {}, at < 0 ? 'start' : String(at)),
    );
    name.style.color = tensorColor(theme(), trace.cell, factor.tensor);
    const [before, after] =
      factor.as === 'tanh' ? ['tanh ', ''] : factor.as === 'one-minus' ? ['(1 − ', ')'] : ['', ''];
    const pair = h(
      'span',
      { class: 'pair' },
      h('span', {}, before, name, after),
      h('span', { class: 'number' }, formatShort(factor.value)),
    );
    setAttributes(pair, { 'data-value': factor.value });
    return pair;
  }
}

function operator(symbol: string): HTMLElement {
  return h('span', { class: 'operator' }, h('span', {}, symbol), h('span', { class: 'number' }, symbol));
}
