import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectStrings } from './collectStrings.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const readJson = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(join(root, file), 'utf8')) as Record<string, string>;
const placeholders = (text: string): string[] => [...new Set(text.match(/\{\d+\}/g))].sort();

describe('strings for people', () => {
  const said = collectStrings(root);
  const english = readJson('extension/l10n/bundle.l10n.json');
  const chinese = readJson('extension/l10n/bundle.l10n.zh-cn.json');

  for (const [language, bundle] of [
    ['English', english],
    ['Simplified Chinese', chinese],
  ] as const)
    it(`are all in the ${language} bundle, which holds nothing else, in order`, () => {
      const missing = [...said].filter(([text]) => !(text in bundle)).map(([text, file]) => `${file}: ${text}`);
      assert.deepEqual(missing, []);
      assert.deepEqual(
        Object.keys(bundle).filter(text => !said.has(text)),
        [],
      );
      // In order, so that two people who add a sentence each do not both write on the last line.
      assert.deepEqual(Object.keys(bundle), Object.keys(bundle).sort());
    });

  it('keep their placeholders in translation', () => {
    for (const [text, translated] of Object.entries(chinese))
      assert.deepEqual(placeholders(translated), placeholders(text), text);
  });

  it('of the manifest are there in both languages, and all of them are used', () => {
    const [names, translated] = [readJson('package.nls.json'), readJson('package.nls.zh-cn.json')];
    const used = new Set(
      [...JSON.stringify(readJson('package.json')).matchAll(/"%([\w.]+)%"/g)].map(([, name]) => name),
    );
    assert.deepEqual(Object.keys(translated).sort(), Object.keys(names).sort());
    assert.deepEqual(Object.keys(names).sort(), [...used].sort());
  });
});
