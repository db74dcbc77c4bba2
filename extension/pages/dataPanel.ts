import * as vscode from 'vscode';
import { basename, posix } from 'node:path';
import { demandOf } from '../../engine/data/demand.ts';
import type { FileChoices, FileData } from '../../engine/data/fileData.ts';
import { EngineError } from '../../engine/errors.ts';
import type { Channel } from '../../engine/protocol/channel.ts';
import type { FilePreview } from '../../engine/protocol/preview.ts';
import { type DataHostSide, DataPageRequests, type DataPicture, type PageSide } from '../../engine/protocol/pages.ts';
import type { SourceModel } from '../models/sourceModel.ts';
import type { EngineSession } from '../runs/engineSession.ts';
import { modelHead } from '../runs/runState.ts';
import { describeError, translate } from '../translate.ts';
import { connectPage, type PageContext, tabIcon } from './pageConnection.ts';
import { panelColumn } from './panelColumn.ts';
import { pageStrings } from './translatedStrings.ts';

/** Lets the person pick a file of data; undefined when the person turned away. */
export async function askForFile(title: string, near?: vscode.Uri): Promise<vscode.Uri | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title,
      openLabel: vscode.l10n.t('Choose'),
      ...(near && { defaultUri: near }),
      filters: {
        [vscode.l10n.t('Data')]: ['csv', 'tsv', 'txt', 'npy', 'npz', 'idx', 'gz', 'dat', 'md'],
        [vscode.l10n.t('All Files')]: ['*'],
      },
    })) ?? [];
  return file;
}

/** Shows a file as a model would be fed with it, and asks what of it is fed. One at a time. */
export class DataPanel implements vscode.Disposable {
  static readonly viewType = 'rnnExplorer.data';
  readonly #context: PageContext;
  readonly #engine: EngineSession;
  #panel: vscode.WebviewPanel | undefined;

  constructor(context: PageContext, engine: EngineSession) {
    this.#context = context;
    this.#engine = engine;
  }

  /**
   * Asks until the person uses the data or closes the panel.
   * @param choices what was chosen before
   * @returns undefined when the panel was closed
   */
  ask(model: SourceModel, path: string, choices: FileChoices): Promise<FileData | undefined> {
    this.#panel?.dispose();
    const title = vscode.l10n.t('Data: {0}', basename(path));
    const column = { viewColumn: panelColumn(), preserveFocus: false };
    const panel = vscode.window.createWebviewPanel(DataPanel.viewType, title, column, {
      retainContextWhenHidden: true,
    });
    this.#panel = panel;
    panel.iconPath = tabIcon(this.#context.extensionUri);
    return new Promise(resolve => {
      const asked = new Asked(this.#engine, model, path, choices);
      const channel: Channel<DataHostSide, PageSide> = connectPage<DataHostSide>(
        this.#context,
        panel.webview,
        { name: 'data', title },
        DataPageRequests,
        {
          hydrate: () => ({ strings: pageStrings(), picture: asked.picture() }),
          choose: wanted => {
            asked.look(wanted);
            return null;
          },
          use: () => {
            if (asked.file) finish(asked.file);
            return null;
          },
          otherFile: async () => {
            const other = await askForFile(vscode.l10n.t('Data to train on'), vscode.Uri.file(asked.path));
            if (other) asked.open(other.fsPath);
            return null;
          },
          targetsFile: async () => {
            const other = await askForFile(vscode.l10n.t('File of the targets'), vscode.Uri.file(asked.path));
            if (other) asked.look({ ...asked.choices, targetsPath: other.fsPath });
            return null;
          },
        },
      );
      asked.onDidChange = () => {
        channel.emit('picture', asked.picture());
      };
      asked.look(choices);
      const finish = (file: FileData | undefined): void => {
        resolve(file);
        panel.dispose();
      };
      panel.onDidDispose(() => {
        asked.dispose();
        channel.dispose();
        if (this.#panel === panel) this.#panel = undefined;
        resolve(undefined);
      });
    });
  }

  dispose(): void {
    this.#panel?.dispose();
  }
}

/** A file that is being asked about. */
class Asked {
  readonly #engine: EngineSession;
  readonly #model: SourceModel;
  path: string;
  choices: FileChoices;
  onDidChange: () => void = () => undefined;
  #preview: FilePreview | undefined;
  #error: string | undefined;
  #reading: AbortController | undefined;

  constructor(engine: EngineSession, model: SourceModel, path: string, choices: FileChoices) {
    this.#engine = engine;
    this.#model = model;
    this.path = path;
    this.choices = choices;
  }

  /** The choice, where it fits the model. */
  get file(): FileData | undefined {
    return this.#reading ? undefined : this.#preview?.file;
  }

  open(path: string): void {
    this.path = path;
    this.#preview = undefined;
    this.look({});
  }

  /** Reads the file with other choices; a look that goes on is given up. */
  look(choices: FileChoices): void {
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    this.choices = choices;
    this.onDidChange();
    const { spec } = this.#model.reading;
    const request = { path: this.path, spec, choices };
    this.#engine.request('preview', request, { signal: reading.signal, timeout: Infinity }).then(
      preview => {
        this.#tell(reading, preview, undefined);
      },
      (error: unknown) => {
        if (error instanceof EngineError && error.code === 'cancelled') return;
        this.#tell(reading, undefined, describeError(error));
      },
    );
  }

  picture(): DataPicture {
    const { uri, position, reading } = this.#model;
    const preview = this.#preview;
    return {
      model: modelHead(reading.spec, { uri: uri.toString(), line: position.line }),
      file: posix.basename(this.path.replaceAll('\\', '/')),
      folder: posix.dirname(this.path.replaceAll('\\', '/')),
      choices: this.choices,
      preview: preview && (({ problem: _problem, notes: _notes, ...rest }) => rest)(preview),
      demand: describeDemand(this.#model),
      problem: this.#error ?? (preview?.problem && translate(preview.problem)),
      notes: preview?.notes.map(translate) ?? [],
      reading: this.#reading !== undefined,
    };
  }

  dispose(): void {
    this.#reading?.abort();
    this.onDidChange = () => undefined;
  }

  #tell(reading: AbortController, preview: FilePreview | undefined, error: string | undefined): void {
    if (this.#reading !== reading) return;
    this.#reading = undefined;
    this.#preview = preview ?? (this.#preview && { ...this.#preview, file: undefined });
    this.#error = error;
    this.onDidChange();
  }
}

function describeDemand({ reading: { spec } }: SourceModel): string {
  const demand = demandOf(spec);
  if ('text' in demand) return translate(demand);
  const { steps, features, vocabulary } = demand;
  const count = steps ?? vscode.l10n.t('any number of');
  return vocabulary === null
    ? vscode.l10n.t('{0} steps of {1} values', count, features ?? '?')
    : vscode.l10n.t('{0} steps, a token of {1} at each', count, vocabulary ?? '?');
}
