import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Demand } from '../../../engine/data/demand.ts';
import { headOf, loadFile, plan } from '../../../engine/data/files/plan.ts';
import { EngineError } from '../../../engine/errors.ts';
import { Random } from '../../../engine/random.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/data');
const FILES = 2000;
const AT_ONCE = 8;
/** Bytes that may be kept of a file, and by which the process may grow over all of them. */
const MOST_BYTES = 1 << 20;
const MOST_GROWTH = 300 << 20;

const fixture = (name: string): Buffer => readFileSync(join(FIXTURES, name));
const csv = Buffer.from('time,price,"the volume",kind\n' + Array.from({ length: 60 }, (_, n) => `${n},${(n * 1.5).toFixed(2)},"${n % 7}",${n % 2 ? 'up' : 'down'}`).join('\n')); // prettier-ignore
const text = Buffer.from('the quick brown fox, ünïcödé 😀 and\r\nthe lazy dog\n'.repeat(20));
const any: Demand = { steps: undefined, features: undefined, vocabulary: null, lengths: false, target: 'values', width: undefined, everyStep: false }; // prettier-ignore
const labels: Demand = { ...any, target: 'labels' };

/** Good files of a format, and what a model demands of them. */
const FORMATS: Readonly<Record<string, { readonly files: readonly (readonly [string, Buffer])[]; readonly demand: Demand }>> = {
  npy: { files: [['a.npy', fixture('f4.npy')], ['b.npy', fixture('version3.npy')], ['c.npy', fixture('fortran.npy')], ['d.npy.gz', fixture('packed.npy.gz')]], demand: any },
  npz: { files: [['a.npz', fixture('stored.npz')], ['b.npz', fixture('deflated.npz')]], demand: labels },
  idx: { files: [['a-idx3-ubyte', fixture('tiny-images-idx3-ubyte')], ['b-idx2.gz', fixture('floats-idx2-float.gz')]], demand: any },
  csv: { files: [['a.csv', csv], ['b.csv.gz', gzipSync(csv)], ['c.csv', Buffer.from(`\ufeff${csv.toString()}`, 'utf16le')], ['d.txt', fixture('savetxt.txt')]], demand: any },
  text: { files: [['a.txt', text], ['b.txt.gz', gzipSync(text)], ['c.txt', Buffer.from(`\ufeff${text.toString()}`, 'utf16le')]], demand: labels },
}; // prettier-ignore

/** Wrongs that files suffer, and such as are done on purpose. */
const MUTATIONS: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    for (let n = 1 + random.below(4); n > 0; n--) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(Array.from({ length: 1 + random.below(9) }, () => random.below(256))), bytes.subarray(at)]);
  },
  (bytes, random) => {
    const [from, to] = [random.below(bytes.length), random.below(bytes.length)];
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  // Headers that claim more: digits, or the sizes of binary ones.
  (bytes, random) => {
    for (let at = 0; at < Math.min(bytes.length, 200); at++)
      if (bytes[at]! >= 0x30 && bytes[at]! <= 0x39 && random.below(3) === 0) bytes[at] = 0x39;
    return bytes;
  },
  (bytes, random) => bytes.fill([0xff, 0x7f, 0x00, 0x80][random.below(4)]!, random.below(Math.min(64, bytes.length))).subarray(0, bytes.length),
  (bytes, random) => {
    const at = Math.max(0, bytes.length - 1 - random.below(200));
    return bytes.fill(0xff, at, Math.min(bytes.length, at + 1 + random.below(8)));
  },
]; // prettier-ignore

describe('mutated files', function () {
  this.timeout(120_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const [format, { files, demand }] of Object.entries(FORMATS)) {
    it(`of ${format}: ${FILES} end in data or in an error of ours that names the file, in at most ${MOST_GROWTH >> 20} MB`, async () => {
      const before = process.memoryUsage().rss;
      const ends: Record<string, number> = {};
      const one = async (index: number): Promise<void> => {
        const random = new Random(index, format);
        const [name, good] = files[index % files.length]!;
        const packed = name.endsWith('.gz') && random.below(2) === 0;
        const mutate = MUTATIONS[random.below(MUTATIONS.length)]!;
        const bytes = mutate(Buffer.from(packed ? gunzipSync(good) : good), random);
        const path = join(folder, `${index % AT_ONCE}-${name}`);
        await writeFile(path, packed ? gzipSync(bytes) : bytes);
        let end = 'data';
        try {
          const { dataset } = await loadFile(plan(path, await headOf(path, {}), demand, { window: 3 }), demand, { mostBytes: MOST_BYTES });
          assert.ok(dataset.train.count > 0);
        } catch (error) {
          if (!(error instanceof EngineError)) throw new Error(`${format} ${index} (${name}): ${String(error)}`, { cause: error });
          if (['damaged-file', 'no-memory', 'missing-file'].includes(error.code)) assert.ok(error.message.includes(path), error.message);
          assert.notEqual(error.code, 'internal');
          end = error.code;
        }
        ends[end] = (ends[end] ?? 0) + 1;
      };
      for (let index = 0; index < FILES; index += AT_ONCE)
        await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => one(index + k)));
      assert.ok((ends['data'] ?? 0) > 0 && (ends['damaged-file'] ?? 0) > 0, JSON.stringify(ends));
      assert.ok(process.memoryUsage().rss - before < MOST_GROWTH);
    }); // prettier-ignore
  }
});
