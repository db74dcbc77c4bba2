import assert from 'node:assert/strict';
import { headline } from '../../../engine/model/headline.ts';
import { readSource, surroundingsOf } from '../../../engine/reader/read.ts';
import type { Reading } from '../../../engine/reader/reading.ts';

type Files = Readonly<Record<string, string>>;

/** Reads one of several files, and says which others were looked at. */
async function read(path: string, files: Files): Promise<{ reading: Reading; asked: string[] }> {
  const id = path.endsWith('.py') ? 'python' : path.endsWith('.ts') ? 'typescript' : 'javascript';
  const asked: string[] = [];
  const surroundings = await surroundingsOf(path, files[path]!, id, candidate => {
    asked.push(candidate);
    return Promise.resolve(files[candidate]);
  });
  return { reading: readSource(files[path]!, id, { surroundings }), asked };
}

const titles = async (path: string, files: Files): Promise<string[]> =>
  (await read(path, files)).reading.models.map(({ spec }) => headline(spec));

const KERAS = 'from keras import Sequential\nfrom keras.layers import LSTM, Dense\n';
const MODEL = 'model = Sequential([LSTM(n, input_shape=(5, 2)), Dense(1)])\n';
const TF_MODEL = 'const model = tf.sequential(); model.add(tf.layers.gru({units: n, inputShape: [5, 2]}));';

describe('reader of programs that import from files beside them', () => {
  it('takes constants however Python imports them', async () => {
    const config = { 'config.py': 'HIDDEN = 4 * 8\nSIZES = {"big": 64}\n' };
    const uses = [
      ['from config import HIDDEN as n', 'LSTM 32'],
      ['import config\nn = config.HIDDEN', 'LSTM 32'],
      ['import config as cfg\nn = cfg.SIZES["big"]', 'LSTM 64'],
      ['from config import *\nn = HIDDEN // 2', 'LSTM 16'],
      ['try:\n    from config import HIDDEN\nexcept ImportError:\n    HIDDEN = 1\nn = HIDDEN', 'LSTM 32'],
    ];
    for (const [use, title] of uses)
      assert.deepEqual(await titles('train.py', { ...config, 'train.py': `${KERAS}${use}\n${MODEL}` }), [title], use);
  });

  it('finds modules of packages, beside the file and in the folders above it', async () => {
    const files = {
      'app/__init__.py': 'from .settings import UNITS\nVERSION = 3\n',
      'app/settings.py': 'UNITS = 7\n',
      'app/models/base.py': 'UNITS = 11\n',
      'app/models/net.py': '',
      'common.py': 'from app.settings import UNITS\nN = UNITS + 1\n',
    };
    const uses = [
      ['from ..settings import UNITS as n', 'LSTM 7'],
      ['from .base import UNITS as n', 'LSTM 11'],
      ['from . import base\nn = base.UNITS', 'LSTM 11'],
      ['from base import UNITS as n', 'LSTM 11'],
      ['from common import N as n', 'LSTM 8'],
      ['import app.settings\nn = app.settings.UNITS', 'LSTM 7'],
      ['from app import UNITS, VERSION\nn = UNITS * VERSION', 'LSTM 21'],
      ['from app import settings\nn = settings.UNITS', 'LSTM 7'],
    ];
    for (const [use, title] of uses) {
      const text = `${KERAS}${use}\n${MODEL}`;
      assert.deepEqual(await titles('app/models/net.py', { ...files, 'app/models/net.py': text }), [title], use);
    }
  });

  it('takes defaults of dataclasses, arguments of the command line and JSON from other files', async () => {
    const files = {
      'options.py': 'import argparse\nfrom dataclasses import dataclass\n\n@dataclass\nclass Options:\n    units: int = 9\n    layers: int = 2\n\np = argparse.ArgumentParser()\np.add_argument("--size", type=int, default=13)\nargs = p.parse_args()\n',
      'sizes.json': '{"units": 15, "deep": {"list": [1, 17]}}',
    };
    assert.deepEqual(await titles('a.py', { ...files, 'a.py': `${KERAS}from options import Options\nn = Options().units\n${MODEL}` }), ['LSTM 9']);
    assert.deepEqual(await titles('a.py', { ...files, 'a.py': `${KERAS}from options import Options\no = Options(units=5)\nn = o.units * o.layers\n${MODEL}` }), ['LSTM 10']);
    assert.deepEqual(await titles('a.py', { ...files, 'a.py': `${KERAS}from options import args\nn = args.size\n${MODEL}` }), ['LSTM 13']);
    assert.deepEqual(await titles('a.js', { ...files, 'a.js': `import {units as n} from './sizes.json';\n${TF_MODEL}` }), ['GRU 15']);
    assert.deepEqual(await titles('a.js', { ...files, 'a.js': `import sizes from './sizes.json' with {type: 'json'};\nconst n = sizes.deep.list[1];\n${TF_MODEL}` }), ['GRU 17']);
  }); // prettier-ignore

  it('takes constants however JavaScript imports them', async () => {
    const uses: readonly (readonly [string, Files, string])[] = [
      ["import {UNITS as n} from './config.js';", { 'src/config.js': 'export const UNITS = 3;' }, 'GRU 3'],
      ["import {UNITS as n} from './config';", { 'src/config.ts': 'export const UNITS: number = 4;' }, 'GRU 4'],
      ["import * as c from '../c/index.js'; const n = c.UNITS;", { 'c/index.js': 'export const UNITS = 5;' }, 'GRU 5'],
      ["import c from './c.mjs'; const n = c.units;", { 'src/c.mjs': 'export default {units: 6};' }, 'GRU 6'],
      ["const {n} = require('./c');", { 'src/c.js': 'module.exports = {n: 7};' }, 'GRU 7'],
      ["const n = require('./c.cjs').n;", { 'src/c.cjs': 'exports.n = 1; module.exports.n = 8;' }, 'GRU 8'],
      ["import {n} from './a.js';", { 'src/a.js': "import {m} from './b.js'; export const n = m + 1;", 'src/b.js': 'export const m = 8;' }, 'GRU 9'],
    ];
    for (const [use, files, title] of uses)
      assert.deepEqual(await titles('src/train.js', { ...files, 'src/train.js': `${use}\n${TF_MODEL}` }), [title], use);
  }); // prettier-ignore

  it('reads a model whose class or function stands in another file, with the sizes of the call, at the call', async () => {
    const files = {
      'model.py': `import torch.nn as nn

class CharRNN(nn.Module):
    def __init__(self, vocabulary, hidden=10):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 6)
        self.lstm = nn.LSTM(6, hidden, batch_first=True)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, x):
        out, _ = self.lstm(self.embedding(x))
        return self.head(out[:, -1])

if __name__ == '__main__':
    CharRNN(3, 3)
`,
      'train.py': `import torch
from model import CharRNN
model = CharRNN(20, hidden=30)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
`,
    };
    const { reading } = await read('train.py', files);
    const [model, ...others] = reading.models;
    assert.equal(others.length, 0);
    assert.equal(headline(model!.spec), 'LSTM 30');
    assert.equal(files['train.py'].slice(model!.range.start, model!.range.end), 'model = CharRNN(20, hidden=30)');
    assert.ok(reading.symbols.every(({ range }) => range.end <= files['train.py'].length));
    const keras = {
      'nets.py': `${KERAS}def build(units, rate=0.1):\n    model = Sequential()\n    model.add(LSTM(units, input_shape=(4, 3)))\n    model.add(Dense(2))\n    model.compile(optimizer='adam', loss='mse')\n    return model\n`,
      'main.py': 'from nets import build  # an LSTM\nnet = build(12)\nnet.fit(x, y, epochs=6)\n',
    };
    const found = (await read('main.py', keras)).reading.models;
    assert.deepEqual(found.map(({ spec }) => [headline(spec), spec.training.epochs]), [['LSTM 12', 6]]);
    assert.equal(keras['main.py'].slice(found[0]!.range.start, found[0]!.range.end), 'net = build(12)');
  }); // prettier-ignore

  it('shows no model that only another file makes, and none of its faults', async () => {
    const files = {
      'other.py': `${KERAS}n = 3\nmodel = Sequential([LSTM(4, input_shape=(5, 2)), LSTM(4)])\n`,
      'a.py': `${KERAS}from other import n\n${MODEL}`,
    };
    const { reading } = await read('a.py', files);
    assert.deepEqual(reading.models.map(({ spec }) => headline(spec)), ['LSTM 3']);
    assert.deepEqual(reading.diagnostics, []);
    assert.equal((await read('other.py', files)).reading.diagnostics.length, 1);
  }); // prettier-ignore

  it('ends where files import each other, where there are too many, too deep or too long, and at the root', async () => {
    const circle = { 'a.py': `${KERAS}from b import n\n${MODEL}`, 'b.py': 'from a import x\nn = 6\n' };
    assert.deepEqual(await titles('a.py', circle), ['LSTM 6']);
    const chain: Record<string, string> = { 'm99.py': 'n = 1' };
    for (let at = 0; at < 99; at++) chain[`m${at}.py`] = `from m${at + 1} import n\n`;
    chain['m0.py'] = `${KERAS}from m1 import n\n${MODEL}`;
    const deep = await read('m0.py', chain);
    assert.ok(deep.asked.length < 100, String(deep.asked.length));
    const wide: Record<string, string> = { 'a.py': `${KERAS}${Array.from({ length: 500 }, (_, at) => `import f${at}\n`).join('')}n = 2\n${MODEL}` };
    for (let at = 0; at < 500; at++) wide[`f${at}.py`] = 'x = 1';
    assert.ok((await read('a.py', wide)).asked.length < 100);
    assert.deepEqual(await titles('a.py', { 'a.py': `${KERAS}from big import n\n${MODEL}`, 'big.py': `n = 5\n${'#'.repeat(300_000)}` }), ['LSTM units']);
    const outside = await read('src/a.js', { 'src/a.js': `import {n} from '../../etc/passwd.js'; import {m} from '../ok.js';\n${TF_MODEL}` });
    assert.ok(outside.asked.every(path => !path.includes('passwd') && !path.startsWith('.')), outside.asked.join());
    const quiet = await read('a.py', { 'a.py': 'import config\nprint(config.N)\n', 'config.py': 'N = 1' });
    assert.deepEqual(quiet.asked, []);
  }); // prettier-ignore
});
