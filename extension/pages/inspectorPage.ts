import type * as vscode from 'vscode';
import type { InspectorSubject } from '../../engine/protocol/pages.ts';
import type { GateTrace, TensorTrace } from '../../engine/protocol/trace.ts';
import type { TensorsParams, TraceParams } from '../../engine/protocol/engine.ts';

/** What both inspectors ask of the studio: which run or model they show, and traces of it. */
export interface InspectorModel {
  readonly onDidChangeSubject: vscode.Event<void>;
  /** The weights of the subject have changed; fires at most about once a second. */
  readonly onDidBecomeStale: vscode.Event<{ readonly step: number }>;
  subject(): InspectorSubject | undefined;
  /** @throws EngineError `unknown` when nothing is shown */
  trace(params: Omit<TraceParams, 'model'>, signal: AbortSignal): Promise<GateTrace>;
  tensors(params: Omit<TensorsParams, 'model'>, signal: AbortSignal): Promise<TensorTrace>;
}
