/** VS Code settings by name, as they stand in `settings.json`. */
export type Settings = Readonly<Record<string, unknown>>;

/** A VS Code that is there for one extension: no welcome page, no telemetry, no AI features, no updates, no advertising. */
export const calmSettings: Settings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'telemetry.telemetryLevel': 'off',
  'chat.disableAIFeatures': true,
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'update.mode': 'none',
  'update.showReleaseNotes': false,
};

/** The same, and steady under a test: nothing moves, nothing asks, nothing looks for the outside. */
export const testSettings: Settings = {
  ...calmSettings,
  'workbench.reduceMotion': 'on',
  'security.workspace.trust.enabled': false,
  'editor.cursorBlinking': 'solid',
  'editor.hover.delay': 100,
  'files.hotExit': 'off',
  'git.enabled': false,
  'window.confirmBeforeClose': 'never',
};
