import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { readNpy, writeNpy } from '../../../engine/formats/npy.ts';
import { readSafetensors } from '../../../engine/formats/safetensors.ts';
import { errorOf } from '../reference/cases.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CASES = join(ROOT, 'test/fixtures/dumps');

interface IndexEntry {
  readonly name: string;
  readonly file: string;
  readonly shape: readonly number[];
  readonly meaning: string;
}

describe('programs on the command line', function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rnn-programs-'));
    await build({ bundle: true, entryPoints: [join(ROOT, 'engine/cli.ts')], outdir: folder, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'error' }); // prettier-ignore
    for (const name of ['kernels.wasm', 'kernelsShared.wasm', 'kernelsRelaxed.wasm'])
      cpSync(join(ROOT, 'dist', name), join(folder, name));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [join(folder, 'cli.js'), ...args], { encoding: 'utf8' });
  const filesOf = (name: string): { program: string; given: string[] } => ({
    program: join(CASES, name, 'model.py'),
    given: ['--weights', join(CASES, name, 'weights.safetensors'), '--inputs', join(CASES, name, 'inputs.safetensors')],
  });
  const tensorsOf = (path: string): [string, number[]][] =>
    [...readSafetensors(readFileSync(path), path).tensors].map(([name, { values }]) => [name, Array.from(values, Number)]); // prettier-ignore

  /** What `trace` has written. */
  function written(out: string): Map<string, IndexEntry & { values: number[] }> {
    const { tensors } = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8')) as { tensors: IndexEntry[] };
    return new Map(
      tensors.map(entry => {
        const { shape, values } = readNpy(readFileSync(join(out, entry.file)), entry.file);
        assert.deepEqual(shape, entry.shape);
        return [entry.name, { ...entry, values: Array.from(values, Number) }];
      }),
    );
  }

  function assertWritten(found: ReadonlyMap<string, { values: number[] }>, name: string, groups: string[]): void {
    for (const group of groups) {
      for (const [key, expected] of tensorsOf(join(CASES, name, `${group}.safetensors`))) {
        const entry = found.get(group === 'gradients' ? `gradients/${key}` : key);
        assert.ok(entry, `${key} is missing among ${[...found.keys()].join(', ')}`);
        assert.ok(errorOf(entry.values, expected) <= 1e-5, `${key}: error ${errorOf(entry.values, expected)}`);
      }
    }
  }

  it('trace writes all values and gradients of a PyTorch program as npy, to 1e-5', () => {
    const { program, given } = filesOf('torch/lstm_layers_time_major');
    const out = join(folder, 'torch');
    const { status, stderr } = run('trace', program, ...given, '--out', out);
    assert.equal(status, 0, stderr);
    const found = written(out);
    assertWritten(found, 'torch/lstm_layers_time_major', ['values', 'gradients']);
    assert.equal(found.get('rnn.h_n')!.meaning, 'h of every layer and direction after the last step');
    assert.equal(found.get('rnn.gates_l1.f')!.meaning, 'forget gate f of layer 2 at every step');
  });

  it('trace --step-gradients writes the gradient by every pre-activation, gate and state; summed they are that of the bias, to 1e-5', () => {
    const { program, given } = filesOf('tf1/lstm_basic');
    const out = join(folder, 'slopes');
    const { status, stderr } = run('trace', program, ...given, '--step-gradients', '--out', out);
    assert.equal(status, 0, stderr);
    const found = written(out);
    for (const id of ['z_i', 'z_j', 'z_f', 'z_o', 'i', 'j', 'f', 'o', 'c', 'tanh_c', 'h'])
      assert.ok(found.has(`gradients/gates.${id}`), `${id} is missing among ${[...found.keys()].join(', ')}`);
    const bias = found.get('gradients/rnn/basic_lstm_cell/bias')!.values;
    const sums = ['z_i', 'z_j', 'z_f', 'z_o'].flatMap(id => {
      const { values } = found.get(`gradients/gates.${id}`)!;
      return Array.from({ length: 6 }, (_, unit) =>
        Array.from(values)
          .filter((_value, k) => k % 6 === unit)
          .reduce((a, b) => a + b, 0),
      );
    });
    assert.ok(errorOf(sums, bias) <= 1e-5, `error ${errorOf(sums, bias)}`);
    const without = run('trace', program, ...given.slice(0, 2), '--input', 'x.npy', '--step-gradients', '--out', out);
    assert.notEqual(without.status, 0);
  });

  it('trace follows given dropout masks', () => {
    const { program, given } = filesOf('tf1/dropout_input_output_state');
    const out = join(folder, 'dropout');
    const masks = join(CASES, 'tf1/dropout_input_output_state/masks.safetensors');
    const { status, stderr } = run('trace', program, ...given, '--masks', masks, '--out', out);
    assert.equal(status, 0, stderr);
    assertWritten(written(out), 'tf1/dropout_input_output_state', ['values', 'gradients']);
  });

  it('trace takes a model description and inputs as npy, and leaves gradients out without targets', () => {
    const name = 'tf1/gru_lengths';
    const { tensors } = readSafetensors(readFileSync(join(CASES, name, 'inputs.safetensors')), name);
    const npy = (key: string): string => {
      const path = join(folder, `${key}.npy`);
      writeFileSync(path, new Uint8Array(writeNpy(tensors.get(key)!)));
      return path;
    };
    const spec = join(ROOT, 'test/fixtures/specs', `${name}.rnn.json`);
    const weights = ['--weights', join(CASES, name, 'weights.safetensors')];
    const fed = ['--input', npy('X'), '--lengths', npy('seq_length')];
    const [plain, both] = [join(folder, 'plain'), join(folder, 'both')];
    assert.equal(run('trace', spec, ...weights, ...fed, '--out', plain).status, 0);
    assert.equal(run('trace', spec, ...weights, ...fed, '--gradients', npy('y'), '--out', both).status, 0);
    assertWritten(written(both), name, ['values', 'gradients']);
    const found = written(plain);
    assert.ok(found.has('outputs') && !found.has('loss'));
    assert.deepEqual([...found.keys()].filter(key => key.startsWith('gradients/')), []); // prettier-ignore
  });

  it('train takes steps on one batch and prints each loss before its step, to 1e-4', () => {
    const { program, given } = filesOf('keras3/learning_rate_decay');
    const { losses_of_50_steps_on_this_batch: losses } = JSON.parse(
      readFileSync(join(CASES, 'keras3/learning_rate_decay/case.json'), 'utf8'),
    ) as { losses_of_50_steps_on_this_batch: number[] };
    const { status, stdout, stderr } = run('train', program, ...given, '--steps', '50', '--json');
    assert.equal(status, 0, stderr);
    const rows = stdout.trim().split('\n').map(line => JSON.parse(line) as { kind: string; step: number; loss: number }); // prettier-ignore
    assert.deepEqual(rows.map(({ kind, step }) => [kind, step]), losses.map((_, step) => ['step', step])); // prettier-ignore
    for (const [step, { loss }] of rows.entries()) assert.ok(errorOf([loss], [losses[step]!]) <= 1e-4, `step ${step}`);
    const text = run('train', program, ...given, '--steps', '2')
      .stdout.trim()
      .split('\n');
    assert.match(text[1]!, /^Step 1 loss = \d\.\d+$/);
  });

  it('convert writes the weights for another framework, or says why there are none', () => {
    const program = join(folder, 'keras.py');
    const layers = (cell: string): string =>
      `import keras\nmodel = keras.Sequential([keras.Input((7, 4)), keras.layers.${cell}, keras.layers.Dense(3, activation="softmax")])\nmodel.compile(optimizer="adam", loss="sparse_categorical_crossentropy")\n`;
    const convert = (name: string, cell: string) => {
      writeFileSync(program, layers(cell));
      const weights = join(CASES, name, 'weights.safetensors');
      const out = join(folder, 'converted.safetensors');
      return run('convert', filesOf(name).program, '--weights', weights, '--to', program, '--out', out);
    };
    assert.equal(convert('tf1/lstm_basic', 'LSTM(6)').status, 0);
    const converted = tensorsOf(join(folder, 'converted.safetensors')).map(([name, values]) => [name, values.length]);
    assert.deepEqual(converted, [
      ['sequential/lstm/lstm_cell/kernel', 96],
      ['sequential/lstm/lstm_cell/recurrent_kernel', 144],
      ['sequential/lstm/lstm_cell/bias', 24],
      ['sequential/dense/kernel', 18],
      ['sequential/dense/bias', 3],
    ]);
    const refused = convert('tf1/gru', 'GRU(6)');
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /GRUCell and GRU compute different functions: the reset gate is applied before/);
  });

  it('says what does not fit, and which option is missing', () => {
    const { program, given } = filesOf('tf1/gru');
    const other = join(CASES, 'tf1/lstm_basic/weights.safetensors');
    const wrong = run('trace', program, '--weights', other, ...given.slice(2), '--out', folder);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /The weight rnn\/gru_cell\/gates\/kernel \[10, 12\] is missing; found instead: rnn\/basic_lstm_cell/); // prettier-ignore
    const nowhere = run('trace', program, ...given);
    assert.equal(nowhere.status, 2);
    assert.match(nowhere.stderr, /trace: where to\? Give --out DIR/);
  });
});
