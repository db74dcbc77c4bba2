import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { projectFolder } from '../host/paths.ts';
import { launchBrowser } from './browser.ts';
import { pictureFailures } from './failures.ts';

/** Answers of `fetch` that tell who listens: a status, or that nobody does. */
async function knock(address: string): Promise<number | 'nobody'> {
  try {
    return (await fetch(address, { redirect: 'manual' })).status;
  } catch {
    return 'nobody';
  }
}

describe('npm start without a desktop VS Code', () => {
  let folder: string;
  let child: ChildProcess;
  let browser: Browser;
  let page: Page;
  let said = '';
  const told = (name: string): string => new RegExp(`${name} +(.+)`).exec(said)?.[1] ?? `no ${name} in:\n${said}`;
  const port = 8199;
  const occupant = createServer();

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rnn-start-'));
    await new Promise<void>(listening => occupant.listen(port, '127.0.0.1', listening));
    const folders = ['--workspace', join(folder, 'samples'), '--data', join(folder, 'data')];
    const startArguments = ['--browser', '--no-open', '--port', String(port), ...folders];
    child = spawn('npm', ['start', '--', ...startArguments], { cwd: projectFolder, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await new Promise<void>((ready, failed) => {
      child.stdout!.on('data', () => {
        if (said.includes('Stop ')) ready();
      });
      child.once('exit', code => {
        failed(new Error(`npm start ended with ${String(code)}:\n${said}`));
      });
    });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(60_000);
  });
  after(async () => {
    occupant.close();
    await browser.close();
    child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  pictureFailures(() => page);

  it('says where the samples are and takes another port when the one asked for is taken', () => {
    assert.equal(told('Workspace'), join(folder, 'samples'));
    assert.match(said, new RegExp(`Port ${port} is taken`));
    assert.match(told('Address'), /^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  it('listens on loopback only', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find(each => each?.family === 'IPv4' && !each.internal);
    assert.equal(await knock(told('Address')), 302);
    if (outside) assert.equal(await knock(told('Address').replace('127.0.0.1', outside.address)), 'nobody');
  });

  it('lets nobody in without the password', async () => {
    await page.goto(told('Address'));
    await page.locator('input[type=password]').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('Incorrect password').waitFor();
    assert.equal(await page.locator('.monaco-workbench').count(), 0);
  });

  it('shows the samples and the extension after the password that it printed, and nothing in the way', async () => {
    await page.locator('input[type=password]').fill(told('Password'));
    await page.keyboard.press('Enter');
    await page.getByRole('treeitem', { name: 'mnist_lstm.py' }).waitFor();
    await page.locator('.activitybar .action-label[aria-label^="RNN Explorer"]').waitFor();
    const readme = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    await readme.getByRole('heading', { name: 'Samples' }).waitFor();
    assert.equal(await page.locator('.monaco-dialog-box, .part.banner:visible').count(), 0);
    assert.equal(await page.getByRole('tab').filter({ hasText: 'Welcome' }).count(), 0);
  });

  it('ends with everything it started when it is told to stop', async () => {
    const address = told('Address');
    const gone = new Promise(done => child.once('exit', done));
    child.kill('SIGTERM');
    await gone;
    const deadline = Date.now() + 15_000;
    while ((await knock(address)) !== 'nobody') {
      assert.ok(Date.now() < deadline, 'the server still answers 15 s after the stop');
      await new Promise(again => setTimeout(again, 200));
    }
  });
});
