/** Cuts the models out of the graph that a program has built: backwards from each loss, or from what nobody reads. */
import { phrase, type Phrase } from '../model/phrase.ts';
import {
  type GraphNode,
  type InputSpec,
  type LossSpec,
  MODEL_SPEC_VERSION,
  type ModelSpec,
  type TensorRef,
  type TrainingSpec,
} from '../model/spec.ts';
import { nodeParameters } from '../model/parameters.ts';
import { Graph, type Input, type NodeRecord, type TrainingRecord, type WeightPlace, type WeightRule } from './graph.ts';
import type { ModelReading, TextRange } from './reading.ts';
import { toSize } from './sizes.ts';
import type { Instance, Tensor } from './values.ts';

/** What the frameworks have in common about a program, besides its graph. */
export interface ProgramFacts {
  /** The pieces of program text: the whole file, or the fences of a note. */
  readonly pieces: readonly TextRange[];
  readonly text: string;
}

export interface FoundModel {
  readonly model: ModelReading;
  /** Its inputs and nodes. */
  readonly ids: ReadonlySet<string>;
}

interface Root {
  readonly refs: readonly TensorRef[];
  readonly loss: Tensor | null;
  readonly training: TrainingRecord | null;
}

/** Nodes and inputs from which the roots are computed. */
function closure(graph: Graph, roots: readonly TensorRef[]): Set<string> {
  const reached = new Set<string>();
  const waiting = roots.map(ref => ref.from);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    const record = graph.nodes.get(id);
    if (record !== undefined) waiting.push(...Graph.sources(record.node).map(ref => ref.from));
  }
  return reached;
}

function isRecurrent(graph: Graph, ids: Iterable<string>): boolean {
  for (const id of ids) if (graph.nodes.get(id)?.node.op === 'recurrent') return true;
  return false;
}

/** Adds the tensors that the program names and computes from the model, so that they can be looked at. */
function withNamed(graph: Graph, ids: ReadonlySet<string>): Set<string> {
  const all = new Set(ids);
  for (const ref of graph.names.values()) {
    if (ids.has(ref.from) || !graph.nodes.has(ref.from)) continue;
    const sources = closure(graph, [ref]);
    const recurrent = [...sources].filter(id => graph.nodes.get(id)?.node.op === 'recurrent');
    const fed = [...sources].filter(id => graph.inputs.has(id));
    const trained = [...sources].some(id => !ids.has(id) && graph.denseOf({ from: id }) !== null);
    if (recurrent.length > 0 && recurrent.every(id => ids.has(id)) && fed.every(id => ids.has(id)) && !trained) {
      for (const id of sources) all.add(id);
    }
  }
  return all;
}

function lossRefs(loss: Tensor): TensorRef[] {
  if (loss.derivation?.op !== 'loss') return [];
  return [loss.derivation.prediction.ref, loss.derivation.target.ref].filter(ref => ref !== undefined);
}

/** Where models end: trained losses, then losses that nothing trains, then tensors that nothing reads. */
function rootsOf(graph: Graph): Root[] {
  const roots: Root[] = [];
  const covered = new Set<string>();
  const cover = (root: Root): void => {
    const ids = closure(graph, root.refs);
    if (!isRecurrent(graph, ids)) return;
    roots.push(root);
    for (const id of ids) covered.add(id);
  };
  const trained = new Set<string>();
  for (const training of graph.trainings) {
    const key = JSON.stringify(lossRefs(training.loss));
    if (trained.has(key)) continue;
    trained.add(key);
    cover({ refs: lossRefs(training.loss), loss: training.loss, training });
  }
  for (const { loss } of graph.losses.toReversed()) {
    const refs = lossRefs(loss);
    if (refs.some(ref => covered.has(ref.from) && graph.nodes.has(ref.from))) continue;
    cover({ refs, loss, training: null });
  }
  const read = new Set([...graph.nodes.values()].flatMap(({ node }) => Graph.sources(node).map(ref => ref.from)));
  for (const [id, { node }] of graph.nodes) {
    if (read.has(id) || covered.has(id) || node.op === 'select_step') continue;
    if (
      [...closure(graph, [{ from: id }])].some(
        reached => covered.has(reached) && graph.nodes.get(reached)?.node.op === 'recurrent',
      )
    )
      continue;
    cover({ refs: [{ from: id }], loss: null, training: null });
  }
  for (const [id, { node }] of graph.nodes) {
    if (node.op === 'recurrent' && !covered.has(id)) cover({ refs: [{ from: id }], loss: null, training: null });
  }
  return roots;
}

function inputSpecs(graph: Graph, ids: ReadonlySet<string>): InputSpec[] {
  return [...graph.inputs.values()]
    .filter(input => ids.has(input.id))
    .map(input => ({
      id: input.id,
      role: input.role ?? (isVector(graph, input) ? 'state' : 'sequence'),
      dtype: inputType(input.dtype),
      axes: input.axes.map(axis => ({
        name: axisName(axis.name, input.role),
        size: axis.size === null ? `${input.id} ${axis.name}`.trim() : toSize(axis.size),
      })),
      ...(input.timeMajor ? { timeMajor: true } : {}),
      ...(input.fed === undefined
        ? {}
        : { fed: input.fed.map((size, at) => (size === null ? `${input.id} ${at}` : toSize(size))) }),
    }));
}

/** Whether an input is one vector a row, and neither a sequence nor tokens. */
function isVector({ nodes }: Graph, { id, axes, dtype, known }: Input): boolean {
  if (!known || axes.length !== 1 || !dtype.startsWith('float')) return false;
  return ![...nodes.values()].some(({ node }) => node.op === 'embedding' && node.input.from === id);
}

function axisName(name: string, role: InputSpec['role'] | null): string {
  if (role === 'state' && name === 'features') return 'units';
  return name === '' ? 'values' : name;
}

function inputType(dtype: string): InputSpec['dtype'] {
  return dtype === 'float64' || dtype === 'int32' || dtype === 'int64' || dtype === 'bool'
    ? dtype
    : /int/.test(dtype)
      ? 'int64'
      : 'float32';
}

function lossSpec(loss: Tensor | null): LossSpec | null {
  const derivation = loss?.derivation;
  if (derivation?.op !== 'loss' || derivation.prediction.ref === undefined || derivation.target.ref === undefined)
    return null;
  return {
    kind: derivation.kind,
    prediction: derivation.prediction.ref,
    target: derivation.target.ref,
    ...(derivation.kind.endsWith('entropy') && (!derivation.fromLogits || derivation.beforeActivation === true)
      ? { fromLogits: false }
      : {}),
    ...(derivation.mask === undefined ? {} : { mask: derivation.mask }),
    ...(derivation.ignoreLabel === undefined ? {} : { ignoreLabel: derivation.ignoreLabel }),
    ...(derivation.classAxis === undefined ? {} : { classAxis: derivation.classAxis }),
    ...derivation.options,
    ...(derivation.squeezed === undefined ? {} : { squeezed: derivation.squeezed }),
    ...(derivation.flattened === undefined ? {} : { flattened: derivation.flattened }),
    ...(derivation.factor === undefined || derivation.factor === 1 ? {} : { factor: derivation.factor }),
    reduction: derivation.reduction === 'none' ? 'sum' : derivation.reduction,
  };
}

/** A weight by its framework's name, with what the program asks of it. */
type RuledWeight = Omit<WeightRule, 'weight'> & { readonly weight: string };

/** The weights of which the program asks something; each once, however often its layer is used. */
function ruledWeights(spec: ModelSpec, graph: Graph, records: readonly NodeRecord[]): RuledWeight[] {
  const all = records.flatMap(record =>
    rulesOf(graph, record).flatMap(({ weight, layer, direction, ...rule }) =>
      nodeParameters(spec, record.node)
        .filter(
          ({ name, of }) =>
            (weight === undefined || name.endsWith(`/${weight}`)) &&
            (layer === undefined || of?.layer === layer) &&
            (direction === undefined || of?.direction === direction),
        )
        .map(({ name }): RuledWeight => ({ weight: name, ...rule })),
    ),
  );
  return [...new Map(all.map(one => [JSON.stringify(one), one])).values()];
}

/** What is said of a layer after it was made, holds: `layer.trainable = False`. */
function rulesOf({ trainable }: Graph, { node, rules }: NodeRecord): readonly WeightRule[] {
  const scope = 'scope' in node ? node.scope.split('/') : [];
  const said = [...trainable].findLast(([name]) => scope.includes(name))?.[1];
  if (said === undefined) return rules;
  return [...rules.filter(({ frozen }) => frozen !== true), ...(said ? [] : [{ frozen: true } as const])];
}

/** The spec with what the program asks of single weights. */
function withRules(spec: ModelSpec, graph: Graph, records: readonly NodeRecord[]): ModelSpec {
  const ruled = ruledWeights(spec, graph, records);
  const penalties = ruled.flatMap(({ weight, penalty }) => (penalty ? [{ weight, ...penalty }] : []));
  const constraints = ruled.flatMap(({ weight, constraint }) => (constraint ? [{ weight, ...constraint }] : []));
  const frozen = ruled.flatMap(one => (one.frozen ? [one.weight] : []));
  return {
    ...spec,
    ...(spec.loss && penalties.length > 0 ? { loss: { ...spec.loss, penalties } } : {}),
    training: {
      ...spec.training,
      ...(frozen.length === 0 ? {} : { frozen }),
      ...(constraints.length === 0 ? {} : { constraints }),
    },
  };
}

/** Where several outermost modules make one model (PyTorch), the names of their weights begin with those of the modules. */
function rootNames(records: readonly NodeRecord[]): ReadonlyMap<Instance, string> {
  const roots = new Set(records.flatMap(({ root }) => root ?? []));
  return new Map(roots.size < 2 ? [] : [...roots].map(root => [root, root.name ?? root.of.name]));
}

function underRoot({ node, root }: NodeRecord, names: ReadonlyMap<Instance, string>): GraphNode {
  const name = root === null ? undefined : names.get(root);
  return name === undefined || !('scope' in node) ? node : { ...node, scope: `${name}.${node.scope}` };
}

/** The weights of a model with the modules that they are of, and those of a place. @param roots names of the modules */
function weightsOf(spec: ModelSpec, records: readonly NodeRecord[], roots: ReadonlyMap<Instance, string>) {
  const weights = new Map(records.flatMap((record, at) => nodeParameters(spec, spec.nodes[at]!).map(({ name }) => [name, record.root] as const))); // prettier-ignore
  const under = ({ root, path }: WeightPlace): string[] =>
    [...weights].flatMap(([name, own]) => {
      const place = [root === null ? undefined : roots.get(root), path].filter(Boolean).join('.');
      const inside =
        (root === null || own === root) && (place === '' || name === place || name.startsWith(`${place}.`));
      return inside ? [name] : [];
    });
  return { weights, under };
}

/** The weights that training leaves alone, and those with options of their own. */
function weightTraining(
  { weights, under }: ReturnType<typeof weightsOf>,
  { parts = [], frozen = [], scope = '' }: TrainingRecord,
): Pick<TrainingSpec, 'groups' | 'frozen'> {
  const all = parts.length === 0 || parts.some(({ places }) => places === null);
  const trained = new Set(all ? weights.keys() : parts.flatMap(({ places }) => places!.flatMap(under)));
  const fixed = new Set<string>();
  for (const { place, trained: kept } of frozen)
    for (const name of under(place)) if (kept) fixed.delete(name); else fixed.add(name); // prettier-ignore
  const still = [...weights.keys()].filter(name => fixed.has(name) || !trained.has(name) || !name.startsWith(scope));
  const groups = parts.flatMap(({ places, options }) => {
    const own = Object.keys(options).length === 0 ? [] : (places ?? []).flatMap(under);
    return own.length === 0 ? [] : [{ weights: [...new Set(own)], options }];
  });
  return { ...(groups.length === 0 ? {} : { groups }), ...(still.length === 0 ? {} : { frozen: still }) };
}

function trainingSpec(graph: Graph, root: Root, ids: ReadonlySet<string>): TrainingSpec {
  const { training } = root;
  const clipping = training?.clipping ?? [];
  // A rate that falls with a step which nobody counts stays what it is.
  const still = training?.uncounted === true && !graph.assigns;
  const metrics = [
    ...(training?.metrics ?? []),
    ...graph.metrics.filter(({ of }) => ids.has(of.from)).map(({ metric }) => metric),
  ];
  const distinct = metrics.filter(
    (metric, at) => metrics.findIndex(other => JSON.stringify(other) === JSON.stringify(metric)) === at,
  );
  return {
    ...(training?.optimizer == null ? {} : { optimizer: training.optimizer }),
    ...(clipping.length === 0 ? {} : { clipping: clipping.length === 1 ? clipping[0]! : [...clipping] }),
    ...(training?.accumulation === undefined ? {} : { accumulation: training.accumulation }),
    ...(training?.averaging === undefined ? {} : { averaging: training.averaging }),
    ...(training?.decay === undefined || still ? {} : { learningRateDecay: training.decay }),
    ...(training?.epochs == null ? {} : { epochs: training.epochs }),
    ...(training?.iterations == null ? {} : { iterations: training.iterations }),
    ...(training?.batchSize == null ? {} : { batchSize: training.batchSize }),
    ...(distinct.length === 0 ? {} : { metrics: distinct }),
  };
}

/** Symbols that stand where the description wants sizes. */
function openSizes(spec: ModelSpec): Phrase[] {
  const open = new Map<string, Phrase>();
  const look = (size: unknown, what: string): void => {
    if (typeof size === 'string') open.set(size, phrase('{0} is not known: {1}', what, size));
  };
  for (const input of spec.inputs)
    for (const axis of input.axes) if (axis.name !== 'steps') look(axis.size, `${input.id}: ${axis.name}`);
  for (const node of spec.nodes) {
    if (node.op === 'dense') look(node.units, node.scope);
    if (node.op === 'embedding') {
      look(node.units, node.scope);
      look(node.vocabulary, node.scope);
    }
  }
  return [...open.values()];
}

/** The line on which something begins. */
export function lineOf(text: string, { start }: TextRange): TextRange {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const end = text.indexOf('\n', start);
  return { start: from, end: end < 0 ? text.length : end };
}

/**
 * Where the lens stands: the line that creates the first of the model's cells, if that is where the model is built, else
 * the line that drives them (cells made by a function that several models may call).
 */
function lensRange(records: readonly NodeRecord[], text: string): TextRange {
  const [first] = records.filter(record => record.node.op === 'recurrent');
  if (first === undefined) return { start: 0, end: 0 };
  // Layers of Keras and PyTorch are defined where they are made, wherever they are called.
  const layers = first.framework !== 'tensorflow1';
  const here = first.cells.filter(cell => cell.range.start < text.length);
  const own = here.filter(cell => layers || cell.frame === first.frame).map(cell => cell.range);
  const [range = first.place ?? first.range] = own.toSorted((a, b) => a.start - b.start);
  return lineOf(text, range);
}

/** The variable that holds the cells, or that the input or output goes by. */
function modelName(records: readonly NodeRecord[]): string {
  return records.find(record => record.node.op === 'recurrent' && record.name !== null)?.name ?? 'model';
}

/** The pieces of the text in which the model is built and trained. */
function extentOf(records: readonly NodeRecord[], { training }: Root, pieces: readonly TextRange[]): TextRange {
  const places = [
    ...records.map(record => record.place ?? record.range),
    ...(training === null ? [] : [training.range]),
  ];
  const holding = pieces.filter(piece => places.some(({ start }) => piece.start <= start && start < piece.end));
  const [first] = holding.length > 0 ? holding : pieces;
  const last = (holding.length > 0 ? holding : pieces).at(-1);
  return { start: first?.start ?? 0, end: last?.end ?? 0 };
}

/** Names of states in TensorFlow's tuples, where several networks have such: of one alone they are the framework's own. */
function partsOf(graph: Graph, records: readonly NodeRecord[]): Iterable<[string, TensorRef]> {
  const drivers = records.filter(({ node, framework }) => node.op === 'recurrent' && framework === 'tensorflow1');
  return drivers.length > 1 ? graph.parts : [];
}

/** The models of a graph, in the order of the text, each with the ids of its nodes. */
export function modelsOf(graph: Graph, facts: ProgramFacts): FoundModel[] {
  // A model that only another file makes stands there.
  const isHere = (root: Root): boolean =>
    [...closure(graph, root.refs)].some(
      id => graph.nodes.get(id)?.node.op === 'recurrent' && graph.nodes.get(id)?.place !== null,
    );
  const roots = rootsOf(graph).filter(
    root => isHere(root) || (root.training !== null && root.training.range.start < graph.end),
  );
  const found = roots.map((root): FoundModel => {
    const ids = withNamed(graph, closure(graph, root.refs));
    const records = [...graph.nodes.values()].filter(({ node }) => ids.has(node.id));
    const inputs = inputSpecs(graph, ids);
    const loss = lossSpec(root.loss);
    const data = [...graph.inputs.values()].find(input => ids.has(input.id) && input.data !== null)?.data;
    const names = Object.fromEntries(
      [...graph.names, ...partsOf(graph, records)].filter(([, ref]) => ids.has(ref.from)),
    );
    const roots = rootNames(records);
    const untrained: ModelSpec = {
      version: MODEL_SPEC_VERSION,
      name: modelName(records),
      framework: records.find(({ node }) => node.op === 'recurrent')!.framework,
      inputs,
      nodes: records.map(record => underRoot(record, roots)),
      ...(loss === null ? {} : { loss }),
      training: trainingSpec(graph, root, ids),
      ...(data == null ? {} : { data: { kind: data.kind, source: data.source } }),
      ...(Object.keys(names).length === 0 ? {} : { names }),
    };
    const weights = weightsOf(untrained, records, roots);
    const ofWeights = root.training === null ? {} : weightTraining(weights, root.training);
    const penalties = root.training?.penalties?.flatMap(({ place, l1, l2 }) => weights.under(place).map(weight => ({ weight, ...(l1 === 0 ? {} : { l1 }), ...(l2 === 0 ? {} : { l2 }) }))) ?? []; // prettier-ignore
    const plain: ModelSpec = {
      ...untrained,
      ...(untrained.loss && penalties.length > 0 ? { loss: { ...untrained.loss, penalties } } : {}),
      training: { ...untrained.training, ...ofWeights },
    };
    const spec = withRules(plain, graph, records);
    const openOfLoss = root.loss?.derivation?.op === 'loss' ? (root.loss.derivation.open ?? []) : [];
    // Of a model that is trained, what stops elsewhere is no part.
    const stops =
      root.training === null ? graph.stops.flatMap(({ from, reason }) => (ids.has(from) ? [reason] : [])) : [];
    const open = [
      ...records.flatMap(record => record.open),
      ...openOfLoss,
      ...stops,
      ...(root.training?.open ?? []),
      ...openSizes(spec),
    ];
    const distinct = open.filter(
      (one, at) => open.findIndex(other => JSON.stringify(other) === JSON.stringify(one)) === at,
    );
    return {
      model: {
        spec,
        range: lensRange(records, facts.text),
        extent: extentOf(records, root, facts.pieces),
        open: distinct,
      },
      ids,
    };
  });
  // Models whose cells come from the same line are told apart by the lines that drive them.
  const separate = found.map(({ model, ids }) => {
    const clash = found.filter(other => other.model.range.start === model.range.start).length > 1;
    const driver = clash
      ? [...graph.nodes.values()].find(({ node }) => ids.has(node.id) && node.op === 'recurrent')
      : undefined;
    return {
      model: driver === undefined ? model : { ...model, range: lineOf(facts.text, driver.place ?? driver.range) },
      ids,
    };
  });
  return separate.toSorted((a, b) => a.model.range.start - b.model.range.start);
}
