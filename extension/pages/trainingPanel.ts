import * as vscode from 'vscode';
import type { Channel, Handlers } from '../../engine/protocol/channel.ts';
import {
  type PageSide,
  type TrainingHostSide,
  TrainingPageRequests,
  type TrainingSnapshot,
} from '../../engine/protocol/pages.ts';
import type { RunState } from '../runs/runState.ts';
import type { CurvePosition } from '../runs/runCurves.ts';
import { connectPage, type PageContext, tabIcon } from './pageConnection.ts';
import { panelColumn } from './panelColumn.ts';
import { pageStrings } from './translatedStrings.ts';

/** A snapshot without the parts that grow; the panel adds those itself, and knows then what its page has got. */
export type TrainingPicture = Omit<TrainingSnapshot, 'curves' | 'lines' | 'sequence'>;

/** What the training panel asks of the host. */
export interface TrainingPanelModel {
  /** The run that is shown. */
  readonly shownRun: RunState | undefined;
  /** Fires when another run is shown, or anything but the growth of the shown run has changed. */
  readonly onDidChange: vscode.Event<void>;
  /** Fires when the shown run has new points, lines, progress or status. */
  readonly onDidGrow: vscode.Event<void>;
  picture(): Promise<TrainingPicture>;
  readonly actions: Omit<Handlers<TrainingHostSide>, 'hydrate'>;
}

/** Changes are sent at most ten times a second. */
const CHANGE_INTERVAL_MS = 100;

/** The one training panel: curves, progress and controls of the shown run, beside the code. */
export class TrainingPanel implements vscode.Disposable {
  static readonly viewType = 'rnnExplorer.training';
  readonly #context: PageContext;
  readonly #model: TrainingPanelModel;
  readonly #listening: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #channel: Channel<TrainingHostSide, PageSide> | undefined;
  /** What the page has got; undefined until it has hydrated. */
  #sent: { readonly run: RunState | undefined; position: CurvePosition | undefined } | undefined;
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: PageContext, model: TrainingPanelModel) {
    this.#context = context;
    this.#model = model;
    this.#listening = vscode.Disposable.from(
      model.onDidChange(() => void this.#sendSnapshot()),
      model.onDidGrow(() => {
        this.#sendChangeSoon();
      }),
    );
  }

  /** Shows the panel beside the code; the person's cursor stays where it is. */
  reveal(): void {
    if (this.#panel) {
      if (!this.#panel.visible) this.#panel.reveal(undefined, true);
      return;
    }
    const column = { viewColumn: panelColumn(), preserveFocus: true };
    this.adopt(vscode.window.createWebviewPanel(TrainingPanel.viewType, vscode.l10n.t('Training'), column));
  }

  /** Takes a new panel, or one that VS Code brings back after a reload. */
  adopt(panel: vscode.WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    panel.iconPath = tabIcon(this.#context.extensionUri);
    const channel = connectPage<TrainingHostSide>(
      this.#context,
      panel.webview,
      { name: 'training', title: vscode.l10n.t('Training') },
      TrainingPageRequests,
      { ...this.#model.actions, hydrate: async () => ({ strings: pageStrings(), snapshot: await this.#hydrate() }) },
    );
    this.#channel = channel;
    panel.onDidChangeViewState(() => {
      // A page that is shown again is a new page, and asks for everything.
      if (!panel.visible) this.#sent = undefined;
    });
    panel.onDidDispose(() => {
      channel.dispose();
      if (this.#panel !== panel) return;
      this.#panel = undefined;
      this.#channel = undefined;
      this.#sent = undefined;
    });
  }

  dispose(): void {
    this.#listening.dispose();
    clearTimeout(this.#timer);
    this.#panel?.dispose();
  }

  async #hydrate(): Promise<TrainingSnapshot> {
    const picture = await this.#model.picture();
    const run = this.#model.shownRun;
    this.#sent = { run, position: run?.curves.position };
    const [curves, lines] = [run?.curves.since() ?? [], run?.curves.lines ?? []];
    return { ...picture, curves, lines, sequence: ++this.#sequence };
  }

  async #sendSnapshot(): Promise<void> {
    if (!this.#panel?.visible || !this.#sent) return;
    const snapshot = await this.#hydrate();
    this.#channel?.emit('snapshot', snapshot);
  }

  #sendChangeSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sendChange();
    }, CHANGE_INTERVAL_MS);
  }

  #sendChange(): void {
    const run = this.#model.shownRun;
    if (!run || !this.#panel?.visible || !this.#sent) return;
    const { position } = this.#sent;
    if (this.#sent.run !== run || !position) {
      void this.#sendSnapshot();
      return;
    }
    this.#sent.position = run.curves.position;
    this.#channel?.emit('change', {
      sequence: ++this.#sequence,
      run: run.head(),
      progress: run.progress,
      latest: run.curves.latest,
      append: run.curves.since(position),
      newLines: run.curves.linesSince(position),
    });
  }
}
