// `npm start`: builds the extension, installs it in a VS Code, and opens a copy of the samples there.
import { randomInt } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CommandError, findExecutable, lastLines, run } from './commands.ts';
import { findDesktop, openDesktop } from './desktop.ts';
import { installWorkbench } from './install.ts';
import { hostFolder, samplesFolder } from './paths.ts';
import { copySamples } from './samplesCopy.ts';
import { installExtension, startServer, writeSettings, type Server } from './server.ts';
import { calmSettings } from './settings.ts';
import { freshVsix } from './vsix.ts';

const help = `npm start: builds RNN Explorer and opens it in VS Code with a copy of the samples.

With a desktop \`code\` on the PATH it opens that one, otherwise it serves VS Code to the browser on this machine.

  npm start -- --browser         serve to the browser even when there is a desktop VS Code
  npm start -- --port 9000       port to serve on (default 8137, or a free one when that is taken)
  npm start -- --no-open         only print the address, do not open a browser
  npm start -- --workspace DIR   where the copy of the samples goes (default ~/rnn-explorer-samples)
  npm start -- --data DIR        where the served VS Code keeps settings, runs and state between two starts
                                 (default .vscode-test/start)`;

const defaultPort = 8137;
const firstSample = 'mnist_lstm.py';

const signIn = {
  title: 'VS Code with RNN Explorer',
  hint: 'The password stands in the terminal in which `npm start` runs.',
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      'no-open': { type: 'boolean', default: false },
      browser: { type: 'boolean', default: false },
      workspace: { type: 'string', default: join(personsFolder(), 'rnn-explorer-samples') },
      data: { type: 'string', default: join(hostFolder, 'start') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  const vsix = await freshVsix();
  const folder = prepareWorkspace(values.workspace);
  if (!values.browser && (await openedDesktop(vsix, folder))) return;
  await serve(vsix, folder, { dataFolder: resolve(values.data), port: values.port, open: !values['no-open'] });
}

function prepareWorkspace(workspace: string): string {
  const { folder, kept } = copySamples(samplesFolder, workspace, join(hostFolder, 'samples.json'));
  if (kept.length > 0) console.log(`Your changes in ${folder} stay as they are: ${kept.join(', ')}`);
  return folder;
}

async function openedDesktop(vsix: string, folder: string): Promise<boolean> {
  const desktop = await findDesktop();
  if ('reason' in desktop) {
    console.log(`VS Code will be served to the browser: ${desktop.reason}.`);
    return false;
  }
  try {
    await openDesktop(desktop.code, vsix, folder, join(folder, firstSample));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.log(`The desktop VS Code could not be used, so it will be served to the browser.\n${error.message}`);
    return false;
  }
  console.log(`
  RNN Explorer is installed in your VS Code ${desktop.version} (${desktop.code}).

    Workspace   ${folder}
    Begin       click "▶ Train Model" above the model in ${firstSample}
    Remove      code --uninstall-extension rnn-explorer.rnn-explorer
`);
  return true;
}

interface Serving {
  readonly dataFolder: string;
  readonly port: string | undefined;
  readonly open: boolean;
}

async function serve(vsix: string, folder: string, { dataFolder, port, open }: Serving): Promise<void> {
  await installWorkbench();
  writeSettings(
    dataFolder,
    {
      ...calmSettings,
      // This VS Code is there for the samples, which are ours; without this it opens them in restricted mode.
      'security.workspace.trust.enabled': false,
      // The samples' README says what to do first.
      'workbench.startupEditor': 'readme',
      // The server's own logs go to its data folder; a person's terminal keeps the real one.
      'terminal.integrated.env.linux': { XDG_DATA_HOME: process.env['XDG_DATA_HOME'] ?? null },
    },
    true,
  );
  await installExtension(dataFolder, vsix);
  const password = newPassword();
  const server = await startServer({ dataFolder, port: await choosePort(port), password, folder, signIn });
  stopOnSignal(server);
  const address = `${server.origin}/`;
  console.log(`
  VS Code with RNN Explorer is ready.

    Address     ${address}
    Password    ${password}
    Workspace   ${folder}
    Begin       open ${firstSample} and click "▶ Train Model" above the model
    Stop        press Ctrl+C here
${process.env['SSH_CONNECTION'] === undefined ? '' : `    From afar   ssh -L ${server.port}:127.0.0.1:${server.port} this-machine, then open the address there\n`}`);
  if (open) await openBrowser(address);
  const reason = await server.ended;
  throw new Error(`VS Code's server ended by itself (${reason}).\n${lastLines(server.log(), 20)}`);
}

/** Ctrl+C, `kill` and a closed terminal end everything that was started here. */
function stopOnSignal(server: Server): void {
  let stopping = false;
  const stop = (): void => {
    // A second Ctrl+C while it stops changes nothing: stopping takes a moment at most.
    if (stopping) return;
    stopping = true;
    console.log('\nStopping VS Code …');
    void server.stop().finally(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // A signal sent to npm alone ends npm and its shell, but does not come through to here.
  const parent = process.ppid;
  const underNpm = process.env['npm_lifecycle_event'] !== undefined;
  if (!underNpm) return;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, 500).unref();
}

/** The home folder, or the folder for temporary files when there is none that can be written to. */
function personsFolder(): string {
  try {
    accessSync(homedir(), constants.W_OK);
    return homedir();
  } catch {
    return tmpdir();
  }
}

/** Twelve letters and digits that cannot be mistaken for each other: 59 bits, new at every start. */
function newPassword(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  const group = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group()].join('-');
}

async function choosePort(asked: string | undefined): Promise<number> {
  const port = asked === undefined ? defaultPort : Number(asked);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error(`--port takes a number from 0 to 65535, not ${asked ?? ''}.`);
  if (port === 0 || (await isFree(port))) return port;
  console.log(`Port ${port} is taken; another one is used.`);
  return 0;
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen(port, '127.0.0.1', () =>
      probe.close(() => {
        resolve(true);
      }),
    );
  });
}

/** Opens the address in the person's browser where there is a screen; the printed address is there in any case. */
async function openBrowser(address: string): Promise<void> {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const hasScreen = process.platform === 'darwin' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
  if (!hasScreen || findExecutable(opener) === undefined) return;
  await run(opener, [address]).catch(() => undefined);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
