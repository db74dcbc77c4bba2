import assert from 'node:assert/strict';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { readSource } from '../../../engine/reader/read.ts';

const program = (made: string, forward: string): string => `import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
${made.replaceAll(/^/gm, '        ')}
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
${forward.replaceAll(/^/gm, '        ')}

model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in loader:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
`;
const specOf = (made: string, forward: string) => readSource(program(made, forward), 'python').models[0]!.spec;
const directionsIn = ({ nodes }: ModelSpec) => nodes.flatMap(node => (node.op === 'recurrent' ? [node.direction] : []));
const stepsTaken = ({ nodes }: ModelSpec) => nodes.flatMap(node => (node.op === 'select_step' ? [node.input] : []));
const CELL = 'self.cell = nn.GRUCell(4, 6)';
const BOTH = 'self.rnn = nn.GRU(4, 3, num_layers=2, bidirectional=True, batch_first=True)';

describe('what PyTorch programs do with steps, directions and layers', () => {
  for (const steps of ['reversed(range(x.size(1)))', 'range(x.size(1) - 1, -1, -1)'])
    it(`a cell over ${steps} runs backwards; what it collects is in no order of the sequence`, () => {
      const loop = `h = torch.zeros(x.size(0), 6)\nouts = []\nfor t in ${steps}:\n    h = self.cell(x[:, t], h)\n    outs.append(h)\n`;
      const last = specOf(CELL, `${loop}return self.fc(h)`);
      assert.deepEqual(directionsIn(last), ['backward']);
      assert.ok(last.loss);
      assert.equal(specOf(CELL, `${loop}return self.fc(torch.stack(outs, 1)[:, -1])`).loss, undefined);
    });

  it('a place that is counted from the end runs backwards, too', () => {
    const loop =
      'h = torch.zeros(x.size(0), 6)\nT = x.size(1)\nfor t in range(T):\n    h = self.cell(x[:, T - 1 - t], h)\n';
    assert.deepEqual(directionsIn(specOf(CELL, `${loop}return self.fc(h)`)), ['backward']);
  });

  it('halves of the outputs are directions; other parts of them are not followed', () => {
    const of = (slice: string) =>
      specOf(BOTH.replace('4, 3', '4, 6'), `out, h = self.rnn(x)\nreturn self.fc(out[:, -1, ${slice}])`);
    for (const [slice, direction] of [[':6', 'forward'], ['-6:', 'backward']] as const)
      assert.deepEqual(stepsTaken(of(slice)), [{ from: 'rnn', part: { take: 'outputs', direction } }], slice); // prettier-ignore
    assert.equal(of('3:9').loss, undefined);
  });

  it('states in groups of layers and directions are those of the node', () => {
    const top = (forward: string) =>
      specOf(BOTH, `out, h = self.rnn(x)\n${forward}`).nodes.find(({ op }) => op === 'concatenate');
    const expected = (['forward', 'backward'] as const).map(direction => ({
      from: 'rnn',
      part: { take: 'state', layer: 1, direction, state: 'h' },
    }));
    for (const forward of [
      'h = h.view(2, 2, -1, 3)[-1]\nreturn self.fc(torch.cat([h[0], h[1]], 1))',
      'return self.fc(torch.cat((h[-2], h[-1]), dim=1))',
      'return self.fc(h[-2:].transpose(0, 1).reshape(x.size(0), -1))',
    ])
      assert.deepEqual(top(forward), { op: 'concatenate', id: 'concatenate', inputs: expected }, forward);
    // Without the transposition it mixes rows.
    assert.equal(specOf(BOTH, 'out, h = self.rnn(x)\nreturn self.fc(h[-2:].reshape(x.size(0), -1))').loss, undefined);
  });
});
