// Makes the pictures of the README anew, from real trainings of a few seconds in a real VS Code:
//   npm run pictures [-- NAME…]
// Needs Debian's pngquant beside what the tests need.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { findExecutable } from '../host/commands.ts';
import { projectFolder } from '../host/paths.ts';
import { freshVsix } from '../host/vsix.ts';
import { pageOf, Workbench, type OpenOptions } from './workbench.ts';

/** Fields of the form in the training panel. */
type Settings = Readonly<Record<string, string>>;

interface Picture extends Pick<OpenOptions, 'theme' | 'size' | 'settings'> {
  /** Brings the window into the state that is shown. @returns what of it is shown; by default the whole window */
  readonly take: (stage: Stage) => Promise<Frame | undefined>;
}

/** Most bytes of a picture. */
const MOST = 150_000;
const folder = join(projectFolder, 'extension/media/screenshots');
const QUICK: Settings = { epochs: '1', batchSize: '50', examples: '5000' };

/** What a person does before a picture. */
class Stage {
  readonly workbench: Workbench;
  constructor(workbench: Workbench) {
    this.workbench = workbench;
  }

  page(name: 'training' | 'gates' | 'tensors' | 'data'): Promise<Frame> {
    return this.workbench.extensionPage(pageOf(name));
  }

  /** Opens a sample and looks into its model (that with the headline), so that the training panel is that of no run yet. */
  async open(file: string, headline?: string): Promise<void> {
    await this.workbench.openFile(file);
    // A run that has just ended changes the lenses, and with them what a click would have met.
    for (let tries = 0; tries < 4; tries++) {
      await this.workbench.clickLens('Inspect', headline);
      const gates = await this.page('gates');
      const untrained = gates.locator('[data-trace-step="0"]', headline === undefined ? {} : { hasText: headline });
      if (
        await untrained.waitFor({ timeout: 8000 }).then(
          () => true,
          () => false,
        )
      )
        return;
    }
    throw new Error(`The model ${headline ?? ''} of ${file} does not show in the gate inspector.`);
  }

  /** Trains what was opened. @param until step at which the picture is taken; by default the run's end */
  async train(settings: Settings, until?: number): Promise<Frame> {
    await this.workbench.command('RNN Explorer: Open Training Panel');
    const training = await this.page('training');
    for (const [name, value] of Object.entries(settings))
      await training.locator(`[data-setting="${name}"] input`).fill(value);
    await training.getByRole('button', { name: /^Start/ }).click();
    if (until === undefined) await training.locator('main[data-status="finished"]').waitFor({ timeout: 300_000 });
    else
      while (Number(await training.locator('main').getAttribute('data-step')) < until)
        await this.workbench.page.waitForTimeout(50);
    await this.calm();
    return training;
  }

  /** Chooses what is shown in the gate inspector. */
  async gates(choice: { readonly order?: string; readonly layer?: number; readonly sample?: number }): Promise<Frame> {
    const gates = await this.page('gates');
    if (choice.sample !== undefined) {
      const field = gates.locator('.pick input');
      await field.fill(String(choice.sample));
      await field.press('Enter');
      await gates.locator(`main[data-sample="${choice.sample}"]`).waitFor();
    }
    // A layer chosen anew shows the unit that says most now, not the one that did before it was trained.
    const layer = choice.layer ?? Number(await gates.locator('main').getAttribute('data-layer'));
    await gates.locator(`.segments [data-value="${layer}"]`).first().click();
    if (choice.order !== undefined) {
      await gates.locator(`.segments [data-value="${choice.order}"]`).click();
      await gates.locator(`main[data-order="${choice.order}"]`).waitFor();
    }
    await this.calm();
    return gates;
  }

  /** Shows a line of the code at the top of the editor. */
  async scrollTo(line: number): Promise<void> {
    const input = this.workbench.page.locator('.quick-input-widget:visible .quick-input-box input').first();
    await this.workbench.page.locator('.tab', { hasText: '.' }).first().click();
    await this.workbench.page.keyboard.press('Control+G');
    await input.fill(`:${line}`);
    await this.workbench.page.keyboard.press('Enter');
  }

  /** Puts notifications away, takes the pointer off, and lets the last frame be drawn. */
  async calm(): Promise<void> {
    await this.workbench.command('Notifications: Clear All Notifications');
    await this.workbench.page.mouse.move(2, 2);
    // That of a training cannot be cleared while it trains: it is hidden.
    await this.workbench.page.waitForTimeout(300);
    await this.workbench.page.keyboard.press('Escape');
    await this.workbench.page.waitForTimeout(600);
  }
}

const WIDE = { width: 1240, height: 780 };
/** Only code and pages: no minimap, no line of names above the code. */
const PLAIN = {
  'editor.minimap.enabled': false,
  'breadcrumbs.enabled': false,
  'window.commandCenter': false,
  'editor.stickyScroll.enabled': false,
  'editor.overviewRulerBorder': false,
  'editor.hideCursorInOverviewRuler': true,
  'editor.folding': false,
  'editor.glyphMargin': false,
  'editor.lineNumbersMinChars': 3,
  'editor.fontSize': 12,
  'editor.renderLineHighlight': 'none',
};

const PICTURES: Readonly<Record<string, Picture>> = {
  'training-dark': {
    size: WIDE,
    take: async stage => {
      await stage.open('mnist_lstm.py');
      await stage.train(QUICK, 75);
      return undefined;
    },
  },
  'gates-light': {
    theme: 'light',
    size: { width: 1240, height: 1000 },
    take: async stage => {
      await stage.open('mnist_lstm.py');
      await stage.train(QUICK);
      return stage.gates({ sample: 0 });
    },
  },
  'tensors-dark': {
    size: WIDE,
    take: async stage => {
      await stage.open('mnist_lstm.py');
      await stage.train(QUICK);
      await stage.workbench.command('RNN Explorer: Open Tensor Inspector');
      return stage.page('tensors');
    },
  },
  'rnn-light': {
    theme: 'light',
    size: WIDE,
    take: async stage => {
      await stage.open('mnist_rnn.py');
      await stage.train({ epochs: '2', examples: '10000' });
      await stage.gates({ sample: 0 });
      return undefined;
    },
  },
  'relu-dark': {
    size: WIDE,
    take: async stage => {
      await stage.open('mnist_relu_stack.py');
      await stage.train(QUICK);
      await stage.gates({ sample: 0, layer: 1 });
      await stage.workbench.hover('states_concat =', 'states_concat');
      return undefined;
    },
  },
  'cells-light': {
    theme: 'light',
    size: { width: 1500, height: 620 },
    take: async stage => {
      for (const headline of ['RNN 3', 'LSTM 3', 'peephole LSTM 3', 'GRU 3']) {
        await stage.open('mnist_four_cells.py', headline);
        const training = await stage.train(QUICK);
        await training.getByText(headline).first().waitFor();
      }
      const training = await stage.page('training');
      for (let compared = 1; compared < 4; compared++) {
        await training.locator('.comparison vscode-dropdown').click();
        await training.locator('.comparison vscode-option').nth(1).click();
        await training.locator(`.comparison[data-compared="${compared}"]`).waitFor();
      }
      await stage.calm();
      return training;
    },
  },
  'reber-dark': {
    size: WIDE,
    take: async stage => {
      await stage.open('reber_gru.py');
      await stage.train({ epochs: '20' });
      await stage.gates({ sample: 4 });
      await stage.workbench.hover('gru_cell =', 'gru_cell');
      return undefined;
    },
  },
  'series-dark': {
    size: WIDE,
    take: async stage => {
      await stage.open('time_series_projection.py');
      await stage.train({});
      return undefined;
    },
  },
  'dense-light': {
    theme: 'light',
    size: WIDE,
    take: async stage => {
      await stage.open('time_series_dense.py');
      await stage.train({});
      await stage.workbench.command('RNN Explorer: Open Tensor Inspector');
      await (await stage.page('tensors')).locator('main[data-tensor="outputs"]').waitFor();
      await stage.calm();
      return stage.page('tensors');
    },
  },
  'sensor-light': {
    theme: 'light',
    size: WIDE,
    take: async stage => {
      await stage.open('sensor_forecast.py');
      await stage.train({});
      return undefined;
    },
  },
  'data-dark': {
    size: WIDE,
    take: async stage => {
      await stage.workbench.openFile('sensor_forecast.py');
      await stage.workbench.lens('Train Model').waitFor();
      await stage.workbench.command('RNN Explorer: Choose Data');
      await stage.workbench.pick('sensor_readings.csv');
      const data = await stage.page('data');
      await data.locator('main[data-state="ready"]').waitFor();
      await stage.calm();
      return data;
    },
  },
  'sonnets-dark': {
    size: WIDE,
    take: async stage => {
      await stage.open('sonnets_char.py');
      await stage.train({ epochs: '3' });
      await stage.gates({ sample: 20 });
      return undefined;
    },
  },
  'tfjs-dark': {
    size: WIDE,
    take: async stage => {
      await stage.open('mnist_lstm.js');
      await stage.train(QUICK);
      await stage.gates({ sample: 0 });
      return undefined;
    },
  },
  'json-light': {
    theme: 'light',
    size: WIDE,
    take: async stage => {
      await stage.open('mnist_gru.rnn.json');
      await stage.train(QUICK);
      await stage.gates({ sample: 0 });
      return undefined;
    },
  },
};

/** The same picture in 256 colours: a third of the bytes, no difference to the eye. */
function compress(png: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync('pngquant', ['--quality', '80-98', '--speed', '1', '--strip', '-'], {
    input: png,
    maxBuffer: 1e8,
  });
  if (status !== 0) throw new Error(`pngquant: ${stderr.toString()}`);
  return stdout;
}

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.find(name => !(name in PICTURES));
  if (unknown !== undefined)
    throw new Error(`There is no picture ${unknown}; there are ${Object.keys(PICTURES).join(', ')}.`);
  if (findExecutable('pngquant') === undefined)
    throw new Error('pngquant was not found. Run as root: apt-get install -y pngquant');
  mkdirSync(folder, { recursive: true });
  // Once: the pictures are packed, too, so that each makes the package older than its sources.
  const vsix = await freshVsix();
  for (const [name, { theme = 'dark', size, settings, take }] of Object.entries(PICTURES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const workbench = await Workbench.open({ vsix, theme, ...(size && { size }), settings: { ...PLAIN, ...settings } });
    try {
      const frame = await take(new Stage(workbench));
      const shown = frame ? await frame.frameElement() : workbench.page;
      const png = compress(await shown.screenshot());
      writeFileSync(join(folder, `${name}.png`), png);
      console.log(`${name}.png: ${Math.round(png.length / 1000)} kB`);
      if (png.length > MOST) throw new Error(`${name}.png is larger than ${MOST / 1000} kB.`);
    } catch (error) {
      // The others are made all the same.
      await workbench.screenshot(join(projectFolder, 'test/results', `picture-${name}.png`));
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    } finally {
      await workbench.close();
    }
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
