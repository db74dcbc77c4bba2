import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { bindingOf, DATA_SOURCES, dataSource, fittingSources, sourceFor } from '../data/sources.ts';
import { readiness } from '../data/dataSizes.ts';
import { demandOf } from '../data/demand.ts';
import { FileChoices, type FileData } from '../data/fileData.ts';
import { headOf, plan } from '../data/files/plan.ts';
import { fileOf, isDemand, ownFile, sameStamp } from '../data/ownFile.ts';
import { DataBinding, type DataSource } from '../data/source.ts';
import { EngineError } from '../errors.ts';
import { headline } from '../model/headline.ts';
import { parameterCount } from '../model/parameters.ts';
import { type MeasureId, measureOf } from '../model/measures.ts';
import { formatPhrase, phrase } from '../model/phrase.ts';
import { check } from '../model/validate.ts';
import { EngineClient } from '../protocol/client.ts';
import { engineThread } from '../protocol/engineRunner.ts';
import type { Progress, RunEnd } from '../protocol/engine.ts';
import { lineNumber } from '../reader/source.ts';
import { divergence } from '../runs/divergence.ts';
import { epochLine } from '../runs/epochLine.ts';
import { type MetricRow, RUN_FORMAT_VERSION, type RunRecord, RunSettings, type RunStatus } from '../runs/format.ts';
import { defaultSettings } from '../runs/settings.ts';
import { sourceHash } from '../runs/sourceHash.ts';
import { createRunId, RunStore } from '../runs/store.ts';
import { EXIT, print, say, showStatus, UsageError } from './output.ts';
import { askFor, type GivenSizes, pickModel } from './modelFile.ts';
import { readModelFile } from './read.ts';

export interface TrainOptions {
  readonly file: string;
  /** Name of the model, or its number in the file, from 1. */
  readonly model: string | undefined;
  readonly sizes: GivenSizes;
  /** Id of a data source, or path of a file. */
  readonly data: string | undefined;
  /** Seed of generated data. */
  readonly dataSeed: number | undefined;
  /** What is said of the file; checked. */
  readonly choices: unknown;
  readonly settings: Partial<RunSettings>;
  readonly relaxed: boolean;
  readonly json: boolean;
  /** Folder for the stored run. */
  readonly out: string | undefined;
}

const OPEN_TIMEOUT = 120_000;

/** `train FILE`: trains a model of the file and prints what the notes' program prints. @returns the exit code. */
export async function train(options: TrainOptions): Promise<number> {
  const file = await readModelFile(options.file);
  const { spec, range, extent, open } = pickModel(options, file);
  const { obstacles: reasons, ofThePerson } = readiness(spec, open);
  if (reasons[0]) throw new EngineError('unsupported', phrase('This model cannot be trained yet: {0}', reasons.map(formatPhrase).join('; ')));
  askFor(ofThePerson);
  const data = await pickData(options, spec);
  const settings = check(RunSettings, { ...defaultSettings(spec), ...options.settings }, 'settings', 'invalid-message');
  const created = new Date().toISOString();
  const record: RunRecord = {
    version: RUN_FORMAT_VERSION,
    id: createRunId(created),
    created,
    status: 'running',
    spec,
    settings,
    measure: measureOf(spec),
    data,
    source: {
      uri: resolve(options.file),
      hash: sourceHash(file.text, extent),
      line: lineNumber(file.text, range.start) - 1,
    },
    engine: '',
  };
  return work(record, undefined, { label: basename(options.file), ...options });
} // prettier-ignore

export interface ResumeOptions {
  /** Folder of the stored run. */
  readonly folder: string;
  /** What may change while a run goes on. */
  readonly settings: Partial<Pick<RunSettings, 'epochs' | 'learningRate' | 'threads'>>;
  readonly relaxed: boolean;
  readonly json: boolean;
}

/**
 * `train --resume DIR`: goes on with a stored run from its newest checkpoint, to the same bits as one that was never cut
 * off. @returns the exit code.
 */
export async function resume({ folder, settings: changed, relaxed, json }: ResumeOptions): Promise<number> {
  const path = resolve(folder);
  const store = new RunStore(dirname(path));
  const { record, checkpoint } = await store.read(basename(path));
  if (!checkpoint) throw new UsageError(`--resume: the run in ${folder} has no checkpoint to go on from`);
  const settings = check(RunSettings, { ...record.settings, ...changed }, 'settings', 'invalid-message');
  if (record.status === 'finished' && checkpoint.epoch >= settings.epochs)
    throw new UsageError(`--resume: the run in ${folder} has finished its ${checkpoint.epoch} epochs; give --epochs for more`);
  const data = await store.readCheckpoint(record.id, checkpoint);
  const { reason: _, ...rest } = record;
  say(`Goes on after ${checkpoint.epoch} epochs, at step ${checkpoint.step}`);
  return work({ ...rest, status: 'running', settings }, data, { label: basename(path), relaxed, json, out: dirname(path) });
} // prettier-ignore

interface WorkOptions {
  /** What is trained, for the first line. */
  readonly label: string;
  /** Multiply-add with one rounding. */
  readonly relaxed: boolean;
  readonly json: boolean;
  readonly out: string | undefined;
}

/** Opens the model, trains it to the end of its settings, and ends the worker. */
async function work(record: RunRecord, checkpoint: ArrayBuffer | undefined, options: WorkOptions): Promise<number> {
  const { settings, data } = record;
  const client = new EngineClient(engineThread(join(__dirname, 'engineWorker.js'), { relaxed: options.relaxed }));
  const output = new RunOutput(client, record, options);
  try {
    const opening = { model: record.id, spec: record.spec, data, settings, ...(checkpoint && { checkpoint }) };
    client.on('loading', ({ bytes, total }) => {
      showStatus(`reading ${data.file ? basename(data.file.path) : data.source}: ${Math.round((100 * bytes) / Math.max(1, total))} %`);
    });
    const { spec, engine, dataStamp } = await client.request('open', opening, { timeout: data.file ? Infinity : OPEN_TIMEOUT });
    showStatus('');
    if (checkpoint && data.file && dataStamp && !sameStamp(data.file.stamp, dataStamp))
      say(`${data.file.path} has changed since the run was started: it goes on with other data`);
    const { epochs, batchSize, learningRate, seed, examples } = settings;
    say(`${options.label}: ${headline(spec)}, ${parameterCount(spec)?.toLocaleString('en-US') ?? 'unknown'} parameters, ${data.file ? basename(data.file.path) : formatPhrase(dataSource(data.source).title)}, ${engine}`);
    say(`${epochs} epoch${epochs === 1 ? '' : 's'} of ${examples ?? 'all'} examples, batch ${batchSize}, learning rate ${learningRate}, seed ${seed}; Ctrl+C stops`);
    return await run(client, { ...record, spec, engine }, output);
  } finally {
    await client.stop();
  }
} // prettier-ignore

async function run(client: EngineClient, record: RunRecord, output: RunOutput): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted); // asked twice
    interruption.abort();
    say('Stopping after this step …');
    client.request('stop', { model: record.id }).catch(() => undefined); // the end of the training tells
  };
  process.on('SIGINT', interrupt);
  try {
    await output.start(record);
    const end = await client.request(
      'train',
      { model: record.id, run: record.id, measure: record.measure },
      { timeout: Infinity },
    );
    await output.end(record, end);
    if (end.status === 'diverged') return EXIT.failure;
    return interruption.signal.aborted ? EXIT.interrupted : EXIT.success;
  } catch (error) {
    await output.fail(record, error);
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** Where a run is told: lines or JSON on standard output, and the stored run. */
class RunOutput {
  readonly #store: RunStore | undefined;
  readonly #json: boolean;
  readonly #measure: MeasureId;
  /** The disk has refused; said once. */
  #refused = false;
  #latest: Extract<MetricRow, { kind: 'step' }> | undefined;

  constructor(client: EngineClient, { id, measure }: RunRecord, { json, out }: WorkOptions) {
    this.#measure = measure;
    this.#json = json;
    this.#store = out === undefined ? undefined : new RunStore(out);
    client.on('metrics', ({ rows }) => {
      for (const row of rows) this.#row(row);
      this.#write(store => store.appendMetrics(id, rows));
    });
    client.on('checkpoint', ({ epoch, step, data }) => {
      this.#write(store => store.saveCheckpoint(id, { epoch, step }, data));
    });
    client.on('progress', progress => {
      this.#progress(progress);
    });
  }

  async start(record: RunRecord): Promise<void> {
    // A folder that cannot be written is better known now than after an hour.
    await this.#store?.save(record);
    if (this.#store) say(`Stored in ${this.#store.folder(record.id)}`);
    if (this.#json) print(JSON.stringify({ kind: 'run', ...record }));
  }

  async end(record: RunRecord, end: RunEnd): Promise<void> {
    const reason = end.status === 'diverged' ? divergence(end) : undefined;
    await this.#finish(record, end.status, reason?.text, reason?.args);
    if (this.#json) print(JSON.stringify({ kind: 'end', ...end }));
    if (reason) say(formatPhrase(reason));
    else if (end.status === 'stopped') say(`Stopped at step ${end.step}`);
  } // prettier-ignore

  async fail(record: RunRecord, error: unknown): Promise<void> {
    const reason = error instanceof EngineError ? error.phrase : phrase('{0}', String(error));
    await this.#finish(record, 'failed', reason.text, reason.args);
  }

  async #finish(
    record: RunRecord,
    status: RunStatus,
    text?: string,
    args: readonly (string | number)[] = [],
  ): Promise<void> {
    const reason = text === undefined ? {} : { reason: { text, args: [...args] } };
    this.#write(store => store.save({ ...record, status, ...reason }));
    await this.#store?.close();
  }

  #row(row: MetricRow): void {
    if (row.kind === 'step') this.#latest = row;
    if (this.#json) print(JSON.stringify(row));
    else if (row.kind === 'epoch') {
      showStatus('');
      print(epochLine(row, this.#measure));
    }
  }

  #progress({ step, steps, samplesPerSecond, secondsLeft }: Progress): void {
    const left = new Date(1000 * secondsLeft).toISOString().slice(11, 19);
    showStatus(`step ${step} of ${steps} · loss ${this.#latest?.loss.toFixed(4) ?? '-'} · ${samplesPerSecond.toFixed(0)} samples/s · ${left} left`);
  } // prettier-ignore

  /** Training goes on when the disk refuses; the person is told once. */
  #write(work: (store: RunStore) => Promise<void>): void {
    if (!this.#store) return;
    work(this.#store).catch((error: unknown) => {
      if (!this.#refused) say(`${error instanceof Error ? error.message : String(error)}. Training goes on.`);
      this.#refused = true;
    });
  }
}

/** The data that the command names, or the program: a source by its id, or a file. */
async function pickData({ file, data: wanted, dataSeed, choices }: TrainOptions, spec: RunRecord['spec']): Promise<DataBinding> {
  const drawn = (source: DataSource): DataBinding => {
    if (dataSeed !== undefined && !source.seeded) throw new UsageError(`--data-seed: "${source.id}" is not generated`);
    return check(DataBinding, { ...bindingOf(source, spec), ...(dataSeed !== undefined && { seed: dataSeed }) }, '--data-seed', 'invalid-message');
  };
  if (wanted !== undefined && DATA_SOURCES.some(({ id }) => id === wanted)) return drawn(dataSource(wanted));
  const named = wanted === undefined ? fileOf(spec, dirname(resolve(file))) : resolve(wanted);
  if (named !== undefined && dataSeed !== undefined) throw new UsageError(`--data-seed: a file is not generated`);
  if (named !== undefined && (wanted === undefined || existsSync(named)))
    return { source: ownFile.id, file: await planFile(named, spec, { ...(wanted === undefined && spec.data?.fed), ...check(FileChoices, choices, 'options of --data', 'invalid-message') }) };
  if (wanted !== undefined)
    throw new UsageError(`There is no data source and no file "${wanted}": there are ${DATA_SOURCES.map(({ id }) => id).join(', ')}`);
  const known = sourceFor(spec);
  if (known) return drawn(known);
  const expression = spec.data?.source === undefined ? '' : ` (${spec.data.source})`;
  const fitting = fittingSources(spec).map(({ id, title }) => `  --data ${id}   ${formatPhrase(title)}`);
  throw new UsageError(
    fitting.length > 0
      ? `The data of "${spec.name}"${expression} is not known. What fits its shape:\n${fitting.join('\n')}`
      : `The data of "${spec.name}"${expression} is not known, and no data source fits: ${DATA_SOURCES.map(one => reasonOf(one, spec)).join('; ')}`,
  );
} // prettier-ignore

async function planFile(path: string, spec: RunRecord['spec'], choices: FileChoices): Promise<FileData> {
  const demand = demandOf(spec);
  if (!isDemand(demand)) throw new EngineError('invalid-model', demand);
  return plan(path, await headOf(path, choices), demand, choices);
}

function reasonOf(source: DataSource, spec: RunRecord['spec']): string {
  const fits = source.fits(spec);
  return `${source.id}: ${fits === true ? 'fits' : formatPhrase(fits)}`;
}
