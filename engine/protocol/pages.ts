/**
 * Host ↔ pages. The host owns everything; a page asks for a snapshot when it becomes ready or visible, then receives
 * changes while it is visible, each with a sequence number; on a gap it asks for the snapshot again.
 */
import { type Static, Type } from '@sinclair/typebox';
import type { MeasureId } from '../model/measures.ts';
import { RunSettings, type RunStatus } from '../runs/format.ts';
import { FileChoices } from '../data/fileData.ts';
import type { Progress } from './engine.ts';
import type { FilePreview } from './preview.ts';
import { type AnsweredSample, type GateTrace, type TensorTrace, UnitOrder } from './trace.ts';

const closed = { additionalProperties: false } as const;
const Nothing = Type.Object({}, closed);

/** One curve: x and y alternating as float64 in a buffer; x counts training steps. */
export interface Curve {
  readonly id: 'loss' | 'train' | 'test' | 'testSlice';
  readonly points: ArrayBuffer;
}

/** Strings of a page by key (`pageStrings.ts`), already in the person's language; English stands in for missing ones. */
export type Strings = Readonly<Record<string, string>>;

/** A model, as the head of every page shows it. */
export interface ModelHead {
  /** `LSTM 3×150`. */
  readonly headline: string;
  readonly parameters: number;
  /** `mnist_lstm.py`. */
  readonly source: string;
  /** Line in the source, counted from 1. */
  readonly line: number;
}

/** A run that a page can show or pick. */
export interface RunHead {
  readonly id: string;
  readonly title: string;
  readonly status: RunStatus;
  readonly created: string;
  readonly model: ModelHead;
  /** The sentence for failed and diverged runs. */
  readonly reason: string | undefined;
  /** The model's source reads differently now than when the run was started. */
  readonly sourceChanged: boolean;
  /** Its network is open in the engine: a sample can be looked at without reading anything from disk. */
  readonly open: boolean;
  /** There is a checkpoint to go on from and epochs are left. */
  readonly resumable: boolean;
}

/** What a run is measured by, with its names in the person's language. */
export interface MeasureHead {
  readonly id: MeasureId;
  readonly title: string;
  readonly short: string;
}

/** What a person can set in the training panel. */
export const StartSettings = Type.Object(
  {
    ...RunSettings.properties,
    /** Seed of generated data; absent where the data is not generated, null for that of the program. */
    dataSeed: Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: 0xffff_ffff }), Type.Null()])),
  },
  closed,
);
export type StartSettings = Static<typeof StartSettings>;

/** A size that the code leaves open, and who has told it. */
export interface ToldSize {
  /** `len(chars)` */
  readonly name: string;
  readonly value: number;
  readonly by: 'data' | 'person';
}

/** Everything that the training page shows. */
export interface TrainingSnapshot {
  readonly run: RunHead | undefined;
  /** The model that Start would train: the run's, or before any run the one that the panel was opened for. */
  readonly model: ModelHead | undefined;
  /** Other runs of this workspace, newest first. */
  readonly runs: readonly RunHead[];
  readonly settings: StartSettings;
  readonly measure: MeasureHead;
  /** Most examples that the data has; null while it is not known. */
  readonly exampleCount: number | null;
  /** `MNIST rows`. */
  readonly data: string;
  readonly sizes: readonly ToldSize[];
  /** What computes. */
  readonly engine: string;
  readonly progress: Progress | undefined;
  readonly latest: LatestMetrics;
  readonly curves: readonly Curve[];
  /** Lines as the notes' program prints them. */
  readonly lines: readonly string[];
  /** Steps in an epoch, to write epochs under the curve. */
  readonly stepsPerEpoch: number | undefined;
  /** Sequence number of the last change that is in this snapshot. */
  readonly sequence: number;
}

export interface LatestMetrics {
  readonly loss: number | undefined;
  /** The run's measure on the newest batch. */
  readonly train: number | undefined;
  /** The run's measure on test rows. */
  readonly test: number | undefined;
  /** Set where the newest test is of a slice of that many examples. */
  readonly sliceRows: number | undefined;
}

/** A change after a snapshot. */
export interface TrainingChange {
  readonly sequence: number;
  readonly run: RunHead;
  readonly progress: Progress | undefined;
  readonly latest: LatestMetrics;
  /** Points to add at the end of each curve. */
  readonly append: readonly Curve[];
  readonly newLines: readonly string[];
}

/** Another run beside the shown one. */
export interface ComparedRun {
  readonly run: RunHead;
  readonly measure: MeasureHead;
  readonly curves: readonly Curve[];
}

/** What the training page may ask; every params object is checked against its schema. */
export const TrainingPageRequests = {
  hydrate: Nothing,
  /** Starts a run with these settings (asks what to do when another run goes on). */
  start: StartSettings,
  pause: Nothing,
  resume: Nothing,
  stop: Nothing,
  /** Goes on from the last checkpoint. */
  resumeFromCheckpoint: Nothing,
  /** One test sample, and what the shown run's network makes of it now. */
  sample: Type.Object({ sample: Type.Integer({ minimum: 0 }) }, closed),
  /** Curves of another run, to be drawn beside those of the shown one. */
  curves: Type.Object({ run: Type.String() }, closed),
  showRun: Type.Object({ run: Type.String() }, closed),
  revealSource: Nothing,
  chooseData: Nothing,
  chooseSizes: Nothing,
  openGates: Nothing,
  openTensors: Nothing,
} as const;

type Served<
  R extends Record<string, { readonly static: unknown }>,
  Results extends Partial<Record<keyof R, unknown>>,
> = {
  [N in keyof R & string]: { params: R[N]['static']; result: N extends keyof Results ? Results[N] : null };
};

/** What the host serves to the training page, and sends to it. */
export interface TrainingHostSide {
  readonly requests: Served<
    typeof TrainingPageRequests,
    {
      hydrate: { strings: Strings; snapshot: TrainingSnapshot };
      sample: AnsweredSample;
      curves: ComparedRun;
    }
  >;
  readonly events: { snapshot: TrainingSnapshot; change: TrainingChange };
}

/** What an inspector shows: which run or model, and what can be picked. */
export interface InspectorSubject {
  readonly run: RunHead | undefined;
  readonly model: ModelHead;
  /** Runs that can be picked, newest first. */
  readonly runs: readonly RunHead[];
  /** Gates change by themselves now: the run is going on. */
  readonly live: boolean;
  /** File of the weights of a model that was not trained here; undefined for seeded ones. */
  readonly weights: string | undefined;
}

export const GatesPageRequests = {
  hydrate: Nothing,
  /** The page asks again by itself on a `stale` event. */
  trace: Type.Object(
    { sample: Type.Integer({ minimum: 0 }), layer: Type.Integer({ minimum: -1 }), order: UnitOrder },
    closed,
  ),
  showRun: Type.Object({ run: Type.String() }, closed),
  openSamples: Nothing,
  trainActiveFile: Nothing,
  openTensors: Nothing,
  openTraining: Nothing,
} as const;

export interface GatesHostSide {
  readonly requests: Served<
    typeof GatesPageRequests,
    { hydrate: { strings: Strings; subject: InspectorSubject | undefined }; trace: GateTrace }
  >;
  /** `stale`: the weights have changed since the last trace (at most about once a second while visible). */
  readonly events: { subject: InspectorSubject | undefined; stale: { step: number } };
}

export const TensorsPageRequests = {
  hydrate: Nothing,
  tensors: Type.Object({ sample: Type.Integer({ minimum: 0 }) }, closed),
  showRun: Type.Object({ run: Type.String() }, closed),
  /** Puts text on the clipboard (a tensor as numpy prints it). */
  copy: Type.Object({ text: Type.String({ maxLength: 4_000_000 }) }, closed),
  openGates: Nothing,
} as const;

export interface TensorsHostSide {
  readonly requests: Served<
    typeof TensorsPageRequests,
    {
      hydrate: { strings: Strings; subject: InspectorSubject | undefined; tensor: string | undefined };
      tensors: TensorTrace;
    }
  >;
  /** `select`: show the tensor of this id (from a hover's link). */
  readonly events: { subject: InspectorSubject | undefined; stale: { step: number }; select: { tensor: string } };
}

/** What the data page shows: a person's own file as a model would be fed with it. */
export interface DataPicture {
  readonly model: ModelHead;
  /** Name of the file, and its folder. */
  readonly file: string;
  readonly folder: string;
  readonly choices: FileChoices;
  /** Undefined while the file is read for the first time, or where it cannot be read. */
  readonly preview: Omit<FilePreview, 'problem' | 'notes'> | undefined;
  /** What the model is fed with: `20 steps of 1 value`. */
  readonly demand: string;
  /** Why the file cannot be read, or what of it does not fit. */
  readonly problem: string | undefined;
  readonly notes: readonly string[];
  /** Part of the file that is read, while it is read. */
  readonly reading: boolean;
}

export const DataPageRequests = {
  hydrate: Nothing,
  /** Looks again, with other choices. */
  choose: FileChoices,
  /** Remembers the choice for the model, and goes on with what it was asked for. */
  use: Nothing,
  otherFile: Nothing,
  /** Asks for the file of the targets. */
  targetsFile: Nothing,
} as const;

export interface DataHostSide {
  readonly requests: Served<typeof DataPageRequests, { hydrate: { strings: Strings; picture: DataPicture } }>;
  readonly events: { picture: DataPicture };
}

/** Pages answer nothing; what they report unasked is for the log. */
export interface PageSide {
  readonly requests: Record<never, never>;
  readonly events: { error: { message: string; stack: string } };
}
