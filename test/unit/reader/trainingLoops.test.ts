import assert from 'node:assert/strict';
import { readSource } from '../../../engine/reader/read.ts';

interface Trained {
  readonly kind: string | undefined;
  readonly fromLogits: boolean | undefined;
  readonly optimizer: unknown;
  readonly clipping: unknown;
  readonly epochs: number | undefined;
}

const trained = (program: string): Trained[] => readSource(program, 'python').models.map(({ spec: { loss, training } }) => ({ kind: loss?.kind, fromLogits: loss?.fromLogits, optimizer: training.optimizer, clipping: training.clipping, epochs: training.epochs })); // prettier-ignore

const KERAS = `import tensorflow as tf
from tensorflow import keras
model = keras.Sequential([keras.Input((7, 4)), keras.layers.LSTM(5), keras.layers.Dense(3)])
optimizer = keras.optimizers.Adam(0.01)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
`;
const STEP = `with tf.GradientTape() as tape:
    logits = model(x, training=True)
    loss = loss_fn(y, logits)
grads = tape.gradient(loss, model.trainable_weights)
`;
const indented = (text: string, by: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));

describe("Keras' models that a loop with a gradient tape trains", () => {
  const expected = {
    kind: 'sparse_softmax_cross_entropy',
    fromLogits: undefined,
    optimizer: { kind: 'adam', learningRate: 0.01 },
    clipping: undefined,
    epochs: 3,
  };
  const apply = 'optimizer.apply_gradients(zip(grads, model.trainable_weights))\n';

  it('one model, its loss, optimizer and epochs', () => {
    const loop = `for epoch in range(3):\n    for x, y in dataset:\n${indented(STEP + apply, 8)}`;
    assert.deepEqual(trained(KERAS + loop), [expected]);
  });

  it('also where a function does the step', () => {
    const program = `${KERAS}@tf.function\ndef train_step(x, y):\n${indented(`${STEP}${apply}return loss`, 4)}\nfor epoch in range(3):\n    for x, y in dataset:\n        train_step(x, y)\n`;
    assert.deepEqual(trained(program), [expected]);
  });

  it('with clipped gradients', () => {
    const clip = 'grads, norm = tf.clip_by_global_norm(grads, 5.0)\n';
    const loop = `for epoch in range(3):\n    for x, y in dataset:\n${indented(STEP + clip + apply, 8)}`;
    assert.deepEqual(trained(KERAS + loop), [{ ...expected, clipping: { kind: 'global_norm', limit: 5 } }]);
  });

  it('none where nothing is known of the loss', () => {
    const loop = `for epoch in range(3):\n    for x, y in dataset:\n${indented(STEP.replace('loss_fn(y, logits)', 'own(y, logits)') + apply, 8)}`;
    assert.deepEqual(
      trained(KERAS + loop).map(({ kind }) => kind),
      [undefined],
    );
  });
});

describe('a loss on the last step of what a PyTorch model gives', () => {
  it('is one model, however often the loop runs', () => {
    const program = `import torch
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 6)
        self.fc = nn.Linear(6, 3)
    def forward(self, x):
        out, _ = self.rnn(x)
        return self.fc(out)
net = Net()
crit = nn.CrossEntropyLoss()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    for x, y in loader:
        loss = crit(net(x)[-1], y)
        opt.zero_grad()
        loss.backward()
        opt.step()
`;
    assert.deepEqual(
      trained(program).map(({ kind, epochs }) => ({ kind, epochs })),
      [{ kind: 'sparse_softmax_cross_entropy', epochs: 3 }],
    );
  });
});
