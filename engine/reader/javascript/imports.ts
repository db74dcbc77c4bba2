import { folderOf, normalised } from '../siblings.ts';

const IMPORT = /(?:\bfrom\s*|\brequire\s*\(\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+)\1/g;
const ENDINGS = ['.js', '.ts', '.mjs', '.cjs', '.jsx', '.tsx', '.mts', '.cts'];

/** The modules of a workspace that a text may import: those by a path. */
export function importsIn(text: string): string[] {
  return [...new Set([...text.matchAll(IMPORT)].map(match => match[2]!))];
}

/** Where a module may stand; TypeScript writes `./config.js` for its `config.ts`. */
export function placesOf(module: string, from: string): string[] {
  if (!module.startsWith('./') && !module.startsWith('../')) return [];
  const path = normalised(`${folderOf(from)}/${module}`);
  if (path === null || path === '') return [];
  if (path.endsWith('.json')) return [path];
  const ending = ENDINGS.find(each => path.endsWith(each));
  const own = ending === undefined ? [] : [path, path.replace(/js(x?)$/, 'ts$1')];
  return [...own, ...ENDINGS.map(each => path + each), ...ENDINGS.slice(0, 2).map(each => `${path}/index${each}`)];
}
