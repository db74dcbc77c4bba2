import * as vscode from 'vscode';
import type { Channel, Handlers } from '../../engine/protocol/channel.ts';
import { type PageSide, type TensorsHostSide, TensorsPageRequests } from '../../engine/protocol/pages.ts';
import type { InspectorModel } from './inspectorPage.ts';
import { connectPage, type PageContext, tabIcon } from './pageConnection.ts';
import { panelColumn } from './panelColumn.ts';
import { pageStrings } from './translatedStrings.ts';

/** The one tensor inspector in the editor area. */
export class TensorsPanel implements vscode.Disposable {
  static readonly viewType = 'rnnExplorer.tensors';
  readonly #context: PageContext;
  readonly #model: InspectorModel;
  readonly #actions: Omit<Handlers<TensorsHostSide>, 'hydrate' | 'tensors'>;
  readonly #listening: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #channel: Channel<TensorsHostSide, PageSide> | undefined;
  /** Tensor that a page which is not there yet shall select. */
  #wanted: string | undefined;

  constructor(
    context: PageContext,
    model: InspectorModel,
    actions: Omit<Handlers<TensorsHostSide>, 'hydrate' | 'tensors'>,
  ) {
    this.#context = context;
    this.#model = model;
    this.#actions = actions;
    this.#listening = vscode.Disposable.from(
      model.onDidChangeSubject(() => {
        if (this.#panel?.visible) this.#channel?.emit('subject', model.subject());
      }),
      model.onDidBecomeStale(event => {
        if (this.#panel?.visible) this.#channel?.emit('stale', event);
      }),
    );
  }

  /** Shows the panel beside the code. @param tensor id of the tensor to select */
  reveal(tensor?: string): void {
    this.#wanted = tensor;
    if (this.#panel) {
      if (!this.#panel.visible) this.#panel.reveal(undefined, true);
      else if (tensor !== undefined) this.#channel?.emit('select', { tensor });
      return;
    }
    const column = { viewColumn: panelColumn(), preserveFocus: true };
    this.adopt(vscode.window.createWebviewPanel(TensorsPanel.viewType, vscode.l10n.t('Tensors'), column));
  }

  /** Takes a new panel, or one that VS Code brings back after a reload. */
  adopt(panel: vscode.WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    panel.iconPath = tabIcon(this.#context.extensionUri);
    const channel = connectPage<TensorsHostSide>(
      this.#context,
      panel.webview,
      { name: 'tensors', title: vscode.l10n.t('Tensors') },
      TensorsPageRequests,
      {
        ...this.#actions,
        hydrate: () => ({ strings: pageStrings(), subject: this.#model.subject(), tensor: this.#wanted }),
        tensors: (params, signal) => this.#model.tensors(params, signal),
      },
    );
    this.#channel = channel;
    panel.onDidDispose(() => {
      channel.dispose();
      if (this.#panel !== panel) return;
      this.#panel = undefined;
      this.#channel = undefined;
    });
  }

  dispose(): void {
    this.#listening.dispose();
    this.#panel?.dispose();
  }
}
