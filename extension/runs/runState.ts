import * as vscode from 'vscode';
import { headline } from '../../engine/model/headline.ts';
import { parameterCount } from '../../engine/model/parameters.ts';
import type { OpenedModel, Progress } from '../../engine/protocol/engine.ts';
import type { ModelHead, RunHead } from '../../engine/protocol/pages.ts';
import type { MetricRow, RunRecord, RunStatus } from '../../engine/runs/format.ts';
import type { CheckpointPlace } from '../../engine/runs/store.ts';
import type { ModelSpec } from '../../engine/model/spec.ts';
import type { Phrase } from '../../engine/model/phrase.ts';
import { translate } from '../translate.ts';
import { RunCurves } from './runCurves.ts';

/** A run in the host's memory: its record, its curves, and how far it is. It fires `onDidChange` whenever it grows. */
export class RunState implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  #record: RunRecord;
  readonly curves: RunCurves;
  #progress: Progress | undefined;
  #loading: number | undefined;
  #opened: OpenedModel | undefined;
  #checkpoint: CheckpointPlace | undefined;
  #sourceChanged = false;

  /** `SourceModel.key` of its model. */
  readonly modelKey: string;

  constructor(record: RunRecord, modelKey = `${record.source.uri}#${record.spec.name}`) {
    this.#record = record;
    this.curves = new RunCurves(record.measure);
    this.modelKey = modelKey;
  }

  get id(): string {
    return this.#record.id;
  }
  get record(): RunRecord {
    return this.#record;
  }
  /** Part of the file of its data that is read; undefined when nothing is read. */
  get loading(): number | undefined {
    return this.#loading;
  }
  get progress(): Progress | undefined {
    return this.#progress;
  }
  /** What the engine said of the model; undefined for a stored run that was not opened. */
  get opened(): OpenedModel | undefined {
    return this.#opened;
  }
  /** The last checkpoint that is stored. */
  get checkpoint(): CheckpointPlace | undefined {
    return this.#checkpoint;
  }
  /** The run is going on or paused, here or in another window. */
  get alive(): boolean {
    return this.#record.status === 'running' || this.#record.status === 'paused';
  }
  get stepsPerEpoch(): number | undefined {
    return this.#opened?.stepsPerEpoch ?? this.curves.stepsPerEpoch;
  }

  setStatus(status: RunStatus, reason?: Phrase): void {
    const { reason: _old, ...rest } = this.#record;
    const written = reason && { text: reason.text, args: [...(reason.args ?? [])] };
    this.#record = { ...rest, status, ...(written && { reason: written }) };
    if (!this.alive) this.#progress = undefined;
    this.#changed.fire();
  }

  setOpened(opened: OpenedModel): void {
    this.#opened = opened;
    this.#loading = undefined;
    const { data } = this.#record;
    // A run keeps what its file was, so that a change is noticed when it goes on.
    const file = data.file && opened.dataStamp && { ...data.file, stamp: opened.dataStamp };
    this.#record = { ...this.#record, spec: opened.spec, engine: opened.engine, data: file ? { ...data, file } : data };
    this.#changed.fire();
  }

  setLoading(part: number): void {
    if (this.#opened || Math.floor(100 * part) === Math.floor(100 * (this.#loading ?? -1))) return;
    this.#loading = part;
    this.#changed.fire();
  }

  setProgress(progress: Progress): void {
    this.#progress = progress;
    this.#changed.fire();
  }

  setCheckpoint(checkpoint: CheckpointPlace): void {
    this.#checkpoint = checkpoint;
    this.#changed.fire();
  }

  setSourceChanged(changed: boolean): void {
    if (this.#sourceChanged === changed) return;
    this.#sourceChanged = changed;
    this.#changed.fire();
  }

  add(rows: readonly MetricRow[]): void {
    this.curves.add(rows);
    this.#changed.fire();
  }

  /** Goes back to a checkpoint: what lies after it will be repeated. */
  rewind(step: number): void {
    this.curves.rewind(step);
    this.#changed.fire();
  }

  head(): RunHead {
    const { id, status, created, reason, settings, source, spec } = this.#record;
    return {
      id,
      title: `${sourceName(source.uri)} · ${shortTime(new Date(created))}`,
      status,
      created,
      model: modelHead(spec, source),
      reason: reason && translate(reason.args ? { text: reason.text, args: reason.args } : { text: reason.text }),
      sourceChanged: this.#sourceChanged,
      open: this.#opened !== undefined,
      resumable:
        (status === 'interrupted' || status === 'stopped' || status === 'failed') &&
        this.#checkpoint !== undefined &&
        this.#checkpoint.epoch < settings.epochs,
    };
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

/** A model as the head of every page shows it. */
export function modelHead(spec: ModelSpec, source: { readonly uri: string; readonly line: number }): ModelHead {
  return {
    headline: headline(spec),
    parameters: parameterCount(spec) ?? 0,
    source: sourceName(source.uri),
    line: source.line + 1,
  };
}

const timeOfDay = new Intl.DateTimeFormat(vscode.env.language, { timeStyle: 'short' });
const dayAndTime = new Intl.DateTimeFormat(vscode.env.language, {
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
});

/** The time alone for today, since titles stand in narrow panels. */
function shortTime(date: Date): string {
  const today = date.toDateString() === new Date().toDateString();
  return (today ? timeOfDay : dayAndTime).format(date);
}

function sourceName(uri: string): string {
  const path = vscode.Uri.parse(uri).path;
  return path.slice(path.lastIndexOf('/') + 1);
}
