import * as vscode from 'vscode';
import { readiness } from '../../engine/data/dataSizes.ts';
import { DEFAULT_SEED, type DataBinding } from '../../engine/data/source.ts';
import { DATA_SOURCES } from '../../engine/data/sources.ts';
import { measureOf } from '../../engine/model/measures.ts';
import { fillSizes } from '../../engine/model/openSizes.ts';
import type { ToldSizes } from '../../engine/protocol/engine.ts';
import type { LatestMetrics, ToldSize } from '../../engine/protocol/pages.ts';
import type { RunSettings } from '../../engine/runs/format.ts';
import { defaultSettings } from '../../engine/runs/settings.ts';
import type { DataChoice } from '../models/dataChoice.ts';
import type { SizeChoice } from '../models/sizeChoice.ts';
import { matchingModel } from '../models/matchingModel.ts';
import type { ModelFinder } from '../models/modelFinder.ts';
import type { SourceModel } from '../models/sourceModel.ts';
import type { TrainingPanelModel, TrainingPicture } from '../pages/trainingPanel.ts';
import { measureHead, translate } from '../translate.ts';
import type { RunService } from './runService.ts';
import type { EngineSession } from './engineSession.ts';
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

export interface TrainingDeskParts {
  readonly shown: ShownRun;
  readonly runs: RunService;
  readonly finder: ModelFinder;
  readonly data: DataChoice;
  readonly sizes: SizeChoice;
  readonly engine: EngineSession;
}

/** What the training panel shows: the shown run, or the model that Start would train. */
export class TrainingDesk implements TrainingPanelModel {
  readonly #shown: ShownRun;
  readonly #runs: RunService;
  readonly #finder: ModelFinder;
  readonly #data: DataChoice;
  readonly #sizes: SizeChoice;
  readonly #engine: EngineSession;
  /** What the data of the next run tells of the model's sizes. */
  #told: { readonly key: string; readonly sizes: ToldSizes } | undefined;
  readonly actions: TrainingPanelModel['actions'];
  readonly onDidChange: vscode.Event<void>;
  readonly onDidGrow: vscode.Event<void>;

  constructor({ shown, runs, finder, data, sizes, engine }: TrainingDeskParts, actions: TrainingPanelModel['actions']) {
    this.#shown = shown;
    this.#runs = runs;
    this.#finder = finder;
    this.#data = data;
    this.#sizes = sizes;
    this.#engine = engine;
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
    const read = await this.model();
    const model = read && this.#sizes.known(read);
    const settings = run?.record.settings ?? (model && defaultSettings(model.reading.spec)) ?? NO_SETTINGS;
    const measure = run?.record.measure ?? (model ? measureOf(model.reading.spec) : 'accuracy');
    const chosen = model && this.#data.known(model);
    // While a run goes on its own data is shown; else that of the next one.
    const data = run?.alive ? run.record.data : (chosen ?? run?.record.data);
    const source = DATA_SOURCES.find(({ id }) => id === data?.source);
    const file = data?.file?.path.replaceAll('\\', '/').split('/').at(-1);
    const place = model && { uri: model.uri.toString(), line: model.position.line };
    const sizes = read && model ? this.#sizesOf(read, model, data) : [];
    return {
      run: run?.head(),
      model: run ? run.head().model : place && modelHead(fillSizes(model.reading.spec, new Map(sizes.map(({ name, value }) => [name, value]))), place), // prettier-ignore
      runs: this.#runs.known.map(each => each.head()),
      settings: { ...settings, ...(source?.seeded && { dataSeed: data?.seed ?? DEFAULT_SEED }) },
      measure: measureHead(measure),
      exampleCount: run?.opened?.trainCount ?? null,
      data: file ?? (source ? translate(source.title) : ''),
      sizes,
      engine: run?.record.engine ?? '',
      progress: run?.progress,
      latest: run?.curves.latest ?? NO_METRICS,
      stepsPerEpoch: run?.stepsPerEpoch,
    };
  }

  /** Sizes that the code leaves open, as far as person and data have told them; the panel is told when the data has. */
  #sizesOf(read: SourceModel, { key: id, hash, reading: { spec, open } }: SourceModel, data: DataBinding | undefined): ToldSize[] {
    const given = this.#sizes.given(read).map(([name, value]) => ({ name, value, by: 'person' as const }));
    const { ofTheData, ofThePerson, obstacles } = readiness(spec, open);
    if (!data || ofTheData.length === 0 || ofThePerson.length > 0 || obstacles.length > 0) return given;
    const key = JSON.stringify([id, hash, given, data]);
    if (this.#told?.key !== key) {
      this.#told = { key, sizes: [] };
      this.#engine.request('sizes', { model: id, spec, data }, { timeout: Infinity }).then(
        sizes => {
          if (this.#told?.key !== key) return;
          this.#told = { key, sizes };
          this.#shown.refresh();
        },
        () => undefined, // whoever trains with it is told why
      );
    }
    return [...given, ...this.#told.sizes.map(([name, value]) => ({ name, value, by: 'data' as const }))];
  } // prettier-ignore
}

/** The model that a run trained, in its source as it stands now. */
export async function modelOfRun(
  finder: ModelFinder,
  { record: { source }, modelKey }: RunState,
): Promise<SourceModel | undefined> {
  const models = (await finder.modelsAt(vscode.Uri.parse(source.uri))) ?? [];
  return matchingModel(models, { key: modelKey, hash: source.hash });
}
