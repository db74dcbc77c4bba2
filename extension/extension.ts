import * as vscode from 'vscode';
import { COMMANDS } from './commands/commandIds.ts';
import { openSamples, showPendingSample } from './commands/openSamples.ts';
import { ModelDiagnostics } from './language/modelDiagnostics.ts';
import { ModelLenses } from './language/modelLenses.ts';
import { READABLE_DOCUMENTS } from './language/readableText.ts';
import { ReadingCache } from './language/readingCache.ts';
import { type NumbersOf, ShapeHover } from './language/shapeHover.ts';
import { ShapeInlays } from './language/shapeInlays.ts';
import { LastResults } from './models/lastResults.ts';
import { watchModelContext } from './models/modelContext.ts';
import { ModelFinder } from './models/modelFinder.ts';
import { SizeChoice } from './models/sizeChoice.ts';
import type { Studio } from './studio.ts';
import { describeError } from './translate.ts';

/** What `activate` hands to other extensions and to tests inside VS Code. */
export interface RnnExplorerApi {
  /** Runs, engine and pages; started by the first call. */
  studio(): Promise<Studio>;
}

let studio: Promise<Studio> | undefined;

/** Registers, and nothing else: the reader is loaded by the first text, the studio by the first command or page. */
export function activate(context: vscode.ExtensionContext): RnnExplorerApi {
  const readings = new ReadingCache();
  const finder = new ModelFinder(readings);
  const results = new LastResults(context.workspaceState);
  const sizes = new SizeChoice(context.workspaceState);
  const lenses = new ModelLenses(readings, results, sizes);
  const log = vscode.window.createOutputChannel('RNN Explorer Log', { log: true });
  const refreshLenses = (): void => {
    lenses.refresh();
  };
  const getStudio = (): Promise<Studio> =>
    (studio ??= import('./studio.ts').then(
      module => new module.Studio({ context, finder, results, sizes, log, refreshLenses }),
    ));

  context.subscriptions.push(readings, finder, log, watchModelContext(finder));
  // Nothing is started for a hover: without a studio there are no numbers.
  const numbers: NumbersOf = async model => (await studio)?.numbers.of(model);
  registerLanguageFeatures(context, readings, lenses, numbers);
  registerPages(context, getStudio);
  registerCommands(context, getStudio, log);
  void showPendingSample(context);
  return { studio: getStudio };
}

/** Ends the worker; runs that went on stand as interrupted when they are read again. */
export async function deactivate(): Promise<void> {
  const started = await studio;
  await started?.close();
  studio = undefined;
}

function registerLanguageFeatures(
  { subscriptions }: vscode.ExtensionContext,
  readings: ReadingCache,
  lenses: ModelLenses,
  numbers: NumbersOf,
): void {
  const diagnostics = new ModelDiagnostics(readings);
  const inlays = new ShapeInlays(readings);
  const providedCodeActionKinds = [vscode.CodeActionKind.QuickFix];
  subscriptions.push(
    diagnostics,
    vscode.languages.registerCodeLensProvider(READABLE_DOCUMENTS, lenses),
    vscode.languages.registerHoverProvider(READABLE_DOCUMENTS, new ShapeHover(readings, numbers)),
    vscode.languages.registerInlayHintsProvider(READABLE_DOCUMENTS, inlays),
    vscode.languages.registerCodeActionsProvider(READABLE_DOCUMENTS, diagnostics, { providedCodeActionKinds }),
    readings.onDidChangeSiblings(() => {
      lenses.refresh();
      inlays.refresh();
      diagnostics.refresh();
    }),
    vscode.workspace.onDidChangeConfiguration(change => {
      if (change.affectsConfiguration('rnnExplorer.codeLens')) lenses.refresh();
      if (change.affectsConfiguration('rnnExplorer.inlayHints')) inlays.refresh();
      if (change.affectsConfiguration('rnnExplorer.diagnostics')) diagnostics.refresh();
    }),
  );
}

/** Views and panels must be registered now, so that VS Code can bring them back after a reload. */
function registerPages({ subscriptions }: vscode.ExtensionContext, getStudio: () => Promise<Studio>): void {
  const restored = async (): Promise<Studio> => {
    const made = await getStudio();
    await made.restore();
    return made;
  };
  subscriptions.push(
    vscode.window.registerWebviewViewProvider('rnnExplorer.gates', {
      resolveWebviewView: async view => {
        (await restored()).gatesView.resolveWebviewView(view);
      },
    }),
    vscode.window.registerWebviewPanelSerializer('rnnExplorer.training', {
      deserializeWebviewPanel: async panel => {
        (await restored()).trainingPanel.adopt(panel);
      },
    }),
    vscode.window.registerWebviewPanelSerializer('rnnExplorer.tensors', {
      deserializeWebviewPanel: async panel => {
        (await restored()).tensorsPanel.adopt(panel);
      },
    }),
  );
}

function registerCommands(
  context: vscode.ExtensionContext,
  getStudio: () => Promise<Studio>,
  log: vscode.LogOutputChannel,
): void {
  const table: Readonly<Record<keyof typeof COMMANDS, (argument: unknown) => unknown>> = {
    trainModel: async model => (await getStudio()).train(model),
    inspectModel: async model => (await getStudio()).inspect(model),
    openSamples: () => openSamples(context),
    openTrainingPanel: async () => (await getStudio()).openTrainingPanel(),
    openGateInspector: async () => (await getStudio()).openGateInspector(),
    openTensorInspector: async model => (await getStudio()).openTensorInspector(model),
    showRuns: async () => (await getStudio()).showRuns(),
    chooseData: async model => (await getStudio()).chooseData(model),
    chooseSizes: async model => (await getStudio()).chooseSizes(model),
    pauseTraining: async () => (await getStudio()).runs.pause(),
    resumeTraining: async () => (await getStudio()).runs.resume(),
    stopTraining: async () => (await getStudio()).runs.stop(),
    showLines: async () => {
      (await getStudio()).showLines();
    },
    showLog: () => {
      log.show();
    },
    loadWeights: async model => (await getStudio()).loadWeights(model),
    exportWeights: async () => (await getStudio()).exportWeights(),
    installTensorflow: async () => {
      const module = await import('./commands/installTensorflow.ts');
      await module.installTensorflow(context, log);
    },
    showRun: async run => (await getStudio()).showRun(String(run)),
    runMenu: async () => (await getStudio()).runMenu(),
  };
  for (const [name, run] of Object.entries(table)) {
    const id = COMMANDS[name as keyof typeof COMMANDS];
    context.subscriptions.push(
      vscode.commands.registerCommand(id, async (argument: unknown) => {
        try {
          await run(argument);
        } catch (error) {
          log.error(error instanceof Error ? error : String(error));
          void vscode.window.showErrorMessage(describeError(error));
        }
      }),
    );
  }
}
