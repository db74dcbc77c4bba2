import * as vscode from 'vscode';
import type { SourceModel } from '../models/sourceModel.ts';
import type { Inspection, SeededModel } from './inspection.ts';
import type { RunService } from './runService.ts';
import type { RunState } from './runState.ts';

/** Where the id of the run that was shown last is kept, for the time after a reload. */
const KEY = 'rnnExplorer.shownRun';

/** The one run that training panel and inspectors show together; remembered over reloads. */
export class ShownRun implements vscode.Disposable {
  readonly #memory: vscode.Memento;
  readonly #runs: RunService;
  readonly #inspection: Inspection;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #grown = new vscode.EventEmitter<void>();
  /** Another run is shown, or its head has changed. */
  readonly onDidChange = this.#changed.event;
  /** The shown run has new points, lines or progress. */
  readonly onDidGrow = this.#grown.event;
  #run: RunState | undefined;
  #model: SourceModel | undefined;
  #following: vscode.Disposable | undefined;
  #restored: Promise<void> | undefined;

  constructor(memory: vscode.Memento, runs: RunService, inspection: Inspection) {
    this.#memory = memory;
    this.#runs = runs;
    this.#inspection = inspection;
  }

  get run(): RunState | undefined {
    return this.#run;
  }

  /** The model that was looked at last without a run. */
  get model(): SourceModel | undefined {
    return this.#model;
  }

  /** Reads the stored runs once, and shows what was shown before the reload. */
  restore(): Promise<void> {
    return (this.#restored ??= this.#restore());
  }

  show(run: RunState | undefined): void {
    this.#follow(run);
    this.#inspection.show(run && { run });
    void this.#memory.update(KEY, run?.id);
    this.#changed.fire();
  }

  /** Shows a model that was not trained: the inspectors on seeded weights, the training panel ready to start it. */
  showModel(model: SourceModel, seeded: SeededModel): void {
    this.#model = model;
    this.#inspection.show({ model: seeded });
    this.#follow(undefined);
    this.#changed.fire();
  }

  /** The panel is opened for a model: Start means it while no run is shown. */
  offer(model: SourceModel): void {
    this.#model = model;
    this.#changed.fire();
  }

  /** Runs were added or deleted, or the data of the next run was chosen. */
  refresh(): void {
    this.#changed.fire();
  }

  dispose(): void {
    this.#following?.dispose();
    this.#changed.dispose();
    this.#grown.dispose();
  }

  #follow(run: RunState | undefined): void {
    this.#following?.dispose();
    this.#run = run;
    this.#following = run?.onDidChange(() => {
      this.#grown.fire();
    });
  }

  async #restore(): Promise<void> {
    const runs = await this.#runs.list();
    if (this.#run || this.#model) return;
    const last = this.#memory.get<string>(KEY);
    const run = runs.find(({ id }) => id === last) ?? runs[0];
    if (run) this.show(run);
  }
}
