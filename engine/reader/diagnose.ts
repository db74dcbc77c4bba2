/**
 * What is wrong with a model although it runs. Each rule looks at the graph and must be sure: no alarm matters more than
 * one more rule.
 */
import { phrase } from '../model/phrase.ts';
import type { TensorRef } from '../model/spec.ts';
import type { Graph, NodeRecord } from './graph.ts';
import type { Occurrence } from './evaluate.ts';
import type { Diagnostic } from './reading.ts';

export interface Findings {
  readonly graph: Graph;
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
        /(?:\[0\]|\.c)$/.test(text.slice(place.start, place.end)),
    );
    const message = phrase('This is c, the cell state; the output of the cell is h');
    if (expression === undefined) return [{ range, severity: 'warning', code: 'states-c-used-as-h', message }];
    const { end } = expression.range;
    const index = text.slice(0, end).endsWith('[0]');
    const fix = { title: phrase('Take h'), range: { start: end - (index ? 3 : 2), end }, text: index ? '[1]' : '.h' };
    return [{ range: expression.range, severity: 'warning', code: 'states-c-used-as-h', message, fix }];
  });

/** The activation whose inverse the loss already holds. */
const AGAIN = {
  sparse_softmax_cross_entropy: 'softmax',
  softmax_cross_entropy: 'softmax',
  sigmoid_cross_entropy: 'sigmoid',
} as const;

/** Softmax (or a sigmoid) before a loss that applies it. */
const activatedTwice: Rule = ({ graph }) => {
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
const sharedCell: Rule = ({ graph }) =>
  recordsOf(graph, 'recurrent').flatMap(({ node, cells, range }): Diagnostic[] => {
    const shared = node.cells.filter(cell => cell.sharesWeightsWith !== undefined).length;
    if (shared === 0) return [];
    const place = cells[0]?.range ?? range;
    return [
      {
        range: place,
        severity: 'warning',
        code: 'shared-cell',
        message: phrase(
          '{0} layers are one cell object, so they share their weights; make a new cell for every layer',
          shared + 1,
        ),
      },
    ];
  });

/** The last step of rows that have ended before it, or where the backward direction has only begun. */
const lastStep: Rule = ({ graph }) =>
  recordsOf(graph, 'select_step').flatMap(({ node, range }): Diagnostic[] => {
    const source = graph.recurrentOf(node.input);
    if (node.step !== -1 || source === null || node.input.part?.take !== 'outputs') return [];
    if (source.sequenceLength !== undefined) {
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
    if (source.direction === 'bidirectional' && node.input.part.direction !== 'forward') {
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
const rowForStep: Rule = ({ graph }) =>
  graph.rowPicks.flatMap(({ of, range }): Diagnostic[] => {
    if (graph.recurrentOf(of)?.timeMajor !== true) return [];
    return [
      {
        range,
        severity: 'warning',
        code: 'time-major-as-batch-major',
        message: phrase(
          'Without batch_first=True the steps are the first axis: this takes the last row of the batch at every step, not the last step',
        ),
      },
    ];
  });

const RULES: readonly Rule[] = [cellStateAsOutput, activatedTwice, sharedCell, lastStep, rowForStep];

/** What the rules find, each once. */
export function diagnose(found: Findings): Diagnostic[] {
  const all = RULES.flatMap(rule => rule(found));
  return all.filter(
    (one, at) => all.findIndex(other => other.code === one.code && other.range.start === one.range.start) === at,
  );
}
