// Stands in for the executable of a desktop VS Code: takes the arguments that @vscode/test-electron gives it, opens the same
// folder with the same extension in the real workbench (code-server, in headless Chromium), and ends with the same code.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { format } from 'node:util';
import { launchBrowser } from '../browser/browser.ts';
import { startServer, writeSettings } from '../host/server.ts';
import { testSettings } from '../host/settings.ts';

const codes = { usage: 64, hostDied: 97, timeout: 98 } as const;

/** What the workbench says about itself, of no use in a test's output; RNN_VERBOSE shows it. */
const chatter =
  /^\[|^\s*$|open-vsx|getaddrinfo|authentication provider|connection token|builtin extensions cache|Creating a socket|Settings Sync|\/workbench\/workbench\.js/;

interface Order {
  readonly extensions: readonly string[];
  readonly tests: string;
  readonly folder: string | undefined;
}

/** Flags that only a desktop VS Code understands are passed over. */
function parse(words: readonly string[]): Order | undefined {
  const values = (flag: string): string[] =>
    words.filter(word => word.startsWith(`--${flag}=`)).map(word => resolve(word.slice(flag.length + 3)));
  const extensions = values('extensionDevelopmentPath');
  const [tests] = values('extensionTestsPath');
  const folder = words.find(word => !word.startsWith('-'));
  if (extensions.length === 0 || tests === undefined) return undefined;
  return { extensions, tests, folder: folder === undefined ? undefined : resolve(folder) };
}

async function main(): Promise<number> {
  const order = parse(process.argv.slice(2));
  if (order === undefined) {
    console.error('Needs --extensionDevelopmentPath=FOLDER and --extensionTestsPath=FILE.');
    return codes.usage;
  }
  const dataFolder = mkdtempSync(join(tmpdir(), 'rnn-stand-in-'));
  writeSettings(dataFolder, testSettings);
  const [server, browser] = await Promise.all([startServer({ dataFolder, testDriver: true }), launchBrowser()]);
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const ended = new Promise<number>(done => void page.exposeFunction('codeAutomationExit', done));
    await page.exposeFunction('codeAutomationLog', (level: string, words: unknown[]) => {
      const line = format(...words);
      if (process.env['RNN_VERBOSE'] !== undefined || !chatter.test(line))
        (level === 'error' ? process.stderr : process.stdout).write(`${line}\n`);
    });
    await page.goto(address(server.port, order));
    const limit = Number(process.env['RNN_TEST_TIMEOUT'] ?? 300) * 1000;
    const late = new Promise<number>(done => setTimeout(done, limit, codes.timeout).unref());
    const crashed = server.ended.then(reason => {
      console.error(`VS Code's server ended: ${reason}`);
      return codes.hostDied;
    });
    const code = await Promise.race([ended, late, crashed]);
    if (code === codes.timeout) console.error(`The tests did not end within ${limit / 1000} s.`);
    // The workbench reports 0 also when its extension host died, so only written results prove an end.
    const results = process.env['RNN_TEST_RESULTS'];
    if (code === 0 && results !== undefined && !existsSync(results)) {
      console.error('The extension host ended before its tests did.');
      return codes.hostDied;
    }
    return code;
  } finally {
    await browser.close();
    await server.stop();
    rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function address(port: number, { extensions, tests, folder }: Order): string {
  const remote = (path: string): string => `vscode-remote://127.0.0.1:${port}${path}`;
  const url = new URL(`http://127.0.0.1:${port}/`);
  if (folder === undefined) url.searchParams.set('ew', 'true');
  else url.searchParams.set('folder', folder);
  const payload = [
    ...extensions.map(extension => ['extensionDevelopmentPath', remote(extension)]),
    ['extensionTestsPath', remote(tests)],
  ];
  url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}

main().then(
  code => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
