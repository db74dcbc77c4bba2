/** The controls of the pages. Only this file knows `@vscode/webview-ui-toolkit`, so that a successor changes one file. */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeLink,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { h, icon, setAttributes, setText } from './dom.ts';

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeDropdown(),
  vsCodeLink(),
  vsCodeOption(),
  vsCodeProgressRing(),
  vsCodeTextField(),
);

export interface ButtonOptions {
  /** What it says; with `icon` alone it is the name for screen readers and the tooltip. */
  readonly label: string;
  readonly icon?: string;
  readonly appearance: 'primary' | 'secondary' | 'icon';
  readonly press: () => void;
}

/** A button, and what can be changed of it. */
export interface Button {
  readonly element: HTMLElement;
  enable(enabled: boolean): void;
  /** For buttons that stand for a choice. */
  mark(pressed: boolean): void;
  name(label: string): void;
}

/** A button with a text, or of an icon alone. */
export function button({ label, icon: symbol, appearance, press }: ButtonOptions): Button {
  const element = document.createElement('vscode-button');
  const caption = document.createTextNode(label);
  const iconOnly = appearance === 'icon';
  setAttributes(element, { appearance, ...(iconOnly ? { 'aria-label': label, title: label } : {}) });
  if (symbol !== undefined) {
    const image = icon(symbol);
    if (!iconOnly) image.slot = 'start';
    element.append(image);
  }
  if (!iconOnly) element.append(caption);
  element.addEventListener('click', () => {
    if (!element.hasAttribute('disabled')) press();
  });
  return {
    element,
    enable: enabled => {
      setAttributes(element, { disabled: !enabled });
    },
    mark: pressed => {
      setAttributes(element, {
        'aria-pressed': String(pressed),
        ...(iconOnly ? {} : { appearance: pressed ? 'primary' : 'secondary' }),
      });
    },
    name: text => {
      if (iconOnly) setAttributes(element, { 'aria-label': text, title: text });
      else setText(caption, text);
    },
  };
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  /** Tooltip. */
  readonly hint?: string;
}

/** One choice of several. */
export interface Picker {
  readonly element: HTMLElement;
  /** Sets what can be chosen and what is. */
  set(choices: readonly Choice[], chosen: string): void;
}

/** A drop-down list. */
export function dropdown(label: string, choose: (value: string) => void): Picker {
  const element = document.createElement('vscode-dropdown') as HTMLElement & { value: string };
  setAttributes(element, { 'aria-label': label, title: label });
  let shown = '';
  element.addEventListener('change', () => {
    choose(element.value);
  });
  return {
    element,
    set: (choices, chosen) => {
      const wanted = JSON.stringify(choices);
      if (wanted !== shown) {
        shown = wanted;
        element.replaceChildren(
          ...choices.map(({ value, label: caption, hint }) => {
            const option = document.createElement('vscode-option');
            setAttributes(option, { value, title: hint, selected: value === chosen });
            option.append(caption);
            return option;
          }),
        );
      }
      // The list learns of new options after it has been rendered.
      queueMicrotask(() => {
        if (element.value !== chosen) element.value = chosen;
      });
    },
  };
}

/** A row of buttons of which one is pressed; for few short choices. */
export function segments(label: string, choose: (value: string) => void): Picker {
  const element = h('div', { class: 'segments', role: 'group', 'aria-label': label });
  let shown = '';
  let buttons = new Map<string, Button>();
  return {
    element,
    set: (choices, chosen) => {
      const wanted = JSON.stringify(choices);
      if (wanted !== shown) {
        shown = wanted;
        buttons = new Map(
          choices.map(({ value, label: caption, hint }) => {
            const made = button({
              label: caption,
              appearance: 'secondary',
              press: () => {
                choose(value);
              },
            });
            setAttributes(made.element, { title: hint, 'data-value': value });
            return [value, made];
          }),
        );
        element.replaceChildren(...[...buttons.values()].map(made => made.element));
      }
      for (const [value, made] of buttons) made.mark(value === chosen);
    },
  };
}

/** A field for one line of text. */
export interface TextField {
  readonly element: HTMLElement;
  /** What stands in it. */
  text: string;
  enable(enabled: boolean): void;
  /** Marks what stands in it as wrong, for eyes and screen readers. */
  invalid(describedBy: string | undefined): void;
}

/** @param change called while typing, @param commit called on Enter and when the field is left. */
export function textField(
  label: string,
  on: { readonly change?: (text: string) => void; readonly commit?: (text: string) => void },
): TextField {
  const element = document.createElement('vscode-text-field') as HTMLElement & { value: string; currentValue: string };
  // The field takes its name from its text when it is put into the page; the text itself is hidden by our style.
  element.append(label);
  element.addEventListener('input', () => on.change?.(element.value));
  element.addEventListener('change', () => on.commit?.(element.value));
  return {
    element,
    get text() {
      return element.value;
    },
    set text(value) {
      if (element.value !== value) element.value = value;
    },
    enable: enabled => {
      setAttributes(element, { disabled: !enabled });
    },
    invalid: describedBy => {
      setAttributes(element, {
        'aria-invalid': describedBy !== undefined,
        'aria-describedby': describedBy,
        class: describedBy === undefined ? undefined : 'invalid',
      });
    },
  };
}

/** A link that does something here instead of leading away. */
export function actionLink(label: string, press: () => void): HTMLElement {
  const element = document.createElement('vscode-link');
  setAttributes(element, { href: '#' });
  element.append(label);
  element.addEventListener('click', event => {
    event.preventDefault();
    press();
  });
  return element;
}

/** Turns while something is on its way. */
export function progressRing(label: string): HTMLElement {
  const element = document.createElement('vscode-progress-ring');
  setAttributes(element, { 'aria-label': label });
  return element;
}
