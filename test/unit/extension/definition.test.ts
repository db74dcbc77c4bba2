import assert from 'node:assert/strict';
import { isDefinition } from '../../../extension/language/definition.ts';

describe('isDefinition', () => {
  const at = (text: string, name: string): boolean => {
    const start = text.indexOf(name);
    return isDefinition(text, { start, end: start + name.length });
  };
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['outputs = f(x)', 'outputs', true],
    ['a = 1\noutputs, (c, h) = f(x)', 'outputs', true],
    ['outputs, (c, hidden) = f(x)', 'hidden', true],
    ['    self.h0 = x', 'self.h0', true],
    ['const outputs = f(x)', 'outputs', true],
    ['f(outputs, c=3)', 'outputs', false],
    ['y = f(outputs)', 'outputs', false],
    ['outputs == y', 'outputs', false],
    ['outputs += y', 'outputs', false],
    ['print(outputs)\ny = 1', 'outputs', false],
    ['outputs[0] = y', 'outputs', false],
    ['def forward(self, outputs):\n    y = 1', 'outputs', false],
    ['if outputs:\n    y = 1', 'outputs', false],
  ];
  for (const [text, name, expected] of cases)
    it(`says ${expected ? 'yes' : 'no'} of ${name} in ${JSON.stringify(text)}`, () => {
      assert.equal(at(text, name), expected);
    });
});
