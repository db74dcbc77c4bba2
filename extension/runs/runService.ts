/**
 * Owns the runs: starts them in the engine's worker, one at a time, writes them to disk as they go, and knows those of
 * earlier sessions.
 */
import * as vscode from 'vscode';
import { randomUUID } from 'node:crypto';
import { EngineError } from '../../engine/errors.ts';
import { measureOf } from '../../engine/model/measures.ts';
import { type Phrase, phrase } from '../../engine/model/phrase.ts';
import type { ModelSpec } from '../../engine/model/spec.ts';
import { sameStamp } from '../../engine/data/ownFile.ts';
import type { DataBinding } from '../../engine/data/source.ts';
import { divergence } from '../../engine/runs/divergence.ts';
import { RUN_FORMAT_VERSION, type RunRecord, type RunSettings, type RunStatus } from '../../engine/runs/format.ts';
import type { RunStore } from '../../engine/runs/store.ts';
import type { EngineSession } from './engineSession.ts';
import { describeError } from '../translate.ts';
import { RunState } from './runState.ts';

/** Opening reads the data and lays out the network's memory. */
const OPEN_TIMEOUT_MS = 120_000;
/** A step of a very large network may take this long; a worker that has not stopped by then is ended. */
const STOP_GRACE_MS = 10_000;

/** What is to be trained. */
export interface RunRequest {
  readonly spec: ModelSpec;
  readonly settings: RunSettings;
  readonly data: DataBinding;
  readonly source: RunRecord['source'];
  /** `SourceModel.key` */
  readonly modelKey: string;
}

/** What the person wants when a run is started while another goes on. */
export type ConflictAnswer = 'stop' | 'wait';

/** How the service talks to the person. */
export interface RunQuestions {
  askConflict(going: RunState): Promise<ConflictAnswer | undefined>;
  /** @returns whether the person takes the waiting run back */
  tellWaiting(going: RunState): Promise<boolean>;
  /** A run goes on from a checkpoint, and the file of its data is no longer what it was. */
  tellChangedData(path: string): Promise<void>;
  /** The active run cannot be written to disk; asked once for each run. */
  tellUnwritten(reason: string): Promise<void>;
}

interface ActiveRun {
  readonly run: RunState;
  /** Resolves when its network is open in the engine, or when that has failed. */
  readonly open: Promise<void>;
  readonly ended: Promise<void>;
  /** Ends the reading of its data. */
  readonly opening: AbortController;
  stopping: boolean;
  /** The person was told that it cannot be written. */
  unwritten: boolean;
}

export class RunService implements vscode.Disposable {
  readonly #engine: EngineSession;
  readonly #store: RunStore;
  readonly #log: vscode.LogOutputChannel;
  readonly #questions: RunQuestions;
  readonly #runs = new Map<string, RunState>();
  readonly #waiting: RunRequest[] = [];
  readonly #listening: vscode.Disposable;
  #active: ActiveRun | undefined;
  /** The run whose network the engine holds: the active one, or the one that ended last. */
  #held: { readonly run: RunState; readonly engine: number } | undefined;
  /** Writes of the active run, one after the other. */
  #writing: Promise<void> = Promise.resolve();
  #loading: Promise<void> | undefined;
  /** The window closes: however the active run ends now, it was cut off. */
  #closing = false;

  readonly #started = new vscode.EventEmitter<RunState>();
  readonly #ended = new vscode.EventEmitter<RunState>();
  readonly #listChanged = new vscode.EventEmitter<void>();
  /** A run was started or goes on again; it is the active one. */
  readonly onDidStart = this.#started.event;
  /** A run has finished, was stopped, failed or diverged. */
  readonly onDidEnd = this.#ended.event;
  /** Runs were added or deleted, or wait for their turn. */
  readonly onDidChangeList = this.#listChanged.event;

  constructor(engine: EngineSession, store: RunStore, log: vscode.LogOutputChannel, questions: RunQuestions) {
    this.#engine = engine;
    this.#store = store;
    this.#log = log;
    this.#questions = questions;
    this.#listening = vscode.Disposable.from(
      engine.onProgress(progress => this.#runs.get(progress.run)?.setProgress(progress)),
      engine.onMetrics(({ run: id, rows }) => {
        const run = this.#runs.get(id);
        if (!run) return;
        run.add(rows);
        this.#write(() => this.#store.appendMetrics(id, rows));
      }),
      engine.onLoading(({ model, bytes, total }) => {
        this.#runs.get(model)?.setLoading(bytes / Math.max(1, total));
      }),
      engine.onCheckpoint(({ run: id, epoch, step, data }) => {
        const run = this.#runs.get(id);
        if (!run) return;
        this.#write(async () => {
          const place = { epoch, step };
          await this.#store.saveCheckpoint(id, place, data);
          run.setCheckpoint(place);
        });
      }),
    );
  }

  /** The run that goes on or is paused. */
  get active(): RunState | undefined {
    return this.#active?.run;
  }

  /** Number of runs that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** All runs, newest first; those of earlier sessions are read on the first call. */
  async list(): Promise<RunState[]> {
    await (this.#loading ??= this.#load());
    return this.known;
  }

  /** The runs that are in memory, newest first. */
  get known(): RunState[] {
    return [...this.#runs.values()].sort((a, b) => b.record.created.localeCompare(a.record.created));
  }

  async find(id: string): Promise<RunState | undefined> {
    await this.list();
    return this.#runs.get(id);
  }

  /**
   * Starts a run, or lets it wait for the one that goes on, as the person answers.
   * @returns the run when it was started
   */
  async start(request: RunRequest): Promise<RunState | undefined> {
    await this.list();
    if (await this.#makeWay(() => void this.#wait(request))) return this.#begin(request);
    return undefined;
  }

  /** Goes on with a run from its last checkpoint. */
  async resumeFromCheckpoint(run: RunState): Promise<void> {
    if (!run.checkpoint || run.alive || !(await this.#makeWay())) return;
    const checkpoint = await this.#store.readCheckpoint(run.id, run.checkpoint);
    run.rewind(run.checkpoint.step);
    this.#drive(run, checkpoint);
  }

  async pause(): Promise<void> {
    const run = this.active;
    if (run?.record.status !== 'running') return;
    await this.#engine.request('pause', { model: run.id });
    if (run === this.active) this.#setStatus(run, 'paused');
  }

  async resume(): Promise<void> {
    const run = this.active;
    if (run?.record.status !== 'paused') return;
    await this.#engine.request('resume', { model: run.id });
    if (run === this.active) this.#setStatus(run, 'running');
  }

  /** Ends the active run after the step under way, and resolves when it has ended. */
  async stop(): Promise<void> {
    const active = this.#active;
    if (!active) return;
    active.stopping = true;
    const overdue = setTimeout(() => {
      this.#log.warn(`Run ${active.run.id} did not stop within ${STOP_GRACE_MS / 1000} s; its worker is ended`);
      void this.#engine.kill();
    }, STOP_GRACE_MS);
    try {
      // While its data is still read there is nothing to stop but that.
      active.opening.abort();
      if (active.run.opened) await this.#engine.request('stop', { model: active.run.id }, { timeout: STOP_GRACE_MS });
    } catch (error) {
      this.#log.warn('Stopping a run', error);
    }
    await active.ended;
    clearTimeout(overdue);
  }

  /** Deletes a stored run; the active one must be stopped first. */
  async remove(run: RunState): Promise<void> {
    if (run === this.active) return;
    this.#runs.delete(run.id);
    await this.#store.remove(run.id);
    run.dispose();
    this.#listChanged.fire();
  }

  /** The last checkpoint of a run; undefined where it has none. */
  async lastCheckpoint(run: RunState): Promise<ArrayBuffer | undefined> {
    return run.checkpoint && this.#store.readCheckpoint(run.id, run.checkpoint);
  }

  /** Whether the engine holds the network of this run, under its id and with its newest weights. */
  isOpen(run: RunState): boolean {
    return this.#held?.run === run && this.#held.engine === this.#engine.generation;
  }

  /** Resolves when the network of the active run is open. */
  async whenOpen(): Promise<void> {
    await this.#active?.open;
  }

  /** Ends the engine; the run that goes on keeps its last checkpoint and stands as interrupted. */
  async close(timeout: number): Promise<void> {
    this.#closing = true;
    this.#waiting.length = 0;
    await this.#engine.close(timeout);
    await this.#active?.ended;
  }

  dispose(): void {
    this.#listening.dispose();
    for (const run of this.#runs.values()) run.dispose();
    this.#started.dispose();
    this.#ended.dispose();
    this.#listChanged.dispose();
  }

  /** Makes sure that no run goes on; says whether the way is free. */
  async #makeWay(wait?: () => void): Promise<boolean> {
    if (!this.#active) return true;
    const answer = await this.#questions.askConflict(this.#active.run);
    if (answer === undefined) return false;
    if (answer === 'stop') await this.stop();
    // The other run may have ended by itself while the person read the question.
    if (!this.active) return true;
    wait?.();
    return false;
  }

  async #wait(request: RunRequest): Promise<void> {
    this.#waiting.push(request);
    this.#listChanged.fire();
    if (!this.active || !(await this.#questions.tellWaiting(this.active))) return;
    const at = this.#waiting.indexOf(request);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#listChanged.fire();
  }

  #begin({ spec, settings, data, source, modelKey }: RunRequest): RunState {
    const created = new Date().toISOString();
    const id = `${created.replaceAll(/[-:]|\.\d+/g, '')}-${randomUUID().slice(0, 8)}`;
    const record: RunRecord = {
      version: RUN_FORMAT_VERSION,
      id,
      created,
      status: 'running',
      spec,
      settings,
      measure: measureOf(spec),
      data,
      source,
      engine: '',
    };
    const run = new RunState(record, modelKey);
    this.#runs.set(id, run);
    this.#drive(run);
    return run;
  }

  /** Trains a run to its end; never throws: how it ended stands in its status. */
  #drive(run: RunState, checkpoint?: ArrayBuffer): void {
    const opening = new AbortController();
    const open = this.#open(run, checkpoint, opening.signal);
    const ended = open
      .then(() => this.#train(run))
      .then(
        ({ status, reason }) => this.#finish(run, status, reason),
        (error: unknown) => {
          if (opening.signal.aborted && error instanceof EngineError && error.code === 'cancelled')
            return this.#finish(run, 'stopped');
          this.#log.error(`Run ${run.id}`, error);
          return this.#finish(run, 'failed', phraseOf(error));
        },
      );
    this.#active = { run, open: open.catch(() => undefined), ended, opening, stopping: false, unwritten: false };
    run.setStatus('running');
    this.#started.fire(run);
    this.#listChanged.fire();
  }

  async #open(run: RunState, checkpoint: ArrayBuffer | undefined, signal: AbortSignal): Promise<void> {
    const { id, spec, data, settings } = run.record;
    if (this.#held && this.isOpen(this.#held.run)) await this.#engine.request('close', { model: this.#held.run.id });
    this.#held = undefined;
    const params = { model: id, spec, data, settings, ...(checkpoint && { checkpoint }) };
    // A large file takes its time, and can be stopped.
    const timeout = data.file ? Infinity : OPEN_TIMEOUT_MS;
    const opened = await this.#engine.request('open', params, { timeout, signal });
    this.#held = { run, engine: this.#engine.generation };
    if (checkpoint && data.file && opened.dataStamp && !sameStamp(data.file.stamp, opened.dataStamp))
      void this.#questions.tellChangedData(data.file.path);
    run.setOpened(opened);
  }

  async #train(run: RunState): Promise<{ readonly status: RunStatus; readonly reason?: Phrase }> {
    const { id, measure } = run.record;
    // Nothing stands on disk before the model and its data are known to be good.
    await this.#store.save(run.record);
    if (this.#active?.stopping) return { status: 'stopped' };
    const end = await this.#engine.request('train', { model: id, run: id, measure }, { timeout: Infinity });
    await this.#writing;
    const { status } = end;
    return status === 'diverged' ? { status, reason: divergence(end) } : { status };
  }

  async #finish(run: RunState, status: RunStatus, reason?: Phrase): Promise<void> {
    await this.#writing;
    this.#active = undefined;
    const cutOff = this.#closing && (status === 'stopped' || status === 'failed');
    if (cutOff) this.#setStatus(run, 'interrupted');
    else this.#setStatus(run, status, reason);
    await this.#writing;
    this.#ended.fire(run);
    const next = this.#waiting.shift();
    if (next) this.#begin(next);
    this.#listChanged.fire();
  }

  #setStatus(run: RunState, status: RunStatus, reason?: Phrase): void {
    run.setStatus(status, reason);
    // A run that never came to train was never written.
    if (run.opened) this.#write(() => this.#store.save(run.record));
  }

  #write(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch((error: unknown) => {
      this.#log.error('Writing a run', error);
      if (!this.#active || this.#active.unwritten) return;
      this.#active.unwritten = true;
      void this.#questions.tellUnwritten(describeError(error));
    });
  }

  async #load(): Promise<void> {
    for (const { record, rows, checkpoint } of await this.#store.list()) {
      if (this.#runs.has(record.id)) continue;
      const run = new RunState(record);
      run.add(rows);
      if (checkpoint) run.setCheckpoint(checkpoint);
      this.#runs.set(record.id, run);
    }
  }
}

function phraseOf(error: unknown): Phrase {
  if (error instanceof EngineError) return error.phrase;
  return phrase('{0}', error instanceof Error ? error.message : String(error));
}
