import assert from 'node:assert/strict';
import { readNpy, writeNpy } from '../../../engine/formats/npy.ts';

/** `numpy.save` of `np.array([[1.5, -2.0, 3.25]], dtype='float32')` by numpy. */
const SAVED = Buffer.from(
  '934e554d5059010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a' +
    '2028312c2033292c207d' +
    '20'.repeat(58) +
    '0a0000c03f000000c000005040',
  'hex',
);

describe('npy', () => {
  it('reads and writes the bytes that numpy.save writes', () => {
    const array = readNpy(SAVED, 'x.npy');
    assert.deepEqual(array, { shape: [1, 3], values: new Float32Array([1.5, -2, 3.25]) });
    assert.deepEqual(Buffer.from(writeNpy(array)), SAVED);
  });

  it('keeps shapes of no, one and three axes, and whole numbers', () => {
    for (const array of [
      { shape: [], values: new Float64Array([Math.PI]) },
      { shape: [2], values: new Int32Array([-1, 2]) },
      { shape: [1, 2, 2], values: new BigInt64Array([1n, 2n, 3n, 4n]) },
    ])
      assert.deepEqual(readNpy(new Uint8Array(writeNpy(array)), 'x.npy'), array);
  });

  it('names what is wrong in a damaged file', () => {
    const bytes = new Uint8Array(SAVED);
    assert.throws(() => readNpy(bytes.subarray(1), 'x.npy'), /x\.npy is damaged: beginning: expected/);
    assert.throws(() => readNpy(bytes.subarray(0, 60), 'x.npy'), /header: expected an end within 60 bytes, found 128/);
    assert.throws(() => readNpy(bytes.subarray(0, -1), 'x.npy'), /data: expected 12 bytes for <f4 \(1, 3\), found 11/);
    const text = (from: string, to: string): Uint8Array =>
      Buffer.from(SAVED.toString('latin1').replace(from, to), 'latin1');
    assert.throws(() => readNpy(text('<f4', '<c8'), 'x.npy'), /descr: expected <f4, .*, found <c8/);
    const huge = text('(1, 3), }          ', '(1152921504606846976');
    assert.throws(() => readNpy(huge, 'x.npy'), /x\.npy is damaged: header: expected descr, fortran_order and shape/);
    assert.throws(
      () => readNpy(text('(1, 3), }            ', '(1152921504606846976)'), 'x.npy'),
      /shape: expected a number of values below 2\^53, found \(1152921504606847000\)/,
    );
  });

  it('refuses to write values that do not fit their shape', () => {
    assert.throws(
      () => writeNpy({ shape: [2], values: new Float32Array(3) }),
      /Expected 2 values for shape \[2\], found 3/,
    );
  });
});
