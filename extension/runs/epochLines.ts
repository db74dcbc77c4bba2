import * as vscode from 'vscode';
import type { RunService } from './runService.ts';
import type { RunState } from './runState.ts';

/** Writes into the output channel what the notes' program prints: one line at the end of each epoch. */
export class EpochLines implements vscode.Disposable {
  readonly #channel = vscode.window.createOutputChannel('RNN Explorer');
  readonly #listening: vscode.Disposable;
  #following: vscode.Disposable | undefined;

  constructor(runs: RunService) {
    this.#listening = runs.onDidStart(run => {
      this.#follow(run);
    });
  }

  show(): void {
    this.#channel.show(true);
  }

  dispose(): void {
    this.#following?.dispose();
    this.#listening.dispose();
    this.#channel.dispose();
  }

  #follow(run: RunState): void {
    const { model } = run.head();
    const { epochs, batchSize, learningRate, seed } = run.record.settings;
    this.#channel.appendLine(
      `# ${model.source}: ${model.headline}, epochs ${epochs}, batch ${batchSize}, learning rate ${learningRate}, seed ${seed}`,
    );
    let printed = run.curves.lines.length;
    this.#following?.dispose();
    this.#following = run.onDidChange(() => {
      const { lines } = run.curves;
      for (; printed < lines.length; printed++) this.#channel.appendLine(lines[printed]!);
    });
  }
}
