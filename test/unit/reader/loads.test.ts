import assert from 'node:assert/strict';
import { readSource } from '../../../engine/reader/read.ts';

const MODEL = `
model = keras.Sequential([keras.Input(shape=(20, 1)), keras.layers.LSTM(8), keras.layers.Dense(1)])
model.compile("adam", loss="mse")
`;
const dataOf = (code: string): unknown =>
  readSource(`from tensorflow import keras\n${code}${MODEL}`, 'python').models[0]!.spec.data;

describe('files that a program loads', () => {
  it('are the data of its model where nothing else is known', () => {
    const file = (source: string): object => ({ kind: 'file', source });
    assert.deepEqual(dataOf('import pandas as pd\ndf = pd.read_csv("data/prices.csv", index_col=0)\n'), file('data/prices.csv'));
    assert.deepEqual(dataOf('import numpy as np\nx = np.load("x.npy").astype("float32")[:, None]\n'), file('x.npy'));
    assert.deepEqual(dataOf('text = open("input.txt", "r", encoding="utf-8").read()\n'), file('input.txt'));
    assert.deepEqual(dataOf('path = "input.txt"\nwith open(path) as f:\n    text = f.read()\n'), file('input.txt'));
    assert.deepEqual(dataOf('import numpy as np\ndef load():\n    return np.loadtxt("a.txt")\n'), file('a.txt'));
    assert.deepEqual(dataOf('from pathlib import Path\ntext = Path("input.txt").read_text()\n'), file('input.txt'));
  }); // prettier-ignore

  it('are not what it writes, nor what cannot be read here, nor another package’s', () => {
    assert.equal(dataOf('open("log.txt", "w").write("begun")\n'), undefined);
    assert.equal(dataOf('import pandas as pd\ndf = pd.read_pickle("a.pkl")\n'), undefined);
    assert.equal(dataOf('import torch\nw = torch.load("weights.npz")\n'), undefined);
    assert.equal(dataOf('name = f"{1}.csv"\nimport pandas as pd\ndf = pd.read_csv(name)\n'), undefined);
  });

  it('are, in a note, those of the fence of the model or of the nearest before it', () => {
    const fence = (code: string): string => `\n\`\`\`python\n${code.trim()}\n\`\`\`\n`;
    const note = (...codes: string[]): unknown[] =>
      readSource(codes.map(fence).join('and then\n'), 'markdown').models.map(({ spec }) => spec.data?.source);
    const [first, second] = ['import pandas as pd\ndf = pd.read_csv("a.csv")\n', 'df = pd.read_csv("b.csv")\n'];
    const model = `from tensorflow import keras\n${MODEL}`;
    assert.deepEqual(note(first + model), ['a.csv']);
    assert.deepEqual(note(first, model), ['a.csv']);
    assert.deepEqual(note(model, first), ['a.csv']);
    assert.deepEqual(note(first, model, second + model), ['a.csv', 'b.csv']);
  });

  it('stand back behind a comment and a data set that is known by name', () => {
    assert.deepEqual(dataOf('import pandas as pd\ndf = pd.read_csv("a.csv")\n# rnn: data=b.csv'), { kind: 'file', source: 'b.csv' });
  }); // prettier-ignore
});
