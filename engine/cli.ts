#!/usr/bin/env node
/** The command line: `rnn-explorer train FILE`, `rnn-explorer read FILE…`. */
import { parseArgs } from 'node:util';
import { clearStatus, EXIT, print, say, UsageError } from './cli/output.ts';
import { read } from './cli/read.ts';
import { train } from './cli/train.ts';
import { EngineError } from './errors.ts';
import { QUICK_RUN } from './model/quickRun.ts';

const HELP = `rnn-explorer: trains the recurrent network that stands in a file, without running the file.

  rnn-explorer train FILE [options]   train a model of a Python program or Markdown note
    --model NAME|N        which model, by its name or its number in the file
    --epochs N            instead of those of the program
    --batch N             batch size
    --learning-rate X
    --seed N              of weights and shuffling (42)
    --examples N          train on the first N examples only
    --data SOURCE         data source, where the program does not tell
    --quick               one epoch of 5,000 examples in batches of 50: learning within half a minute
    --out DIR             store the run in a folder of DIR: run.json, metrics.jsonl, checkpoints as safetensors
    --json                every step and epoch as a line of JSON
  rnn-explorer read FILE…             print what the reader finds as JSON (a list for several files)
  rnn-explorer --help

Standard output has one line an epoch: Epoch 0 Train accuracy = 0.94 Test accuracy = 0.92
Exit codes: 0 done, 1 failed (also when the loss became NaN), 2 wrong usage, 130 stopped with Ctrl+C.`;

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      model: { type: 'string' },
      epochs: { type: 'string' },
      batch: { type: 'string' },
      'learning-rate': { type: 'string' },
      seed: { type: 'string' },
      examples: { type: 'string' },
      data: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean' },
      quick: { type: 'boolean' },
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
  if (command !== 'train') throw new UsageError(`There is no command "${command}"`);
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) throw new UsageError('train: exactly one file, please');
  return train({
    file,
    model: values.model,
    data: values.data,
    settings: {
      ...(values.quick && QUICK_RUN),
      ...number('epochs', values.epochs),
      ...number('batchSize', values.batch, '--batch'),
      ...number('learningRate', values['learning-rate'], '--learning-rate'),
      ...number('seed', values.seed),
      ...number('examples', values.examples),
    },
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
