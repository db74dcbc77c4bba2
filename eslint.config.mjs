import tseslint from 'typescript-eslint';

/** Forbids imports by pattern, with the reason a reader sees. */
const forbid = (...patterns) => ({
  'no-restricted-imports': ['error', { patterns: patterns.map(([group, message]) => ({ group, message })) }],
});

/** Rooms of the engine that compute; the host and the pages reach them only through the worker. */
const numbers = [
  '**/engine/kernels/**',
  '**/engine/training/**',
  '**/engine/backends/**',
  '**/engine/data/**',
  '**/engine/worker*',
];

export default tseslint.config(
  {
    ignores: [
      'dist',
      'node_modules',
      '.vscode-test',
      'test/fixtures',
      'test/bench/node_modules',
      'test/bench/python',
      'engine/kernels/assembly',
      'extension/samples',
      'test/results',
    ],
  },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['engine/tsconfig.json', 'extension/tsconfig.json', 'webview/tsconfig.json', 'test/tsconfig.json'],
      },
    },
    rules: {
      'no-console': 'error',
      // A side of a channel that serves nothing is `Record<never, never>`.
      '@typescript-eslint/no-generated-empty-object-type': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' },
        { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that defines it.' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Numeric code indexes typed arrays in bounds it has just established.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['engine/**/*.ts'],
    rules: forbid([['vscode', 'chart.js', '**/extension/**', '**/webview/**', '**/test/**'], 'engine/ stands alone.']),
  },
  {
    files: ['extension/**/*.ts'],
    rules: forbid(
      [['**/webview/**', '**/test/**'], 'extension/ imports only engine/.'],
      [
        // The table of data sources and what a model demands of data are descriptions: the data picker shows them.
        [
          ...numbers,
          '!**/engine/data/source.ts',
          '!**/engine/data/sources.ts',
          '!**/engine/data/ownFile.ts',
          '!**/engine/data/fileData.ts',
          '!**/engine/data/demand.ts',
          '!**/engine/data/dataSizes.ts',
        ],
        'The host talks to the numbers through the worker (engine/protocol).',
      ],
    ),
  },
  {
    files: ['webview/**/*.ts'],
    rules: forbid(
      [
        ['vscode', 'node:*', '**/extension/**', '**/test/**'],
        'webview/ imports only the pure descriptions of engine/.',
      ],
      [
        [...numbers, '**/engine/reader/**', '**/engine/runs/**', '**/engine/inspection/**'],
        'Pages import only protocol, model and cells.',
      ],
    ),
  },
  {
    files: ['webview/**/*.ts'],
    ignores: ['webview/toolkit.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@vscode/webview-ui-toolkit',
              message: 'Only webview/toolkit.ts imports the toolkit, so that a successor is a change of one file.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'engine/cli.ts'],
    rules: { 'no-console': 'off' },
  },
  { files: ['**/*.mjs', '**/*.cjs', '**/*.js'], ...tseslint.configs.disableTypeChecked },
  // Tools take their configuration as a default export.
  { files: ['*.config.mjs'], rules: { 'no-restricted-syntax': 'off' } },
);
