import * as vscode from 'vscode';
import type { TSchema } from '@sinclair/typebox';
import { Channel, type Handlers, type Port, type Side } from '../../engine/protocol/channel.ts';
import type { PageSide } from '../../engine/protocol/pages.ts';
import { checkedHandlers } from './checkedHandlers.ts';
import { pageHtml, type PageName } from './pageHtml.ts';

/** What every page needs of the host. */
export interface PageContext {
  readonly extensionUri: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
}

/** Fills a webview with a page and joins it to its handlers. Dispose the channel with the webview. */
export function connectPage<S extends Side>(
  { extensionUri, log }: PageContext,
  webview: vscode.Webview,
  page: { readonly name: PageName; readonly title: string },
  schemas: Readonly<Record<keyof S['requests'] & string, TSchema>>,
  handlers: Handlers<S>,
): Channel<S, PageSide> {
  const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  const channel = new Channel<S, PageSide>(webviewPort(webview), checkedHandlers(page.name, schemas, handlers));
  channel.on('error', ({ message, stack }) => {
    log.error(`Page ${page.name}: ${message}\n${stack}`);
  });
  webview.html = pageHtml({
    ...page,
    language: vscode.env.language,
    cspSource: webview.cspSource,
    address: file => webview.asWebviewUri(vscode.Uri.joinPath(folder, file)).toString(),
  });
  return channel;
}

/** Icon of the tabs of our panels. */
export function tabIcon(extensionUri: vscode.Uri): { readonly light: vscode.Uri; readonly dark: vscode.Uri } {
  const media = vscode.Uri.joinPath(extensionUri, 'extension', 'media');
  return { light: vscode.Uri.joinPath(media, 'tab-light.svg'), dark: vscode.Uri.joinPath(media, 'tab-dark.svg') };
}

/** VS Code copies what is posted; typed data goes as `ArrayBuffer`, which it keeps binary. */
function webviewPort(webview: vscode.Webview): Port {
  return {
    post: message => {
      // A hidden or closing page loses what is sent to it; that is part of the protocol.
      webview.postMessage(message).then(undefined, () => undefined);
    },
    listen: listener => {
      const listening = webview.onDidReceiveMessage(listener);
      return () => {
        listening.dispose();
      };
    },
  };
}
