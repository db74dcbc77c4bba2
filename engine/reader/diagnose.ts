/**
 * What is wrong with a model although it runs. Each rule looks at the graph and must be sure: no alarm matters more than
 * one more rule.
 */
import { phrase } from '../model/phrase.ts';
import type { RecurrentNode, TensorRef } from '../model/spec.ts';
import { batchFirst } from './fixes.ts';
import { Graph, type Input, type NodeRecord } from './graph.ts';
import type { Occurrence } from './evaluation/occurrences.ts';
import type { Diagnostic, TextRange } from './reading.ts';
import { swappedNames } from './stateChecks.ts';
import { unusedOptions } from './unusedOptions.ts';
import type { Instance } from './values.ts';

export interface Findings {
  readonly graph: Graph;
  /** Objects of the program's own classes. */
  readonly instances: readonly Instance[];
  readonly occurrences: readonly Occurrence[];
  readonly text: string;
}

type Rule = (found: Findings) => Diagnostic[];

const sameRef = (a: TensorRef | undefined, b: TensorRef): boolean => JSON.stringify(a) === JSON.stringify(b);

function recordsOf<O extends NodeRecord['node']['op']>(
  graph: Graph,
  op: O,
): (NodeRecord & { node: Extract<NodeRecord['node'], { op: O }> })[] {
  return [...graph.nodes.values()].filter(
    (record): record is NodeRecord & { node: Extract<NodeRecord['node'], { op: O }> } => record.node.op === op,
  );
}

/** A dense layer on c: the long-term state is not the cell's output. */
const cellStateAsOutput: Rule = ({ graph, occurrences, text }) =>
  recordsOf(graph, 'dense').flatMap(({ node, range }): Diagnostic[] => {
    if (node.input.part?.take !== 'state' || node.input.part.state !== 'c') return [];
    const expression = occurrences.find(
      ({ range: place, value }) =>
        value.kind === 'tensor' &&
        sameRef(value.ref, node.input) &&
        /(?:\]|\.c)$/.test(text.slice(place.start, place.end)),
    );
    const message = phrase('This is c, the cell state; the output of the cell is h');
    if (expression === undefined) return [{ range, severity: 'warning', code: 'states-c-used-as-h', message }];
    const fix = hInstead(expression.range, occurrences, text);
    return [{ range: expression.range, severity: 'warning', code: 'states-c-used-as-h', message, ...fix }];
  });

/** `states[-1][0]` → `states[-1][1]`, `state.c` → `state.h`: where the pair is (c, h), and only there. */
function hInstead(
  { start, end }: TextRange,
  occurrences: readonly Occurrence[],
  text: string,
): Pick<Diagnostic, 'fix'> {
  const [suffix] = /(?:\[0\]|\.c)$/.exec(text.slice(start, end)) ?? [];
  if (suffix === undefined) return {};
  const of = occurrences.find(({ range }) => range.start === start && range.end === end - suffix.length)?.value;
  if (of?.kind !== 'sequence' || of.fields?.join() !== 'c,h') return {};
  const range = { start: end - suffix.length, end };
  return { fix: { title: phrase('Take h'), range, text: suffix === '.c' ? '.h' : '[1]' } };
}

/** The activation whose inverse the loss already holds. */
const AGAIN = {
  sparse_softmax_cross_entropy: 'softmax',
  softmax_cross_entropy: 'softmax',
  sigmoid_cross_entropy: 'sigmoid',
} as const;

/** A program that applies an activation once less: the loss takes it as applied, or the model leaves it out. */
function onceOnly(text: string, loss: TextRange, made: TextRange, activation: string): Pick<Diagnostic, 'fix'> {
  const called = `^[\\w.]*\\b${activation}\\(\\s*([\\w.]+|[\\w.]+\\([^()]*\\))\\s*(?:,[^()]*)?\\)$`;
  const option = `,\\s*activation(?:_fn)?\\s*=\\s*(?:[\\w.]*\\b${activation}|['"]${activation}['"])`;
  const places = [
    { in: loss, pattern: 'from_logits\\s*=\\s*True', by: 'from_logits=False' },
    { in: made, pattern: called, by: '$1' },
    { in: made, pattern: option, by: '' },
  ];
  for (const place of places) {
    const found = [...text.slice(place.in.start, place.in.end).matchAll(new RegExp(place.pattern, 'g'))];
    const [match] = found;
    if (match === undefined || found.length > 1) continue;
    const start = place.in.start + match.index;
    const range = { start, end: start + match[0].length };
    const mended = match[0].replace(new RegExp(place.pattern), place.by);
    return { fix: { title: phrase('Apply {0} only once', activation), range, text: mended } };
  }
  return {};
}

/** Softmax (or a sigmoid) before a loss that applies it. */
const activatedTwice: Rule = ({ graph, text }) => {
  const losses = [...graph.losses, ...graph.trainings];
  const told = new Set<string>();
  return losses.flatMap(({ loss, range }): Diagnostic[] => {
    const { derivation } = loss;
    if (derivation?.op !== 'loss' || !derivation.fromLogits || !(derivation.kind in AGAIN)) return [];
    const wanted = AGAIN[derivation.kind as keyof typeof AGAIN];
    const node = graph.nodeOf(derivation.prediction.ref);
    if ((node?.op !== 'dense' && node?.op !== 'activation') || node.activation !== wanted || told.has(node.id))
      return [];
    told.add(node.id);
    return [
      {
        ...onceOnly(text, range, graph.nodes.get(node.id)!.range, wanted),
        range,
        severity: 'warning',
        code: 'activation-before-loss',
        message: phrase(
          '{0} is applied twice: once in the model and once in this loss, which expects its input without',
          wanted,
        ),
      },
    ];
  });
};

/** `[cell] * n`: one cell object in several layers. */
const sharedCell: Rule = ({ graph, occurrences, text }) =>
  recordsOf(graph, 'recurrent').flatMap((record): Diagnostic[] => {
    const { node, cells, range } = record;
    const shared = node.cells.filter(cell => cell.sharesWeightsWith !== undefined).length;
    if (shared === 0) return [];
    return [
      {
        range: cells[0]?.range ?? range,
        severity: 'warning',
        code: 'shared-cell',
        message: phrase(
          '{0} layers are one cell object, so they share their weights; make a new cell for every layer',
          shared + 1,
        ),
        ...newCells(record, occurrences, text),
      },
    ];
  });

const ONE_CELL_OFTEN = /\[\s*([A-Za-z_]\w*)\s*\]\s*\*\s*(\w+)|\[\s*([A-Za-z_]\w*) for \w+ in range\((\w+)\)\s*\]/g;

/** `[cell] * n` → `[LSTMCell(…) for _ in range(n)]`, where the cell is made in the same function and not wrapped. */
function newCells(
  { cells, frame }: NodeRecord,
  occurrences: readonly Occurrence[],
  text: string,
): Pick<Diagnostic, 'fix'> {
  const [cell] = cells;
  if (cell === undefined || cell.frame !== frame || cell.spec.wrappers !== undefined) return {};
  for (const match of text.matchAll(ONE_CELL_OFTEN)) {
    const name = match[1] ?? match[3]!;
    const at = match.index + match[0].indexOf(name);
    const held = occurrences.find(({ range }) => range.start === at && range.end === at + name.length)?.value;
    if (held?.kind !== 'cells' || held.cells.length !== 1 || held.cells[0]!.identity !== cell.identity) continue;
    const made = text.slice(cell.call.start, cell.call.end).replace(/\s+/g, ' ');
    const range = { start: match.index, end: match.index + match[0].length };
    const title = phrase('Make a new cell for every layer');
    return { fix: { title, range, text: `[${made} for _ in range(${match[2] ?? match[4]!})]` } };
  }
  return {};
}

/** Outputs of a recurrent node, and whether the backward direction is in them. */
interface Outputs {
  readonly source: RecurrentNode;
  readonly backward: boolean;
}

/** The outputs that a tensor is, or holds side by side with others. */
function outputsIn(graph: Graph, { from, part }: TensorRef): readonly Outputs[] {
  const source = graph.nodeOf({ from });
  if (source?.op === 'concatenate') return source.inputs.flatMap(input => outputsIn(graph, input));
  if (source?.op !== 'recurrent') return [];
  if (part === undefined ? source.driver === 'layer' && source.returnSequences !== true : part.take !== 'outputs')
    return [];
  return [{ source, backward: source.direction === 'bidirectional' && part?.direction !== 'forward' }];
}

/** The last step of rows that have ended before it, or where the backward direction has only begun. */
const lastStep: Rule = ({ graph }) =>
  recordsOf(graph, 'select_step').flatMap(({ node, range }): Diagnostic[] => {
    if (node.step !== -1) return [];
    const sources = outputsIn(graph, node.input);
    // Keras repeats the last valid output where a step is masked.
    if (sources.some(({ source }) => source.sequenceLength !== undefined || source.packed === true)) {
      return [
        {
          range,
          severity: 'warning',
          code: 'last-step-of-padded',
          message: phrase(
            'Rows that are shorter than the longest hold zeros at the last step; the final state has the last valid step of each row',
          ),
        },
      ];
    }
    if (sources.some(({ backward }) => backward)) {
      return [
        {
          range,
          severity: 'information',
          code: 'last-step-of-bidirectional',
          message: phrase(
            'At the last step the backward direction has read that one step only; its final state stands at the first step',
          ),
        },
      ];
    }
    return [];
  });

/** PyTorch's default order of axes taken for batch first. */
const rowForStep: Rule = ({ graph, text }) =>
  graph.rowPicks.flatMap(({ of, range }): Diagnostic[] => {
    const record = graph.nodes.get(of.from);
    if (graph.recurrentOf(of)?.timeMajor !== true || record === undefined) return [];
    const made = record.framework === 'pytorch' ? record.cells[0]?.call : undefined;
    return [
      {
        range,
        severity: 'warning',
        code: 'time-major-as-batch-major',
        message: phrase(
          'Without batch_first=True the steps are the first axis: this takes the last row of the batch at every step, not the last step',
        ),
        ...(made === undefined ? {} : batchFirst(text.slice(made.start, made.end), made)),
      },
    ];
  });

/** Keras carries the state of every row over to the next batch, so it must know how many there are. */
const statefulWithoutBatch: Rule = ({ graph }) =>
  recordsOf(graph, 'recurrent').flatMap(({ node, cells, range }): Diagnostic[] => {
    if (node.stateful !== true || !rootInputs(graph, node.input).some(({ rows }) => rows === null)) return [];
    const message = phrase(
      'stateful=True needs a fixed number of rows in every batch: give the input batch_size, or its whole shape',
    );
    return [{ range: cells[0]?.call ?? range, severity: 'error', code: 'stateful-without-batch', message }];
  });

/** The inputs of the model from which a tensor is computed. */
function rootInputs(graph: Graph, ref: TensorRef): Input[] {
  const input = graph.inputs.get(ref.from);
  if (input !== undefined) return [input];
  const node = graph.nodeOf(ref);
  return node === null ? [] : Graph.sources(node).flatMap(source => rootInputs(graph, source));
}

/** States taken apart in another framework's order. */
const stateOrder: Rule = ({ graph }) => graph.unpackings.flatMap(swappedNames);

const RULES: readonly Rule[] = [
  cellStateAsOutput,
  stateOrder,
  activatedTwice,
  sharedCell,
  lastStep,
  rowForStep,
  statefulWithoutBatch,
  unusedOptions,
];

/** What the rules find, each once. */
export function diagnose(found: Findings): Diagnostic[] {
  const all = RULES.flatMap(rule => rule(found));
  return all.filter(
    (one, at) => all.findIndex(other => other.code === one.code && other.range.start === one.range.start) === at,
  );
}
