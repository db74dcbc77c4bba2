import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { headline } from '../../../engine/model/headline.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { readSource } from '../../../engine/reader/read.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SAMPLE = readFileSync(join(ROOT, 'extension/samples/mnist_gru.rnn.json'), 'utf8');
const read = (text: string) => readSource(text, 'rnn.json');

/** What is wrong with the sample when a piece of it is replaced: the text at fault and the message. */
function faults(from: string, to: string): string[] {
  assert.ok(SAMPLE.includes(from));
  const text = SAMPLE.replace(from, to);
  return read(text).diagnostics.map(({ range, message }) => `${text.slice(range.start, range.end)} | ${formatPhrase(message)}`);
} // prettier-ignore

describe('reader of *.rnn.json', () => {
  it('takes the description as it stands, its lens above the name', () => {
    const { models, diagnostics } = read(SAMPLE);
    assert.deepEqual(diagnostics, []);
    assert.equal(models.length, 1);
    const { spec, range, open } = models[0]!;
    assert.deepEqual(spec, JSON.parse(SAMPLE));
    assert.equal(SAMPLE.slice(range.start, range.end), '"mnist_gru"');
    assert.deepEqual([headline(spec), open, unsupported(spec)], ['GRU 64', [], []]);
  });

  it('takes the descriptions of all 82 programs', () => {
    const folder = join(ROOT, 'test/fixtures/specs');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.rnn.json'));
    assert.equal(files.length, 82);
    for (const file of files) {
      const { models, diagnostics } = read(readFileSync(join(folder, file), 'utf8'));
      assert.deepEqual([models.length, diagnostics], [1, []], file);
    }
  });

  it('says where it departs from the schema, and what was expected of that kind of node', () => {
    assert.deepEqual(faults('"units": 64', '"units": -1'), ['-1 | /nodes/0/cells/0/units: Expected union value, found -1']);
    assert.match(faults('"units": 10,', '')[0]!, /^\{ \| \/nodes\/1\/units: Expected required property, found nothing$/);
    assert.match(faults('"useBias"', '"use_bias"').join(), /\/nodes\/1\/use_bias: Unexpected property, found true/);
    assert.match(faults('"op": "dense"', '"op": "conv"')[0]!, /\/nodes\/1: Expected union value/);
    assert.match(faults('"version": 1', '"version": 2')[0]!, /^2 \| \/version/);
  }); // prettier-ignore

  it('says what a reference names that is not there or comes later, and which ids stand twice', () => {
    assert.deepEqual(faults('"from": "rows"', '"from": "row"'), ['{ | No input and no earlier node has the id "row"; there are rows, label']); // prettier-ignore
    assert.match(faults('"prediction": { "from": "head" }', '"prediction": { "from": "heads" }')[0]!, /"heads"/);
    assert.deepEqual(faults('"id": "head"', '"id": "gru"').slice(0, 1), ['"gru" | The id "gru" stands twice']);
  });

  it('says where a text is no JSON', () => {
    const [fault] = read(SAMPLE.replace('"nodes": [', '"nodes" [')).diagnostics;
    assert.equal(fault?.code, 'no-json');
    const line = SAMPLE.slice(0, fault.range.start).split('\n').length;
    assert.equal(line, SAMPLE.slice(0, SAMPLE.indexOf('"nodes"')).split('\n').length);
    for (const text of ['', '[', 'null', '5', '{"nodes": [[[[', '"\\u0000"', '{"__proto__": 1}'])
      assert.equal(read(text).models.length, 0, text);
  });
});
