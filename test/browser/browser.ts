import { chromium, type Browser } from 'playwright-core';
import { installChromium } from '../host/chromium.ts';

/** Starts a headless Chromium that looks for nothing outside this machine. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = await installChromium();
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      // Chromium refuses to sandbox itself as root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
    ],
  });
}
