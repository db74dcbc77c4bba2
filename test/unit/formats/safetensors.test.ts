import assert from 'node:assert/strict';
import { EngineError } from '../../../engine/errors.ts';
import { readSafetensors, writeSafetensors } from '../../../engine/formats/safetensors.ts';

const kernel = { name: 'softmax/kernel', shape: [2, 3], values: new Float32Array([1, -2, 3.5, 4, 5, 6]) };
const step = { name: 'step', shape: [], values: new BigInt64Array([366n]) };
const labels = { name: 'labels', shape: [3], values: new Uint8Array([7, 8, 9]) };

/** A file with this header, written by hand. */
function file(header: unknown, data = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function refuses(bytes: Uint8Array, message: RegExp): void {
  assert.throws(
    () => readSafetensors(bytes, 'epoch-0001.safetensors'),
    (error: unknown) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, 'damaged-file');
      assert.match(error.message, /^epoch-0001\.safetensors is damaged: /);
      assert.match(error.message, message);
      return true;
    },
  );
}

describe('safetensors', () => {
  it('gives back what was written: names, shapes, values, metadata', () => {
    const bytes = new Uint8Array(writeSafetensors([kernel, step, labels], { epoch: '3' }));
    const { tensors, metadata } = readSafetensors(bytes, 'x');
    assert.deepEqual([...tensors.values()], [kernel, step, labels]);
    assert.deepEqual(metadata, { epoch: '3' });
  });

  it('reads from any place in memory', () => {
    const bytes = new Uint8Array(writeSafetensors([kernel]));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    assert.deepEqual(readSafetensors(shifted.subarray(3), 'x').tensors.get(kernel.name), kernel);
    // A Buffer of Node lies in a pool that others share.
    assert.deepEqual(readSafetensors(Buffer.from(bytes), 'x').tensors.get(kernel.name), kernel);
  });

  it('lays the header out as the format says: padded with spaces, numbers aligned to 8', () => {
    const bytes = new Uint8Array(writeSafetensors([kernel]));
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assert.equal(length % 8, 0);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))), {
      'softmax/kernel': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
    });
    assert.equal(bytes.length, 8 + length + 24);
  });

  it('names what is wrong in a damaged file', () => {
    const good = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
    refuses(new Uint8Array(5), /header: expected at least 8 bytes, found 5/);
    refuses(file('{"a": '), /header: expected JSON/);
    refuses(file([1]), /header: expected a JSON object, found \[1\]/);
    refuses(new Uint8Array(8).fill(0xff), /header: expected at most 0 bytes, found 18446744073709551615/);
    refuses(file({ a: { ...good, dtype: 'F8' } }, new Uint8Array(8)), /a: expected F32, .*, found F8/);
    refuses(file({ a: { ...good, shape: [-2] } }, new Uint8Array(8)), /a: expected dtype, shape and data_offsets/);
    refuses(file({ a: { ...good, shape: [3] } }, new Uint8Array(8)), /a: expected 12 bytes for F32 \[3\], found 8/);
    refuses(file({ a: good }, new Uint8Array(4)), /a: expected an end within 4 bytes of data, found 8/);
    refuses(file({ a: good }, new Uint8Array(12)), /data: expected 8 bytes, found 12/);
    refuses(file({ a: good, b: good }, new Uint8Array(8)), /b: expected a beginning at byte 8, found 0/);
    refuses(file({ __metadata__: { epoch: 3 } }), /__metadata__: expected text for every key/);
  });

  it('finds every truncation', () => {
    const bytes = new Uint8Array(writeSafetensors([kernel, labels], { epoch: '3' }));
    for (let length = 0; length < bytes.length; length++)
      assert.throws(() => readSafetensors(bytes.subarray(0, length), 'x'), EngineError, `cut at ${length}`);
  });

  it('refuses to write values that do not fit their shape', () => {
    assert.throws(
      () => writeSafetensors([{ ...kernel, shape: [3, 3] }]),
      /expected 9 values for shape \[3, 3\], found 6/,
    );
    assert.throws(() => writeSafetensors([kernel, kernel]), /softmax\/kernel is there twice/);
  });
});
