/** The numbers of a hover: how far a tensor's values spread in the model as it stands, and the values of small ones. */
import { CELLS } from '../../engine/cells/table.ts';
import { arrayText } from '../../engine/formats/arrayText.ts';
import { type Phrase, phrase } from '../../engine/model/phrase.ts';
import type { ModelSpec, TensorRef } from '../../engine/model/spec.ts';
import type { LayerStatistics, ModelStatistics, Summary } from '../../engine/protocol/statistics.ts';
import type { Value } from '../../engine/reader/reading.ts';

type Translate = (phrase: Phrase) => string;

/** The summary of a tensor of the graph; undefined where the engine does not follow it. */
export function summaryOf({ from, part }: TensorRef, spec: ModelSpec, of: ModelStatistics): Summary | undefined {
  if (spec.loss?.prediction.from === from) return of.prediction;
  const node = spec.nodes.find(({ id }) => id === from);
  if (node?.op !== 'recurrent') return undefined;
  const layers = of.layers.filter(one => one.node === from);
  const direction = part?.direction ?? (node.direction === 'bidirectional' ? undefined : node.direction);
  if (part?.take === 'state') {
    const layer = part.layer ?? node.cells.length - 1;
    return layers.find(one => one.layer === layer && one.direction === (direction ?? 'forward'))?.finals[part.state ?? 'h'];
  }
  const last = spec.nodes.findLast(({ op }) => op === 'recurrent')?.id === from;
  const everyStep = part !== undefined || node.returnSequences === true;
  if (last && direction !== undefined && everyStep) return of.outputs;
  const top = layers.find(one => one.layer === node.cells.length - 1 && one.direction === direction);
  return everyStep ? top?.tensors['h'] : top?.finals['h'];
} // prettier-ignore

/** Blocks of Markdown; none where nothing is known of the value. */
export function numbersText(value: Value, spec: ModelSpec, of: ModelStatistics, translate: Translate): string[] {
  if (value.kind === 'layer') {
    const own = of.layers.filter(({ node, layer }) => node === value.node && (value.layers?.includes(layer) ?? true));
    return gateTable(own, of, translate);
  }
  const ref = value.kind === 'tensor' ? value.ref : undefined;
  const summary = ref && summaryOf(ref, spec, of);
  if (!summary) return [];
  const { example } = summary;
  return [
    `${spreadText(summary, translate)}  \n*${origin(of, translate)}*`,
    ...(example ? [`${translate(phrase('The first test sample:'))}\n\n\`\`\`text\n${arrayText(example.values, example.shape)}\n\`\`\``] : []),
  ];
} // prettier-ignore

const rounded = (value: number): string => String(Number(value.toPrecision(4)));
const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

function spreadText({ min, mean, max, std }: Summary, translate: Translate): string {
  const named = [
    [phrase('min'), min],
    [phrase('mean'), mean],
    [phrase('max'), max],
    [phrase('std'), std],
  ] as const;
  return named.map(([name, value]) => `${translate(name)} \`${rounded(value)}\``).join(' · ');
}

function origin({ samples, step }: ModelStatistics, translate: Translate): string {
  return translate(
    step === 0
      ? phrase('over {0} test samples, on weights that are not trained', samples)
      : phrase('over {0} test samples, after {1} training steps', samples, step.toLocaleString('en-US')),
  );
}

/** One row for each gate and state of a layer; of several layers, the gates alone. */
function gateTable(layers: readonly LayerStatistics[], of: ModelStatistics, translate: Translate): string[] {
  if (layers.length === 0) return [];
  const both = layers.some(({ direction }) => direction === 'backward') && layers.some(({ direction }) => direction === 'forward');
  const head = ['', phrase('mean'), phrase('std'), phrase('closed (< 0.1)'), phrase('open (> 0.9)')].map(title => (typeof title === 'string' ? title : translate(title)));
  const rows = layers.flatMap(({ cell, layer, direction, tensors }) =>
    CELLS[cell].tensors.flatMap(({ id, title, role }) => {
      const summary = tensors[id];
      if (!summary || (layers.length > 1 && role !== 'gate')) return [];
      const place = layers.length > 1 ? ` · ${translate(phrase('layer {0}', layer + 1))}${both ? ` · ${translate(direction === 'forward' ? phrase('forward direction') : phrase('backward direction'))}` : ''}` : '';
      const { saturated } = summary;
      const shares = saturated ? [percent(saturated.closed), percent(saturated.open)] : ['', ''];
      return [[`\`${id}\` ${translate(phrase(title))}${place}`, rounded(summary.mean), rounded(summary.std), ...shares]];
    }),
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [`${line(head)}\n${line(head.map((_, at) => (at === 0 ? '---' : '--:')))}\n${rows.map(line).join('\n')}`, `*${origin(of, translate)}*`];
} // prettier-ignore
