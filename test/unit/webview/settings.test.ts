import assert from 'node:assert/strict';
import { checkSettings, SETTINGS, type SettingTexts } from '../../../webview/settings.ts';

const good: SettingTexts = {
  epochs: '10',
  batchSize: '150',
  learningRate: '0.001',
  seed: '42',
  dataSeed: '',
  examples: '',
  threads: '',
};
const faultsOf = (texts: Partial<SettingTexts>, count: number | null = 55_000) =>
  Object.keys(checkSettings({ ...good, ...texts }, count).faults);

describe('settings of a run', () => {
  it('are read from what stands in the fields, empty examples meaning all, empty threads the default and an empty seed of data that of the program', () => {
    const { settings } = checkSettings({ ...good, learningRate: ' 1e-3 ' }, 55_000);
    assert.deepEqual(settings, {
      epochs: 10,
      batchSize: 150,
      learningRate: 0.001,
      seed: 42,
      dataSeed: null,
      examples: null,
      threads: null,
    });
  });
  it('are written back as they were', () => {
    const { settings } = checkSettings({ ...good, examples: '5000' }, 55_000);
    assert.ok(settings);
    assert.deepEqual(Object.fromEntries(SETTINGS.map(({ name, write }) => [name, write(settings)])), {
      ...good,
      examples: '5000',
    });
  });
  for (const [name, texts] of [
    ['epochs', ['', '0', '1.5', '-1', 'ten', '100001']],
    ['batchSize', ['0', '65537', '1e2']],
    ['learningRate', ['0', '-0.1', '', 'fast', 'Infinity', '1e999', '0.0.1']],
    ['seed', ['-1', '4294967296']],
    ['dataSeed', ['-1', '0.5', '4294967296', 'none']],
    ['examples', ['0', '55001', '12.5']],
    ['threads', ['0', '65', 'two']],
  ] as const)
    for (const text of texts)
      it(`name ${name} as wrong when it is "${text}"`, () => {
        assert.deepEqual(faultsOf({ [name]: text }), [name]);
        assert.equal(checkSettings({ ...good, [name]: text }, 55_000).settings, undefined);
      });
  it('know no upper bound for examples while the data is not known', () => {
    assert.deepEqual(faultsOf({ examples: '1000000' }, null), []);
  });
  it('take a seed of 0 and the largest one', () => {
    assert.deepEqual(faultsOf({ seed: '0' }), []);
    assert.deepEqual(faultsOf({ seed: '4294967295' }), []);
  });
});
