/** The file that a program loads its data from: what the code says of data where no data set is known by name. */
import type { DataSpec, ModelSpec } from '../model/spec.ts';
import type { FoundModel } from './models.ts';
import type { Expression, Statement } from './syntax.ts';

/** Functions that read data, by their last name, and the module that they must belong to where others are called so, too. */
const LOADERS: Readonly<Record<string, RegExp>> = {
  load: /^(np|numpy)$/,
  loadtxt: /./,
  genfromtxt: /./,
  read_csv: /./,
  read_table: /./,
  open: /^$|^(io|gzip|codecs)$/,
  Path: /./,
};
/** Names of files that our own readers read. */
const READABLE = /\.(csv|tsv|txt|text|dat|npy|npz|idx|md)(\.gz)?$|-idx\d-ubyte(\.gz)?$/i;
/** The same anywhere in a text: what names no such file need not be looked through. */
const NAMES_READABLE = /\.(csv|tsv|txt|text|dat|npy|npz|idx|md)\b|-idx\d-ubyte/i;
const WRITING = /^[wax]/;

/**
 * The first file of data that a program reads by a name that stands in it, as a literal or in a variable that holds one.
 * Nothing is known of what becomes of it: it is a proposal that the person sees before anything is read.
 * @param written the text that the statements were read from
 */
export function loadedFile(body: readonly Statement[], written: string): DataSpec | undefined {
  if (!NAMES_READABLE.test(written)) return undefined;
  const texts = new Map<string, string>();
  const textOf = (value: Expression | undefined): string | undefined => {
    if (value?.kind === 'name') return texts.get(value.id);
    if (value?.kind !== 'string') return undefined;
    const parts = value.parts.filter(part => typeof part === 'string');
    return parts.length === value.parts.length ? parts.join('') : undefined;
  };
  let found: string | undefined;
  const visit = (node: unknown): void => {
    if (found !== undefined || typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      node.forEach(visit);
      return;
    }
    const syntax = node as Expression | Statement;
    if (syntax.kind === 'assign' || syntax.kind === 'assignment') {
      const [target] = syntax.kind === 'assign' ? syntax.targets : [syntax.target];
      const text = textOf(syntax.value);
      if (target?.kind === 'name' && text !== undefined) texts.set(target.id, text);
    }
    if (syntax.kind === 'call') {
      const [file, mode] = syntax.arguments;
      const path = textOf(file?.value);
      const writes = WRITING.test(textOf(mode?.value) ?? '');
      if (path !== undefined && READABLE.test(path) && loads(syntax.callee) && !writes) {
        found = path;
        return;
      }
    }
    for (const [key, child] of Object.entries(syntax)) if (key !== 'range') visit(child);
  };
  visit(body);
  // An address on the web is no file.
  return found === undefined || found.includes('://') ? undefined : { kind: 'file', source: found };
}

function loads(callee: Expression): boolean {
  const name = callee.kind === 'attribute' ? callee.name : callee.kind === 'name' ? callee.id : '';
  const module = callee.kind === 'attribute' ? (callee.object.kind === 'name' ? callee.object.id : '?') : '';
  if (!Object.hasOwn(LOADERS, name)) return false;
  return LOADERS[name]!.test(module) || (module === '' && name !== 'load' && name !== 'open');
}

/** The model with the file that its program loads, where its own words leave the data open. */
export function withLoadedFile(found: FoundModel, data: DataSpec | undefined): FoundModel {
  const { model } = found;
  return data && isDataOpen(model.spec) ? { ...found, model: { ...model, spec: { ...model.spec, data } } } : found;
}

/** Whether a program's own words leave it open which data a model is trained on. */
function isDataOpen({ data }: ModelSpec): boolean {
  return data === undefined || data.kind === 'unknown' || data.kind === 'array';
}
