/** The colours of the person's theme as numbers for canvases, kept up to date when the theme changes. */
import type { ValueScale } from '../engine/cells/table.ts';
import { luminance, makePalette, type Palette, parseColor, toCss, type Rgb } from './colors.ts';

export interface Theme {
  /** Behind everything: what zero looks like in a diverging map. */
  readonly page: Rgb;
  readonly dark: boolean;
  readonly highContrast: boolean;
  readonly reducedMotion: boolean;
  /** Text, faint text, lines; as CSS. */
  readonly foreground: string;
  readonly faint: string;
  readonly line: string;
  readonly fontFamily: string;
  palette(scale: ValueScale): Palette;
  /** A colour of the theme by its variable, such as `charts-blue`, as CSS. */
  color(name: string): string;
}

const listeners = new Set<(theme: Theme) => void>();
let current: Theme | undefined;

function read(): Theme {
  const styles = getComputedStyle(document.body);
  const classes = document.body.classList;
  const variable = (name: string): string => styles.getPropertyValue(`--vscode-${name}`).trim();
  const highContrast = classes.contains('vscode-high-contrast') || classes.contains('vscode-high-contrast-light');
  const foreground = variable('foreground') || styles.color;
  const page = parseColor(styles.backgroundColor) ?? [255, 255, 255];
  const palettes = new Map<ValueScale, Palette>();
  return {
    page,
    dark: luminance(page) < 0.25,
    highContrast,
    reducedMotion: classes.contains('vscode-reduce-motion') || matchMedia('(prefers-reduced-motion: reduce)').matches,
    foreground,
    faint: variable('descriptionForeground') || foreground,
    line: highContrast
      ? variable('contrastBorder') || foreground
      : `color-mix(in srgb, ${foreground} 16%, transparent)`,
    fontFamily: styles.fontFamily,
    palette: scale => {
      const known = palettes.get(scale) ?? makePalette(scale, page);
      palettes.set(scale, known);
      return known;
    },
    color: name => {
      // VS Code's own themes have an orange for charts that is two thirds transparent: a line of it could not be seen.
      const opaque = parseColor(variable(name));
      return opaque ? toCss(opaque) : variable(name) || foreground;
    },
  };
}

/** The theme as it is now. */
export function theme(): Theme {
  current ??= read();
  return current;
}

/** Calls the listener after each change of the theme. */
export function onThemeChange(listener: (theme: Theme) => void): void {
  if (listeners.size === 0) {
    // VS Code changes the body's classes and the variables in the style of the root element.
    const observer = new MutationObserver(() => {
      current = read();
      for (const each of listeners) each(current);
    });
    observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  }
  listeners.add(listener);
}
