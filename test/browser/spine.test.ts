import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { isOfVsCode } from './problems.ts';
import { pageOf, Workbench } from './workbench.ts';

/** The number that an element of a page says in one of its data attributes; NaN while it says nothing. */
async function figure(page: Frame, selector: string, attribute: string): Promise<number> {
  const text = await page.locator(selector).first().getAttribute(attribute);
  return text === null ? Number.NaN : Number.parseFloat(text.replaceAll(',', ''));
}

/** Asks until the answer satisfies, as a person would keep looking. */
async function until<T>(what: string, ask: () => Promise<T>, good: (answer: T) => boolean, seconds = 60): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (Date.now() > deadline) assert.fail(`${what}: still ${JSON.stringify(answer)} after ${seconds} s`);
    await new Promise(again => setTimeout(again, 100));
  }
}

/** What a canvas shows: how many different colours, and in how many rows its left part differs from its right part. */
async function colours(page: Frame, selector: string): Promise<{ different: number; changing: number }> {
  return page
    .locator(selector)
    .first()
    .evaluate(element => {
      const canvas = (element instanceof HTMLCanvasElement ? element : element.querySelector('canvas'))!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const pixels = new Uint32Array(data.buffer);
      const [left, right] = [Math.floor(canvas.width * 0.1), Math.floor(canvas.width * 0.8)];
      let changing = 0;
      for (let row = 0; row < canvas.height; row++) {
        if (pixels[row * canvas.width + left] !== pixels[row * canvas.width + right]) changing++;
      }
      return { different: new Set(pixels).size, changing: changing / canvas.height };
    });
}

const started = (training: Frame): Promise<number> => figure(training, 'main.training', 'data-step');
const status = (training: Frame): Promise<string | null> =>
  training.locator('main.training').getAttribute('data-status');

describe('the notes’ LSTM in VS Code', () => {
  let workbench: Workbench;
  /** The run that is trained to its end. */
  let finished = '';
  const training = (): Promise<Frame> => workbench.extensionPage(pageOf('training'));
  const gates = (): Promise<Frame> => workbench.extensionPage(pageOf('gates'));
  const tensors = (): Promise<Frame> => workbench.extensionPage(pageOf('tensors'));

  /** Fills the settings form and starts a run. */
  async function start(settings: Readonly<Record<string, string>>): Promise<void> {
    const page = await training();
    for (const [name, value] of Object.entries(settings)) {
      await page.locator(`[data-setting="${name}"] input`).fill(value);
    }
    await page.getByRole('button', { name: /^Start/ }).click();
  }

  before(async () => {
    workbench = await Workbench.open();
    await workbench.openFile('mnist_lstm.py');
  });
  after(() => workbench.close());

  it('has a lens above the model that trains, one that inspects, and one that says what it is', async () => {
    await workbench.lens('Train Model').waitFor();
    await workbench.lens('Inspect').waitFor();
    const said = await workbench.page.locator('.codelens-decoration').first().innerText();
    assert.ok(said.replaceAll('\u00a0', ' ').includes('LSTM 3×150 · 470,110 parameters'), said);
  });

  it('says on hover what every tensor of the program is', async () => {
    const texts: Readonly<Record<string, [string, string]>> = {
      outputs: ['outputs, states =', 'outputs: float32 [batch, 28 steps, 150] · h of the top layer at every step'],
      states: ['outputs, states =', 'states: 3 × (c [batch, 150], h [batch, 150])'],
      top_layer_h_state: [
        'top_layer_h_state =',
        'top_layer_h_state: float32 [batch, 150] · h of layer 3 at the last step',
      ],
      logits: ['logits =', 'logits: float32 [batch, 10]'],
      X: ['X = tf.placeholder', 'X: float32 [batch, 28 steps, 28 features]'],
      y: ['y = tf.placeholder', 'y: int32 [batch]'],
    };
    for (const [name, [code, expected]] of Object.entries(texts)) {
      const said = (await workbench.hover(code, name)).replaceAll(' ', ' ');
      assert.ok(said.includes(expected), `${name}: ${said}`);
    }
  });

  it('shows gates on seeded weights when Inspect is clicked, without training', async () => {
    await workbench.clickLens('Inspect');
    const page = await gates();
    await page.locator('[data-trace-step="0"]').waitFor();
    for (const id of ['i', 'j', 'f', 'o', 'c', 'h']) await page.locator(`.map [data-tensor="${id}"]`).first().waitFor();
    assert.ok(Number.isFinite(await figure(page, '.readout [data-tensor="f"]', 'data-value')));
  });

  it('opens the training panel, keeps the keyboard in the code and draws the first points after a click on Train', async () => {
    await workbench.clickLens('Train Model');
    const page = await training();
    await until(
      'steps',
      () => started(page),
      step => step >= 3,
    );
    assert.ok((await figure(page, '[data-points]', 'data-points')) > 0);
    await workbench.statusItem(/epoch/i).first().waitFor();
    assert.ok((await workbench.page.locator('.tab.active[data-resource-name="mnist_lstm.py"]').count()) > 0);
  });

  it('refreshes the gates by itself while training goes on', async () => {
    const page = await gates();
    const first = await until(
      'a trace of the run',
      () => figure(page, 'main.gates', 'data-trace-step'),
      step => step > 0,
    );
    await until(
      'a newer trace',
      () => figure(page, 'main.gates', 'data-trace-step'),
      step => step > first,
    );
  });

  it('pauses, resumes and stops', async () => {
    const page = await training();
    await page.getByRole('button', { name: 'Pause' }).click();
    await until(
      'status',
      () => status(page),
      now => now === 'paused',
    );
    const paused = await started(page);
    await page.getByRole('button', { name: 'Resume' }).click();
    await until(
      'steps',
      () => started(page),
      step => step > paused,
    );
    await page.getByRole('button', { name: 'Stop' }).click();
    await until(
      'status',
      () => status(page),
      now => now === 'stopped',
    );
  });

  it('learns: a run on 2,000 digits ends above 40 % on all 10,000 test digits', async function () {
    this.timeout(360_000);
    await start({ epochs: '2', batchSize: '50', examples: '2000', learningRate: '0.003' });
    const page = await training();
    const first = await until(
      'train accuracy',
      () => figure(page, '[data-tile="train"]', 'data-value'),
      Number.isFinite,
    );
    await until(
      'status',
      () => status(page),
      now => now === 'finished',
      300,
    );
    const accuracy = await figure(page, '[data-tile="test"]', 'data-value');
    assert.ok(first < 40, `first train accuracy ${first}`);
    assert.ok(accuracy > 40, `test accuracy ${accuracy}`);
    assert.equal(await started(page), 80);
    finished = (await page.locator('main.training').getAttribute('data-run'))!;
    const lines = await page.locator('.lines').innerText();
    assert.match(lines, /^Epoch 0 Train accuracy = [\d.]+ Test accuracy = [\d.]+$/m);
    assert.match(lines, /^Epoch 1 /m);
  });

  it('paints gates that change along the digit, with exact values under the pointer and by keyboard', async () => {
    const page = await gates();
    await until(
      'the trained weights',
      () => figure(page, 'main.gates', 'data-trace-step'),
      step => step === 80,
    );
    for (const id of ['i', 'j', 'f', 'o', 'c', 'h']) {
      const { different, changing } = await colours(page, `.map [data-tensor="${id}"]`);
      assert.ok(different > 20, `${id} shows ${different} colours`);
      assert.ok(changing > 0.5, `${id} changes over the steps in ${changing} of its rows`);
    }
    const map = page.locator('.map [data-tensor="f"]').first();
    await map.hover({ position: { x: 5, y: 5 } });
    await until(
      'step under the pointer',
      () => figure(page, '.readout', 'data-step'),
      step => step < 5,
    );
    await map.click({ position: { x: 5, y: 5 } });
    const clicked = await figure(page, '.readout', 'data-step');
    await page.locator('.map [data-tensor="f"]').first().press('ArrowRight');
    await until(
      'step after an arrow key',
      () => figure(page, '.readout', 'data-step'),
      step => step === clicked + 1,
    );
    const forget = await figure(page, '.readout [data-tensor="f"]', 'data-value');
    assert.ok(forget > 0 && forget < 1, `forget gate ${forget}`);
  });

  it('proves in the tensor inspector that the last row of outputs is h of the top layer', async () => {
    await workbench.command('RNN Explorer: Open Tensor Inspector');
    const page = await tensors();
    assert.equal(await figure(page, '.claim', 'data-difference'), 0);
    await page.getByText('outputs[-1]').first().waitFor();
  });

  it('trains by the palette after a click into a panel, when VS Code reports no active text editor', async () => {
    await (await tensors()).locator('body').click({ position: { x: 3, y: 3 } });
    await workbench.command('RNN Explorer: Train Model');
    const page = await training();
    await until(
      'status',
      () => status(page),
      now => now === 'running',
    );
    await until(
      'steps',
      () => started(page),
      step => step >= 2,
    );
  });

  it('keeps a run through a reload: its curve and gates are there, it stands as interrupted', async () => {
    await workbench.reload();
    const page = await training();
    await until(
      'status',
      () => status(page),
      now => now === 'interrupted',
    );
    assert.ok((await started(page)) >= 2);
    assert.ok((await figure(page, '[data-points]', 'data-points')) > 0);
    await page.getByText('This run was cut off before it was done.').waitFor();
  });

  it('shows the gates of a finished run after a reload, and says when its source has changed', async () => {
    const page = await training();
    const runs = page.locator('.subject vscode-dropdown');
    await runs.click();
    await runs.locator(`vscode-option[value="${finished}"]`).click();
    await until(
      'status',
      () => status(page),
      now => now === 'finished',
    );
    const view = await gates();
    await until(
      'gates of the last checkpoint',
      () => figure(view, 'main.gates', 'data-trace-step'),
      step => step === 80,
    );
    const file = join(workbench.workspace, 'mnist_lstm.py');
    writeFileSync(file, readFileSync(file, 'utf8').replace('n_neurons = 150', 'n_neurons = 120'));
    await page.getByText('The source of this model has changed since this run was started.').waitFor();
    await workbench.page.locator('.codelens-decoration', { hasText: /LSTM\s3×120/ }).waitFor();
  });

  it('raised no content security violation and no error in its pages', () => {
    assert.deepEqual(
      workbench.problems.filter(problem => !isOfVsCode(problem)),
      [],
    );
  });
});
