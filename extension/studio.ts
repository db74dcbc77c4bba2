/**
 * Joins models, runs, inspectors and pages into what the commands do. It is built by the first command, panel or view
 * that needs it, so that activation does nothing but register.
 */
import * as vscode from 'vscode';
import { EngineError } from '../engine/errors.ts';
import { readiness } from '../engine/data/dataSizes.ts';
import type { DataBinding } from '../engine/data/source.ts';
import { headline } from '../engine/model/headline.ts';
import type { RunRecord, RunSettings } from '../engine/runs/format.ts';
import { defaultSettings } from '../engine/runs/settings.ts';
import { RunStore } from '../engine/runs/store.ts';
import { COMMANDS, isModelArgument } from './commands/commandIds.ts';
import { DataChoice } from './models/dataChoice.ts';
import type { LastResults } from './models/lastResults.ts';
import type { ModelFinder } from './models/modelFinder.ts';
import { pickModel } from './models/pickModel.ts';
import type { SizeChoice } from './models/sizeChoice.ts';
import type { SourceModel } from './models/sourceModel.ts';
import { DataPanel } from './pages/dataPanel.ts';
import { GatesView } from './pages/gatesView.ts';
import { TensorsPanel } from './pages/tensorsPanel.ts';
import { TrainingPanel } from './pages/trainingPanel.ts';
import { engineOfSetting, tensorflowFolder } from './runs/engineChoice.ts';
import { EngineSession } from './runs/engineSession.ts';
import { EpochLines } from './runs/epochLines.ts';
import { Inspection } from './runs/inspection.ts';
import { LiveStatistics } from './runs/liveStatistics.ts';
import { pickRun } from './runs/runList.ts';
import {
  askConflict,
  explainUnsupported,
  tellChangedData,
  tellEnd,
  tellUnwritten,
  tellWaiting,
} from './runs/runQuestions.ts';
import { RunService } from './runs/runService.ts';
import type { RunState } from './runs/runState.ts';
import { ShownRun } from './runs/shownRun.ts';
import { SourceWatch } from './runs/sourceWatch.ts';
import { TrainingDesk } from './runs/trainingDesk.ts';
import { TrainingStatus } from './runs/trainingStatus.ts';
import { loadWeights, weightsOf } from './runs/weightFiles.ts';
import { describeError, measureHead } from './translate.ts';

/** VS Code waits a few seconds for extensions when a window closes; the step under way may take one of them. */
const CLOSE_GRACE_MS = 2000;

/** What activation hands over. */
export interface StudioParts {
  readonly context: vscode.ExtensionContext;
  readonly finder: ModelFinder;
  readonly results: LastResults;
  readonly sizes: SizeChoice;
  readonly log: vscode.LogOutputChannel;
  /** Lenses show results of runs. */
  readonly refreshLenses: () => void;
}

export class Studio {
  readonly runs: RunService;
  readonly engine: EngineSession;
  readonly trainingPanel: TrainingPanel;
  readonly gatesView: GatesView;
  readonly tensorsPanel: TensorsPanel;
  readonly inspection: Inspection;
  /** For hovers. */
  readonly numbers: LiveStatistics;
  readonly data: DataChoice;
  readonly sizes: SizeChoice;
  readonly dataPanel: DataPanel;
  readonly finder: ModelFinder;
  /** Where runs are stored: with the workspace, or with the extension where there is none. */
  readonly runsFolder: string;
  /** Into which TensorFlow is installed. */
  readonly tensorflowFolder: string;
  readonly #parts: StudioParts;
  readonly #shown: ShownRun;
  readonly #desk: TrainingDesk;
  readonly #lines: EpochLines;
  readonly #store: RunStore;
  readonly #disposables: vscode.Disposable;

  constructor(parts: StudioParts) {
    this.#parts = parts;
    const { context, finder, sizes, log } = parts;
    this.finder = finder;
    this.sizes = sizes;
    this.tensorflowFolder = tensorflowFolder(context);
    this.runsFolder = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'runs').fsPath;
    this.#store = new RunStore(this.runsFolder, {
      onDamaged: error => {
        log.warn(describeError(error));
      },
    });
    this.engine = new EngineSession(() => engineOfSetting(context, log), log);
    this.runs = new RunService(this.engine, this.#store, log, {
      askConflict,
      tellWaiting,
      tellChangedData,
      tellUnwritten,
    });
    this.inspection = new Inspection(this.engine, this.runs);
    this.#shown = new ShownRun(context.workspaceState, this.runs, this.inspection);
    this.numbers = new LiveStatistics(this.inspection, this.#shown);
    this.dataPanel = new DataPanel({ extensionUri: context.extensionUri, log }, this.engine);
    this.data = new DataChoice(
      context.workspaceState,
      async ({ reading: { spec } }, path, choices) => {
        const looked = this.engine.request('preview', { path, spec, choices }, { timeout: Infinity });
        return looked.then(
          preview => preview.file,
          () => undefined, // the data page looks again and says why
        );
      },
      (model, path, choices) => this.dataPanel.ask(model, path, choices),
    );
    this.#lines = new EpochLines(this.runs);
    const sources = new SourceWatch(finder, () => this.runs.list());

    const showRun = async ({ run }: { readonly run: string }): Promise<null> => {
      await this.showRun(run);
      return null;
    };
    const openTensors = this.#doing(() => this.openTensorInspector(undefined));
    const openGates = this.#doing(() => this.openGateInspector());
    const { data, engine } = this;
    this.#desk = new TrainingDesk(
      { shown: this.#shown, runs: this.runs, finder, data, sizes, engine },
      {
        ...{ showRun, openGates, openTensors },
        sample: (params, signal) => this.inspection.sample(params, signal),
        curves: async ({ run: id }) => {
          const run = await this.#run(id);
          return { run: run.head(), measure: measureHead(run.record.measure), curves: run.curves.since() };
        },
        start: ({ dataSeed, ...settings }) => this.#doing(() => this.#start(settings, dataSeed))(),
        chooseSizes: this.#doing(async () => {
          const shown = await this.#desk.model();
          if (shown) await this.#chooseSizesOf(shown);
        }),
        pause: this.#doing(() => this.runs.pause()),
        resume: this.#doing(() => this.runs.resume()),
        stop: this.#doing(() => this.runs.stop()),
        resumeFromCheckpoint: this.#doing(() => this.#resumeFromCheckpoint(this.#shown.run)),
        revealSource: this.#doing(() => this.#revealSource()),
        chooseData: this.#doing(async () => {
          const shown = await this.#desk.model();
          await (shown ? this.#chooseDataOf(shown) : this.chooseData(undefined));
        }),
      },
    );
    const page = { extensionUri: context.extensionUri, log };
    this.trainingPanel = new TrainingPanel(page, this.#desk);
    this.gatesView = new GatesView(page, this.inspection, {
      ...{ showRun, openTensors },
      openTraining: this.#doing(() => this.openTrainingPanel()),
      openSamples: this.#doing(() => vscode.commands.executeCommand(COMMANDS.openSamples)),
      trainActiveFile: this.#doing(() => this.train(undefined)),
    });
    this.tensorsPanel = new TensorsPanel(page, this.inspection, {
      ...{ showRun, openGates },
      copy: async ({ text }) => {
        await vscode.env.clipboard.writeText(text);
        return null;
      },
    });

    this.#disposables = vscode.Disposable.from(
      this.runs.onDidStart(run => {
        this.#shown.show(run);
        this.trainingPanel.reveal();
        void this.gatesView.reveal({ focus: false });
      }),
      this.runs.onDidEnd(run => {
        void this.#runEnded(run);
      }),
      this.runs.onDidChangeList(() => {
        this.#shown.refresh();
      }),
      ...[new TrainingStatus(this.runs), this.#lines, sources, this.#shown, this.inspection, this.numbers],
      ...[this.dataPanel, this.trainingPanel, this.gatesView, this.tensorsPanel, this.runs, this.engine],
    );
    void this.runs.list().then(runs => sources.check(runs));
  }

  /** Shows again what was shown before a reload; to be awaited before a page is shown. */
  restore(): Promise<void> {
    return this.#shown.restore();
  }

  /** Trains a model with the settings of its source. */
  async train(argument: unknown): Promise<void> {
    const model = await pickModel(this.finder, argument);
    if (model) await this.#train(model, defaultSettings(model.reading.spec));
  }

  /** Shows gates and states of a model: those of its newest run, or on seeded weights when it was not trained yet. */
  async inspect(argument: unknown): Promise<void> {
    const model = await this.#ready(await pickModel(this.finder, argument));
    if (!model) return;
    const trained = await this.#newestRun(model);
    if (trained) {
      this.#shown.show(trained);
      this.inspection.prepare();
      await this.gatesView.reveal({ focus: false });
      return;
    }
    const data = await this.data.of(model);
    if (!data) return;
    const { spec } = model.reading;
    this.#shown.showModel(model, { spec, data, settings: defaultSettings(spec), source: sourceOf(model) });
    this.inspection.prepare();
    await this.gatesView.reveal({ focus: false });
  }

  /**
   * Looks into a model with the weights of a file, without training.
   * @param file path; asked for where it is left out
   */
  async loadWeights(argument: unknown, file?: string): Promise<void> {
    const model = await this.#ready(await pickModel(this.finder, argument));
    if (!model) return;
    const path = file ?? (await askForWeights(model.uri));
    if (path === undefined) return;
    const { spec } = model.reading;
    const weights = await loadWeights(this.engine, spec, path);
    const data = weights && (await this.data.of(model));
    if (!data) return;
    this.#shown.showModel(model, { spec, data, settings: defaultSettings(spec), source: sourceOf(model), weights });
    this.inspection.prepare();
    await this.gatesView.reveal({ focus: false });
  }

  /**
   * Writes the weights of the shown run's last checkpoint by their framework's names.
   * @param file path; asked for where it is left out
   */
  async exportWeights(file?: vscode.Uri): Promise<void> {
    await this.restore();
    const { run } = this.#shown;
    const checkpoint = run && (await this.runs.lastCheckpoint(run));
    if (!run || !checkpoint) {
      const train = vscode.l10n.t('Train Model');
      const message = vscode.l10n.t(
        'There are no trained weights to export: train a model, or pick a run that was trained.',
      );
      if ((await vscode.window.showInformationMessage(message, train)) === train) await this.train(undefined);
      return;
    }
    const { source, spec } = run.record;
    const near = vscode.Uri.joinPath(vscode.Uri.parse(source.uri), '..', `${spec.name || 'model'}.safetensors`);
    const to = file ?? (await vscode.window.showSaveDialog({ title: vscode.l10n.t('Export weights of {0}', run.head().title), defaultUri: near, filters: { safetensors: ['safetensors'] } })); // prettier-ignore
    if (!to) return;
    await vscode.workspace.fs.writeFile(to, new Uint8Array(weightsOf(spec, checkpoint)));
    vscode.window.setStatusBarMessage(
      vscode.l10n.t('Weights written to {0}', vscode.workspace.asRelativePath(to)),
      5000,
    );
  }

  async openTrainingPanel(): Promise<void> {
    await this.restore();
    const models = await this.finder.currentModels();
    // Of several models in a file the one that was looked at last.
    const model = models.find(({ key }) => key === this.#shown.model?.key) ?? models[0];
    if (model && !this.#shown.run) this.#shown.offer(model);
    this.trainingPanel.reveal();
  }

  async openGateInspector(): Promise<void> {
    await this.gatesView.reveal({ focus: true });
  }

  /** @param argument a model and a tensor, from a hover's link; else what is shown already, or the model in this file */
  async openTensorInspector(argument: unknown): Promise<void> {
    await this.restore();
    if (isModelArgument(argument)) {
      const model = await pickModel(this.finder, argument);
      if (!model) return;
      if (this.#shown.run?.modelKey !== model.key) await this.inspect(argument);
      this.tensorsPanel.reveal(argument.tensor);
      return;
    }
    if (!this.inspection.subject()) await this.inspect(undefined);
    if (this.inspection.subject()) this.tensorsPanel.reveal();
  }

  async showRuns(): Promise<void> {
    await pickRun(() => this.runs.list(), {
      show: run => void this.showRun(run.id),
      resume: run => void this.#resumeFromCheckpoint(run),
      remove: run => this.#remove(run),
    });
  }

  /** @throws EngineError `unknown` when the run was deleted */
  async showRun(id: string): Promise<void> {
    this.#shown.show(await this.#run(id));
    this.trainingPanel.reveal();
  }

  async #run(id: string): Promise<RunState> {
    const run = await this.runs.find(id);
    if (!run) throw new EngineError('unknown', { text: 'This run was deleted.' });
    return run;
  }

  async chooseData(argument: unknown): Promise<void> {
    await this.#chooseDataOf(await pickModel(this.finder, argument));
  }

  /** Asks again for the sizes that the code of a model leaves open. */
  async chooseSizes(argument: unknown): Promise<void> {
    const model = await pickModel(this.finder, argument);
    if (model) await this.#chooseSizesOf(model);
  }

  async #chooseSizesOf(model: SourceModel): Promise<void> {
    if (!(await this.sizes.choose(model))) return;
    this.#parts.refreshLenses();
    this.#shown.refresh();
  }

  /** What can be done with the run that goes on; the status bar opens it. */
  async runMenu(): Promise<void> {
    const run = this.runs.active;
    if (!run) return;
    const toggle =
      run.record.status === 'paused'
        ? { label: `$(debug-continue) ${vscode.l10n.t('Resume')}`, act: () => this.runs.resume() }
        : { label: `$(debug-pause) ${vscode.l10n.t('Pause')}`, act: () => this.runs.pause() };
    const items = [
      { label: `$(graph-line) ${vscode.l10n.t('Show Training Panel')}`, act: () => this.showRun(run.id) },
      { label: `$(symbol-event) ${vscode.l10n.t('Show Gates')}`, act: () => this.openGateInspector() },
      toggle,
      { label: `$(debug-stop) ${vscode.l10n.t('Stop')}`, act: () => this.runs.stop() },
    ];
    await (await vscode.window.showQuickPick(items, { title: run.head().title }))?.act();
  }

  showLines(): void {
    this.#lines.show();
  }

  /** Ends the worker; a run that goes on stands as interrupted from now on. */
  async close(): Promise<void> {
    await this.runs.close(CLOSE_GRACE_MS);
    this.#disposables.dispose();
    await this.#store.close();
  }

  /** Start of the training panel: the model of the shown run, with the settings of the form. */
  async #start(settings: RunSettings, dataSeed: number | null | undefined): Promise<void> {
    const model = await this.#desk.model();
    if (model) {
      await this.#train(model, settings, dataSeed);
      return;
    }
    const run = this.#shown.run;
    if (run) {
      // Its source is gone: the model is still known from the run itself.
      const { spec, data, source } = run.record;
      await this.runs.start({ spec, data, source, settings, modelKey: run.modelKey });
      return;
    }
    const picked = await pickModel(this.finder, undefined);
    if (picked) await this.#train(picked, settings);
  }

  /** @param dataSeed of generated data, where the person has said it */
  async #train(read: SourceModel, settings: RunSettings, dataSeed?: number | null): Promise<void> {
    const model = await this.#ready(read);
    const known: DataBinding | undefined = model && (await this.data.of(model));
    if (!model || !known) return;
    const data = dataSeed === undefined ? known : await this.data.drawnFrom(dataSeed, known, model);
    const { spec } = model.reading;
    await this.runs.start({ spec, settings, data, source: sourceOf(model), modelKey: model.key });
  }

  async #chooseDataOf(model: SourceModel | undefined): Promise<void> {
    if (model && (await this.data.choose(this.sizes.known(model)))) this.#shown.refresh();
  }

  /** The model with the sizes that only the person knows; undefined when it cannot be run, which the person is told. */
  async #ready(model: SourceModel | undefined): Promise<SourceModel | undefined> {
    if (!model) return undefined;
    const { spec, open } = model.reading;
    const reasons = readiness(spec, open).obstacles;
    if (reasons.length > 0) {
      await explainUnsupported(headline(spec), reasons);
      return undefined;
    }
    const ready = await this.sizes.of(model);
    this.#parts.refreshLenses();
    return ready;
  }

  /** The newest run of this very text of a model that has weights to show. */
  async #newestRun({ key, hash }: SourceModel): Promise<RunState | undefined> {
    const runs = await this.runs.list();
    return runs.find(
      run =>
        run.modelKey === key &&
        run.record.source.hash === hash &&
        (run.checkpoint !== undefined || run === this.runs.active),
    );
  }

  async #resumeFromCheckpoint(run: RunState | undefined): Promise<void> {
    if (run) await this.runs.resumeFromCheckpoint(run);
  }

  async #remove(run: RunState): Promise<void> {
    await this.runs.remove(run);
    await this.#parts.results.forget(run.id);
    this.#parts.refreshLenses();
    if (this.#shown.run === run) this.#shown.show(this.runs.known[0]);
  }

  async #revealSource(): Promise<void> {
    const model = await this.#desk.model();
    const source = this.#shown.run?.record.source;
    const document =
      model?.document ?? (source && (await vscode.workspace.openTextDocument(vscode.Uri.parse(source.uri))));
    if (!document) return;
    const position = model?.position ?? new vscode.Position(source?.line ?? 0, 0);
    const selection = new vscode.Range(position, position);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, selection });
  }

  async #runEnded(run: RunState): Promise<void> {
    const value = run.curves.tested;
    if (value !== undefined) {
      const { measure, source } = run.record;
      await this.#parts.results.set(run.modelKey, { run: run.id, measure, value, hash: source.hash });
      this.#parts.refreshLenses();
    }
    await tellEnd(run, {
      showGates: ended => {
        this.#shown.show(ended);
        void this.openGateInspector();
      },
      showRun: ended => void this.showRun(ended.id),
      resume: ended => void this.#resumeFromCheckpoint(ended),
      startAgain: ended => {
        const { spec, settings, data, source } = ended.record;
        void this.runs.start({ spec, settings, data, source, modelKey: ended.modelKey });
      },
    });
  }

  /**
   * A handler that answers its page at once and tells the person itself when the work fails: questions to the person
   * take longer than a page waits.
   */
  #doing(work: () => unknown): () => null {
    return () => {
      Promise.resolve()
        .then(work)
        .catch((error: unknown) => {
          this.#parts.log.error(error instanceof Error ? error : String(error));
          void vscode.window.showErrorMessage(describeError(error));
        });
      return null;
    };
  }
}

async function askForWeights(near: vscode.Uri): Promise<string | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Weights to load'),
      openLabel: vscode.l10n.t('Load'),
      defaultUri: vscode.Uri.joinPath(near, '..'),
      filters: { [vscode.l10n.t('Weights')]: ['safetensors', 'npz'], [vscode.l10n.t('All Files')]: ['*'] },
    })) ?? [];
  return file?.fsPath;
}

function sourceOf({ uri, hash, position }: SourceModel): RunRecord['source'] {
  return { uri: uri.toString(), hash, line: position.line };
}
