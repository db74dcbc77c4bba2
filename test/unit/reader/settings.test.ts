import assert from 'node:assert/strict';
import { headline } from '../../../engine/model/headline.ts';
import { readSource, surroundingsOf } from '../../../engine/reader/read.ts';
import { lastHover } from './reading.ts';

const TORCH = 'import torch\nimport torch.nn as nn\n';

/** The width that a recurrent layer has of an expression of the program. */
function width(program: string, expression: string): string {
  const text = `${TORCH}${program}\nrnn = nn.GRU(3, ${expression})\n`;
  return lastHover(text, 'rnn').replace('rnn: GRU ', '');
}

describe('reader of settings', () => {
  it('takes the defaults of flags, wherever their module stands', () => {
    const modules = [
      'import tensorflow as tf\nflags = tf.app.flags',
      'import tensorflow as tf\nflags = tf.flags',
      'import tensorflow.compat.v1 as tf\nflags = tf.app.flags',
      'from absl import flags',
      'from tensorflow.python.platform import flags',
    ];
    for (const module of modules) {
      const text = `${module}\nFLAGS = flags.FLAGS\nflags.DEFINE_integer("units", 48, "width")\nflags.DEFINE_integer("open", None, "")`;
      assert.equal(width(text, 'FLAGS.units'), '48', module);
      assert.equal(width(text, 'FLAGS.open'), 'open', module);
    }
    assert.equal(width('from absl import flags\nUNITS = flags.DEFINE_integer("units", 6, "")', 'UNITS.value'), '6');
  });

  it('decides by flags of other kinds what the program builds', () => {
    const text =
      'import tensorflow as tf\ntf.flags.DEFINE_boolean("wide", False, "")\ntf.flags.DEFINE_string("kind", "a", "")\nF = tf.flags.FLAGS';
    assert.equal(width(text, '90 if F.wide else 30'), '30');
    assert.equal(width(text, '{"a": 5, "b": 7}[F.kind]'), '5');
  });

  it('reads objects that hold settings by name', () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ['import tensorflow as tf\nhp = tf.contrib.training.HParams(units=7)', 'hp.units', '7'],
      ['import tensorflow as tf\nhp = tf.contrib.training.HParams()\nhp.add_hparam("k", 4)', 'hp.values()["k"]', '4'],
      ['import argparse\na = argparse.Namespace(units=5)', 'a.units', '5'],
      ['import argparse\na = argparse.Namespace(units=5)', 'vars(a)["units"]', '5'],
      ['from types import SimpleNamespace as S\na = S(units=6)\na.more = 9', 'a.units + a.more', '15'],
      ['from types import SimpleNamespace as S\na = S(units=6)', 'a.others', 'others'],
      ['from easydict import EasyDict\na = EasyDict({"net": {"units": 8}})', 'a.net.units', '8'],
      ['from easydict import EasyDict\na = EasyDict()\na.net = EasyDict()\na.net.units = 9', 'a["net"].units', '9'],
      [
        'from collections import OrderedDict\na = OrderedDict([("units", 3)])\na.update(k=2)',
        'a["units"] + a["k"]',
        '5',
      ],
      ['import json\na = json.loads(\'{"net": {"units": 12}}\')', 'a["net"]["units"]', '12'],
    ];
    for (const [program, expression, expected] of cases) assert.equal(width(program, expression), expected, program);
  });

  it('reads tuples with names, data classes and enumerations', () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ['from collections import namedtuple\nC = namedtuple("C", "units, layers")\nc = C(5, 2)', 'c.units', '5'],
      ['from collections import namedtuple\nC = namedtuple("C", ["a", "b"], defaults=(4,))', 'C(1).b', '4'],
      ['from collections import namedtuple\nC = namedtuple("C", "a b")\na, b = C(3, 6)._replace(b=8)', 'b', '8'],
      ['from typing import NamedTuple\nclass C(NamedTuple):\n    a: int\n    b: int = 2', 'C(11).a', '11'],
      ['from typing import NamedTuple\nclass C(NamedTuple):\n    a: int\n    b: int = 2', 'C(11).b', '2'],
      [
        'from dataclasses import dataclass\n@dataclass\nclass C:\n    a: int\n    b: int = 2\nc = C(9)',
        'c.a * c.b',
        '18',
      ],
      ['from dataclasses import dataclass, field\n@dataclass\nclass C:\n    a: int = field(default=21)', 'C().a', '21'],
      ['import enum\nclass E(enum.Enum):\n    SMALL = 14', 'E.SMALL.value', '14'],
    ];
    for (const [program, expression, expected] of cases) assert.equal(width(program, expression), expected, program);
  });

  it('finds attributes by their name, and falls back where an object is known to have none', () => {
    const holder = 'class Config:\n    units = 6\nc = Config()\nsetattr(c, "more", 10)';
    assert.equal(width(holder, 'getattr(c, "units", 1)'), '6');
    assert.equal(width(holder, 'getattr(c, "more")'), '10');
    assert.equal(width(holder, 'getattr(c, "depth", 4)'), '4');
    assert.equal(lastHover(`${TORCH}rnn = getattr(nn, 'LSTM')(3, 8)\n`, 'rnn'), 'rnn: LSTM 8');
  });

  it('calls with the arguments that were given before', () => {
    const text = `${TORCH}from functools import partial\nmake = partial(nn.LSTM, 3, batch_first=True)\nrnn = make(hidden_size=5)\nout, _ = rnn(torch.zeros(2, 7, 3))\n`;
    assert.match(lastHover(text, 'out'), /\[batch 2, 7 steps, 5\]/);
  });

  it('reads a file of JSON that stands beside the program', async () => {
    const files: Record<string, string> = {
      'app/sizes.json': '{"net": {"units": 17}}',
      'app/train.py': `${TORCH}import json\nwith open('sizes.json') as file:\n    sizes = json.load(file)\nrnn = nn.GRU(3, sizes['net']['units'])\nout, _ = rnn(torch.zeros(4, 2, 3))\n`,
    };
    const text = files['app/train.py']!;
    const read = (path: string): Promise<string | undefined> => Promise.resolve(files[path]);
    const surroundings = await surroundingsOf('app/train.py', text, 'python', read);
    const [model] = readSource(text, 'python', { surroundings }).models;
    assert.equal(headline(model!.spec), 'GRU 17');
  });
});
