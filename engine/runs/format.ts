/**
 * A run on disk, in open formats: a folder with `run.json` (this schema), `metrics.jsonl` (one `MetricRow` a line) and
 * `checkpoints/epoch-0001-step-00000366.safetensors` (complete epochs and training steps; weights by the framework's own
 * names, optimizer slots, and in the metadata the epoch, step and seed). While a process works on a run, `owner.json`
 * names it. `run.json` is replaced atomically; `metrics.jsonl` is only appended to.
 */
import { type Static, Type } from '@sinclair/typebox';
import { DataBinding } from '../data/source.ts';
import { MeasureId } from '../model/measures.ts';
import { literals } from '../model/schema.ts';
import { ModelSpec } from '../model/spec.ts';

/** 2 names what the run is measured by; `upgrade.ts` reads 1, where everything was called accuracy. */
export const RUN_FORMAT_VERSION = 2;

const closed = { additionalProperties: false } as const;

/** What a person can set without editing code. */
export const RunSettings = Type.Object(
  {
    epochs: Type.Integer({ minimum: 1, maximum: 100_000 }),
    batchSize: Type.Integer({ minimum: 1, maximum: 65_536 }),
    learningRate: Type.Number({ exclusiveMinimum: 0 }),
    seed: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
    /** Training examples that are used, from the first; null for all. */
    examples: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
    /** Threads that compute; null: one core is left to the editor. Their number changes no bit. */
    threads: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 64 }), Type.Null()])),
  },
  closed,
);
export type RunSettings = Static<typeof RunSettings>;

/**
 * `running` and `paused` are states of a living run; found on disk without an owner they mean `interrupted`.
 */
export const RunStatus = literals(['running', 'paused', 'finished', 'stopped', 'interrupted', 'failed', 'diverged']);
export type RunStatus = Static<typeof RunStatus>;

export const RunRecord = Type.Object(
  {
    version: Type.Literal(RUN_FORMAT_VERSION),
    id: Type.String({ minLength: 1 }),
    /** ISO 8601. */
    created: Type.String(),
    status: RunStatus,
    /** Why it failed or diverged, as a phrase. */
    reason: Type.Optional(Type.Object({ text: Type.String(), args: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Number()]))) }, closed)),
    spec: ModelSpec,
    settings: RunSettings,
    /** What `value`, `train` and `test` of its metrics are. */
    measure: MeasureId,
    data: DataBinding,
    source: Type.Object(
      {
        /** URI of the document, or path on the command line. */
        uri: Type.String(),
        /** SHA-256 of the text of the model's extent, hexadecimal. */
        hash: Type.String(),
        /** Line of the definition, counted from 0. */
        line: Type.Integer({ minimum: 0 }),
      },
      closed,
    ),
    /** What computed it. */
    engine: Type.String(),
  },
  closed,
); // prettier-ignore
export type RunRecord = Static<typeof RunRecord>;

/** One line of `metrics.jsonl`; values are those of the run's measure. `step` counts training steps from 1 over the whole run; `epoch` counts from 0. */
export const MetricRow = Type.Union([
  Type.Object({ kind: Type.Literal('step'), epoch: Type.Integer(), step: Type.Integer(), loss: Type.Number(), value: Type.Number() }, closed),
  /** On test data; `slice` is set where only that many examples were used. */
  Type.Object({ kind: Type.Literal('test'), epoch: Type.Integer(), step: Type.Integer(), value: Type.Number(), slice: Type.Optional(Type.Integer()) }, closed),
  /** The line that the notes' program prints at the end of an epoch. */
  Type.Object({ kind: Type.Literal('epoch'), epoch: Type.Integer(), step: Type.Integer(), train: Type.Number(), test: Type.Number(), seconds: Type.Number() }, closed),
]); // prettier-ignore
export type MetricRow = Static<typeof MetricRow>;
