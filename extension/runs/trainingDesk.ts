import * as vscode from 'vscode';
import { DATA_SOURCES } from '../../engine/data/sources.ts';
import { measureOf } from '../../engine/model/measures.ts';
import type { LatestMetrics } from '../../engine/protocol/pages.ts';
import type { RunSettings } from '../../engine/runs/format.ts';
import { defaultSettings } from '../../engine/runs/settings.ts';
import type { DataChoice } from '../models/dataChoice.ts';
import type { ModelFinder } from '../models/modelFinder.ts';
import type { SourceModel } from '../models/sourceModel.ts';
import type { TrainingPanelModel, TrainingPicture } from '../pages/trainingPanel.ts';
import { measureHead, translate } from '../translate.ts';
import type { RunService } from './runService.ts';
import { modelHead, type RunState } from './runState.ts';
import type { ShownRun } from './shownRun.ts';

/** Settings that stand in the form while there is neither run nor model. */
const NO_SETTINGS: RunSettings = { epochs: 10, batchSize: 32, learningRate: 0.001, seed: 42, examples: null };

const NO_METRICS: LatestMetrics = {
  loss: undefined,
  train: undefined,
  test: undefined,
  sliceRows: undefined,
};

/** What the training panel shows: the shown run, or the model that Start would train. */
export class TrainingDesk implements TrainingPanelModel {
  readonly #shown: ShownRun;
  readonly #runs: RunService;
  readonly #finder: ModelFinder;
  readonly #data: DataChoice;
  readonly actions: TrainingPanelModel['actions'];
  readonly onDidChange: vscode.Event<void>;
  readonly onDidGrow: vscode.Event<void>;

  constructor(
    shown: ShownRun,
    runs: RunService,
    finder: ModelFinder,
    data: DataChoice,
    actions: TrainingPanelModel['actions'],
  ) {
    this.#shown = shown;
    this.#runs = runs;
    this.#finder = finder;
    this.#data = data;
    this.actions = actions;
    this.onDidChange = shown.onDidChange;
    this.onDidGrow = shown.onDidGrow;
  }

  get shownRun(): RunState | undefined {
    return this.#shown.run;
  }

  /** The model in its source as it stands now: that of the shown run, or the one that was looked at. */
  async model(): Promise<SourceModel | undefined> {
    return this.shownRun ? modelOfRun(this.#finder, this.shownRun) : this.#shown.model;
  }

  async picture(): Promise<TrainingPicture> {
    const run = this.shownRun;
    const model = await this.model();
    const settings = run?.record.settings ?? (model && defaultSettings(model.reading.spec)) ?? NO_SETTINGS;
    const measure = run?.record.measure ?? (model ? measureOf(model.reading.spec) : 'accuracy');
    const chosen = model && this.#data.known(model);
    // While a run goes on its own data is shown; else that of the next one.
    const data = run?.alive ? run.record.data : (chosen ?? run?.record.data);
    const title = DATA_SOURCES.find(({ id }) => id === data?.source)?.title;
    const file = data?.file?.path.replaceAll('\\', '/').split('/').at(-1);
    const source = model && { uri: model.uri.toString(), line: model.position.line };
    return {
      run: run?.head(),
      model: run ? run.head().model : source && modelHead(model.reading.spec, source),
      runs: this.#runs.known.map(each => each.head()),
      settings,
      measure: measureHead(measure),
      exampleCount: run?.opened?.trainCount ?? null,
      data: file ?? (title ? translate(title) : ''),
      engine: run?.record.engine ?? '',
      progress: run?.progress,
      latest: run?.curves.latest ?? NO_METRICS,
      stepsPerEpoch: run?.stepsPerEpoch,
    };
  }
}

/** The model that a run trained, in its source as it stands now: the same text, or else the same name. */
export async function modelOfRun(
  finder: ModelFinder,
  { record, modelKey }: RunState,
): Promise<SourceModel | undefined> {
  const models = (await finder.modelsAt(vscode.Uri.parse(record.source.uri))) ?? [];
  return models.find(({ hash }) => hash === record.source.hash) ?? models.find(({ key }) => key === modelKey);
}
