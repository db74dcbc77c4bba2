import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openIdx, openNpy, openNpz, type NumberArray } from '../../../engine/data/files/arrays.ts';
import type { Dialect } from '../../../engine/data/fileData.ts';
import { detectFormat } from '../../../engine/data/files/detect.ts';
import { readTable, readTableHead, type Table } from '../../../engine/data/files/table.ts';
import { readCharacters, type CharacterText } from '../../../engine/data/files/text.ts';
import { EngineError, type ErrorCode } from '../../../engine/errors.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/data');
const SAVED = JSON.parse(readFileSync(join(FIXTURES, 'values.json'), 'utf8')) as Record<
  string,
  Record<string, { shape: number[]; values: number[] }>
>;

const failsWith = (code: ErrorCode, message: RegExp) => (error: unknown): boolean =>
  error instanceof EngineError && error.code === code && message.test(error.message); // prettier-ignore

function valuesOf(array: NumberArray): number[] {
  return Array.from({ length: array.rows * array.width }, (_, place) =>
    array.at(Math.floor(place / array.width), place % array.width),
  );
}

describe('files of data', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'data-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  describe('that numpy wrote', () => {
    for (const [file, arrays] of Object.entries(SAVED).filter(([name]) => !name.endsWith('.txt'))) {
      it(`${file} holds the same numbers`, async () => {
        const open = file.endsWith('.npz') ? openNpz : file.includes('idx') ? openIdx : openNpy;
        const opened = await open(join(FIXTURES, file));
        assert.deepEqual(opened.heads.map(({ name }) => name).sort(), Object.keys(arrays).sort());
        for (const [name, { shape, values }] of Object.entries(arrays)) {
          const array = await opened.load(name, {});
          assert.deepEqual([...array.shape], shape);
          assert.deepEqual(valuesOf(array), values);
        }
      });
    }

    it('is refused where its values are no numbers', async () => {
      await assert.rejects(openNpy(join(FIXTURES, 'objects.npy')), failsWith('unsupported', /type \|O; there must be numbers/));
      await assert.rejects(openNpy(join(FIXTURES, 'complex.npy')), failsWith('unsupported', /type <c16/));
    }); // prettier-ignore

    it('is read as a table where it is one in text', async () => {
      const head = await readTableHead(join(FIXTURES, 'savetxt.txt'));
      assert.deepEqual(head.dialect, { delimiter: ' ', header: false, decimal: '.' });
      const table = await readTable(join(FIXTURES, 'savetxt.txt'), head, ['0', '1', '2']);
      const { values } = SAVED['savetxt.txt']!['']!;
      assert.deepEqual(rowsOf(table).flat(), values);
    });
  });

  describe('that are named as arrays and are none', () => {
    it('are damaged, and not text of too few characters', async () => {
      const begun = failsWith('damaged-file', /x\.npy is damaged: beginning: expected .*NUMPY, found "1,2/);
      assert.equal(await detectFormat(write('x.npy', Buffer.from('1,2\n3,4\n'))), 'npy');
      await assert.rejects(openNpy(join(folder, 'x.npy')), begun);
      assert.equal(await detectFormat(write('x.npz', Buffer.from('no zip'))), 'npz');
      await assert.rejects(openNpz(join(folder, 'x.npz')), failsWith('damaged-file', /x\.npz is damaged/));
    });
  });

  describe('that claim too much', () => {
    it('are refused before memory is taken', async () => {
      const huge = (shape: string): Uint8Array => {
        const header = `{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + '\n';
        return Buffer.concat([Buffer.from('934e554d505901007600', 'hex'), Buffer.from(header)]);
      };
      const before = process.memoryUsage().rss;
      await assert.rejects(
        openNpy(write('huge.npy', huge('(1152921504606846976,)'))),
        failsWith('damaged-file', /2\^53/),
      );
      await assert.rejects(
        openNpy(write('large.npy', huge('(1125899906842,)'))),
        failsWith('damaged-file', /expected 9007199254864 bytes for float64 \[1125899906842\], found 128/),
      );
      await assert.rejects(
        openNpy(write('large.npy.gz', gzipSync(huge('(1125899906842,)')))),
        failsWith('damaged-file', /found \d+ packed/),
      );
      const bomb = gzipSync(Buffer.concat([huge('(2000000,)'), Buffer.alloc(16_000_000)]));
      const opened = await openNpy(write('bomb.npy.gz', bomb));
      await assert.rejects(
        opened.load('', { mostBytes: 1_000_000 }),
        failsWith('no-memory', /holds 15 MB of numbers, more than the 1.0 MB/),
      );
      const idx = Buffer.from([
        0, 0, 8, 4, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
      ]);
      await assert.rejects(openIdx(write('huge.idx', idx)), failsWith('damaged-file', /below 2\^53/));
      assert.ok(process.memoryUsage().rss - before < 200e6);
    });

    it('are told where a zip lies about its sizes or its checksum is wrong', async () => {
      const bytes = readFileSync(join(FIXTURES, 'stored.npz'));
      const at = bytes.indexOf('NUMPY') + 200;
      bytes[at] = bytes[at]! ^ 1;
      const opened = await openNpz(write('flipped.npz', bytes));
      await assert.rejects(opened.load('x_train', {}), failsWith('damaged-file', /x_train\.npy is damaged: expected the checksum/));
      await assert.rejects(openNpz(write('cut.npz', bytes.subarray(0, 900))), failsWith('damaged-file', /cut\.npz is damaged: expected a zip file/));
    }); // prettier-ignore
  });

  describe('CSV', () => {
    const read = async (text: string | Uint8Array, given: Partial<Dialect> = {}): Promise<Table> => {
      const path = write('table.csv', text);
      const head = await readTableHead(path, given);
      return readTable(path, head, head.columns.filter(({ kind }) => kind !== 'text').map(({ name }) => name));
    }; // prettier-ignore

    it('has numbers and classes, with or without a header', async () => {
      const table = await read('time,x,"the, y",kind\n1,0.5,-1e3,walk\n2,.25,7,run\n3,1,8.,walk\n4,2,9,run\n');
      assert.deepEqual([...table.columns.keys()], ['time', 'x', 'the, y', 'kind']);
      assert.deepEqual(rowsOf(table), [[1, 0.5, -1000, 1], [2, 0.25, 7, 0], [3, 1, 8, 1], [4, 2, 9, 0]]); // prettier-ignore
      assert.deepEqual(table.columns.get('kind')!.classes, ['run', 'walk']);
      assert.deepEqual(rowsOf(await read('1,2\n3,4\n')), [[1, 2], [3, 4]]); // prettier-ignore
    });

    it('has other delimiters, decimal commas, quotes with line ends, marks and empty lines', async () => {
      assert.deepEqual(rowsOf(await read('a;b\n1,5;2\n\n3,25;4\n')), [[1.5, 2], [3.25, 4]]); // prettier-ignore
      assert.deepEqual(rowsOf(await read('a\tb\r\n1\t2\r\n')), [[1, 2]]);
      assert.deepEqual(rowsOf(await read('\ufeffa,b\n"1","2"\n')), [[1, 2]]);
      const quoted = await read('a,note\n1,"two\nlines"\n2,"a ""word"""\n');
      assert.deepEqual(quoted.columns.get('note')!.classes, ['a "word"', 'two\nlines']);
      assert.deepEqual(rowsOf(quoted), [[1, 1], [2, 0]]); // prettier-ignore
      assert.deepEqual(rowsOf(await read(Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'))), [[1, 2]]);
    });

    it('fills what is missing with the value before, and says so', async () => {
      const table = await read('a,b\n,1\n2,NA\n,3\n5,nan\n');
      assert.deepEqual(rowsOf(table), [[2, 1], [2, 1], [2, 3], [5, 3]]); // prettier-ignore
      assert.deepEqual(table.notes.map(formatPhrase), [
        '2 missing values of "a" take the value before them',
        '2 missing values of "b" take the value before them',
      ]);
    });

    it('names the line where a row is ragged, no number, or a quote stays open', async () => {
      const good = 'a,b\n' + '1,2\n'.repeat(3000);
      await assert.rejects(read(good + '1\n2,3\n'), failsWith('damaged-file', /table\.csv, line 3002: a row of 1 fields/));
      await assert.rejects(read(good + '1,2,3\n2,3\n'), failsWith('damaged-file', /line 3002: a row of 3 fields/));
      await assert.rejects(read('a,b\n' + '1,2\n'.repeat(30_000) + 'x,2\n'), failsWith('damaged-file', /line 30002, column "a": expected a number, found "x"/));
      await assert.rejects(read(good + '"1,2\n' + '1,2\n'.repeat(300_000)), failsWith('damaged-file', /line \d+: a quote that is not closed/));
    }); // prettier-ignore

    it('names what is no text, and reads Latin-1 when told to', async () => {
      const latin = Buffer.from('jour,température\n1,2\n', 'latin1');
      await assert.rejects(read(latin), failsWith('damaged-file', /is not UTF-8: byte 0xe9 at offset 9\. .*choose Latin-1/));
      const table = await read(latin, { encoding: 'latin1' });
      assert.deepEqual([...table.columns.keys()], ['jour', 'température']);
      await assert.rejects(read(new Uint8Array([0x31, 0x2c, 0x00, 0x32])), failsWith('damaged-file', /byte 0x00 at offset 2/));
      await assert.rejects(read(''), failsWith('damaged-file', /table\.csv is empty/));
    }); // prettier-ignore

    it('stops where it is asked to', async () => {
      const path = write('long.csv', 'a,b\n' + '1,2\n'.repeat(500_000));
      const stop = new AbortController();
      const told: number[] = [];
      const progress = (bytes: number): void => {
        told.push(bytes);
        stop.abort();
      };
      const reading = { signal: stop.signal, progress };
      await assert.rejects(
        readTable(path, await readTableHead(path), ['a'], reading),
        failsWith('cancelled', /long\.csv was cancelled/),
      );
      assert.ok(told.length < 5, String(told.length));
    });
  });

  describe('text', () => {
    const string = (text: CharacterText): string =>
      Array.from({ length: text.length }, (_, index) => text.vocabulary[text.at(index)]).join('');

    it('is characters of a sorted vocabulary, and lines', async () => {
      const text = await readCharacters(write('a.txt', 'beau\r\nabba\n\nü😀'));
      assert.deepEqual(text.vocabulary, ['\n', 'a', 'b', 'e', 'u', 'ü', '😀']);
      assert.equal(string(text), 'beau\nabba\n\nü😀');
      assert.deepEqual(Array.from({ length: text.lineStarts.length }, (_, line) => text.lineStarts.at(line)), [0, 5, 10, 11, 13]); // prettier-ignore
      assert.equal(string(await readCharacters(write('b.txt.gz', gzipSync('abc')))), 'abc');
    });

    it('has more than 256 characters where it has', async () => {
      const chinese = Array.from({ length: 400 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');
      const text = await readCharacters(write('c.txt', chinese + chinese));
      assert.equal(text.vocabulary.length, 400);
      assert.equal(string(text), chinese + chinese);
    });

    it('names the offset where it is in another encoding', async () => {
      const latin = Buffer.from('x'.repeat(300_000) + 'é', 'latin1');
      await assert.rejects(readCharacters(write('d.txt', latin)), failsWith('damaged-file', /0xe9 at offset 300000/));
      assert.equal((await readCharacters(write('d.txt', latin), 'latin1')).vocabulary.join(''), 'xé');
      await assert.rejects(readCharacters(write('e.txt', '')), failsWith('damaged-file', /is empty/));
      await assert.rejects(readCharacters(join(folder, 'none.txt')), failsWith('missing-file', /not found: .*none\.txt/));
      await assert.rejects(readCharacters(folder), failsWith('missing-file', /is not a file/));
    }); // prettier-ignore
  });
});

function rowsOf({ rows, columns }: Table): number[][] {
  return Array.from({ length: rows }, (_, row) => [...columns.values()].map(column => column.at(row)));
}
