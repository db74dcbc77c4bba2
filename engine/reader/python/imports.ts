import { folderOf, normalised } from '../siblings.ts';

const IMPORT = /^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+\(?([^\n#]*)|import[ \t]+([^\n#]+))/gm;

/** A path below a folder of the workspace. */
const SETTINGS = /(['"])(\w[\w./-]*\.json)\1/g;

/** Libraries that are no files of a workspace: nobody need look for them. */
const LIBRARIES: ReadonlySet<string> = new Set([
  'argparse', 'collections', 'copy', 'dataclasses', 'datetime', 'functools', 'itertools', 'json', 'keras', 'logging', 'math', 'matplotlib', 'numpy', 'os', 'pandas', 'pathlib', 'pickle', 'random', 're', 'sklearn', 'sys', 'tensorflow', 'time', 'torch', 'torchvision', 'tqdm', 'typing', '__future__',
]); // prettier-ignore

/** Names of the modules that a text may import, also the names of a package that may be modules: `pkg`, `pkg.config`, `.config`. */
export function importsIn(text: string): string[] {
  const modules = new Set<string>();
  for (const [, from, names = '', plain = ''] of text.matchAll(IMPORT)) {
    if (from !== undefined) {
      modules.add(from);
      for (const name of names.matchAll(/(\w+)(?:\s+as\s+\w+)?/g))
        modules.add(from.endsWith('.') ? from + name[1]! : `${from}.${name[1]!}`);
    }
    for (const name of plain.split(',')) {
      const parts = name.trim().split(/\s+/)[0]!.split('.');
      // `import a.b` runs `a`, then `a.b`.
      for (let end = 1; end <= parts.length; end++) modules.add(parts.slice(0, end).join('.'));
    }
  }
  // A file of settings, which `json.load` reads.
  for (const [, , path] of text.matchAll(SETTINGS)) modules.add(path!);
  return [...modules].filter(name => name !== '' && !LIBRARIES.has(name.split('.')[0]!));
}

/** Where a module may stand: beside the file, or in a folder above it, where a program may have been started. */
export function placesOf(module: string, from: string): string[] {
  if (module.endsWith('.json'))
    return [...new Set(above(from).map(folder => normalised(`${folder}/${module}`)))].filter(path => path !== null);
  const dots = /^\.*/.exec(module)![0].length;
  const inside = module.slice(dots).replaceAll('.', '/');
  const folders = above(from);
  const bases = dots === 0 ? folders : folders.slice(dots - 1, dots);
  return bases.flatMap(base => {
    const path = normalised(`${base}/${inside}`);
    if (path === null) return [];
    const init = path === '' ? '__init__.py' : `${path}/__init__.py`;
    return inside === '' ? [init] : [`${path}.py`, init];
  });
}

/** The folder of a file and those above it. */
function above(from: string): string[] {
  const folders: string[] = [];
  for (let folder: string | null = folderOf(from); folder !== null; folder = folder === '' ? null : folderOf(folder))
    folders.push(folder);
  return folders;
}
