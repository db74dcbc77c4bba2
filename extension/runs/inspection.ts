/**
 * What the inspectors look at: a run (live, or stored with its last checkpoint) or a model that was never trained, on
 * seeded weights. Opens it in the engine when somebody asks for a trace.
 */
import * as vscode from 'vscode';
import { EngineError } from '../../engine/errors.ts';
import type { DataBinding } from '../../engine/data/source.ts';
import type { ModelSpec } from '../../engine/model/spec.ts';
import type { TensorsParams, TraceParams } from '../../engine/protocol/engine.ts';
import type { InspectorSubject } from '../../engine/protocol/pages.ts';
import type { ModelStatistics } from '../../engine/protocol/statistics.ts';
import type { AnsweredSample, GateTrace, LayerInfo, TensorTile, TensorTrace } from '../../engine/protocol/trace.ts';
import type { RunRecord, RunSettings } from '../../engine/runs/format.ts';
import type { InspectorModel } from '../pages/inspectorPage.ts';
import type { EngineSession } from './engineSession.ts';
import type { RunService } from './runService.ts';
import type { LoadedWeights } from './weightFiles.ts';
import { modelHead, type RunState } from './runState.ts';

const OPEN_TIMEOUT_MS = 120_000;
/** Gates are refreshed about once a second while training goes on. */
const STALE_INTERVAL_MS = 1000;

/** A model to inspect without a run. */
export interface SeededModel {
  readonly spec: ModelSpec;
  readonly settings: RunSettings;
  readonly data: DataBinding;
  readonly source: RunRecord['source'];
  /** From a file of the person's, in place of seeded ones. */
  readonly weights?: LoadedWeights;
}

type Subject = { readonly run: RunState } | { readonly model: SeededModel };

export class Inspection implements InspectorModel, vscode.Disposable {
  readonly #engine: EngineSession;
  readonly #runs: RunService;
  readonly #subjectChanged = new vscode.EventEmitter<void>();
  readonly #stale = new vscode.EventEmitter<{ readonly step: number }>();
  readonly onDidChangeSubject = this.#subjectChanged.event;
  readonly onDidBecomeStale = this.#stale.event;
  readonly #listening: vscode.Disposable;
  #subject: Subject | undefined;
  #following: vscode.Disposable | undefined;
  /** The model that is open in the engine for the inspectors alone; models of the active run are opened by the run. */
  #opened: { readonly id: string; readonly engine: number; readonly ready: Promise<void> } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(engine: EngineSession, runs: RunService) {
    this.#engine = engine;
    this.#runs = runs;
    this.#listening = vscode.Disposable.from(
      runs.onDidChangeList(() => {
        this.#subjectChanged.fire();
      }),
      runs.onDidEnd(run => {
        if (this.#run === run) this.#announce();
      }),
    );
  }

  get #run(): RunState | undefined {
    return this.#subject && 'run' in this.#subject ? this.#subject.run : undefined;
  }

  show(subject: Subject | undefined): void {
    this.#subject = subject;
    this.#following?.dispose();
    let { status } = this.#run?.record ?? {};
    this.#following = this.#run?.onDidChange(() => {
      if (this.#run?.record.status !== status) {
        status = this.#run?.record.status;
        this.#subjectChanged.fire();
      } else if (this.#run?.progress)
        this.#timer ??= setTimeout(() => {
          this.#announce();
        }, STALE_INTERVAL_MS);
    });
    this.#subjectChanged.fire();
  }

  subject(): InspectorSubject | undefined {
    if (!this.#subject) return undefined;
    const { spec, source } = this.#run?.record ?? (this.#subject as { model: SeededModel }).model;
    return {
      run: this.#run?.head(),
      model: modelHead(spec, source),
      runs: this.#runs.known.map(run => run.head()),
      live: this.#run?.record.status === 'running',
      weights: 'model' in this.#subject ? this.#subject.model.weights?.label : undefined,
    };
  }

  /** Opens the subject in the engine before a page asks for it, while VS Code still brings up the page. */
  prepare(): void {
    this.#open().catch(() => undefined); // whoever asks for a trace is told
  }

  async trace(params: Omit<TraceParams, 'model'>, signal: AbortSignal): Promise<GateTrace> {
    const model = await this.#open();
    const trace = await this.#engine.request('trace', { ...params, model }, { signal });
    return {
      ...trace,
      classNames: translateNames(trace.classNames),
      layers: trace.layers.map(translateLayer),
      tensors: trace.tensors.map(translateTile),
    };
  }

  async tensors(params: Omit<TensorsParams, 'model'>, signal: AbortSignal): Promise<TensorTrace> {
    const model = await this.#open();
    const trace = await this.#engine.request('tensors', { ...params, model }, { signal });
    return {
      ...trace,
      classNames: translateNames(trace.classNames),
      tensors: trace.tensors.map(translateTile),
      states: trace.states.map(translateTile),
    };
  }

  /** The spread of its tensors, as the weights stand now. */
  async statistics(): Promise<ModelStatistics> {
    const model = await this.#open();
    return this.#engine.request('statistics', { model });
  }

  async sample(params: Omit<TensorsParams, 'model'>, signal: AbortSignal): Promise<AnsweredSample> {
    const model = await this.#open();
    const answered = await this.#engine.request('sample', { ...params, model }, { signal });
    return { ...answered, classNames: translateNames(answered.classNames) };
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#following?.dispose();
    this.#listening.dispose();
    this.#subjectChanged.dispose();
    this.#stale.dispose();
  }

  #announce(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stale.fire({ step: this.#run?.progress?.step ?? this.#run?.checkpoint?.step ?? 0 });
  }

  /** @returns the engine's id of the model that the subject is, which is open then */
  async #open(): Promise<string> {
    const subject = this.#subject;
    if (!subject) throw new EngineError('unknown', { text: 'There is no model to inspect' });
    if ('run' in subject) {
      const { run } = subject;
      if (run === this.#runs.active) {
        await this.#runs.whenOpen();
        return run.id;
      }
      if (this.#runs.isOpen(run)) return run.id;
    }
    const id =
      'run' in subject ? `stored ${subject.run.id} ${subject.run.checkpoint?.step ?? 0}` : seededId(subject.model);
    if (this.#opened?.id !== id || this.#opened.engine !== this.#engine.generation) {
      const last = this.#opened;
      if (last && last.engine === this.#engine.generation)
        this.#engine.request('close', { model: last.id }).catch(() => undefined);
      const opened = { id, engine: this.#engine.generation, ready: this.#load(id, subject) };
      this.#opened = opened;
      opened.ready.catch(() => {
        // The next question tries again.
        if (this.#opened === opened) this.#opened = undefined;
      });
    }
    await this.#opened.ready;
    return id;
  }

  async #load(id: string, subject: Subject): Promise<void> {
    const { spec, settings, data } = 'run' in subject ? subject.run.record : subject.model;
    const checkpoint =
      'run' in subject ? await this.#runs.lastCheckpoint(subject.run) : subject.model.weights?.checkpoint;
    const params = { model: id, spec, settings, data, ...(checkpoint && { checkpoint }) };
    await this.#engine.request('open', params, { timeout: OPEN_TIMEOUT_MS });
  }
}

function seededId({ source, settings, data, weights }: SeededModel): string {
  const from = weights ? `${weights.path} ${weights.read}` : settings.seed;
  return `seeded ${source.hash} ${from} ${JSON.stringify(data)}`;
}

/** The engine names tensors in English. */
function translateTile(tile: TensorTile): TensorTile {
  return { ...tile, title: vscode.l10n.t(tile.title), meaning: vscode.l10n.t(tile.meaning) };
}

/** Classes that the engine has named itself; names of a person's own are not among the sentences. */
function translateNames(names: readonly string[] | undefined): readonly string[] | undefined {
  return names?.map(name => vscode.l10n.t(name));
}

/** Says where the layer stands: `LSTM · layer 2 · backward`. */
function translateLayer(layer: LayerInfo, _index: number, layers: readonly LayerInfo[]): LayerInfo {
  const { number, direction } = layer;
  let { title } = layer;
  if (layers.some(one => one.number > 1)) title = vscode.l10n.t('{0} · layer {1}', title, number);
  if (layers.some(one => one.direction !== direction))
    title = direction === 'forward' ? vscode.l10n.t('{0} · forward', title) : vscode.l10n.t('{0} · backward', title);
  return { ...layer, title };
}
