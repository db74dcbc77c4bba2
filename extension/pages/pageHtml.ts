import { randomBytes } from 'node:crypto';

/** Names of the page bundles in `dist/webview`. */
export type PageName = 'training' | 'gates' | 'tensors' | 'data';

export interface PageHtml {
  readonly name: PageName;
  readonly title: string;
  /** BCP 47 tag for screen readers. */
  readonly language: string;
  /** `Webview.cspSource` */
  readonly cspSource: string;
  /** Address of a file of `dist/webview` as the page may load it. */
  readonly address: (file: string) => string;
}

/** A nonce that cannot be guessed. */
export function makeNonce(): string {
  return randomBytes(18).toString('base64url');
}

/**
 * The document of a page: everything that is seen is built by its script. Nothing may be loaded but our own bundles;
 * the `csp-nonce` property is where the toolkit looks for the nonce of the style elements that it inserts.
 */
export function pageHtml({ name, title, language, cspSource, address }: PageHtml, nonce = makeNonce()): string {
  const policy = [
    `default-src 'none'`,
    `img-src ${cspSource} data: blob:`,
    `font-src ${cspSource}`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${escapeHtml(address('codicon.css'))}">
<link rel="stylesheet" href="${escapeHtml(address(`${name}.css`))}">
</head>
<body>
<script nonce="${nonce}" src="${escapeHtml(address(`${name}.js`))}"></script>
</body>
</html>
`;
}

/** Text as it may stand in an attribute or element. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
}
