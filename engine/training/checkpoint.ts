/** The whole state of a training run as safetensors: weights by their framework's names, the optimizer's slots, and where they stand. */
import type { Network, Parameter } from '../backends/backend.ts';
import { EngineError } from '../errors.ts';
import { readSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import { phrase } from '../model/phrase.ts';
import type { RunSettings } from '../runs/format.ts';
import type { TrainingState } from './trainer.ts';

export function writeCheckpoint(network: Network, state: TrainingState, settings: RunSettings): ArrayBuffer {
  return writeSafetensors([...network.getParameters(), ...network.getOptimizerState()], {
    format: 'rnn-explorer checkpoint',
    epoch: String(state.epoch),
    step: String(state.step),
    evaluated: String(state.evaluated),
    seed: String(settings.seed),
  });
}

/**
 * Puts a checkpoint into a network; a file with nothing but weights is one that was never trained here.
 * @throws EngineError `damaged-file`, or `invalid-shape` naming the tensor that does not fit; the network is unchanged then.
 */
export function readCheckpoint(network: Network, data: ArrayBuffer): TrainingState {
  const { tensors, metadata } = readSafetensors(new Uint8Array(data), 'checkpoint');
  const weightNames = new Set(network.parameters.map(({ name }) => name));
  const weights: Parameter[] = [];
  const slots: Parameter[] = [];
  for (const { name, shape, values } of tensors.values()) {
    if (!(values instanceof Float32Array))
      throw new EngineError('damaged-file', phrase('{0} is damaged: {1}: expected {2}, found {3}', 'checkpoint', name, 'F32', values.constructor.name));
    (weightNames.has(name) ? weights : slots).push({ name, shape, values: new Float32Array(values) });
  }
  const before = network.getParameters();
  network.setParameters(weights);
  if (slots.length === 0) return { epoch: 0, step: 0, evaluated: true };
  try {
    network.setOptimizerState(slots);
  } catch (error) {
    network.setParameters(before);
    throw error;
  }
  return {
    epoch: wholeNumber(metadata, 'epoch'),
    step: wholeNumber(metadata, 'step'),
    evaluated: metadata['evaluated'] !== 'false',
  };
} // prettier-ignore

function wholeNumber(metadata: Readonly<Record<string, string>>, key: string): number {
  const text = metadata[key] ?? '';
  if (!/^\d+$/.test(text))
    throw new EngineError(
      'damaged-file',
      phrase('{0} is damaged: {1}: expected {2}, found {3}', 'checkpoint', key, 'a whole number', `"${text}"`),
    );
  return Number(text);
}
