// `node --import tsx test/host/setup.ts`: installs what the tests need (VS Code, Node 24, Chromium) and says where it is.
import { installChromium } from './chromium.ts';
import { installWorkbench } from './install.ts';
import { node24, serverEntry } from './paths.ts';

async function main(): Promise<void> {
  await installWorkbench();
  const chromium = await installChromium();
  console.log(`VS Code server: ${serverEntry}\nNode 24: ${node24}\nChromium: ${chromium}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
