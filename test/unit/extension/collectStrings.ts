import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { CELLS } from '../../../engine/cells/table.ts';
import { PAGE_STRINGS } from '../../../engine/protocol/pageStrings.ts';
import { DATA_SOURCES } from '../../../engine/data/sources.ts';

/** Functions whose first argument is a sentence for people. */
const SENTENCE_CALLS: ReadonlySet<string> = new Set(['t', 'phrase', 'no', 'refuse']);

/** Every sentence for people, in English, with the file that says it. */
export function collectStrings(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const add = (text: string, where: string): void => {
    if (!found.has(text)) found.set(text, where);
  };
  for (const text of Object.values(PAGE_STRINGS)) add(text, 'engine/protocol/pageStrings.ts');
  for (const { tensors } of Object.values(CELLS)) {
    for (const { title, meaning } of tensors) for (const text of [title, meaning]) add(text, 'engine/cells/table.ts');
  }
  for (const { title, description } of DATA_SOURCES)
    for (const { text } of [title, description]) add(text, 'engine/data');
  for (const file of sources(root)) {
    const tree = ts.createSourceFile(file, readFileSync(`${root}/${file}`, 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      for (const text of sentencesOf(node)) add(text, file);
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  return found;
}

function sources(root: string): string[] {
  const skipped = /^engine\/(kernels\/assembly|backends\/reference|cli)|^extension\/samples/;
  return ['engine', 'extension']
    .flatMap(room =>
      ts.sys.readDirectory(`${root}/${room}`, ['.ts']).map(file => file.slice(file.indexOf(`${room}/`, root.length))),
    )
    .filter(file => !skipped.test(file));
}

function sentencesOf(node: ts.Node): readonly string[] {
  if (ts.isCallExpression(node) && SENTENCE_CALLS.has(calledName(node.expression)) && node.arguments[0])
    return literals(node.arguments[0]);
  // A phrase that is written as an object, `{ text: '…', args }`.
  if (ts.isPropertyAssignment(node) && node.name.getText() === 'text' && isPhrase(node.parent))
    return literals(node.initializer);
  return [];
}

/** Other objects have a text as well: a fix has the code that it puts in. */
function isPhrase(object: ts.ObjectLiteralExpression): boolean {
  return object.properties.every(property => /^(text|args)$/.test(property.name?.getText() ?? ''));
}

function calledName(expression: ts.Expression): string {
  if (ts.isPropertyAccessExpression(expression))
    return expression.expression.getText().endsWith('l10n') ? expression.name.text : '';
  return ts.isIdentifier(expression) ? expression.text : '';
}

/** The texts that an expression of literals can be. */
function literals(node: ts.Expression): readonly string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...literals(node.whenTrue), ...literals(node.whenFalse)];
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [literals(node.left), literals(node.right)];
    return left.length === 1 && right.length === 1 ? [left[0]! + right[0]!] : [];
  }
  return [];
}
