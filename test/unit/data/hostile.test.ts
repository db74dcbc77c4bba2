/** Files as an attacker or an accident would write them: each a typed error with path and place, before memory is taken. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { demandOf } from '../../../engine/data/demand.ts';
import { headOf, loadFile, plan } from '../../../engine/data/files/plan.ts';
import { isDemand } from '../../../engine/data/ownFile.ts';
import { EngineError } from '../../../engine/errors.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { zip } from './zipFile.ts';

const spec = readSource('from tensorflow import keras\nX, y = load()\nmodel = keras.Sequential([keras.layers.LSTM(4, input_shape=(X.shape[1], X.shape[2])), keras.layers.Dense(1)])\nmodel.compile("adam", loss="mse")\nmodel.fit(X, y)\n', 'python').models[0]!.spec; // prettier-ignore
const demand = demandOf(spec);

/** An npy file with that header, and so many zeros behind it. */
function npy(descr: string, shape: string, zeros = 0, fortran = 'False'): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
  const header = `${text.padEnd(64 * Math.ceil((text.length + 11) / 64) - 11)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(header), Buffer.alloc(zeros)]);
}

function idx(type: number, shape: readonly number[], zeros: number): Buffer {
  const axes = Buffer.alloc(4 * shape.length);
  shape.forEach((size, axis) => axes.writeUInt32BE(size, 4 * axis));
  return Buffer.concat([Buffer.from([0, 0, type, shape.length]), axes, Buffer.alloc(zeros)]);
}

const good = npy('<f4', '(30, 4, 2)', 960);
const table = `time,wave\n${Array.from({ length: 300 }, (_, n) => `${n},${n % 7}`).join('\n')}\n`;
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
/** Large enough that it must not be unpacked at once, quick enough to be packed in a test. */
const ZEROS = Buffer.alloc(1 << 26);

const FILES: Readonly<Record<string, readonly [content: Buffer | string, error: RegExp]>> = {
  'claims 2^60 values.npy': [npy('<f4', '(1152921504606846976, 1)'), /npy is damaged: shape: expected a number of values below 2\^53/],
  'claims 2^40 values.npy': [npy('<f4', '(1099511627776,)'), /npy is damaged: expected 4398046511\d+ bytes/],
  'negative shape.npy': [npy('<f4', '(-5, -3, 2)', 120), /npy is damaged: header/],
  'endless shape.npy': [npy('<f4', '(1e999,)'), /npy is damaged: header/],
  'code for a header.npy': [Buffer.concat([npy('<f4', '(3,)').subarray(0, 10), Buffer.from("__import__('os').system('id')".padEnd(117) + '\n')]), /npy is damaged/],
  'objects.npy': [npy('|O', '(3,)', 24), /npy holds values of type \|O; there must be numbers/],
  'a header of 4 GB.npy': [Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\xff    ', 'latin1'), /npy is damaged: header: expected an end within 16 bytes/],
  'cut.npy': [npy('<f4', '(100, 3, 2)', 100), /npy is damaged: expected \d+ bytes for float32 \[100, 3, 2\], found \d+/],
  'more behind.npy': [npy('<f4', '(3,)', 100), /npy is damaged: expected \d+ bytes for float32 \[3\], found \d+/],
  'a pickle.npy': ['\x80\x04cos\nsystem\n', /./],
  'a way out.npz': [zip([['../../etc/x.npy', good]]), /npz is damaged: expected a zip file, found invalid relative path: \.\.\/\.\.\/etc\/x\.npy/],
  'one name twice.npz': [zip([['x.npy', good], ['x.npy', npy('<f4', '(10, 4, 2)', 320)]]), /npz is damaged: expected arrays of different names, found two "x"/],
  'a bomb.npz': [zip([['x.npy', Buffer.concat([good, ZEROS])]]), /npz\/x\.npy is damaged: expected \d+ bytes, found \d+/],
  'a thousand members.npz': [zip(Array.from({ length: 1100 }, (_, n) => [`a${n}.npy`, good])), /at most 1024 arrays, found 1100/],
  'nothing in it.npz': [zip([['readme.txt', Buffer.from('hi')]]), /npz is damaged: expected arrays of numbers, found none/],
  'half.npz': [zip([['x.npy', good]]).subarray(0, 100), /npz is damaged: expected a zip file/],
  'zeros.npy.gz': [gzipSync(Buffer.concat([good, ZEROS])), /gz is damaged: expected \d+ bytes, found more/],
  'cut.csv.gz': [gzipSync(table).subarray(0, 500), /gz is damaged: expected gzip data, found unexpected end of file/],
  'garbage behind.csv.gz': [Buffer.concat([gzipSync(table), Buffer.from('garbage')]), /gz is damaged: expected gzip data/],
  'one endless line.csv.gz': [gzipSync(ZEROS.fill('1')), /gz, line 1: a quote that is not closed, or a row of more than 1048576 characters/],
  'twice packed.csv.gz': [gzipSync(gzipSync(table)), /gz is not utf-8 text: byte 0x00 at offset 3/],
  'ragged.csv': [`${table}1,2,3\n${table.slice(10)}`, /csv, line 302: a row of 3 fields, where the rows before have others/],
  'open quote.csv': [`${table}"1,2\n${table}`, /csv, line \d+: a quote that is not closed/],
  'zero byte.csv': [`${table}1,\x002\n`, /csv is not utf-8 text: byte 0x00 at offset 1702/],
  'a line of 10 MB.csv': [`${table}${'1'.repeat(10 << 20)},2\n`, /csv, line 302: a quote that is not closed, or a row of more than 1048576 characters/],
  'a first line of 10 MB.csv': ['1,'.repeat(5 << 20), /csv, line 1: a quote that is not closed, or a row of more than 1048576 characters/],
  'many columns.csv': [`${'1,'.repeat(20_000)}1\n`.repeat(30), /csv has 20001 columns, more than 10000/],
  'Latin-1.csv': [Buffer.from(`zeit,w\xe4rme\n${table.slice(10)}`, 'latin1'), /csv is not UTF-8: byte 0xe4 at offset 6\. If it is in another encoding, choose Latin-1 or UTF-16/],
  'UTF-16 without its mark.csv': [utf16(table).subarray(2), /csv is not utf-8 text: byte 0x00 at offset 1/],
  'half a character.csv': [Buffer.concat([utf16(table), Buffer.from('a')]), /csv is not utf-16le text: byte 0x\d\d at offset \d+/],
  'UTF-32.csv': [Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), Buffer.from(Array.from(table).flatMap(one => [one.charCodeAt(0), 0, 0, 0]))]), /csv is not utf-16le text: byte 0x00 at offset \d+/],
  'numbers without end.csv': [`a,b\n${'1e400,2\n'.repeat(300)}`, /csv, line 2, column "a": expected a number, found "1e400"/],
  'only newlines.csv': ['\n'.repeat(1000), /csv is empty/],
  'nothing.csv': ['', /csv is empty/],
  'nothing.npy': ['', /npy is empty/],
  'nothing.csv.gz': [gzipSync(''), /gz is empty/],
  'wrong type.idx': [idx(7, [30, 4, 2], 240), /idx is damaged: expected the beginning of an IDX file, found \d+ bytes that begin with 0 0 7 3/],
  'no type.idx': [idx(0, [30], 30), /idx is damaged: expected the beginning of an IDX file/],
  'no axes.idx': [idx(8, [], 0), /idx is damaged: expected the beginning of an IDX file/],
  'claims 2^96 values.idx': [idx(8, [0xffffffff, 0xffffffff, 0xffffffff], 0), /idx is damaged: expected a number of bytes below 2\^53/],
  'cut.idx': [idx(14, [30, 4, 2], 100), /idx is damaged: expected \d+ bytes for float64 \[30, 4, 2\], found 116/],
}; // prettier-ignore

describe('hostile files', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'rnn-hostile-'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const load = async (path: string, meanwhile?: () => void) => {
    assert.ok(isDemand(demand));
    const file = plan(path, await headOf(path, {}), demand, {});
    return loadFile(file, demand, { progress: meanwhile });
  };
  const rejects = (path: string, message: RegExp, meanwhile?: () => void): Promise<void> =>
    assert.rejects(load(path, meanwhile), (error: unknown) => {
      assert.ok(error instanceof EngineError, String(error));
      assert.match(error.message, message);
      return true;
    });

  for (const [name, [content, message]] of Object.entries(FILES))
    it(`${name}: says so, within 100 MB`, async () => {
      const path = join(folder, name);
      writeFileSync(path, content);
      const before = process.memoryUsage().rss;
      await rejects(path, message);
      const taken = process.memoryUsage().rss - before;
      assert.ok(taken < 100e6, `${Math.round(taken / 1e6)} MB`);
    });

  it('what is no file: a folder, a link to nowhere, a link to itself, a device', async () => {
    mkdirSync(join(folder, 'folder.csv'));
    symlinkSync('nowhere.csv', join(folder, 'dangling.csv'));
    symlinkSync('loop.csv', join(folder, 'loop.csv'));
    await rejects(join(folder, 'folder.csv'), /folder\.csv is not a file/);
    await rejects(join(folder, 'dangling.csv'), /Data file not found: .*dangling\.csv/);
    await rejects(join(folder, 'loop.csv'), /loop\.csv cannot be read: ELOOP/);
    if (process.platform !== 'win32') await rejects('/dev/zero', /\/dev\/zero is not a file/);
  });

  it('one that changes while it is read', async () => {
    const path = join(folder, 'growing.csv');
    writeFileSync(path, table.repeat(1).concat(Array.from({ length: 300_000 }, (_, n) => `${n},1\n`).join('')));
    let grown = false;
    await rejects(path, /growing\.csv has changed while it was read/, () => {
      if (grown) return;
      grown = true;
      appendFileSync(path, '1,2\n');
    });
  });

  it('odd ones that are well-formed are read: quotes, marks, line ends of every kind, none at the end', async () => {
    const quoted = table.replace('time,wave', '"time","wa""ve"');
    for (const [name, content] of Object.entries({
      'quoted.csv': quoted,
      'marked.csv': `\ufeff${table}`,
      'utf16.csv': utf16(table),
      'cr.csv': table.replaceAll('\n', '\r'),
      'crlf.csv': table.replaceAll('\n', '\r\n'),
      'no end.csv': table.trimEnd(),
      'proto.csv': table.replace('time,wave', '__proto__,constructor'),
      'long comment.csv': `#${'x'.repeat(200_000)}\n${table}`,
    })) {
      const path = join(folder, name);
      writeFileSync(path, content);
      assert.equal((await load(path)).rows, 300, name);
    }
  });
});
