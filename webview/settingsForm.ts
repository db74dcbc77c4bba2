/** The settings of a run: fields that say at once what is wrong with what stands in them. */
import { QUICK_RUN } from '../engine/model/quickRun.ts';
import type { StartSettings, TrainingSnapshot } from '../engine/protocol/pages.ts';
import { h, setAttributes, setText, show } from './dom.ts';
import { formatCount } from './numbers.ts';
import { checkSettings, type SettingName, type SettingTexts, SETTINGS } from './settings.ts';
import { text } from './text.ts';
import { button, type TextField, textField } from './toolkit.ts';

interface Field {
  readonly field: TextField;
  readonly row: HTMLElement;
  readonly fault: HTMLElement;
}

export class SettingsForm {
  readonly element: HTMLElement;
  readonly #start: (settings: StartSettings) => void;
  readonly #fields: Readonly<Record<SettingName, Field>>;
  readonly #startButton;
  readonly #quickButton;
  readonly #locked = h('p', { class: 'note' }, text('settingsLocked'));
  #shown = '';
  #exampleCount: number | null = null;

  constructor(start: (settings: StartSettings) => void) {
    this.#start = start;
    this.#fields = Object.fromEntries(SETTINGS.map(({ name }) => [name, this.#field(name)])) as Record<
      SettingName,
      Field
    >;
    this.#startButton = button({
      label: text('start'),
      icon: 'play',
      appearance: 'primary',
      press: () => {
        this.#submit();
      },
    });
    this.#quickButton = button({
      label: text('quickRun', formatCount(QUICK_RUN.examples)),
      icon: 'zap',
      appearance: 'secondary',
      press: () => {
        for (const [name, value] of Object.entries(QUICK_RUN))
          this.#fields[name as SettingName].field.text = String(value);
        this.#submit();
      },
    });
    setAttributes(this.#quickButton.element, {
      title: text('quickRunHint', formatCount(QUICK_RUN.examples), QUICK_RUN.batchSize),
    });
    this.element = h(
      'div',
      { class: 'settings', role: 'form', 'aria-label': text('settings') },
      ...SETTINGS.map(({ name }) => this.#fields[name].row),
      this.#locked,
      h('div', { class: 'buttons' }, this.#startButton.element, this.#quickButton.element),
    );
    this.element.addEventListener('keydown', event => {
      if (
        event.key === 'Enter' &&
        event.target instanceof HTMLElement &&
        event.target.localName === 'vscode-text-field'
      )
        this.#submit();
    });
  }

  /** @param locked while a run goes on. What a person has typed is kept until the host's settings change. */
  show({ settings, exampleCount, run }: TrainingSnapshot, locked: boolean): void {
    this.#exampleCount = exampleCount;
    const host = JSON.stringify(settings);
    if (host !== this.#shown) {
      this.#shown = host;
      for (const { name, write } of SETTINGS) this.#fields[name].field.text = write(settings);
    }
    show(this.#fields.dataSeed.row, settings.dataSeed !== undefined);
    for (const { field } of Object.values(this.#fields)) field.enable(!locked);
    setAttributes(this.#fields.examples.field.element, {
      placeholder:
        exampleCount === null
          ? text('settingExamplesAllUnknown')
          : text('settingExamplesAll', formatCount(exampleCount)),
    });
    setAttributes(this.#fields.threads.field.element, { placeholder: text('settingThreadsAutomatic') });
    this.#startButton.name(text(run ? 'startAgain' : 'start'));
    show(this.#locked, locked);
    show(this.#startButton.element, !locked);
    show(this.#quickButton.element, !locked && (exampleCount === null || exampleCount > QUICK_RUN.examples));
    this.#check();
  }

  #texts(): SettingTexts {
    return Object.fromEntries(SETTINGS.map(({ name }) => [name, this.#fields[name].field.text])) as SettingTexts;
  }

  #check(): StartSettings | undefined {
    const { settings, faults } = checkSettings(this.#texts(), this.#exampleCount);
    for (const [name, { field, fault }] of Object.entries(this.#fields)) {
      const found = faults[name as SettingName];
      show(fault, found !== undefined);
      if (found) setText(fault, text(found.text, ...found.args));
      field.invalid(found ? fault.id : undefined);
    }
    this.#startButton.enable(settings !== undefined);
    return settings;
  }

  #submit(): void {
    const settings = this.#check();
    if (settings) this.#start(settings);
  }

  #field(name: SettingName): Field {
    const { label } = SETTINGS.find(each => each.name === name)!;
    const check = (): void => {
      this.#check();
    };
    const field = textField(text(label), { change: check, commit: check });
    const fault = h('p', { class: 'fault', id: `fault-${name}`, role: 'alert' });
    setAttributes(field.element, { 'data-setting': name });
    return {
      field,
      fault,
      row: h('div', { class: 'setting' }, h('span', { 'aria-hidden': 'true' }, text(label)), field.element, fault),
    };
  }
}
