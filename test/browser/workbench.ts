import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Frame, Locator, Page } from 'playwright-core';
import { installWorkbench } from '../host/install.ts';
import { samplesFolder } from '../host/paths.ts';
import { installExtension, startServer, writeSettings, type Server } from '../host/server.ts';
import { testSettings, type Settings } from '../host/settings.ts';
import { freshVsix } from '../host/vsix.ts';
import { launchBrowser } from './browser.ts';
import { collectProblems, type Problem } from './problems.ts';

/** Colour themes of VS Code that a page must look right in. */
export const themes = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  'high contrast': 'Default High Contrast',
  'high contrast light': 'Default High Contrast Light',
} as const;
export type Theme = keyof typeof themes;

export interface OpenOptions {
  /** Packaged extension to install; by default this project's, built and packaged if any source is newer. */
  readonly vsix?: string;
  /** Folder whose copy is opened; by default the samples. */
  readonly workspace?: string;
  readonly settings?: Settings;
  readonly theme?: Theme;
  /** Size of the window in CSS pixels. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Added to the environment of the extension host. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The identity of an extension's page: the title of its document, or a CSS selector that only it satisfies. */
export type PageIdentity = { readonly title: string | RegExp } | { readonly selector: string };

/** A page of this extension by the name of its bundle in `dist/webview`: `training`, `gates` or `tensors`. */
export function pageOf(bundle: string): PageIdentity {
  return { selector: `script[src*="/webview/${bundle}.js"]` };
}

/** How long a person would wait for the slowest thing VS Code does, in ms. */
const patience = 60_000;

/**
 * A real VS Code in a real browser, with the extension installed from its VSIX, on a copy of a workspace; nothing is
 * shared with any other VS Code. Its methods do what a person does and wait until it shows.
 */
export class Workbench {
  readonly page: Page;
  /** The copy of the workspace that is open. */
  readonly workspace: string;
  readonly server: Server;
  /** What the browser complained about since the start. */
  readonly problems: Problem[];
  readonly #browser: Browser;
  readonly #folder: string;

  private constructor(page: Page, server: Server, browser: Browser, folder: string) {
    this.page = page;
    this.server = server;
    this.#browser = browser;
    this.#folder = folder;
    this.workspace = join(folder, 'workspace');
    this.problems = collectProblems(page);
  }

  /** Opens the workbench and waits until the extension host has started. `close` it in the end. */
  static async open(options: OpenOptions = {}): Promise<Workbench> {
    await installWorkbench();
    const vsix = options.vsix ?? (await freshVsix());
    const folder = mkdtempSync(join(tmpdir(), 'rnn-workbench-'));
    const dataFolder = join(folder, 'data');
    cpSync(options.workspace ?? samplesFolder, join(folder, 'workspace'), { recursive: true });
    const theme = themes[options.theme ?? 'dark'];
    writeSettings(dataFolder, { ...testSettings, 'workbench.colorTheme': theme, ...options.settings });
    let server: Server | undefined;
    let browser: Browser | undefined;
    try {
      await installExtension(dataFolder, vsix);
      [server, browser] = await Promise.all([
        startServer({ dataFolder, ...(options.env === undefined ? {} : { env: options.env }) }),
        launchBrowser(),
      ]);
      const context = await browser.newContext({ viewport: options.size ?? { width: 1400, height: 900 } });
      context.setDefaultTimeout(patience);
      const workbench = new Workbench(await context.newPage(), server, browser, folder);
      await workbench.page.goto(`${server.origin}/?folder=${encodeURIComponent(workbench.workspace)}`);
      await workbench.#settled();
      return workbench;
    } catch (error) {
      await browser?.close();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Closes browser and server and deletes what they wrote. */
  async close(): Promise<void> {
    await this.#browser.close();
    await this.server.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #settled(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
    // The side bar shows its rows or its page once the connection to the server and its extension host stands.
    const rows = this.page.locator('.part.sidebar .monaco-list-row').first();
    await rows.or(this.page.locator('iframe.webview.ready').first()).first().waitFor();
  }

  /** Reloads the window, as `Developer: Reload Window` does. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#settled();
  }

  /** Opens a file of the workspace by its path, as with Ctrl+P, and waits for its text. */
  async openFile(path: string): Promise<void> {
    const input = await this.#quickInput('Control+P');
    await input.fill(path);
    const name = path.split('/').at(-1)!;
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.page.locator('.monaco-editor .view-line').first().waitFor();
  }

  /** Runs a command of the palette by its full title, such as `RNN Explorer: Train Model`. */
  async command(title: string): Promise<void> {
    const input = await this.#quickInput('F1');
    await input.fill(`>${title}`);
    // Commands of an extension may be registered a moment after the palette opens; the exact title must stand first.
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({
      has: this.page.locator('.label-name', { hasText: new RegExp(`^${escaped(title)}$`) }),
    });
    await row.first().click();
  }

  async #quickInput(key: string): Promise<Locator> {
    const input = this.page.locator('.quick-input-widget:visible .quick-input-box input').first();
    await this.page.keyboard.press(key);
    await input.waitFor();
    return input;
  }

  /** Chooses an entry of an open quick pick by the text it holds. */
  async pick(text: string | RegExp): Promise<void> {
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first().click();
  }

  /** The CodeLens links whose text holds `text`. */
  lens(text: string | RegExp): Locator {
    return this.page.locator('.codelens-decoration a', { hasText: text });
  }

  /**
   * Clicks the CodeLens with the text once it shows, wherever in the file it stands; of several that show, the one of
   * the model with the headline `of`.
   */
  async clickLens(text: string | RegExp, of?: string): Promise<void> {
    const row = this.page.locator(
      '.codelens-decoration',
      of === undefined ? {} : { hasText: new RegExp(`\\|\\s*${escaped(of)}`) },
    );
    const lens = row.locator('a', { hasText: text }).first();
    await lens.waitFor({ timeout: 2000 }).catch(() => this.#scrollTo(lens));
    await lens.click();
  }

  /** Turns the wheel over the editor, down and then up, until a line shows: lines out of sight are not in the page. */
  async #scrollTo(line: Locator): Promise<void> {
    const editor = this.page.locator('.monaco-editor').first();
    await editor.waitFor();
    const box = await editor.boundingBox();
    const deadline = Date.now() + 2 * patience;
    for (let turn = 0; !(await line.isVisible()); turn++) {
      if (Date.now() > deadline) throw new Error(`Not to be seen in the editor, up or down: ${line.toString()}`);
      await this.page.mouse.move(box!.x + box!.width / 2, box!.y + box!.height / 2);
      await this.page.mouse.wheel(0, turn % 20 < 7 ? 450 : -450);
      // Lenses of lines that come into sight are asked for once the scrolling rests, on a busy machine seconds later.
      await line.waitFor({ timeout: turn < 20 ? 1500 : 4000 }).catch(() => undefined);
    }
  }

  /**
   * Puts the mouse on a piece of code and gives back the text of the hover that shows. `code` is searched, as whole words,
   * in the lines that are no comments; `on` names the part of it to point at (by default its beginning).
   */
  async hover(code: string, on = code): Promise<string> {
    const wholeWords = new RegExp(`^(?!\\s*(#|//)).*(?<!\\w)${nonBreaking(code)}(?!\\w)`);
    const line = this.page.locator('.monaco-editor .view-line').filter({ hasText: wholeWords }).first();
    await this.#scrollTo(line);
    const point = await line.evaluate(
      (element, { whole, place }) => {
        const texts: Text[] = [];
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) texts.push(node as Text);
        const text = texts.map(each => each.data.replaceAll('\u00a0', ' ')).join('');
        let at = text.search(new RegExp(whole)) + place;
        const target = texts.find(each => at < each.length || ((at -= each.length), false))!;
        const range = document.createRange();
        range.setStart(target, at);
        range.setEnd(target, at + 1);
        const box = range.getBoundingClientRect();
        return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      },
      { whole: `(?<!\\w)${escaped(code)}(?!\\w)`, place: code.indexOf(on) },
    );
    const widget = this.page.locator('.monaco-hover:visible').first();
    // A hover that stands from before, or one of the code that the pointer crosses, would be taken for the new one.
    await this.page.mouse.move(2, 2);
    await this.page.keyboard.press('Escape');
    await widget.waitFor({ state: 'hidden' });
    await this.page.mouse.move(point.x, point.y, { steps: 3 });
    await widget.waitFor();
    const deadline = Date.now() + patience;
    for (;;) {
      const text = (await widget.innerText()).trim();
      if (text !== '' && !text.endsWith('Loading...')) return text;
      if (Date.now() > deadline) throw new Error(`The hover on ${code} says no more than ${JSON.stringify(text)}.`);
      await this.page.waitForTimeout(50);
    }
  }

  /**
   * The document of a visible page of an extension (a webview panel or view). VS Code destroys and makes these anew as
   * tabs and views are hidden and shown, so ask again after such a change.
   */
  async extensionPage(identity: PageIdentity): Promise<Frame> {
    const deadline = Date.now() + patience;
    for (;;) {
      for (const frame of await this.extensionPages()) if (await satisfies(frame, identity)) return frame;
      if (Date.now() > deadline) {
        const seen = await Promise.all((await this.extensionPages()).map(frame => frame.title()));
        throw new Error(`No visible page with ${JSON.stringify(identity)}; visible are: ${seen.join(', ') || 'none'}.`);
      }
      await this.page.waitForTimeout(50);
    }
  }

  /** The documents of all visible pages of extensions. */
  async extensionPages(): Promise<Frame[]> {
    const found: Frame[] = [];
    for (const shell of await this.page.locator('iframe.webview.ready:visible').elementHandles()) {
      try {
        const inner = await (await (await shell.contentFrame())?.$('iframe#active-frame'))?.contentFrame();
        if (inner) found.push(inner);
      } catch {
        // VS Code put a new document in its place while it was asked.
      }
    }
    return found;
  }

  /** The texts of the notifications that are shown. */
  async notifications(): Promise<string[]> {
    const texts = await this.page.locator('.notifications-toasts .notification-list-item-message').allInnerTexts();
    return texts.map(text => text.trim());
  }

  /** The notification whose text holds `text`. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-toast', { hasText: text });
  }

  /** The entry of the status bar whose text holds `text`. */
  statusItem(text: string | RegExp): Locator {
    return this.page.locator('.part.statusbar .statusbar-item', { hasText: text });
  }

  /**
   * Changes settings of the running VS Code, in the workspace copy: that file is watched, the server's own
   * `settings.json` is read only when a window opens.
   */
  changeSettings(changes: Settings): void {
    const file = join(this.workspace, '.vscode', 'settings.json');
    mkdirSync(dirname(file), { recursive: true });
    const settings = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Settings) : {};
    writeFileSync(file, `${JSON.stringify({ ...settings, ...changes }, null, 2)}\n`);
  }

  /** Changes the colour theme and waits until VS Code wears it. */
  async changeTheme(theme: Theme): Promise<void> {
    this.changeSettings({ 'workbench.colorTheme': themes[theme] });
    const kind = { dark: 'vs-dark', light: 'vs', 'high contrast': 'hc-black', 'high contrast light': 'hc-light' }[
      theme
    ];
    await this.page.locator(`.monaco-workbench.${kind}`).waitFor();
  }

  /** Writes a picture of the whole window. */
  async screenshot(file: string): Promise<void> {
    mkdirSync(dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
  }
}

async function satisfies(frame: Frame, identity: PageIdentity): Promise<boolean> {
  try {
    if ('selector' in identity) return (await frame.locator(identity.selector).count()) > 0;
    const title = await frame.title();
    return typeof identity.title === 'string' ? title === identity.title : identity.title.test(title);
  } catch {
    // The frame went away while it was asked.
    return false;
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A pattern for a piece of code as Monaco renders it: spaces may be non-breaking. */
function nonBreaking(code: string): string {
  return escaped(code).replaceAll(' ', '[ \\u00a0]');
}
