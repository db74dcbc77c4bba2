/** Takes pictures of pages: `npx tsx test/browser/gallery/shoot.ts FOLDER gates/dark/280x1400/trained …`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from '../browser.ts';
import { collectProblems } from '../problems.ts';
import { serveGallery } from './server.ts';

async function main(): Promise<void> {
  const [folder = 'test/results/gallery', ...shots] = process.argv.slice(2);
  mkdirSync(folder, { recursive: true });
  const gallery = await serveGallery();
  const browser = await launchBrowser();
  for (const shot of shots) {
    const [page = 'gates', theme = 'dark', size = '280x1400', scenario = 'trained', ...presses] = shot.split('/');
    const [width = 280, height = 1400] = size.split('x').map(Number);
    const context = await browser.newContext({ viewport: { width, height } });
    const view = await context.newPage();
    const problems = collectProblems(view);
    await view.goto(`${gallery.origin}/?page=${page}&theme=${theme}&scenario=${scenario}`);
    const frame = view.frameLocator('iframe');
    await frame.locator('main').waitFor();
    await view.waitForTimeout(1500);
    for (const press of presses) {
      await frame.locator(press).first().click();
      await view.waitForTimeout(700);
    }
    const name = [page, theme, size, scenario, ...presses.map((_, index) => `press${index}`)].join('-');
    await view.screenshot({ path: join(folder, `${name}.png`) });
    const fault = await view.locator('body').getAttribute('data-fault');
    console.log(name, problems.length === 0 ? 'no problems' : problems, fault ?? '');
    await context.close();
  }
  await browser.close();
  gallery.close();
}

void main();
