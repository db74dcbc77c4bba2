import { formatPhrase, type Phrase } from './model/phrase.ts';

/** What went wrong, for code that must tell errors apart; the sentence for people is the error's phrase. */
export type ErrorCode =
  | 'cancelled' // asked to stop
  | 'closed' // the other end of a channel is gone
  | 'damaged-file' // a file that is not what it says it is
  | 'diverged' // the loss or its gradient became NaN or infinite
  | 'in-use' // a run that another window or process works on
  | 'internal' // a fault of ours
  | 'invalid-message' // a message that fails its schema
  | 'invalid-model' // a ModelSpec that fails its schema or contradicts itself
  | 'invalid-shape' // a tensor that does not fit
  | 'missing-file'
  | 'no-memory'
  | 'storage' // the disk refused a write
  | 'timeout'
  | 'unknown' // a name (model, run, tensor, data source) that nobody knows
  | 'unsupported'; // a model that the engine cannot run yet

/** An error that names the thing, the expected and the found, in a sentence that can be translated. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: ErrorCode;
  readonly phrase: Phrase;
  constructor(code: ErrorCode, phrase: Phrase, options?: ErrorOptions) {
    super(formatPhrase(phrase), options);
    this.code = code;
    this.phrase = phrase;
  }
}

/** The form in which an error crosses a channel. */
export interface ErrorReply {
  readonly code: ErrorCode;
  readonly phrase: Phrase;
  /** Stack and cause, for the log only. */
  readonly details: string;
}

/** Turns anything thrown into its form on the wire. */
export function toErrorReply(error: unknown): ErrorReply {
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof EngineError) return { code: error.code, phrase: error.phrase, details };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', phrase: { text: 'Internal error: {0}', args: [message] }, details };
}

/** Rebuilds the error on the receiving side. */
export function fromErrorReply(reply: ErrorReply): EngineError {
  return new EngineError(reply.code, reply.phrase, { cause: reply.details });
}
