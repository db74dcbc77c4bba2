import assert from 'node:assert/strict';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import type { LossSpec } from '../../../engine/model/spec.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { readSource } from '../../../engine/reader/read.ts';

function read(text: string) {
  const { spec, open } = readSource(text, 'python').models[0]!;
  const { prediction: _, target: __, ...loss } = spec.loss ?? ({} as LossSpec);
  return { loss, refused: [...open, ...unsupported(spec)].map(reason => formatPhrase(reason)) };
}

const tensorflow1 = (loss: string): string => `import tensorflow as tf
X = tf.placeholder(tf.float32, [None, 8, 3])
y = tf.placeholder(tf.float32, [None, 3])
outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(5), X, dtype=tf.float32)
logits = tf.layers.dense(state, 3)
loss = ${loss}
step = tf.train.AdamOptimizer(0.1).minimize(loss)
`;
const keras = (loss: string): string => `import keras
model = keras.Sequential([keras.Input((8, 3)), keras.layers.GRU(5), keras.layers.Dense(3)])
model.compile(optimizer="adam", loss=${loss})
`;
const pytorch = (criterion: string): string => `import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 6, batch_first=True)
        self.fc = nn.Linear(6, 3)
    def forward(self, x):
        return self.fc(self.rnn(x)[0][:, -1])
model = Net()
criterion = ${criterion}
optimizer = torch.optim.Adam(model.parameters())
for step in range(50):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
`;

const CASES: readonly (readonly [program: string, loss: Partial<LossSpec>])[] = [
  [pytorch('nn.CrossEntropyLoss().to(device)'), { kind: 'sparse_softmax_cross_entropy', reduction: 'mean', ignoreLabel: -100 }],
  [pytorch('nn.CrossEntropyLoss(size_average=False)'), { kind: 'sparse_softmax_cross_entropy', reduction: 'sum', ignoreLabel: -100 }],
  [pytorch('nn.CrossEntropyLoss(torch.tensor([1.0, 2.0, 0.5]).cuda())'), { kind: 'sparse_softmax_cross_entropy', reduction: 'mean_over_weights', classWeights: [1, 2, 0.5], ignoreLabel: -100 }],
  [pytorch('nn.CrossEntropyLoss(label_smoothing=0.2, reduction="sum")'), { kind: 'sparse_softmax_cross_entropy', reduction: 'sum', labelSmoothing: 0.2, ignoreLabel: -100 }],
  [pytorch('nn.BCEWithLogitsLoss(pos_weight=torch.ones(3))'), { kind: 'sigmoid_cross_entropy', reduction: 'mean', positiveWeights: [1, 1, 1] }],
  [pytorch('nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))'), { kind: 'sigmoid_cross_entropy', reduction: 'mean', positiveWeights: [3] }],
  [pytorch('nn.SmoothL1Loss(beta=0.5)'), { kind: 'huber', reduction: 'mean', delta: 0.5, factor: 2 }],
  [pytorch('nn.SmoothL1Loss(beta=0)'), { kind: 'mean_absolute_error', reduction: 'mean' }],
  [pytorch('nn.HuberLoss("sum", 0.5)'), { kind: 'huber', reduction: 'sum', delta: 0.5 }],
  [pytorch('nn.PoissonNLLLoss()'), { kind: 'poisson_of_logarithms', reduction: 'mean' }],
  [pytorch('nn.PoissonNLLLoss(log_input=False)'), { kind: 'poisson', reduction: 'mean', epsilon: 1e-8 }],
  [pytorch('nn.KLDivLoss(reduction="batchmean")'), { kind: 'kl_divergence_of_logarithms', reduction: 'mean', factor: 3 }],
  [keras('keras.losses.Huber(0.5)'), { kind: 'huber', reduction: 'mean', delta: 0.5 }],
  [keras('keras.losses.CategoricalCrossentropy(True, 0.1)'), { kind: 'softmax_cross_entropy', reduction: 'mean', labelSmoothing: 0.1 }],
  [keras('keras.losses.KLDivergence(reduction="sum")'), { kind: 'kl_divergence', reduction: 'sum' }],
  [keras('keras.losses.cosine_similarity'), { kind: 'cosine_similarity', reduction: 'mean' }],
  [keras('"squared_hinge"'), { kind: 'squared_hinge', reduction: 'mean' }],
  [tensorflow1('tf.losses.huber_loss(y, logits, delta=0.5)'), { kind: 'huber', reduction: 'mean', delta: 0.5 }],
  [tensorflow1('tf.losses.hinge_loss(y, logits)'), { kind: 'hinge', reduction: 'mean' }],
  [tensorflow1('tf.losses.softmax_cross_entropy(y, logits, label_smoothing=0.1)'), { kind: 'softmax_cross_entropy', reduction: 'mean', labelSmoothing: 0.1 }],
  [tensorflow1('tf.reduce_mean(tf.nn.weighted_cross_entropy_with_logits(y, logits, 2.0))'), { kind: 'sigmoid_cross_entropy', reduction: 'mean', positiveWeights: [2] }],
]; // prettier-ignore

const REFUSED: readonly (readonly [program: string, reason: string])[] = [
  [pytorch('nn.CrossEntropyLoss(weight=counts)'), 'weight cannot be run yet: counts'],
  [pytorch('nn.CrossEntropyLoss(weight=1 / torch.tensor([1.0, 2.0, 3.0]))'), 'weight cannot be run yet: tensor'],
  [pytorch('nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]))'), 'The loss has 2 weights for 3 predicted values.'],
  [pytorch('nn.PoissonNLLLoss(full=True)'), 'full cannot be run yet: True'],
  [pytorch('nn.KLDivLoss(log_target=True)'), 'log_target cannot be run yet: True'],
  [pytorch('nn.MSELoss(reduction=how)'), 'reduction cannot be run yet: how'],
  [keras('keras.losses.CosineSimilarity(axis=1)'), 'axis cannot be run yet: 1'],
  [keras('keras.losses.Huber(delta=limit)'), 'delta cannot be run yet: limit'],
  [tensorflow1('tf.losses.huber_loss(y, logits, delta=limit)'), 'The model has no loss.'],
]; // prettier-ignore

const written = (program: string): string => /(?:criterion|loss) ?= ?(?!criterion)(.*)/.exec(program)![1]!;

describe('losses and their options are read', () => {
  for (const [program, loss] of CASES)
    it(written(program), () => {
      assert.deepEqual(read(program), { loss, refused: [] });
    });
});

describe('losses that cannot be run are refused by the option', () => {
  for (const [program, reason] of REFUSED)
    it(written(program), () => {
      assert.ok(read(program).refused.includes(reason), read(program).refused.join('; '));
    });
});
