/** Runs on disk: one folder each, in the formats of `format.ts`. Used by the extension's host and the command line. */
import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';
import { check } from '../model/validate.ts';
import { replaceFile, storing, systemCode } from './files.ts';
import { type MetricRow, RUN_FORMAT_VERSION, RunRecord } from './format.ts';
import { formatMetrics, parseMetrics } from './metrics.ts';
import { ownerAt, Ownership } from './owner.ts';
import { upgradeRecord } from './upgrade.ts';

/** Where the weights of a checkpoint stand. */
export interface CheckpointPlace {
  /** Complete epochs. */
  readonly epoch: number;
  /** Training steps over the whole run. */
  readonly step: number;
}

/** A run as it is stored; a run that was cut off has the status `interrupted`. */
export interface StoredRun {
  readonly record: RunRecord;
  readonly rows: readonly MetricRow[];
  /** The newest checkpoint. */
  readonly checkpoint: CheckpointPlace | undefined;
}

export interface RunStoreOptions {
  /** Told of every stored run that cannot be read, with its path and the reason. */
  readonly onDamaged?: (error: EngineError) => void;
}

/** Runs that are listed. */
const LISTED = 50;
/** Checkpoints of one run; beyond that they are thinned out between the first and the newest. */
const CHECKPOINTS = 20;
const NEWEST_CHECKPOINTS = 5;

export class RunStore {
  readonly #directory: string;
  readonly #onDamaged: (error: EngineError) => void;
  readonly #owned = new Map<string, Ownership>();
  /** Rows that could not be written yet; they go first when the disk takes writes again. */
  readonly #unwritten = new Map<string, MetricRow[]>();
  /** The last piece of work on each run: writes come one after the other. */
  readonly #queues = new Map<string, Promise<unknown>>();

  /** @param directory holds one folder for each run; made when the first run is saved. */
  constructor(directory: string, { onDamaged = () => undefined }: RunStoreOptions = {}) {
    this.#directory = directory;
    this.#onDamaged = onDamaged;
  }

  /** Folder of a run. @throws EngineError `unknown` for an id that is none. */
  folder(id: string): string {
    if (!/^[\w-]+$/.test(id)) throw new EngineError('unknown', phrase('"{0}" is not the id of a run', id));
    return join(this.#directory, id);
  }

  /**
   * Writes the record of a run, new or changed. While its status is `running` or `paused` this process owns the run.
   * @throws EngineError `in-use` when another process works on it, `storage` when the disk refuses.
   */
  save(record: RunRecord): Promise<void> {
    return this.#after(record.id, async () => {
      const folder = this.folder(record.id);
      await storing(folder, () => mkdir(join(folder, 'checkpoints'), { recursive: true }));
      const alive = record.status === 'running' || record.status === 'paused';
      // The owner comes first, so that nobody sees a living run without one.
      if (alive) await this.#claim(record.id);
      await replaceFile(join(folder, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
      if (!alive) await this.#release(record.id);
    });
  }

  /** Adds rows to the metrics of a run. When it fails, the rows are kept and written with the next ones. */
  appendMetrics(id: string, rows: readonly MetricRow[]): Promise<void> {
    return this.#after(id, async () => {
      const path = join(this.folder(id), 'metrics.jsonl');
      const kept = this.#unwritten.get(id);
      const all = [...(kept ?? []), ...rows];
      this.#unwritten.set(id, all);
      // What failed before may have left half a line behind: an empty line ends it.
      await storing(path, () => appendFile(path, (kept ? '\n' : '') + formatMetrics(all)));
      this.#unwritten.delete(id);
    });
  }

  /** Stores a checkpoint (safetensors) and thins out older ones. @throws EngineError `storage` */
  saveCheckpoint(id: string, place: CheckpointPlace, data: ArrayBuffer): Promise<void> {
    return this.#after(id, async () => {
      await replaceFile(join(this.folder(id), 'checkpoints', checkpointName(place)), new Uint8Array(data));
      for (const old of superfluous(await this.checkpoints(id)))
        await rm(join(this.folder(id), 'checkpoints', checkpointName(old)), { force: true }).catch(() => undefined);
    });
  }

  /** Checkpoints of a run, oldest first. */
  async checkpoints(id: string): Promise<CheckpointPlace[]> {
    return (await namesIn(join(this.folder(id), 'checkpoints')))
      .flatMap(name => checkpointPlace(name) ?? [])
      .sort((a, b) => a.step - b.step || a.epoch - b.epoch);
  }

  /** @throws EngineError `missing-file` with the path. */
  async readCheckpoint(id: string, place: CheckpointPlace): Promise<ArrayBuffer> {
    const bytes = await readStored(join(this.folder(id), 'checkpoints', checkpointName(place)));
    const data = new Uint8Array(bytes.length);
    data.set(bytes); // in a buffer of its own, so that it can be transferred
    return data.buffer;
  }

  /** @throws EngineError `missing-file` or `damaged-file` with the path. */
  async read(id: string): Promise<StoredRun> {
    const folder = this.folder(id);
    const record = await this.#record(id);
    const metrics = await readStored(join(folder, 'metrics.jsonl')).catch((error: unknown) => {
      if (error instanceof EngineError && error.code === 'missing-file') return Buffer.alloc(0); // before the first step
      throw error;
    });
    const checkpoint = (await this.checkpoints(id)).at(-1);
    return { record, rows: parseMetrics(metrics.toString('utf8')), checkpoint };
  }

  /** The newest runs, newest first. Those that cannot be read are left out and reported. */
  async list(limit = LISTED): Promise<StoredRun[]> {
    const runs: StoredRun[] = [];
    for (const id of (await namesIn(this.#directory)).sort().reverse()) {
      if (runs.length >= limit) break;
      if (!/^[\w-]+$/.test(id)) continue;
      try {
        runs.push(await this.read(id));
      } catch (error) {
        this.#onDamaged(
          error instanceof EngineError ? error : new EngineError('internal', phrase('{0}', String(error))),
        );
      }
    }
    return runs.sort((a, b) => b.record.created.localeCompare(a.record.created));
  }

  /** Deletes a run. @throws EngineError `in-use` while a process works on it. */
  remove(id: string): Promise<void> {
    return this.#after(id, async () => {
      const folder = this.folder(id);
      if ((await ownerAt(join(folder, 'owner.json'))) !== 'nobody') throw inUse(id);
      await storing(folder, () => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
      this.#unwritten.delete(id);
    });
  }

  /** Resolves when everything is written; runs that are still alive lose their owner and so become `interrupted`. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#queues.values());
    for (const id of [...this.#owned.keys()]) await this.#release(id);
  }

  async #record(id: string): Promise<RunRecord> {
    const path = join(this.folder(id), 'run.json');
    const text = (await readStored(path)).toString('utf8');
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch (error) {
      throw new EngineError('damaged-file', phrase('{0} is damaged: {1}', path, String(error)), { cause: error });
    }
    const version = typeof data === 'object' && data !== null && 'version' in data ? data.version : undefined;
    if (typeof version === 'number' && version > RUN_FORMAT_VERSION)
      throw new EngineError(
        'damaged-file',
        phrase('{0} has format {1}; this version reads {2}', path, version, RUN_FORMAT_VERSION),
      );
    const record = check(RunRecord, upgradeRecord(data), path, 'damaged-file');
    if (record.id !== id)
      throw new EngineError('damaged-file', phrase('{0} is damaged: expected {1}, found {2}', path, id, record.id));
    const alive = record.status === 'running' || record.status === 'paused';
    const cutOff = alive && (await ownerAt(join(this.folder(id), 'owner.json'))) === 'nobody';
    return cutOff ? { ...record, status: 'interrupted' } : record;
  }

  async #claim(id: string): Promise<void> {
    if (this.#owned.has(id)) return;
    const path = join(this.folder(id), 'owner.json');
    if ((await ownerAt(path)) === 'other') throw inUse(id);
    this.#owned.set(id, await Ownership.claim(path));
    await this.#endTornLine(id);
  }

  async #release(id: string): Promise<void> {
    const ownership = this.#owned.get(id);
    this.#owned.delete(id);
    await ownership?.release();
  }

  /** A process that died may have left half a line: it goes, so that the next one begins a line of its own. */
  async #endTornLine(id: string): Promise<void> {
    const path = join(this.folder(id), 'metrics.jsonl');
    await storing(path, async () => {
      const bytes = await readFile(path).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return Buffer.alloc(0);
        throw error;
      });
      const whole = bytes.lastIndexOf(0x0a) + 1;
      if (whole < bytes.length) await truncate(path, whole);
    });
  }

  #after<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(id) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#queues.set(id, settled);
    void settled.then(() => {
      if (this.#queues.get(id) === settled) this.#queues.delete(id);
    });
    return mine;
  }
}

function inUse(id: string): EngineError {
  return new EngineError('in-use', phrase('Run {0} is at work in another window', id));
}

function checkpointName({ epoch, step }: CheckpointPlace): string {
  return `epoch-${String(epoch).padStart(4, '0')}-step-${String(step).padStart(8, '0')}.safetensors`;
}

function checkpointPlace(name: string): CheckpointPlace | undefined {
  const match = /^epoch-(\d+)-step-(\d+)\.safetensors$/.exec(name);
  return match ? { epoch: Number(match[1]), step: Number(match[2]) } : undefined;
}

/** The checkpoints to let go, oldest first in `places`: those whose neighbours are closest, never the first or the newest. */
function superfluous(places: readonly CheckpointPlace[]): CheckpointPlace[] {
  const kept = [...places];
  while (kept.length > CHECKPOINTS) {
    let narrowest = 1;
    const gap = (index: number): number => kept[index + 1]!.step - kept[index - 1]!.step;
    for (let index = 2; index < kept.length - NEWEST_CHECKPOINTS; index++)
      if (gap(index) < gap(narrowest)) narrowest = index;
    kept.splice(narrowest, 1);
  }
  return places.filter(place => !kept.includes(place));
}

/** Names in a folder; none where there is no folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw new EngineError('damaged-file', phrase('{0} cannot be read: {1}', folder, String(error)), { cause: error });
  }
}

async function readStored(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = systemCode(error) === 'ENOENT' ? 'missing-file' : 'damaged-file';
    throw new EngineError(code, phrase('{0} cannot be read: {1}', path, String(error)), { cause: error });
  }
}

/** An id for a new run: names sort by time. @param created ISO 8601. */
export function createRunId(created: string): string {
  return `${created.replaceAll(/[-:]|\.\d+/g, '')}-${randomUUID().slice(0, 8)}`;
}
