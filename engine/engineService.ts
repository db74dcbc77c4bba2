/** What the worker serves: models that are open, their training and their traces. */
import type { Backend, Network } from './backends/backend.ts';
import { sizesOf, toldSizes } from './data/dataSizes.ts';
import { type FileStamp, stampOf } from './data/files/bytes.ts';
import { previewFile } from './data/files/preview.ts';
import { dataSource } from './data/sources.ts';
import type { DataBinding, Dataset } from './data/source.ts';
import { EngineError } from './errors.ts';
import { modelStatistics } from './inspection/statistics.ts';
import { answeredSample, buffersOf, gateTrace, type Inspected, tensorTrace } from './inspection/traces.ts';
import { Survey } from './inspection/survey.ts';
import { tensorAxes } from './model/axes.ts';
import { fillSizes } from './model/openSizes.ts';
import { countOf } from './model/parameters.ts';
import { formatPhrase, phrase } from './model/phrase.ts';
import type { ModelSpec } from './model/spec.ts';
import { check } from './model/validate.ts';
import { type Handlers, Transferred } from './protocol/channel.ts';
import {
  type EngineSide,
  type FoundWeights,
  ModelParams,
  PreviewParams,
  OpenParams,
  type OpenedModel,
  type RunEnd,
  SizesParams,
  TensorsParams,
  type ToldSizes,
  TrainParams,
  TraceParams,
  WeightsParams,
} from './protocol/engine.ts';
import type { FilePreview } from './protocol/preview.ts';
import type { AnsweredSample, GateTrace, TensorTrace } from './protocol/trace.ts';
import type { RunSettings } from './runs/format.ts';
import { writeSafetensors } from './formats/safetensors.ts';
import { matchWeights } from './weights/matchWeights.ts';
import { readWeightFile } from './weights/weightFile.ts';
import { readCheckpoint, writeCheckpoint } from './training/checkpoint.ts';
import { Reporter } from './training/reporter.ts';
import { stepsPerEpoch, Trainer, type TrainingState, UNTRAINED } from './training/trainer.ts';

/** Sends an event of the engine to whoever listens. */
export type Emit = <N extends keyof EngineSide['events']>(
  name: N,
  event: EngineSide['events'][N],
  transfer?: readonly ArrayBuffer[],
) => void;

/** Rows of a batch that are worth a thread of their own. */
const LEAST_ROWS = 16;
/** Models that may be open at once; beyond that the one that was longest out of use is closed. */
const MOST_OPEN = 8;

interface OpenModel {
  readonly spec: ModelSpec;
  readonly settings: RunSettings;
  readonly network: Network;
  readonly dataset: Dataset;
  readonly survey: Survey;
  /** Where the weights stood when it was opened or its last run ended. */
  state: TrainingState;
  training: { readonly trainer: Trainer; readonly end: Promise<RunEnd> } | undefined;
}

export interface EngineServiceOptions {
  readonly backend: Backend;
  /** Where the shipped data lies. */
  readonly dataDirectory: string;
  /** Threads that a network may take where its settings do not tell. */
  readonly threads?: number;
  readonly emit: Emit;
}

export class EngineService {
  readonly #backend: Backend;
  readonly #dataDirectory: string;
  readonly #threads: number;
  readonly #emit: Emit;
  /** Last used last. */
  readonly #models = new Map<string, OpenModel>();
  #lastData: { readonly key: string; readonly dataset: Promise<Dataset> } | undefined;

  constructor({ backend, dataDirectory, threads = 1, emit }: EngineServiceOptions) {
    this.#backend = backend;
    this.#dataDirectory = dataDirectory;
    this.#threads = threads;
    this.#emit = emit;
  }

  /** Answers to requests; params are checked against their schemas. */
  readonly handlers: Handlers<EngineSide> = {
    open: (params, signal) => this.#open(check(OpenParams, params, 'message "open"', 'invalid-message'), signal),
    train: params => this.#train(check(TrainParams, params, 'message "train"', 'invalid-message')),
    pause: params => this.#tell('pause', params),
    resume: params => this.#tell('resume', params),
    stop: params => this.#tell('stop', params),
    trace: params => {
      const asked = check(TraceParams, params, 'message "trace"', 'invalid-message');
      return moved(gateTrace(this.#inspected(asked.model), asked));
    },
    tensors: params => {
      const asked = check(TensorsParams, params, 'message "tensors"', 'invalid-message');
      return moved(tensorTrace(this.#inspected(asked.model), asked));
    },
    sample: params => {
      const asked = check(TensorsParams, params, 'message "sample"', 'invalid-message');
      return moved(answeredSample(this.#inspected(asked.model), asked));
    },
    preview: (params, signal) =>
      this.#preview(check(PreviewParams, params, 'message "preview"', 'invalid-message'), signal),
    sizes: (params, signal) => this.#sizes(check(SizesParams, params, 'message "sizes"', 'invalid-message'), signal),
    statistics: params =>
      modelStatistics(this.#inspected(check(ModelParams, params, 'message "statistics"', 'invalid-message').model)),
    weights: (params, signal) =>
      this.#weights(check(WeightsParams, params, 'message "weights"', 'invalid-message'), signal),
    close: params => this.#close(check(ModelParams, params, 'message "close"', 'invalid-message').model),
    ping: () => null,
  };

  async #open(
    { model: id, spec: read, data, settings, checkpoint }: OpenParams,
    signal: AbortSignal,
  ): Promise<OpenedModel> {
    this.#refuseTrained(id);
    // A file is looked at before it is read, so that a change while it is read counts as one.
    const stamp = data.file && (await stampOf(data.file.path));
    const dataset = await this.#load(id, { binding: data, stamp }, read, signal);
    const spec = fillSizes(read, sizesOf(read, dataset));
    this.#refuseTrained(id);
    const { seed, batchSize } = settings;
    const threads = settings.threads ?? Math.min(this.#threads, Math.ceil(batchSize / LEAST_ROWS));
    const network = this.#backend.createNetwork(spec, { seed, batchSize, threads });
    const state = checkpoint ? readCheckpoint(network, checkpoint) : UNTRAINED;
    this.#models.get(id)?.network.dispose();
    this.#models.delete(id);
    this.#makeRoom();
    const survey = new Survey(network, dataset);
    this.#models.set(id, { spec, settings, network, dataset, survey, state, training: undefined });
    return {
      spec,
      parameters: countOf(network.parameters) ?? 0,
      ...(data.file && stamp && { dataStamp: stamp }),
      trainCount: dataset.train.count,
      testCount: dataset.test.count,
      stepsPerEpoch: stepsPerEpoch(dataset, settings),
      engine: `${this.#backend.title}, ${network.threads} ${network.threads === 1 ? 'thread' : 'threads'}`,
      bytes: network.bytes,
    };
  }

  /** Data that is opened next is then already there. */
  async #sizes({ model, spec, data }: SizesParams, signal: AbortSignal): Promise<ToldSizes> {
    const stamp = data.file && (await stampOf(data.file.path));
    return toldSizes(spec, await this.#load(model, { binding: data, stamp }, spec, signal));
  }

  #preview({ path, spec, choices }: PreviewParams, signal: AbortSignal): Promise<FilePreview> {
    return previewFile(path, spec, choices, { signal });
  }

  async #weights({ path, spec }: WeightsParams, signal: AbortSignal): Promise<Transferred<FoundWeights>> {
    const { rows, weights } = matchWeights(spec, await readWeightFile(path, { signal }));
    const checkpoint = weights && writeSafetensors(weights);
    return new Transferred({ rows, checkpoint }, checkpoint ? [checkpoint] : []);
  }

  /** @throws EngineError `in-use` */
  #refuseTrained(id: string): void {
    if (this.#models.get(id)?.training)
      throw new EngineError('in-use', phrase('"{0}" is being trained and cannot be opened again', id));
  }

  /** The data of a model; the last set is kept, so that opening the next model need not read it again. */
  async #load(model: string, { binding, stamp }: { readonly binding: DataBinding; readonly stamp: FileStamp | undefined }, spec: ModelSpec, signal: AbortSignal): Promise<Dataset> {
    const source = dataSource(binding.source);
    const fits = source.fits(spec);
    if (fits !== true)
      throw new EngineError('invalid-model', phrase('The data "{0}" does not fit: {1}', formatPhrase(source.title), formatPhrase(fits)));
    const key = JSON.stringify([binding, stamp, spec.inputs, spec.loss, spec.loss && tensorAxes(spec, spec.loss.prediction)]);
    while (this.#lastData?.key === key) {
      try {
        return await this.#lastData.dataset;
      } catch (error) {
        // Whoever asked first has given up; this one has not.
        if (signal.aborted || !(error instanceof EngineError) || error.code !== 'cancelled') throw error;
      }
    }
    this.#lastData = undefined; // two large sets need not be in memory at once
    const progress = (bytes: number, total: number): void => {
      this.#emit('loading', { model, bytes, total });
    };
    const loaded = { key, dataset: Promise.resolve(source.load(binding, spec, { directory: this.#dataDirectory, signal, progress })) };
    this.#lastData = loaded;
    loaded.dataset.catch(() => {
      if (this.#lastData === loaded) this.#lastData = undefined;
    });
    return loaded.dataset;
  } // prettier-ignore

  #makeRoom(): void {
    for (const [id, model] of this.#models) {
      if (this.#models.size < MOST_OPEN) return;
      if (model.training) continue;
      model.network.dispose();
      this.#models.delete(id);
    }
  }

  /** @throws EngineError `unknown` */
  #model(id: string): OpenModel {
    const model = this.#models.get(id);
    if (!model) throw new EngineError('unknown', phrase('The model "{0}" is not open', id));
    this.#models.delete(id);
    this.#models.set(id, model);
    return model;
  }

  async #train({ model: id, run, measure }: TrainParams): Promise<RunEnd> {
    const model = this.#model(id);
    if (model.training) throw new EngineError('in-use', phrase('"{0}" is being trained already', id));
    const { network, dataset, settings, state } = model;
    const reporter = new Reporter(run, {
      metrics: event => {
        this.#emit('metrics', event);
      },
      progress: event => {
        this.#emit('progress', event);
      },
    });
    const trainer = new Trainer({
      network,
      dataset,
      settings,
      measure,
      from: state,
      events: {
        row: row => {
          reporter.row(row);
        },
        progress: progress => {
          reporter.progress(progress);
        },
        checkpoint: ({ epoch, step, evaluated }) => {
          reporter.flush(); // whoever stores the checkpoint has its metrics before
          const data = writeCheckpoint(network, { epoch, step, evaluated }, settings);
          this.#emit('checkpoint', { run, epoch, step, data }, [data]);
        },
      },
      breathe: () => new Promise(resolve => setImmediate(resolve)),
      now: () => performance.now(),
    });
    const end = trainer.run().finally(() => {
      reporter.flush();
      model.state = trainer.state;
      model.training = undefined;
    });
    model.training = { trainer, end };
    return end;
  }

  /** A run that has ended meanwhile needs no telling. */
  #tell(what: 'pause' | 'resume' | 'stop', params: unknown): null {
    const { model } = check(ModelParams, params, `message "${what}"`, 'invalid-message');
    this.#model(model).training?.trainer[what]();
    return null;
  }

  #inspected(id: string): Inspected {
    const model = this.#model(id);
    return { ...model, state: model.training?.trainer.state ?? model.state };
  }

  /** Ends a run that goes on and frees the network. */
  async #close(id: string): Promise<null> {
    const model = this.#models.get(id);
    if (!model) return null;
    model.training?.trainer.stop();
    await model.training?.end.catch(() => undefined); // told to whoever asked for the training
    model.network.dispose();
    if (this.#models.get(id) === model) this.#models.delete(id);
    return null;
  }
}

function moved<T extends GateTrace | TensorTrace | AnsweredSample>(trace: T): Transferred<T> {
  return new Transferred(trace, buffersOf(trace));
}
