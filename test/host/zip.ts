import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** One file of a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes in the archive. */
  readonly packedSize: number;
  /** Bytes of the file. */
  readonly size: number;
  read(): Buffer;
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;

/** Files of a zip archive (a VSIX is one), read from its central directory. Throws on an archive that is cut off. */
export function readZip(file: string): ZipEntry[] {
  const archive = readFileSync(file);
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== endSignature) end--;
  if (end < 0) throw new Error(`${file} is not a complete zip archive.`);
  const entries: ZipEntry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== entrySignature) throw new Error(`${file} has a damaged directory at byte ${at}.`);
    const method = archive.readUInt16LE(at + 10);
    const packedSize = archive.readUInt32LE(at + 20);
    const size = archive.readUInt32LE(at + 24);
    const nameLength = archive.readUInt16LE(at + 28);
    const header = archive.readUInt32LE(at + 42);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const read = (): Buffer => {
      // The name and extra field of the local header may differ in length from those of the directory.
      const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
      const packed = archive.subarray(start, start + packedSize);
      return method === 0 ? packed : inflateRawSync(packed);
    };
    if (!name.endsWith('/')) entries.push({ name, packedSize, size, read });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}

/** Unpacks the files below `prefix` of a zip archive into a folder, the prefix taken off. */
export function unzip(file: string, folder: string, prefix = ''): void {
  const root = resolve(folder);
  for (const entry of readZip(file).filter(each => each.name.startsWith(prefix))) {
    const target = resolve(root, entry.name.slice(prefix.length));
    if (!target.startsWith(root + sep)) throw new Error(`${file} has an entry outside its folder: ${entry.name}.`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, entry.read());
  }
}
