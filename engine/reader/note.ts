/**
 * Reads a Markdown note: its fences of one language share one namespace in order, as the cells of a notebook do, except where the
 * note shows that they are apart. A fence that only shows a cell stands for the note's program with that cell in it; a
 * fence that gives other values to the sizes of a program, without building one, is an example of its own.
 */
import { phrase } from '../model/phrase.ts';
import type { CellSpec, GraphNode, ModelSpec, TensorRef } from '../model/spec.ts';
import { Interpreter } from './evaluation/interpreter.ts';
import { Choices } from './evaluation/choices.ts';
import { cellsIn } from './evaluation/occurrences.ts';
import { runUncalled } from './evaluation/uncalled.ts';
import { Graph } from './graph.ts';
import type { Language } from './language.ts';
import type { Fence } from './markdown.ts';
import { loadedFile, withLoadedFile } from './loads.ts';
import { type FoundModel, lineOf, modelsOf } from './models.ts';
import type { TextRange } from './reading.ts';
import type { ParseMemory } from './parseMemory.ts';
import { cellSpecs } from './recurrent.ts';
import type { Statement, SyntaxModule } from './syntax.ts';
import type { Abstract, CellObject, Cells } from './values.ts';

type Names = Map<string, Abstract>;

export interface Passage extends Fence {
  readonly module: SyntaxModule;
}

export interface NoteResult {
  readonly interpreter: Interpreter;
  readonly models: readonly FoundModel[];
}

const isInside = ({ start, end }: Fence, range: TextRange): boolean => start <= range.start && range.start < end;

/** A program of the note, and what its names held at its end. */
interface Program {
  readonly position: number;
  readonly names: Names;
}

/** The fences of one language, parsed. */
export function passagesOf(fences: readonly Fence[], language: Language, memory?: ParseMemory): Passage[] {
  return fences.map((fence, at) => ({ ...fence, module: language.parse(fence.source, memory?.part(`fence ${at}`)) }));
}

/** The models of a note, its open conditions answered by `choices`. */
export function readFences(
  passages: readonly Passage[],
  text: string,
  language: Language,
  choices: Choices,
): NoteResult {
  const first = new Interpreter(text, new Graph(), language, null, new Choices(new Set(), choices.answers));
  for (const { module } of passages) first.run(module.body);
  runUncalled(first);
  const driven = [...first.graph.nodes.values()].filter(({ node }) => node.op === 'recurrent');
  const builds = (passage: Passage): boolean => driven.some(record => isInside(passage, record.range));
  const feeds = (passage: Passage): boolean =>
    driven.some(record => record.cells.some(cell => isInside(passage, cell.range)));

  const interpreter = new Interpreter(text, new Graph(), language, null, choices);
  const programs: Program[] = [];
  const fragments: { readonly passage: Passage; readonly position: number }[] = [];
  for (const [position, passage] of passages.entries()) {
    if (builds(passage) || feeds(passage)) {
      // A later fence that builds on cells that it did not make builds on the last program before it.
      interpreter.run(passage.module.body);
      programs.push({ position, names: new Map(interpreter.module.names) });
    } else if (cellsIn(first.occurrences.values(), passage).length > 0) {
      fragments.push({ passage, position });
    } else if (programs.length > 0 && contradicts(passage.module.body, interpreter.module.names)) {
      interpreter.runApart(passage.module.body, new Map(imports(interpreter.module.names)));
    } else {
      interpreter.run(passage.module.body);
    }
  }
  runUncalled(interpreter);
  const pieces = passages.map(({ start, end }) => ({ start, end }));
  const files = passages.map(({ module }) => loadedFile(module.body, text));
  const models = modelsOf(interpreter.graph, { pieces, text }).map(found => {
    const place = passages.findLastIndex(({ start }) => start <= found.model.range.start);
    // What the fence of the model or the nearest one before it loads, else what is loaded further down.
    return withLoadedFile(found, files.slice(0, place + 1).findLast(Boolean) ?? files.find(Boolean));
  });
  const variants = fragments.flatMap(({ passage, position }) => {
    const program = nearest(programs, position);
    const names: Names = new Map(program?.names ?? interpreter.module.names);
    interpreter.runApart(passage.module.body, names);
    const model =
      program === null ? undefined : models.find(({ model }) => isInside(passages[program.position]!, model.range));
    return model === undefined
      ? []
      : variantsOf(cellsIn(interpreter.occurrences.values(), passage), model, passage, text);
  });
  return {
    interpreter,
    models: [...models, ...variants].toSorted((a, b) => a.model.range.start - b.model.range.start),
  };
}

function nearest(programs: readonly Program[], position: number): Program | null {
  const ordered = programs.toSorted((a, b) => Math.abs(a.position - position) - Math.abs(b.position - position));
  return ordered[0] ?? null;
}

/** Whether statements give another number to a name that already holds one. */
function contradicts(statements: readonly Statement[], names: Names): boolean {
  return statements.some(statement => {
    if (statement.kind !== 'assign' || statement.value.kind !== 'number') return false;
    const [target] = statement.targets;
    const old = target?.kind === 'name' ? names.get(target.id) : undefined;
    return old?.kind === 'number' && old.value !== statement.value.value;
  });
}

function imports(names: Names): [string, Abstract][] {
  return [...names].filter(([, value]) => value.kind === 'path');
}

/** The program with each group of cells of a fragment in place of its own cells. */
function variantsOf(shown: readonly Cells[], { model, ids }: FoundModel, passage: Passage, text: string): FoundModel[] {
  const recurrent = model.spec.nodes.filter(node => node.op === 'recurrent');
  const [node] = recurrent;
  // Only where it is plain what the cell would stand for.
  if (node === undefined || recurrent.length !== 1 || node.direction !== 'forward') return [];
  return shown.flatMap((cells): FoundModel[] => {
    const layers =
      cells.stacked || cells.cells.length > 1
        ? cells.cells
        : node.cells.map((_, layer): CellObject => ({ ...cells.cells[0]!, identity: -1 - layer }));
    const specs = cellSpecs(layers);
    if (JSON.stringify(specs) === JSON.stringify(node.cells)) return [];
    const spec = withCells(model.spec, node.id, specs, cells.name ?? cells.className);
    const range = lineOf(text, cells.cells[0]!.range);
    const replaced = phrase('the program of this note with {0} in place of its cells', cells.cells[0]!.spec.className);
    const open = [...model.open, ...cells.cells.flatMap(cell => cell.open)];
    return [
      {
        model: {
          spec,
          range,
          extent: { start: Math.min(model.extent.start, passage.start), end: Math.max(model.extent.end, passage.end) },
          open,
          variant: replaced,
        },
        ids,
      },
    ];
  });
}

function withCells(spec: ModelSpec, id: string, cells: readonly CellSpec[], name: string): ModelSpec {
  const top = cells.length - 1;
  const moved = (ref: TensorRef): TensorRef => {
    if (ref.from !== id || ref.part?.take !== 'state') return ref;
    const layer = Math.min(ref.part.layer ?? top, top);
    const state = cells[layer]!.cell === 'lstm' ? ref.part.state : 'h';
    return { ...ref, part: { ...ref.part, layer, ...(state === undefined ? {} : { state }) } };
  };
  const nodes = spec.nodes.map((node): GraphNode => {
    if (node.op === 'recurrent')
      return node.id === id ? { ...node, cells: [...cells], stacked: cells.length > 1 || node.stacked } : node;
    if (node.op === 'concatenate' || node.op === 'combine') return { ...node, inputs: node.inputs.map(moved) };
    return { ...node, input: moved(node.input) };
  });
  return {
    ...spec,
    name,
    nodes,
    ...(spec.loss === undefined ? {} : { loss: { ...spec.loss, prediction: moved(spec.loss.prediction) } }),
    ...(spec.names === undefined
      ? {}
      : { names: Object.fromEntries(Object.entries(spec.names).map(([key, ref]) => [key, moved(ref)])) }),
  };
}
