import assert from 'node:assert/strict';
import { escapeHtml, makeNonce, type PageHtml, pageHtml } from '../../../extension/pages/pageHtml.ts';

const page: PageHtml = {
  name: 'gates',
  title: 'Gates & "states"',
  language: 'zh-cn',
  cspSource: "'self' https://*.vscode-cdn.net",
  address: file => `https://host/dist/webview/${file}?a&b`,
};

describe('pageHtml', () => {
  it('loads the one script of the page under its nonce and nothing else', () => {
    const html = pageHtml(page, 'NONCE');
    assert.deepEqual(html.match(/<script[^>]*>/g), [
      '<script nonce="NONCE" src="https://host/dist/webview/gates.js?a&#38;b">',
    ]);
    assert.match(html, /<meta property="csp-nonce" content="NONCE">/);
    assert.match(html, /gates\.css/);
  });

  it('forbids everything that is not named', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(pageHtml(page, 'NONCE'))?.[1] ?? '';
    const directives = policy.split('; ');
    assert.equal(directives[0], "default-src 'none'");
    assert.ok(directives.includes("script-src 'nonce-NONCE'"));
    assert.ok(!policy.includes('unsafe'));
    assert.ok(!policy.includes('connect-src'));
  });

  it('gives every page a nonce of its own', () => {
    assert.notEqual(makeNonce(), makeNonce());
    assert.match(makeNonce(), /^[\w-]{24}$/);
  });

  it('lets no text become markup', () => {
    assert.equal(escapeHtml('<a href="x">&'), '&#60;a href=&#34;x&#34;&#62;&#38;');
    assert.match(pageHtml(page), /<title>Gates &#38; &#34;states&#34;<\/title>/);
  });
});
