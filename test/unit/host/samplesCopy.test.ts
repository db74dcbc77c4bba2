import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copySamples } from '../../host/samplesCopy.ts';

describe('the copy of the samples that npm start opens', () => {
  let root: string;
  let samples: string;
  let target: string;
  const copy = () => copySamples(samples, target, join(root, 'record.json'));
  const read = (folder: string, file: string) => readFileSync(join(folder, file), 'utf8');

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'rnn-samples-'));
    samples = join(root, 'samples');
    target = join(root, 'copy');
    mkdirSync(join(samples, 'notes'), { recursive: true });
    writeFileSync(join(samples, 'a.py'), 'a1');
    writeFileSync(join(samples, 'notes', 'b.md'), 'b1');
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('holds every file, with its folder, the first time', () => {
    assert.deepEqual(copy(), { folder: target, written: ['a.py', 'notes/b.md'], kept: [] });
    assert.equal(read(target, 'notes/b.md'), 'b1');
  });

  it('is used again and nothing is written when nothing has changed', () => {
    copy();
    assert.deepEqual(copy(), { folder: target, written: [], kept: [] });
  });

  it('gets new samples and new versions of those that nobody edited', () => {
    copy();
    writeFileSync(join(samples, 'a.py'), 'a2');
    writeFileSync(join(samples, 'c.py'), 'c1');
    assert.deepEqual(copy().written, ['a.py', 'c.py']);
    assert.equal(read(target, 'a.py'), 'a2');
  });

  it('keeps what a person edited or deleted, also when the sample has changed since, every time', () => {
    copy();
    writeFileSync(join(target, 'a.py'), 'mine');
    rmSync(join(target, 'notes', 'b.md'));
    writeFileSync(join(samples, 'a.py'), 'a2');
    for (let start = 0; start < 2; start++) {
      assert.deepEqual(copy(), { folder: target, written: [], kept: ['a.py', 'notes/b.md'] });
      assert.equal(read(target, 'a.py'), 'mine');
      assert.equal(existsSync(join(target, 'notes', 'b.md')), false);
    }
  });

  it('leaves a folder of that name alone that is no copy of the samples, and takes the next number', () => {
    mkdirSync(target);
    writeFileSync(join(target, 'a.py'), 'somebody else’s');
    assert.equal(copy().folder, `${target}-2`);
    assert.equal(read(target, 'a.py'), 'somebody else’s');
    assert.equal(copy().folder, `${target}-2`);
  });

  it('takes over a complete copy that another clone of the project has made', () => {
    copy();
    rmSync(join(root, 'record.json'));
    assert.deepEqual(copy(), { folder: target, written: [], kept: [] });
  });
});
