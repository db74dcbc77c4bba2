import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { type Gallery, serveGallery } from './gallery/server.ts';
import { THEMES, type ThemeName } from './gallery/themes.ts';
import { collectProblems, type Problem } from './problems.ts';

interface Opened {
  readonly view: Page;
  readonly page: FrameLocator;
  readonly problems: readonly Problem[];
}

describe('the pages, with real numbers under the content security policy of the extension', () => {
  let browser: Browser;
  let gallery: Gallery;
  let opened: Opened | undefined;

  before(async () => {
    execFileSync('node', ['esbuild.config.mjs', '--only=pages,assets'], { stdio: 'inherit' });
    [browser, gallery] = await Promise.all([launchBrowser(), serveGallery()]);
  });
  after(async () => {
    await browser.close();
    gallery.close();
  });
  afterEach(async () => {
    if (!opened) return;
    const { view, problems } = opened;
    opened = undefined;
    assert.deepEqual(problems, []);
    assert.equal(await view.locator('body').getAttribute('data-fault'), null);
    await view.context().close();
  });

  async function open(
    name: string,
    scenario: string,
    { theme = 'dark', width = 280, height = 1000, scale = 1 } = {},
  ): Promise<Opened> {
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale });
    const view = await context.newPage();
    const problems = collectProblems(view);
    await view.goto(`${gallery.origin}/?page=${name}&theme=${theme}&scenario=${scenario}`);
    opened = { view, page: view.frameLocator('iframe'), problems };
    await opened.page.locator('main').waitFor();
    return opened;
  }
  const openGates = async (scenario = 'trained', options: Parameters<typeof open>[2] = {}): Promise<Opened> => {
    const gates = await open('gates', scenario, options);
    await gates.page.locator('main[data-sample]').waitFor();
    return gates;
  };
  const asked = (view: Page): Promise<string | null> => view.locator('body').getAttribute('data-asked');
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 30_000;
    while (!(await holds())) {
      if (Date.now() > deadline) assert.fail(`not within 30 s: ${what}`);
      await new Promise(resolve => setTimeout(resolve, 30));
    }
  };
  /** What the page has asked the host to do, one request a line. */
  const isAsked = (view: Page, requests: string): Promise<void> =>
    until(`the host was asked ${requests}`, async () => (await asked(view)) === requests);
  /** Colours of a canvas: how many different ones, and the one at a share of its width and height. */
  const colors = (page: FrameLocator, selector: string, x = 0.5, y = 0.5) =>
    page
      .locator(selector)
      .first()
      .evaluate(
        (canvas, [atX, atY]) => {
          const { width, height } = canvas as HTMLCanvasElement;
          const pixels = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height).data;
          const seen = new Set<number>();
          for (let at = 0; at < pixels.length; at += 4)
            seen.add((pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!);
          const at = 4 * (Math.floor(atY! * height) * width + Math.floor(atX! * width));
          return { different: seen.size, at: [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!] };
        },
        [x, y],
      );

  describe('the gate inspector', () => {
    it('offers the samples and the model of the open file before there is anything to show', async () => {
      const { view, page } = await open('gates', 'empty');
      await page.getByRole('button', { name: 'Open Samples' }).click();
      await page.getByRole('button', { name: 'Train the Model in This File' }).click();
      await isAsked(view, 'openSamples {}\ntrainActiveFile {}');
    });

    it('paints i, j, f, o, c and h of every unit, with the digit above them on the same axis', async () => {
      const { page } = await openGates();
      const tensors = await page
        .locator('.heatmap')
        .evaluateAll(maps => maps.map(map => (map as HTMLElement).dataset['tensor']));
      assert.deepEqual(tensors, ['i', 'j', 'f', 'o', 'c', 'h']);
      for (const tensor of tensors)
        assert.ok((await colors(page, `.heatmap[data-tensor="${tensor}"] canvas`)).different > 50);
      const [strip, map] = await Promise.all(
        ['.strip canvas', '.heatmap canvas'].map(each => page.locator(each).first().boundingBox()),
      );
      assert.equal(strip!.x, map!.x);
      assert.equal(strip!.width, map!.width);
    });

    it('fits a side bar of 280 pixels without scrolling sideways, in every order of units', async () => {
      const { page } = await openGates();
      for (const order of ['similarity', 'decision', 'index']) {
        await page.locator(`[data-value="${order}"]`).click();
        assert.equal(await page.locator('html').evaluate(html => html.scrollWidth), 280);
      }
    });

    it('shows the exact values at the pointer in all tensors, and returns to the chosen place when it leaves', async () => {
      const { view, page } = await openGates();
      const before = await page.locator('.readout').getAttribute('data-step');
      await page.locator('.heatmap[data-tensor="f"]').hover({ position: { x: 4 * 10 + 2, y: 60 } });
      await until(
        'the readout follows',
        async () => (await page.locator('.readout').getAttribute('data-step')) === '10',
      );
      const values = await page
        .locator('.readout .value')
        .evaluateAll(cells => cells.map(cell => Number((cell as HTMLElement).dataset['value'])));
      assert.equal(values.length, 6);
      const [i, j, f, , c] = values;
      assert.ok(values.every(Number.isFinite) && f! > 0 && f! < 1);
      // The equation below puts the same numbers in: c(10) = f · c(9) + i · j
      const previous = Number(await page.locator('.equation[data-result="c"] .pair').nth(2).getAttribute('data-value'));
      assert.ok(Math.abs(f! * previous + i! * j! - c!) < 1e-6);
      await view.mouse.move(140, 5);
      await until(
        'the readout returns',
        async () => (await page.locator('.readout').getAttribute('data-step')) === before,
      );
    });

    it('moves by keyboard through steps, units and tensors, and says where it is', async () => {
      const { view, page } = await openGates();
      await page.locator('[data-value="index"]').click();
      await page.locator('main[data-order="index"]').waitFor();
      await page.locator('.heatmap[data-tensor="i"]').click({ position: { x: 4 * 5 + 1, y: 20 } });
      await until('step 5', async () => (await page.locator('.readout').getAttribute('data-step')) === '5');
      const unit = Number(await page.locator('.readout').getAttribute('data-unit')) + 11;
      await view.keyboard.press('ArrowRight');
      await view.keyboard.press('ArrowDown');
      await view.keyboard.press('PageDown');
      const where = `step 6 · unit ${unit}`;
      await until(where, async () => (await page.locator('.readout .where').innerText()) === where);
      const spoken = await page.locator('.readout [aria-live]').innerText();
      assert.match(spoken, new RegExp(`^Step 6, unit ${unit}: i 0\\.\\d+, j .*, h .*$`));
      await view.keyboard.press('Control+ArrowRight');
      assert.equal(await page.locator('.heatmap:focus').getAttribute('data-tensor'), 'j');
      assert.equal(await page.locator('.heatmap[tabindex="0"]').count(), 1);
      await view.keyboard.press('End');
      await until('the last step', async () => (await page.locator('.readout').getAttribute('data-step')) === '27');
    });

    it('enlarges the twelve units with the largest part in the decision, and shows the rest on demand', async () => {
      const { page } = await openGates();
      await page.locator('[data-value="decision"]').click();
      await page.locator('main[data-order="decision"]').waitFor();
      await page.locator('.part').first().waitFor();
      const units = await page
        .locator('.maps')
        .first()
        .locator('.part')
        .evaluateAll(parts => parts.map(part => (part as HTMLElement).dataset['unit']));
      assert.equal(new Set(units).size, 12);
      assert.equal(await page.locator('.block.all .heatmap').count(), 0);
      await page.getByText('All 150 units in this order').click();
      await page.locator('.block.all .heatmap').nth(5).waitFor();
    });

    it('goes to another sample and layer, and is there again after a reload of the page', async () => {
      const { view, page } = await openGates();
      await page.getByRole('button', { name: 'Next sample' }).click();
      await page.locator('main[data-sample="1"]').waitFor();
      await page.locator('.segments [data-value="0"]').click();
      await page.locator('main[data-layer="0"]').waitFor();
      await view.reload();
      await page.locator('main[data-sample="1"][data-layer="0"]').waitFor();
    });

    it('marks a mistake: digit 8 of the test set is a 5 that the network takes for an 8', async () => {
      const { view, page } = await openGates();
      await page.getByRole('textbox', { name: /Index of the test sample/ }).fill('8');
      await view.keyboard.press('Enter');
      await page.locator('main[data-sample="8"]').waitFor();
      assert.match((await page.locator('.prediction').getAttribute('class')) ?? '', /mistake/);
    });

    it('follows a run that goes on, at most once a second, and keeps the selection', async () => {
      const { page } = await openGates('live');
      await page.locator('.live').waitFor();
      await page.locator('.heatmap[data-tensor="i"]').click({ position: { x: 30, y: 20 } });
      const unit = await page.locator('.readout').getAttribute('data-unit');
      const value = page.locator('.readout .value[data-tensor="f"]');
      const first = await value.getAttribute('data-value');
      await until('other numbers', async () => (await value.getAttribute('data-value')) !== first);
      assert.equal(await page.locator('.readout').getAttribute('data-unit'), unit);
    });

    for (const [cell, tensors] of [
      ['gru', 'r,u,n,h'],
      ['rnn', 'h'],
    ] as const)
      // prettier-ignore
      it(`draws what the cell table names for ${cell}, over a sample that is no image`, async () => {
        const { page } = await openGates(cell);
        const drawn = await page.locator('.heatmap').evaluateAll(maps => maps.map(map => (map as HTMLElement).dataset['tensor']).join());
        assert.equal(drawn, tensors);
        assert.ok((await colors(page, '.strip canvas')).different > 2);
      });

    for (const theme of Object.keys(THEMES) as ThemeName[])
      it(`draws zero in the colour of the page: ${theme}, also after a change of theme`, async () => {
        const { view, page } = await openGates('trained', { theme: theme === 'dark' ? 'light' : 'dark' });
        await view.evaluate(name => {
          window.postMessage({ wear: name }, '*');
        }, theme);
        const background = (await page.locator('body').evaluate(async (body, wanted) => {
          while (document.body.className !== wanted) await new Promise(requestAnimationFrame);
          await new Promise(requestAnimationFrame);
          return getComputedStyle(body).backgroundColor;
        }, THEMES[theme].kind)).match(/\d+/g)!.map(Number); // prettier-ignore
        // Before the pen appears nothing happens: at step 0 h is 0 to the eye.
        await until('the heatmap wears the theme', async () => {
          const { at } = await colors(page, '.heatmap[data-tensor="c"] canvas', 0.01, 0.5);
          return at.every((part, channel) => Math.abs(part - background[channel]!) <= 12);
        });
      });

    it('is as crisp as the screen: at two pixels for one the canvas has twice the pixels', async () => {
      const { page } = await openGates('trained', { scale: 2 });
      const [real, css] = await page
        .locator('.heatmap canvas')
        .first()
        .evaluate(canvas => [(canvas as HTMLCanvasElement).width, canvas.clientWidth]);
      assert.equal(real, 2 * css);
      assert.equal(real % 28, 0);
    });

    it('names every control for screen readers', async () => {
      const { page } = await openGates();
      for (const name of [
        'Previous sample',
        'Next sample',
        'Random sample',
        'Open the training panel',
        'Open the tensor inspector',
      ])
        await page.getByRole('button', { name }).waitFor();
      await page.getByRole('group', { name: 'Layer' }).waitFor();
      await page.getByRole('group', { name: 'Order of units' }).waitFor();
      await page.getByRole('combobox', { name: 'Run' }).waitFor();
      await page.getByRole('application', { name: 'f, forget gate: 28 steps × 150 units' }).waitFor();
    });
  });

  describe('the training panel', () => {
    const openTraining = (scenario: string, options = {}): Promise<Opened> =>
      open('training', scenario, { width: 1000, height: 800, ...options });

    it('says what to do when there is no model, and when it is not trained', async () => {
      const { page } = await openTraining('empty');
      await page.getByText('press ▶ Train Model above it').waitFor();
      await opened!.view.context().close();
      const { page: fresh } = await openTraining('fresh');
      await fresh.getByText('Not trained yet').waitFor();
    });

    it('adds points to its charts while a run goes on', async () => {
      const { page } = await openTraining('live');
      const chart = page.locator('.chart').first();
      await until('the chart is drawn', async () => Number(await chart.getAttribute('data-points')) > 100);
      const points = Number(await chart.getAttribute('data-points'));
      const step = Number(await page.locator('main').getAttribute('data-step'));
      await until('more points', async () => Number(await chart.getAttribute('data-points')) > points);
      await until('further steps', async () => Number(await page.locator('main').getAttribute('data-step')) > step);
      assert.ok((await colors(page, '.chart canvas')).different > 10);
    });

    it('offers Pause and Stop to a run that goes on, Resume to one that pauses', async () => {
      const { view, page } = await openTraining('live');
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'Stop' }).click();
      await isAsked(view, 'pause {}\nstop {}');
      await view.context().close();
      const paused = await openTraining('paused');
      await paused.page.getByRole('button', { name: 'Resume', exact: true }).click();
      await isAsked(paused.view, 'resume {}');
    });

    it('marks test accuracy on a slice as such, with its size', async () => {
      const { page } = await openTraining('first');
      assert.equal(await page.locator('[data-tile="test"] .slice').innerText(), 'slice of 1,000');
    });

    it('draws a run of values by its error, and one window of the series with the prediction', async () => {
      const { page } = await openTraining('series');
      await page.getByRole('heading', { name: 'Mean squared error' }).waitFor();
      assert.equal(await page.getByRole('heading', { name: 'Accuracy' }).isVisible(), false);
      assert.equal(await page.locator('[data-tile="train"]').isVisible(), false);
      const strip = page.locator('.sample .time-strip[data-kind="series"]');
      await strip.waitFor();
      assert.match(await page.locator('.answer-text').innerText(), /^mean squared error 0\.\d+$/);
      await strip.hover({ position: { x: 20, y: 40 } });
      assert.match(await page.locator('.answer-text').innerText(), /^step \d+: truth \S+ · prediction \S+$/);
    });

    it('draws the curves of other runs beside those of the shown one, each in its colour', async () => {
      const { page } = await openTraining('trained');
      const choose = async (run: string): Promise<void> => {
        await page.locator('.comparison vscode-dropdown').click();
        await page.locator('.comparison vscode-option', { hasText: run }).click();
      };
      await choose('GRU 3×150');
      await page.locator('.comparison[data-compared="1"]').waitFor();
      await choose('RNN 3×150');
      await page.locator('.comparison[data-compared="2"]').waitFor();
      const entries = page.locator('.run-entry');
      assert.match((await entries.allInnerTexts()).join(' | '), /^LSTM 3×150.* \| GRU 3×150.* \| RNN 3×150/s);
      const colors = await entries
        .locator('.dot')
        .evaluateAll(dots => dots.map(dot => getComputedStyle(dot).borderTopColor));
      assert.equal(new Set(colors).size, 3);
      const curves = (): Promise<(string | null)[]> =>
        page.locator('.chart').evaluateAll(charts => charts.map(chart => chart.getAttribute('data-curves')));
      await until('three losses, and three tests with a slice', async () => (await curves()).join() === '3,4');
      await entries.nth(1).getByRole('button').click();
      await until('one run less', async () => (await curves()).join() === '2,3');
    });

    it('says why a run failed and offers to go on from its checkpoint', async () => {
      const { view, page } = await openTraining('failed');
      assert.match(
        await page.getByRole('alert').innerText(),
        /The run failed: The engine stopped working at step 1,200/,
      );
      await page.getByRole('button', { name: 'Resume from checkpoint' }).click();
      await isAsked(view, 'resumeFromCheckpoint {}');
    });

    it('says that a run was cut off, and that its source has changed', async () => {
      const { view, page } = await openTraining('interrupted');
      await page.getByText('This run was cut off before it was done.').waitFor();
      await page.getByRole('button', { name: 'Show source' }).click();
      await isAsked(view, 'revealSource {}');
    });

    it('says what is wrong with a setting while it is typed, and starts only with good ones', async () => {
      const { view, page } = await openTraining('fresh');
      const epochs = page.getByRole('textbox', { name: 'Epochs' });
      await epochs.fill('0');
      await page.getByText('A whole number from 1 to 100000').waitFor();
      await epochs.press('Enter');
      assert.equal(await asked(view), null);
      await epochs.fill('2');
      await page.getByRole('button', { name: 'Start' }).click();
      await isAsked(
        view,
        'start {"epochs":2,"batchSize":150,"learningRate":0.001,"seed":42,"dataSeed":null,"examples":null,"threads":null}',
      );
    });

    it('starts a quick run on 5,000 examples with one press', async () => {
      const { view, page } = await openTraining('fresh');
      await page.getByRole('button', { name: 'Quick run on 5,000' }).click();
      await until('the start', async () =>
        /"epochs":1,"batchSize":50,.*"examples":5000/.test((await asked(view)) ?? ''),
      );
    });

    it('fits 320 pixels without scrolling sideways', async () => {
      const { page } = await openTraining('live', { width: 320 });
      assert.equal(await page.locator('html').evaluate(html => html.scrollWidth), 320);
    });
  });

  describe('the tensor inspector', () => {
    const openTensors = async (options = {}): Promise<Opened> => {
      const tensors = await open('tensors', 'trained', { width: 1100, height: 900, ...options });
      await tensors.page.locator('main[data-tensor="outputs"]').waitFor();
      return tensors;
    };

    it('proves that the last row of outputs is h of the top layer in states', async () => {
      const { page } = await openTensors();
      assert.equal(await page.locator('.claim').getAttribute('data-difference'), '0');
      assert.equal(await page.locator('.claim code').innerText(), 'outputs[-1] == states[-1].h');
      const sides = await page
        .locator('.side-of-proof .number')
        .evaluateAll(sides => sides.map(side => (side as HTMLElement).dataset['value']));
      assert.equal(sides.length, 2);
      assert.equal(sides[0], sides[1]);
    });

    it('shows the numbers around the selection and moves through them by keyboard', async () => {
      const { view, page } = await openTensors();
      await page.locator('[role="gridcell"][tabindex="0"]').focus();
      for (const key of ['ArrowRight', 'ArrowUp', 'PageUp', 'PageUp']) await view.keyboard.press(key);
      await until('row 6', async () => (await page.locator('.chosen').getAttribute('data-row')) === '6');
      const cell = page.locator('[role="gridcell"]:focus');
      assert.equal(await cell.getAttribute('data-column'), '1');
      assert.equal(await cell.getAttribute('data-value'), await page.locator('.chosen').getAttribute('data-value'));
    });

    it('shows any tensor of the program, and copies it as numpy reads it', async () => {
      const { view, page } = await openTensors();
      await page.locator('button[data-tensor="states[0].c"]').click();
      await page.locator('main[data-tensor="states[0].c"]').waitFor();
      await page.getByText('float32 [1 sample, 150 units]').first().waitFor();
      await page.getByRole('button', { name: 'Copy as numpy' }).click();
      await until('the copy', async () => /^copy \{"text":"np\.array\(\[\[-?\d/.test((await asked(view)) ?? ''));
    });

    it('fits 320 pixels without scrolling sideways', async () => {
      const { page } = await openTensors({ width: 320 });
      assert.equal(await page.locator('html').evaluate(html => html.scrollWidth), 320);
    });
  });

  for (const [name, scenario] of [
    ['gates', 'trained'],
    ['gates', 'gru'],
    ['training', 'paused'],
  ] as const)
    it(`${name}, ${scenario}: in a side bar of 250 px nothing that can be pressed or read stands beyond the edge`, async () => {
      const { page } = await open(name, scenario, { width: 250 });
      await page
        .locator(name === 'gates' ? 'main[data-sample]' : '.chart[data-points]')
        .first()
        .waitFor();
      const beyond = await page
        .locator('body')
        .evaluate(body =>
          [...body.querySelectorAll('vscode-button, vscode-dropdown, .number, .figure, .tile .line > *')]
            .filter(each => each.getBoundingClientRect().right > window.innerWidth)
            .map(each => each.outerHTML.slice(0, 120)),
        );
      assert.deepEqual(beyond, []);
    });

  it('data: the key of a curve has its colour, opaque as the curve is', async () => {
    const { page } = await open('data', 'table', { width: 900 });
    const key = page.locator('.sample-key span', { hasText: 'temperature' });
    const tone = await key.evaluate(entry => {
      const probe = document.createElement('i');
      probe.style.color = (entry as HTMLElement).style.getPropertyValue('--tone');
      document.body.append(probe);
      return getComputedStyle(probe).color;
    });
    assert.match(tone, /^(rgb\(|color\(srgb )[^/]+\)$/);
  });

  it('data: a number that does not fit is marked, said in words and not chosen; one that fits is', async () => {
    const { page, view } = await open('data', 'table', { width: 900 });
    const fault = page.locator('[role=alert]:visible');
    for (const [name, wrong, words, right] of [
      ['window', '0', 'A whole number from 1 to 1,000,000', '12'],
      ['horizon', '1.5', 'A whole number from 0 to 1,000,000', '0'],
      ['test', '90', 'A number above 0, at most 50', '25'],
    ] as const) {
      const field = page.locator(`[data-number="${name}"]`);
      await field.locator('input').fill(wrong);
      await field.locator('input').press('Tab');
      await fault.waitFor();
      assert.equal(await fault.innerText(), words);
      assert.equal(await field.getAttribute('aria-describedby'), await fault.getAttribute('id'));
      await field.locator('input').fill(right);
      await field.locator('input').press('Tab');
      await fault.waitFor({ state: 'detached' });
    }
    await isAsked(view, 'choose {"window":12}\nchoose {"horizon":0}\nchoose {"test":0.25}');
  });
});
