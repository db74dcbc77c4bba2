#!/usr/bin/env node
/** The command line: `rnn-explorer train FILE`, `trace FILE`, `convert FILE`, `read FILE…`. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clearStatus, EXIT, print, say, UsageError } from './cli/output.ts';
import { convert } from './cli/convert.ts';
import { givenSizes } from './cli/modelFile.ts';
import { read } from './cli/read.ts';
import { trainOnBatch } from './cli/steps.ts';
import { trace } from './cli/trace.ts';
import { resume as resumeRun, train } from './cli/train.ts';
import { EngineError } from './errors.ts';
import { QUICK_RUN } from './model/quickRun.ts';

const HELP = `rnn-explorer: trains the recurrent network that stands in a file, without running the file.

  rnn-explorer train FILE [options]   train a model of a Python program or Markdown note
    --model NAME|N        which model, by its name or its number in the file
    --size NAME=N         a size that the program leaves open: --size hidden_size=128; also for trace and convert
    --epochs N            instead of those of the program
    --batch N             batch size
    --learning-rate X
    --seed N              of weights and shuffling (42)
    --examples N          train on the first N examples only
    --data SOURCE|PATH    data source or file (CSV, text, npy, npz, IDX, gzipped or not), where the program does not tell
    --data-seed N         of generated data (42): the same seed, the same data
    --inputs A,B          columns of the file that are read at each step
    --target C            column (or array of an npz) that is predicted
    --targets PATH        file of the targets, where they have one of their own
    --window N            steps of a sample; --horizon N steps from its last one to the target (1)
    --as KIND             how samples are cut: windows, rows, arrays, characters, lines
    --scaling KIND        standardise, none, or bytes (divide by 255)
    --encoding KIND       utf-8, utf-16le, utf-16be, latin1
    --threads N           threads that compute (one core is left free); they change no bit of the result
    --relaxed             multiply-add with one rounding where the processor can: faster on some, but other bits on other machines
    --quick               one epoch of 5,000 examples in batches of 50: learning within half a minute
    --out DIR             store the run in a folder of DIR: run.json, metrics.jsonl, checkpoints as safetensors
    --json                every step and epoch as a line of JSON
  rnn-explorer train --resume DIR
                        go on with the stored run in DIR from its newest checkpoint; takes --epochs,
                        --learning-rate, --threads, --relaxed and --json
  rnn-explorer train FILE --weights W --inputs I --steps N
                        take N steps on that one batch, and print the loss before each
  rnn-explorer trace FILE --weights W --inputs I --out DIR
                        write every tensor of one batch as DIR/*.npy, with DIR/index.json of names, shapes and
                        meanings; with targets also the gradient of the loss by every weight and input
    --weights W         safetensors, by the framework's names and in its layouts
    --inputs I          safetensors: what is fed, and the targets, by name (X, y, seq_length, h_0, inputs[0])
    --input X           npy instead: the sequence alone
    --lengths L         npy: the length of each row
    --gradients Y       npy: the targets
    --step-gradients    with targets: also the gradient by every pre-activation, gate and state at every step
    --masks M           safetensors: dropout masks (step0.input, step0.state, …); without them nothing is dropped
  rnn-explorer convert FILE --weights W --to FILE2 --out W2
                        the weights of a model for the same function in another framework
    --to-model NAME|N   which model of FILE2
  rnn-explorer read FILE…             print what the reader finds as JSON (a list for several files)
  rnn-explorer --help

Standard output has one line an epoch: Epoch 0 Train accuracy = 0.94 Test accuracy = 0.92
Exit codes: 0 done, 1 failed (also when the loss became NaN), 2 wrong usage, 130 stopped with Ctrl+C.`;

/** Options that a run may go on with: the others would change the order of its examples, or its model. */
const RESUMING: readonly string[] = ['resume', 'epochs', 'learning-rate', 'threads', 'relaxed', 'json'];

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      model: { type: 'string' },
      size: { type: 'string', multiple: true },
      epochs: { type: 'string' },
      batch: { type: 'string' },
      'learning-rate': { type: 'string' },
      seed: { type: 'string' },
      examples: { type: 'string' },
      threads: { type: 'string' },
      relaxed: { type: 'boolean' },
      data: { type: 'string' },
      'data-seed': { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean' },
      quick: { type: 'boolean' },
      resume: { type: 'string' },
      weights: { type: 'string' },
      inputs: { type: 'string' },
      input: { type: 'string' },
      lengths: { type: 'string' },
      gradients: { type: 'string' },
      masks: { type: 'string' },
      'step-gradients': { type: 'boolean' },
      target: { type: 'string' },
      targets: { type: 'string' },
      window: { type: 'string' },
      horizon: { type: 'string' },
      as: { type: 'string' },
      scaling: { type: 'string' },
      encoding: { type: 'string' },
      steps: { type: 'string' },
      to: { type: 'string' },
      'to-model': { type: 'string' },
    },
  });
  const [command, ...files] = positionals;
  if (values.help || command === undefined) {
    print(HELP);
    return values.help ? EXIT.success : EXIT.usage;
  }
  if (command === 'read') {
    await read(files);
    return EXIT.success;
  }
  if (!['train', 'trace', 'convert'].includes(command)) throw new UsageError(`There is no command "${command}"`);
  if (values.resume !== undefined) {
    const strange = Object.keys(values).find(key => !RESUMING.includes(key));
    if (command !== 'train' || files.length > 0 || strange !== undefined)
      throw new UsageError(`--resume goes with train alone and ${RESUMING.map(key => `--${key}`).join(', ')}`);
    const settings = {
      ...number('epochs', values.epochs),
      ...number('learningRate', values['learning-rate'], '--learning-rate'),
      ...number('threads', values.threads),
    };
    return resumeRun({ folder: values.resume, settings, relaxed: values.relaxed ?? false, json: values.json ?? false });
  }
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) throw new UsageError(`${command}: exactly one file, please`);
  const sizes = givenSizes(values.size ?? []);
  const { model, weights, out, inputs, input, lengths, gradients: targets, masks } = values;
  const fed = { file, model, sizes, weights, inputs, input, lengths, targets, masks };
  if (command === 'trace') {
    await trace({ ...fed, stepGradients: values['step-gradients'] ?? false, out });
    return EXIT.success;
  }
  if (command === 'convert') {
    await convert({ file, model, sizes, weights, to: values.to, toModel: values['to-model'], out });
    return EXIT.success;
  }
  const { steps } = number('steps', values.steps);
  if (steps !== undefined) {
    const { learningRate } = number('learningRate', values['learning-rate'], '--learning-rate');
    await trainOnBatch({ ...fed, steps, learningRate, json: values.json ?? false });
    return EXIT.success;
  }
  if (weights !== undefined || masks !== undefined)
    throw new UsageError('train: --weights and --masks go with --steps');
  return train({
    file,
    model: values.model,
    sizes,
    data: values.data,
    dataSeed: number('seed', values['data-seed'], '--data-seed').seed,
    choices: {
      ...(inputs !== undefined && { inputs: inputs.split(',') }),
      ...(values.target !== undefined && { targets: values.target.split(',') }),
      ...(values.targets !== undefined && { targetsPath: resolve(values.targets) }),
      ...number('window', values.window),
      ...number('horizon', values.horizon),
      ...(values.as !== undefined && { arrangement: values.as }),
      ...(values.scaling !== undefined && { scaling: values.scaling }),
      ...(values.encoding !== undefined && { encoding: values.encoding }),
    },
    settings: {
      ...(values.quick && QUICK_RUN),
      ...number('epochs', values.epochs),
      ...number('batchSize', values.batch, '--batch'),
      ...number('learningRate', values['learning-rate'], '--learning-rate'),
      ...number('seed', values.seed),
      ...number('examples', values.examples),
      ...number('threads', values.threads),
    },
    relaxed: values.relaxed ?? false,
    json: values.json ?? false,
    out: values.out,
  });
}

/** A setting that was given; its range is checked with all settings. */
function number<K extends string>(key: K, text: string | undefined, option = `--${key}`): Partial<Record<K, number>> {
  if (text === undefined) return {};
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`${option}: "${text}" is not a number`);
  return { [key]: value } as Record<K, number>;
}

// Whoever reads our output may close it early: `| head`.
process.stdout.on('error', () => process.exit(EXIT.success));
main(process.argv.slice(2)).then(
  code => {
    clearStatus();
    process.exitCode = code;
  },
  (error: unknown) => {
    clearStatus();
    const usage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
    const known = usage || error instanceof EngineError;
    say(`rnn-explorer: ${error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error)}`);
    if (usage) say('Try --help');
    process.exitCode = usage ? EXIT.usage : EXIT.failure;
  },
); // prettier-ignore
