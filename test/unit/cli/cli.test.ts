import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { RunRecord } from '../../../engine/runs/format.ts';
import { RunStore } from '../../../engine/runs/store.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** A program for whose data there is no name. */
const PROGRAM = `import tensorflow as tf

n_steps = 6
n_inputs = 3
n_outputs = 3

X = tf.placeholder(tf.float32, [None, n_steps, n_inputs])
y = tf.placeholder(tf.int32, [None])

cell = tf.nn.rnn_cell.BasicLSTMCell(num_units=8)
outputs, states = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
logits = tf.layers.dense(states[1], n_outputs, name="softmax")
xentropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
loss = tf.reduce_mean(xentropy)
training_op = tf.train.AdamOptimizer(learning_rate=0.01).minimize(loss)

n_epochs = 2
batch_size = 50
X_train, y_train = preprocess(df)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for epoch in range(n_epochs):
        for iteration in range(len(X_train) // batch_size):
            X_batch, y_batch = next_batch(X_train, y_train, batch_size)
            sess.run(training_op, feed_dict={X: X_batch, y: y_batch})
`;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('command line', function () {
  this.timeout(60_000);
  let folder: string;
  let file: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rnn-cli-'));
    await build({
      bundle: true,
      entryPoints: {
        cli: join(ROOT, 'engine/cli.ts'),
        engineWorker: join(ROOT, 'engine/worker.ts'),
        kernelThread: join(ROOT, 'engine/kernelThread.ts'),
      },
      outdir: folder,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      logLevel: 'error',
    });
    for (const name of ['kernels.wasm', 'kernelsShared.wasm', 'kernelsRelaxed.wasm'])
      cpSync(join(ROOT, 'dist', name), join(folder, name));
    symlinkSync(join(ROOT, 'dist/data'), join(folder, 'data'));
    file = join(folder, 'recall.py');
    writeFileSync(file, PROGRAM);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** @param meanwhile told of standard output as it comes, with a way to press Ctrl+C. */
  const run = (args: string[], meanwhile?: (out: string, interrupt: () => void) => void): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(folder, 'cli.js'), ...args]);
      let [out, err] = ['', ''];
      child.stdout.on('data', (data: Buffer) => {
        out += data.toString();
        meanwhile?.(out, () => child.kill('SIGINT'));
      });
      child.stderr.on('data', (data: Buffer) => (err += data.toString()));
      child.on('error', reject);
      child.on('close', code => {
        resolve({ code, out, err });
      });
    });
  const train = (...args: string[]): Promise<Ended> => run(['train', file, '--data', 'delayed-recall', ...args]);

  it("prints the lines of the notes' program and nothing else on standard output", async () => {
    const { code, out, err } = await train();
    assert.equal(code, 0, err);
    assert.match(out, /^Epoch 0 Train accuracy = [01]\.\d+ Test accuracy = [01]\.\d+\nEpoch 1 Train accuracy = [01]\.\d+ Test accuracy = [01]\.\d+\n$/);
    assert.match(err, /^recall\.py: LSTM 8, 411 parameters, Delayed recall \(generated\), WebAssembly SIMD/);
    assert.match(err, /2 epochs of all examples, batch 50, learning rate 0\.01, seed 42/);
    // It learns: the second epoch beats chance by far.
    assert.ok(Number(/Epoch 1 .* = (\S+)\n/.exec(out)![1]) > 0.6, out);
  }); // prettier-ignore

  it('prints the same for the same seed, and takes settings instead of those of the program', async () => {
    const args = ['--epochs', '1', '--examples', '500', '--batch', '25', '--learning-rate', '0.02'];
    const [one, again, other] = await Promise.all([train(...args), train(...args), train(...args, '--seed', '7')]);
    assert.match(one.out, /^Epoch 0 .*\n$/);
    assert.equal(again.out, one.out);
    assert.notEqual(other.out, one.out);
    assert.match(one.err, /1 epoch of 500 examples, batch 25, learning rate 0\.02, seed 42/);
  });

  it('runs one epoch of few examples in small batches when it should be quick, unless told otherwise', async () => {
    const { err } = await train('--quick', '--examples', '300');
    assert.match(err, /1 epoch of 300 examples, batch 50,/);
  });

  it('writes every step as a line of JSON', async () => {
    const { out } = await train('--json', '--epochs', '1', '--examples', '500');
    const lines = out.trimEnd().split('\n').map(line => JSON.parse(line) as { kind: string; step?: number; status?: string });
    assert.equal(lines[0]!.kind, 'run');
    assert.deepEqual(lines.filter(({ kind }) => kind === 'step').map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual(lines.at(-1), { kind: 'end', status: 'finished', epoch: 1, step: 10 });
  }); // prettier-ignore

  it('stores the run with a checkpoint for each epoch', async () => {
    const out = join(folder, 'runs');
    await train('--out', out, '--examples', '500');
    const [stored] = await new RunStore(out).list();
    assert.equal(stored!.record.status, 'finished');
    assert.equal(stored!.record.source.uri, file);
    assert.equal(stored!.record.source.line, 9);
    assert.match(stored!.record.engine, /WebAssembly/);
    assert.deepEqual(stored!.checkpoint, { epoch: 2, step: 20 });
    assert.equal(stored!.rows.filter(({ kind }) => kind === 'step').length, 20);
    assert.equal(readdirSync(join(out, stored!.record.id, 'checkpoints')).length, 2);
  });

  it('stops on Ctrl+C after the step under way, with a last checkpoint', async () => {
    const out = join(folder, 'interrupted');
    let pressed = false;
    const { code, err } = await run(
      ['train', file, '--data', 'delayed-recall', '--epochs', '100000', '--json', '--out', out],
      (lines, interrupt) => {
        if (!pressed && lines.includes('"kind":"step"')) interrupt();
        pressed ||= lines.includes('"kind":"step"');
      },
    );
    assert.equal(code, 130, err);
    const [stored] = await new RunStore(out).list();
    assert.equal(stored!.record.status, 'stopped');
    assert.ok(stored!.checkpoint!.step > 0);
    assert.equal(stored!.rows.at(-1)!.step, stored!.checkpoint!.step);
    assert.match(err, /Stopped at step \d+/);
  });

  it('goes on with a stored run to the same checkpoint as one that was never cut off', async () => {
    const last = async (directory: string, id: string) => {
      const store = new RunStore(directory);
      return Buffer.from(await store.readCheckpoint(id, (await store.checkpoints(id)).at(-1)!));
    };
    const [whole, parted] = [join(folder, 'whole'), join(folder, 'parted')];
    await train('--out', whole, '--examples', '500', '--epochs', '2');
    await train('--out', parted, '--examples', '500', '--epochs', '1');
    const [expected] = await new RunStore(whole).list();
    const [before] = await new RunStore(parted).list();
    const stored = join(parted, before!.record.id);
    const ended = await run(['train', '--resume', stored]);
    assert.deepEqual([ended.code, ended.out], [2, '']);
    assert.match(ended.err, /has finished its 1 epochs; give --epochs for more/);
    const { code, err } = await run(['train', '--resume', stored, '--epochs', '2']);
    assert.equal(code, 0, err);
    const [after] = await new RunStore(parted).list();
    assert.equal(after!.record.status, 'finished');
    assert.equal(after!.record.settings.epochs, 2);
    assert.deepEqual(after!.rows.map(({ step }) => step), expected!.rows.map(({ step }) => step));
    assert.ok((await last(parted, after!.record.id)).equals(await last(whole, expected!.record.id)));
  }); // prettier-ignore

  it('refuses to go on with other data or another seed', async () => {
    const { code, err } = await run(['train', '--resume', folder, '--seed', '7']);
    assert.equal(code, 2);
    assert.match(
      err,
      /--resume goes with train alone and --resume, --epochs, --learning-rate, --threads, --relaxed, --json/,
    );
  });

  it('says which data fits when the program does not tell', async () => {
    const { code, out, err } = await run(['train', file]);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /The data of ".*" .*is not known\. What fits its shape:\n {2}--data delayed-recall/);
    assert.doesNotMatch(err, /mnist/);
  });

  it('stops with exit code 1 when the loss is not finite, and says at which step', async () => {
    const { code, err } = await train('--learning-rate', '1e38', '--epochs', '1');
    assert.equal(code, 1);
    assert.match(err, /The loss or its gradient became NaN or infinite at step \d+/);
  });

  it('tells wrong usage from failure', async () => {
    const usage = async (args: string[], message: RegExp): Promise<void> => {
      const { code, err } = await run(args);
      assert.equal(code, 2, err);
      assert.match(err, message);
    };
    await Promise.all([
      usage(['fly'], /There is no command "fly"/),
      usage(['train'], /exactly one file/),
      usage(['train', file, '--speed', '3'], /--speed/),
      usage(['train', file, '--epochs', 'many'], /--epochs: "many" is not a number/),
      usage(['train', file, '--model', '7'], /holds no model "7": there are 1 /),
      usage(['train', file, '--data', 'cifar'], /no file "cifar": there are mnist-rows/),
      usage(['read', 'x.txt'], /only files ending in \.py/),
    ]);
    const missing = await run(['read', join(folder, 'nowhere.py')]);
    assert.equal(missing.code, 1);
    assert.match(missing.err, /nowhere\.py cannot be read/);
    const range = await train('--epochs', '0');
    assert.equal(range.code, 1);
    assert.match(range.err, /settings: .* at \/epochs, found 0/);
  });

  it('prints what the reader finds as JSON', async () => {
    const { code, out } = await run(['read', file]);
    assert.equal(code, 0);
    const found = JSON.parse(out) as { models: { spec: { training: object }; range: { start: number } }[]; symbols: { text: string }[] };
    assert.equal(found.models.length, 1);
    assert.deepEqual(found.models[0]!.spec.training, { optimizer: { kind: 'adam', learningRate: 0.01 }, epochs: 2, batchSize: 50 });
    assert.ok(found.symbols.some(({ text }) => text === 'outputs'));
    assert.ok(readFileSync(file, 'utf8').slice(found.models[0]!.range.start).startsWith('cell'));
    assert.equal((JSON.parse((await run(['read', file, file])).out) as unknown[]).length, 2);
  }); // prettier-ignore

  it('trains a description of a model, and a program in JavaScript', async () => {
    const model = join(ROOT, 'extension/samples/mnist_gru.rnn.json');
    const program = join(ROOT, 'extension/samples/mnist_lstm.js');
    const quick = ['--epochs', '1', '--examples', '300', '--batch', '50'];
    const [described, written] = await Promise.all([run(['train', model, ...quick]), run(['train', program, ...quick])]);
    assert.equal(described.code, 0, described.err);
    assert.match(described.err, /^mnist_gru\.rnn\.json: GRU 64, 18,698 parameters, MNIST rows/);
    assert.equal(written.code, 0, written.err);
    assert.match(written.err, /^mnist_lstm\.js: LSTM 2×64, /);
    assert.match(written.out, /^Epoch 0 Train accuracy = /);
    const broken = join(folder, 'broken.rnn.json');
    writeFileSync(broken, readFileSync(model, 'utf8').replace('"from": "rows"', '"from": "row"'));
    const { code, err } = await run(['train', broken]);
    assert.equal(code, 2);
    assert.match(err, /broken\.rnn\.json holds no recurrent model: line 18: No input and no earlier node has the id "row"/);
  }); // prettier-ignore

  it('draws generated data by a seed of its own', async () => {
    const [first, again, other] = await Promise.all(
      ['7', '7', '8'].map(seed => train('--data-seed', seed, '--examples', '200', '--epochs', '1')),
    );
    assert.equal(first!.code, 0, first!.err);
    assert.equal(first!.out, again!.out);
    assert.notEqual(first!.out, other!.out);
    const wrong = await train('--data-seed', 'x');
    assert.match(wrong.err, /--data-seed: "x" is not a number/);
    const sample = join(ROOT, 'extension/samples/mnist_rnn.py');
    assert.match((await run(['train', sample, '--data-seed', '7'])).err, /--data-seed: "mnist-rows" is not generated/);
  });

  it('takes the seed of data from the comment of a program', async () => {
    const named = join(folder, 'seeded.py');
    const weights = async (text: string, ...options: string[]): Promise<string> => {
      writeFileSync(named, PROGRAM.replace('cell =', `${text}\ncell =`));
      const { code, out, err } = await run(['train', named, '--examples', '200', '--epochs', '1', ...options]);
      assert.equal(code, 0, err);
      return out;
    };
    const seven = await weights('# rnn: data=delayed-recall seed=7');
    assert.equal(seven, await weights('# rnn: data=delayed-recall', '--data-seed', '7'));
    assert.notEqual(seven, await weights('# rnn: data=delayed-recall seed=8'));
  });

  it('asks for sizes that the program leaves open, and takes them', async () => {
    const open = join(folder, 'open.py');
    writeFileSync(open, `import sys\n${PROGRAM.replace('num_units=8', 'num_units=int(sys.argv[1])')}`.replace('int(sys.argv[1])', 'n_units').replace('n_steps = 6', 'n_steps = 6\nn_units = int(sys.argv[1])'));
    const trainOpen = (...options: string[]) => run(['train', open, '--data', 'delayed-recall', '--examples', '200', '--epochs', '1', ...options]);
    const asked = await trainOpen();
    assert.deepEqual([asked.code, asked.out], [2, '']);
    assert.match(asked.err, /The program leaves "n_units" open: give --size n_units=N/);
    const given = await trainOpen('--size', 'n_units=8');
    assert.equal(given.code, 0, given.err);
    assert.match(given.err, /LSTM 8, 411 parameters/);
    assert.match((await trainOpen('--size', 'units=8')).err, /--size: the program leaves no size "units" open; there are n_units/);
    assert.match((await trainOpen('--size', 'n_units=0')).err, /--size: "n_units=0" is not a name and a whole number greater than 0/);
    const traced = await run(['trace', open, '--weights', 'none', '--input', 'none', '--out', folder]);
    assert.match(traced.err, /give --size n_units=N/);
  }); // prettier-ignore

  describe("with a file of one's own", () => {
    const forecast = `from tensorflow import keras
X, y = windows(load())
model = keras.Sequential([keras.layers.LSTM(4, input_shape=(X.shape[1], X.shape[2])), keras.layers.Dense(1)])
model.compile("adam", loss="mse")
model.fit(X, y, epochs=1, batch_size=16)
`;
    const table = (rows: number, period = 7): string =>
      `day,price,volume\n${Array.from({ length: rows }, (_, n) => `${n},${n % period},${n % 5}`).join('\n')}\n`;
    const write = (name: string, content: string): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const stored = async (directory: string): Promise<RunRecord> => (await new RunStore(directory).list())[0]!.record;

    it('feeds the columns that are named, in windows of the size that is said, and stores the sizes they give', async () => {
      const [program, data, out] = [write('forecast.py', forecast), write('prices.csv', table(400)), join(folder, 'own')];
      const options = ['--inputs', 'price,volume', '--target', 'volume', '--window', '9', '--horizon', '2', '--scaling', 'none'];
      const { code, err } = await run(['train', program, '--data', data, ...options, '--out', out]);
      assert.equal(code, 0, err);
      assert.match(err, /prices\.csv/);
      const { spec, data: binding } = await stored(out);
      assert.deepEqual(binding.file?.arrangement, { kind: 'windows', inputs: ['price', 'volume'], targets: ['volume'], window: 9, horizon: 2, stride: 1, scaling: 'none' });
      assert.deepEqual(spec.inputs[0]?.axes.map(({ size }) => size), [9, 2]);
    }); // prettier-ignore

    it('says when the file has changed since the run was started, and goes on', async () => {
      const [program, data, out] = [write('later.py', forecast), write('later.csv', table(400)), join(folder, 'later')];
      await run(['train', program, '--data', data, '--inputs', 'price', '--out', out]);
      const { id } = await stored(out);
      const unchanged = await run(['train', '--resume', join(out, id), '--epochs', '2']);
      assert.equal(unchanged.code, 0, unchanged.err);
      assert.doesNotMatch(unchanged.err, /has changed/);
      write('later.csv', table(400, 9));
      const { code, err } = await run(['train', '--resume', join(out, id), '--epochs', '3']);
      assert.equal(code, 0, err);
      assert.match(err, /later\.csv has changed since the run was started: it goes on with other data/);
      write('later.csv', table(500));
      const longer = await run(['train', '--resume', join(out, id), '--epochs', '4']);
      assert.equal(longer.code, 1);
      assert.match(longer.err, /does not fit \d+ steps an epoch: batch size, examples or data have changed/);
    });

    it('refuses a column that is not there, and an option that makes no sense', async () => {
      const [program, data] = [write('wrong.py', forecast), write('wrong.csv', table(400))];
      const column = await run(['train', program, '--data', data, '--inputs', 'prize']);
      assert.deepEqual([column.code, column.out], [1, '']);
      assert.match(column.err, /wrong\.csv has no column "prize"; there are day, price, volume/);
      const kind = await run(['train', program, '--data', data, '--as', 'circles']);
      assert.deepEqual([kind.code, kind.out], [1, '']);
      assert.match(kind.err, /options of --data: .* at \/arrangement, found "circles"/);
    });
  });

  it('explains itself', async () => {
    const { code, out } = await run(['--help']);
    assert.equal(code, 0);
    assert.match(out, /rnn-explorer train FILE/);
    assert.equal((await run([])).code, 2);
  });
});
