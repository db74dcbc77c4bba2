// Shows what the extension looks like in a real VS Code, and does what a person would do, step by step:
//   node --import tsx test/browser/look.ts --file mnist_lstm.py --click "Train Model" --wait 5 --shot out.png
// `--help` lists the steps. They run in the order in which they are given.
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { resultsFolder } from '../host/paths.ts';
import { isOfVsCode } from './problems.ts';
import { Workbench, pageOf, themes, type PageIdentity, type Theme } from './workbench.ts';

const help = `look: drives the real VS Code with this project's extension and takes pictures.

Where (before the first step):
  --theme NAME          ${Object.keys(themes).join(' | ')} (default dark)
  --size WxH            window, default 1400x900
  --workspace DIR       folder whose copy is opened, default extension/samples
  --vsix FILE           an extension already packaged; default: build and package this project when a source is newer
  --settings JSON       settings to start with

Steps, as often and in whatever order is wanted:
  --file PATH           open a file of the workspace
  --click TEXT          click the CodeLens that holds TEXT
  --command TITLE       run a command of the palette by its full title
  --pick TEXT           choose the entry of an open quick pick
  --hover CODE          put the mouse on a piece of code and print the hover
  --lenses              print the CodeLens that show
  --key KEYS            press keys, such as Escape or Control+Shift+M
  --type TEXT           type into what has the focus
  --page NAME           choose a page of the extension: training, gates, tensors, or its document's title; the
                        next three act on it
  --press NAME          press the button, tab, checkbox or link of that name in the page
  --select CSS          click the first element that matches, in the page
  --text                print the text of the page (without --page: of all pages that show)
  --see TEXT            wait until TEXT shows anywhere, in VS Code or a page
  --button NAME         click a button of VS Code itself (notification, editor title, view title) by its name
  --wait SECONDS        wait
  --set JSON            change settings while it runs
  --restyle NAME        change the theme while it runs
  --reload              reload the window
  --shot FILE           write a picture of the window
  --page-shot FILE      write a picture of the page only
At the end it prints what the browser complained about; content security policy violations end with code 1.`;

interface Situation {
  readonly workbench: Workbench;
  /** What `--page` chose. */
  chosen?: PageIdentity;
}

/** What each step does with its argument; a step whose function takes none stands alone on the command line. */
const steps: Record<string, (situation: Situation, argument: string) => Promise<void>> = {
  file: ({ workbench }, path) => workbench.openFile(path),
  click: ({ workbench }, text) => workbench.clickLens(text),
  command: ({ workbench }, title) => workbench.command(title),
  pick: ({ workbench }, text) => workbench.pick(text),
  hover: async ({ workbench }, code) => {
    console.log(`hover on ${code}:\n${indented(await workbench.hover(code))}`);
  },
  lenses: async ({ workbench }) => {
    const lenses = workbench.page.locator('.codelens-decoration');
    await lenses.first().waitFor({ timeout: 15_000 });
    console.log(`lenses:\n${indented((await lenses.allInnerTexts()).join('\n'))}`);
  },
  key: ({ workbench }, keys) => workbench.page.keyboard.press(keys),
  type: ({ workbench }, text) => workbench.page.keyboard.type(text),
  page: async (situation, name) => {
    situation.chosen = bundles.includes(name) ? pageOf(name) : { title: containing(name) };
    await chosenPage(situation);
  },
  press: async (situation, name) => {
    const frame = await chosenPage(situation);
    const roles = ['button', 'tab', 'checkbox', 'radio', 'link', 'option', 'combobox', 'slider', 'row'] as const;
    const control = roles.map(role => frame.getByRole(role, { name })).reduce((one, other) => one.or(other));
    await control.first().click({ timeout: 10_000 });
  },
  select: async (situation, selector) => {
    await (await chosenPage(situation)).locator(selector).first().click({ timeout: 10_000 });
  },
  text: async situation => {
    const pages =
      situation.chosen === undefined ? await situation.workbench.extensionPages() : [await chosenPage(situation)];
    for (const page of pages)
      console.log(`page "${await page.title()}":\n${indented(await page.locator('body').innerText())}`);
    console.log(`notifications: ${JSON.stringify(await situation.workbench.notifications())}`);
  },
  see: async ({ workbench }, text) => {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const places = [workbench.page.mainFrame(), ...(await workbench.extensionPages())];
      const shown = await Promise.all(
        places.map(place =>
          place
            .getByText(text)
            .first()
            .isVisible()
            .catch(() => false),
        ),
      );
      if (shown.includes(true)) return;
      if (Date.now() > deadline) throw new Error(`"${text}" did not show within 60 s.`);
      await workbench.page.waitForTimeout(100);
    }
  },
  button: async ({ workbench }, name) => {
    await workbench.page.getByRole('button', { name }).first().click({ timeout: 10_000 });
  },
  wait: ({ workbench }, seconds) => workbench.page.waitForTimeout(Number(seconds) * 1000),
  set: ({ workbench }, json) => {
    workbench.changeSettings(JSON.parse(json) as Record<string, unknown>);
    return Promise.resolve();
  },
  restyle: ({ workbench }, theme) => workbench.changeTheme(theme as Theme),
  reload: ({ workbench }) => workbench.reload(),
  shot: async ({ workbench }, file) => {
    await workbench.screenshot(file);
    console.log(`picture: ${file}`);
  },
  'page-shot': async (situation, file) => {
    const shell = await (await chosenPage(situation)).frameElement();
    await shell.screenshot({ path: file });
    console.log(`picture: ${file}`);
  },
};
const bundles = ['training', 'gates', 'tensors', 'data'];
const alone = new Set(['text', 'lenses', 'reload']);
const beginnings = new Set(['theme', 'size', 'workspace', 'vsix', 'settings']);

function chosenPage({ workbench, chosen }: Situation): Promise<Frame> {
  return workbench.extensionPage(chosen ?? { selector: 'body' });
}

function containing(title: string): RegExp {
  return new RegExp(title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i');
}

function indented(text: string): string {
  return text.trim().replace(/^/gm, '  ');
}

/** Splits the command line into what it begins with and the steps in their order. */
function parse(words: readonly string[]): { start: Map<string, string>; script: { name: string; argument: string }[] } {
  const start = new Map<string, string>();
  const script: { name: string; argument: string }[] = [];
  for (let at = 0; at < words.length; at++) {
    const name = words[at]!.replace(/^--/, '');
    if (words[at] === name || !(name in steps || beginnings.has(name)))
      throw new Error(`Unknown: ${words[at]!}\n\n${help}`);
    const argument = alone.has(name) ? '' : words[++at];
    if (argument === undefined) throw new Error(`--${name} needs an argument.`);
    if (beginnings.has(name)) start.set(name, argument);
    else script.push({ name, argument });
  }
  return { start, script };
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  if (words.length === 0 || words.includes('--help')) {
    console.log(help);
    return;
  }
  const { start, script } = parse(words);
  const theme = start.get('theme') ?? 'dark';
  if (!(theme in themes)) throw new Error(`--theme is one of: ${Object.keys(themes).join(', ')}`);
  const [width, height] = (start.get('size') ?? '1400x900').split('x').map(Number);
  const [vsix, workspace] = [start.get('vsix'), start.get('workspace')];
  const workbench = await Workbench.open({
    theme: theme as Theme,
    size: { width: width!, height: height! },
    settings: JSON.parse(start.get('settings') ?? '{}') as Record<string, unknown>,
    ...(vsix === undefined ? {} : { vsix }),
    ...(workspace === undefined ? {} : { workspace }),
  });
  const situation: Situation = { workbench };
  try {
    for (const { name, argument } of script) {
      try {
        await steps[name]!(situation, argument);
      } catch (error) {
        const picture = join(resultsFolder, 'look-failed.png');
        await workbench.screenshot(picture);
        throw new Error(
          `--${name} ${argument}: ${error instanceof Error ? error.message : String(error)}\nSee ${picture}`,
          {
            cause: error,
          },
        );
      }
    }
  } finally {
    for (const { kind, text, from } of workbench.problems.filter(problem => !isOfVsCode(problem)))
      console.log(`${kind}: ${text} (${from})`);
    if (workbench.problems.some(problem => problem.kind === 'content security policy')) process.exitCode = 1;
    await workbench.close();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
