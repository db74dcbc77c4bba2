/** Host ↔ engine worker: what the worker answers and what it sends while a run goes on. */
import { type Static, Type } from '@sinclair/typebox';
import { FileChoices, type FileData } from '../data/fileData.ts';
import { DataBinding } from '../data/source.ts';
import { MeasureId } from '../model/measures.ts';
import { Binary } from '../model/schema.ts';
import { ModelSpec } from '../model/spec.ts';
import { type MetricRow, RunSettings } from '../runs/format.ts';
import type { ErrorReply } from '../errors.ts';
import type { FilePreview } from './preview.ts';
import type { ModelStatistics } from './statistics.ts';
import { type AnsweredSample, type GateTrace, type TensorTrace, UnitOrder } from './trace.ts';
import type { WeightRow } from '../weights/matchWeights.ts';

const closed = { additionalProperties: false } as const;

/** Opens a model under an id of the host's: network, data, and weights from a checkpoint or seeded. */
export const OpenParams = Type.Object(
  {
    model: Type.String({ minLength: 1 }),
    spec: ModelSpec,
    data: DataBinding,
    settings: RunSettings,
    /** A checkpoint (safetensors); seeded weights without it. */
    checkpoint: Type.Optional(Binary),
  },
  closed,
);
export type OpenParams = Static<typeof OpenParams>;

/** Trains an opened model to the end of its settings, from where its weights stand. */
export const TrainParams = Type.Object(
  { model: Type.String({ minLength: 1 }), run: Type.String({ minLength: 1 }), measure: MeasureId },
  closed,
);
export type TrainParams = Static<typeof TrainParams>;

/** Looks at a person's own file for a model, with what the person says of it. */
export const PreviewParams = Type.Object(
  { path: Type.String({ minLength: 1 }), spec: ModelSpec, choices: FileChoices },
  closed,
);
export type PreviewParams = Static<typeof PreviewParams>;

/** Asks what data tells of the sizes that a model takes from it. */
export const SizesParams = Type.Object(
  { model: Type.String({ minLength: 1 }), spec: ModelSpec, data: DataBinding },
  closed,
);
export type SizesParams = Static<typeof SizesParams>;
/** By their names in the source: `len(chars)`. */
export type ToldSizes = readonly (readonly [name: string, value: number])[];

/** Holds a file of weights against a model. */
export const WeightsParams = Type.Object({ path: Type.String({ minLength: 1 }), spec: ModelSpec }, closed);
export type WeightsParams = Static<typeof WeightsParams>;

export interface FoundWeights {
  readonly rows: readonly WeightRow[];
  /** The weights as a checkpoint that was never trained here (safetensors); undefined unless all fit. */
  readonly checkpoint: ArrayBuffer | undefined;
}

export const ModelParams = Type.Object({ model: Type.String({ minLength: 1 }) }, closed);
export type ModelParams = Static<typeof ModelParams>;

const SampleIndex = Type.Integer({ minimum: 0 });
export const TraceParams = Type.Object(
  {
    model: Type.String(),
    sample: SampleIndex,
    /** -1: the top one. */ layer: Type.Integer({ minimum: -1 }),
    order: UnitOrder,
  },
  closed,
);
export type TraceParams = Static<typeof TraceParams>;
export const TensorsParams = Type.Object({ model: Type.String(), sample: SampleIndex }, closed);
export type TensorsParams = Static<typeof TensorsParams>;

export interface OpenedModel {
  /** With the sizes that its data told. */
  readonly spec: ModelSpec;
  readonly parameters: number;
  readonly trainCount: number;
  readonly testCount: number;
  readonly stepsPerEpoch: number;
  /** What computes: `WebAssembly SIMD, 1 thread`. */
  readonly engine: string;
  /** Bytes that the network holds. */
  readonly bytes: number;
  /** What a person's own file was when it was read, where the data is one. */
  readonly dataStamp?: FileData['stamp'];
}

/** How a run ended. */
export interface RunEnd {
  readonly status: 'finished' | 'stopped' | 'diverged';
  readonly epoch: number;
  readonly step: number;
  /** Of a diverged run: the first layer, from 1, whose outputs are not finite; absent where only the loss is not. */
  readonly layer?: number;
}

/** Where a run stands; sent at most about ten times a second and at every change. */
export interface Progress {
  readonly run: string;
  readonly epoch: number;
  readonly epochs: number;
  /** Over the whole run, from 1. */
  readonly step: number;
  readonly steps: number;
  readonly samplesPerSecond: number;
  readonly secondsLeft: number;
  readonly paused: boolean;
}

/** What the worker serves. */
export interface EngineSide {
  readonly requests: {
    open: { params: OpenParams; result: OpenedModel };
    /** Resolves when the run has ended; `checkpoint` events come before. */
    train: { params: TrainParams; result: RunEnd };
    pause: { params: ModelParams; result: null };
    resume: { params: ModelParams; result: null };
    /** Ends the run after the step under way; `train` resolves with `stopped`. */
    stop: { params: ModelParams; result: null };
    trace: { params: TraceParams; result: GateTrace };
    tensors: { params: TensorsParams; result: TensorTrace };
    sample: { params: TensorsParams; result: AnsweredSample };
    preview: { params: PreviewParams; result: FilePreview };
    /** Reads the data, which the model that is opened with it next need not do again. */
    sizes: { params: SizesParams; result: ToldSizes };
    weights: { params: WeightsParams; result: FoundWeights };
    statistics: { params: ModelParams; result: ModelStatistics };
    close: { params: ModelParams; result: null };
    /** Whether it is there. */
    ping: { params: null; result: null };
  };
  readonly events: {
    /** First message of a worker that is able to work. */
    ready: { engine: string };
    /** While the data of a model is read from a file: bytes of the file, of how many. */
    loading: { model: string; bytes: number; total: number };
    progress: Progress;
    /** Rows since the last event of this run, in order; `sequence` counts events from 0. */
    metrics: { run: string; sequence: number; rows: readonly MetricRow[] };
    /** At the end of each epoch (and when stopped): the whole state as safetensors. */
    checkpoint: { run: string; epoch: number; step: number; data: ArrayBuffer };
    log: { level: 'info' | 'warn' | 'error'; text: string; error?: ErrorReply };
  };
}

/** The host answers nothing and sends nothing unasked. */
export interface EngineClientSide {
  readonly requests: Record<never, never>;
  readonly events: Record<never, never>;
}
