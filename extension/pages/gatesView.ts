import * as vscode from 'vscode';
import type { Channel, Handlers } from '../../engine/protocol/channel.ts';
import { type GatesHostSide, GatesPageRequests, type PageSide } from '../../engine/protocol/pages.ts';
import type { InspectorModel } from './inspectorPage.ts';
import { connectPage, type PageContext } from './pageConnection.ts';
import { pageStrings } from './translatedStrings.ts';

/** The gate inspector in the side panel. It does not exist before it is shown and dies when it is collapsed. */
export class GatesView implements vscode.WebviewViewProvider, vscode.Disposable {
  static readonly viewId = 'rnnExplorer.gates';
  readonly #context: PageContext;
  readonly #model: InspectorModel;
  readonly #actions: Omit<Handlers<GatesHostSide>, 'hydrate' | 'trace'>;
  readonly #listening: vscode.Disposable;
  #view: vscode.WebviewView | undefined;
  #channel: Channel<GatesHostSide, PageSide> | undefined;

  constructor(
    context: PageContext,
    model: InspectorModel,
    actions: Omit<Handlers<GatesHostSide>, 'hydrate' | 'trace'>,
  ) {
    this.#context = context;
    this.#model = model;
    this.#actions = actions;
    this.#listening = vscode.Disposable.from(
      model.onDidChangeSubject(() => {
        if (this.#view?.visible) this.#channel?.emit('subject', model.subject());
      }),
      model.onDidBecomeStale(event => {
        if (this.#view?.visible) this.#channel?.emit('stale', event);
      }),
    );
  }

  /** Opens the side panel; the person's cursor stays where it is unless the person asked for the view itself. */
  async reveal({ focus }: { readonly focus: boolean }): Promise<void> {
    if (this.#view?.visible && !focus) return;
    await vscode.commands.executeCommand(`${GatesView.viewId}.focus`, { preserveFocus: !focus });
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const channel = connectPage<GatesHostSide>(
      this.#context,
      view.webview,
      { name: 'gates', title: vscode.l10n.t('Gate Inspector') },
      GatesPageRequests,
      {
        ...this.#actions,
        hydrate: () => ({ strings: pageStrings(), subject: this.#model.subject() }),
        trace: (params, signal) => this.#model.trace(params, signal),
      },
    );
    this.#view = view;
    this.#channel = channel;
    view.onDidDispose(() => {
      channel.dispose();
      if (this.#view !== view) return;
      this.#view = undefined;
      this.#channel = undefined;
    });
  }

  dispose(): void {
    this.#listening.dispose();
    this.#channel?.dispose();
  }
}
