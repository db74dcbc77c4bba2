import { defaultLearningRate } from '../model/learningRates.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { RunSettings } from './format.ts';

const EPOCHS = 10;
/** `fit` of Keras and TensorFlow.js. */
const BATCH_SIZE = 32;
const SEED = 42;

/** The settings that the program itself gives, and our own where it gives none. */
export function defaultSettings({ framework, training }: ModelSpec): RunSettings {
  const { epochs = EPOCHS, batchSize = BATCH_SIZE, optimizer } = training;
  const learningRate = optimizer?.learningRate ?? defaultLearningRate(framework, optimizer?.kind ?? 'sgd');
  return { epochs, batchSize, learningRate, seed: SEED, examples: null };
}
