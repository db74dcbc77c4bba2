/** Ids of commands as `package.json` contributes them, and of those that only lenses, links and the status bar call. */
export const COMMANDS = {
  trainModel: 'rnnExplorer.trainModel',
  inspectModel: 'rnnExplorer.inspectModel',
  openSamples: 'rnnExplorer.openSamples',
  openTrainingPanel: 'rnnExplorer.openTrainingPanel',
  openGateInspector: 'rnnExplorer.openGateInspector',
  openTensorInspector: 'rnnExplorer.openTensorInspector',
  showRuns: 'rnnExplorer.showRuns',
  chooseData: 'rnnExplorer.chooseData',
  pauseTraining: 'rnnExplorer.pauseTraining',
  resumeTraining: 'rnnExplorer.resumeTraining',
  stopTraining: 'rnnExplorer.stopTraining',
  showLines: 'rnnExplorer.showLines',
  showLog: 'rnnExplorer.showLog',
  loadWeights: 'rnnExplorer.loadWeights',
  exportWeights: 'rnnExplorer.exportWeights',
  installTensorflow: 'rnnExplorer.installTensorflow',
  /** Asks again for the sizes that a model's code leaves open. */
  chooseSizes: 'rnnExplorer.chooseSizes',
  /** With a run's id: shows it in the training panel. */
  showRun: 'rnnExplorer.showRun',
  /** What can be done with the run that goes on. */
  runMenu: 'rnnExplorer.runMenu',
} as const;

/** Which model a lens or link means; JSON, since it stands in command links. */
export interface ModelArgument {
  readonly uri: string;
  /** `SourceModel.key` */
  readonly key: string;
  /** Tensor to select in the tensor inspector. */
  readonly tensor?: string;
}

/** Whether a command was called by one of our own lenses or links, and not by a menu with arguments of its own. */
export function isModelArgument(argument: unknown): argument is ModelArgument {
  return (
    typeof argument === 'object' &&
    argument !== null &&
    'uri' in argument &&
    typeof argument.uri === 'string' &&
    'key' in argument &&
    typeof argument.key === 'string' &&
    (!('tensor' in argument) || argument.tensor === undefined || typeof argument.tensor === 'string')
  );
}
