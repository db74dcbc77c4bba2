/** Sizes that a model's code leaves open and no data tells: asked once, and remembered for the model. */
import * as vscode from 'vscode';
import { readiness, withSizes } from '../../engine/data/dataSizes.ts';
import { headline } from '../../engine/model/headline.ts';
import { openNames } from '../../engine/model/openSizes.ts';
import type { SourceModel } from './sourceModel.ts';

const KEY = 'rnnExplorer.sizes';
const MOST = 1_000_000;

type Given = Readonly<Record<string, number>>;

export class SizeChoice {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /** Those that were given for a model and that its code still leaves open. */
  given({ key, reading: { spec } }: SourceModel): readonly (readonly [name: string, value: number])[] {
    const open = openNames(spec);
    return Object.entries(this.#all()[key] ?? {}).filter(([name]) => open.includes(name));
  }

  /** The model with the sizes that were given for it. */
  known(model: SourceModel): SourceModel {
    return { ...model, reading: withSizes(model.reading, new Map(this.given(model))) };
  }

  /** The same, asking for those that are missing. @returns undefined when the person turned away */
  async of(model: SourceModel): Promise<SourceModel | undefined> {
    const known = this.known(model);
    const { ofThePerson } = readiness(known.reading.spec, known.reading.open);
    return ofThePerson.length === 0 || (await this.#ask(model, ofThePerson)) ? this.known(model) : undefined;
  }

  /** Asks for all sizes again. @returns whether they were given */
  choose(model: SourceModel): Promise<boolean> {
    const { spec, open } = model.reading;
    return this.#ask(model, readiness(spec, open).ofThePerson);
  }

  /** @param modelKey `SourceModel.key` */
  async remember(modelKey: string, sizes: Given): Promise<void> {
    const all = this.#all();
    await this.#memory.update(KEY, { ...all, [modelKey]: { ...all[modelKey], ...sizes } });
  }

  async #ask(model: SourceModel, names: readonly string[]): Promise<boolean> {
    const given = new Map(this.given(model));
    const answers: Record<string, number> = {};
    for (const [at, name] of names.entries()) {
      const value = given.get(name);
      const answer = await vscode.window.showInputBox({
        title: vscode.l10n.t('{0}: size {1} of {2}', headline(model.reading.spec), at + 1, names.length),
        prompt: vscode.l10n.t('The code leaves “{0}” open. How large shall it be?', name),
        value: value === undefined ? '' : String(value),
        ignoreFocusOut: true,
        validateInput: text => (isSize(text) ? undefined : vscode.l10n.t('A whole number from {0} to {1}', 1, MOST)),
      });
      if (answer === undefined || !isSize(answer)) return false;
      answers[name] = Number(answer);
    }
    await this.remember(model.key, answers);
    return true;
  }

  #all(): Readonly<Record<string, Given>> {
    return this.#memory.get(KEY, {});
  }
}

function isSize(text: string): boolean {
  return /^\s*\d+\s*$/.test(text) && Number(text) >= 1 && Number(text) <= MOST;
}
