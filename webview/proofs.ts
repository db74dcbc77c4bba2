/** Equalities between tensors, with both sides shown one above the other and linked unit by unit. */
import type { TensorTrace } from '../engine/protocol/trace.ts';
import { h, icon, setAttributes, setText } from './dom.ts';
import { Heatmap } from './heatmap.ts';
import { offsets, snap } from './heatmapPixels.ts';
import { formatValue } from './numbers.ts';
import { rowOf, type Tensor } from './tensor.ts';
import { text } from './text.ts';

interface Side {
  readonly label: string;
  readonly tensor: Tensor;
  readonly values: Float32Array;
  readonly heatmap: Heatmap;
  readonly value: HTMLElement;
}

const ROW_HEIGHT = 20;

export class Proofs {
  readonly element = h('div', { class: 'proofs' });
  readonly #pick: (unit: number) => void;
  #sides: Side[] = [];

  constructor(pick: (unit: number) => void) {
    this.#pick = pick;
  }

  /** @param find gives the tensor of an id. */
  show(proofs: TensorTrace['proofs'], find: (id: string) => Tensor | undefined, width: number): void {
    this.#sides = [];
    this.element.replaceChildren(
      ...proofs.map(({ left, right, maxDifference, leftAt, rightAt }) => {
        const equal = maxDifference === 0;
        const head = h(
          'div',
          { class: `claim ${equal ? 'holds' : 'differs'}`, 'data-difference': maxDifference },
          icon(equal ? 'pass-filled' : 'error'),
          h('code', {}, `${left} ${equal ? '==' : '≠'} ${right}`),
          h('span', { class: 'faint' }, text('proofHolds', equal ? '0' : formatValue(maxDifference))),
        );
        const sides = [
          [left, leftAt],
          [right, rightAt],
        ] as const;
        const shown = sides.flatMap(([label, { tensor: id, row }]) => {
          const tensor = find(id);
          return tensor ? [this.#side(label, tensor, rowOf(tensor, row), width)] : [];
        });
        this.#sides.push(...shown);
        return h(
          'div',
          { class: 'proof' },
          head,
          ...shown.map(side =>
            h('div', { class: 'side-of-proof' }, h('code', {}, side.label), side.heatmap.view.element, side.value),
          ),
        );
      }),
    );
  }

  /** Shows both sides' numbers of a unit. */
  mark(unit: number): void {
    for (const { heatmap, value, values } of this.#sides) {
      const number = values[unit];
      heatmap.view.mark(number === undefined ? undefined : { column: unit });
      setText(value, number === undefined ? '' : formatValue(number));
      setAttributes(value, { 'data-value': number, 'data-unit': unit });
    }
  }

  #side(label: string, tensor: Tensor, values: Float32Array, width: number): Side {
    const heatmap = new Heatmap({
      hover: place => {
        if (place) this.mark(place.column);
      },
      pick: ({ column }) => {
        this.#pick(column);
      },
    });
    const ratio = window.devicePixelRatio;
    heatmap.paint(
      { values, columns: offsets(values.length, 1), rows: Int32Array.of(0), bounds: tensor.bounds },
      tensor.scale,
      snap(values.length, width * ratio) / ratio,
      ROW_HEIGHT,
    );
    setAttributes(heatmap.view.element, { role: 'img', 'aria-label': text('proofRow', label, values.length) });
    return { label, tensor, values, heatmap, value: h('span', { class: 'number' }) };
  }
}
