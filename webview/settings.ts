/** The settings of a run as texts in fields: how each is written, read and found wrong. No DOM in here. */
import type { PageString } from '../engine/protocol/pageStrings.ts';
import type { StartSettings } from '../engine/protocol/pages.ts';

export type SettingName = keyof StartSettings;
export type SettingTexts = Readonly<Record<SettingName, string>>;

/** Why a text is no value. */
export interface Fault {
  readonly text: PageString;
  readonly args: readonly (string | number)[];
}

interface Setting {
  readonly name: SettingName;
  readonly label: PageString;
  readonly write: (settings: StartSettings) => string;
  /** The value, or what is wrong. */
  readonly read: (text: string, exampleCount: number | null) => number | null | Fault;
}

const whole =
  (least: number, most: number) =>
  (text: string): number | Fault => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : { text: 'mustBeWhole', args: [least, most] };
  };

/** In the order in which they are shown; bounds as in `RunSettings`. */
export const SETTINGS: readonly Setting[] = [
  { name: 'epochs', label: 'settingEpochs', write: ({ epochs }) => String(epochs), read: whole(1, 100_000) },
  { name: 'batchSize', label: 'settingBatch', write: ({ batchSize }) => String(batchSize), read: whole(1, 65_536) },
  {
    name: 'learningRate',
    label: 'settingLearningRate',
    write: ({ learningRate }) => String(learningRate),
    read: text => {
      const value = /^[\d.]+(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
      return value > 0 && Number.isFinite(value) ? value : { text: 'mustBePositive', args: [] };
    },
  },
  { name: 'seed', label: 'settingSeed', write: ({ seed }) => String(seed), read: whole(0, 0xffff_ffff) },
  {
    name: 'dataSeed',
    label: 'settingDataSeed',
    write: ({ dataSeed }) => String(dataSeed ?? ''),
    read: text => (text === '' ? null : whole(0, 0xffff_ffff)(text)),
  },
  {
    name: 'examples',
    label: 'settingExamples',
    write: ({ examples }) => (examples === null ? '' : String(examples)),
    read: (text, exampleCount) => {
      if (text === '') return null;
      const most = exampleCount ?? Number.MAX_SAFE_INTEGER;
      const value = whole(1, most)(text);
      return typeof value === 'number' ? value : { text: 'mustBeExamples', args: [most] };
    },
  },
  {
    name: 'threads',
    label: 'settingThreads',
    write: ({ threads }) => String(threads ?? ''),
    read: text => (text === '' ? null : whole(1, 64)(text)),
  },
];

/** Reads all fields. @returns the settings, or undefined with what is wrong where. */
export function checkSettings(
  texts: SettingTexts,
  exampleCount: number | null,
): { settings: StartSettings | undefined; faults: Partial<Record<SettingName, Fault>> } {
  const values: Partial<Record<SettingName, number | null>> = {};
  const faults: Partial<Record<SettingName, Fault>> = {};
  for (const { name, read } of SETTINGS) {
    const value = read(texts[name].trim(), exampleCount);
    if (typeof value === 'object' && value !== null) faults[name] = value;
    else values[name] = value;
  }
  return { settings: Object.keys(faults).length === 0 ? (values as StartSettings) : undefined, faults };
}
