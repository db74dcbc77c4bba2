/** MNIST, a row of the image at every step: 28 steps of 28 pixels in [0, 1]. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';
import { classifierShape } from './classifier.ts';
import { readFirstFile, readIdx } from './idx.ts';
import { isReason } from './sequenceShape.ts';
import type { DataSource, Split } from './source.ts';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const DIGITS = 10;
/** `read_data_sets` of TensorFlow's tutorials takes the first rows of the training file for validation. */
const VALIDATION = 5_000;

export const mnistRows: DataSource = {
  id: 'mnist-rows',
  title: phrase('MNIST rows'),
  description: phrase('60,000 handwritten digits; every step is a row of 28 pixels'),
  kind: 'image',
  names: ['mnist'],
  fits(spec) {
    const shape = classifierShape(spec);
    if (isReason(shape)) return shape;
    const { steps = SIDE, features } = shape;
    if (steps !== SIDE || features !== SIDE)
      return phrase('a digit is 28 steps of 28 values, the model reads {0} of {1}', steps, features);
    if (shape.classes < DIGITS) return phrase('there are 10 digits, the model tells {0} classes apart', shape.classes);
    return true;
  },
  load(_binding, _spec, { directory }) {
    const training = digits(join(directory, 'mnist'), 'train');
    const test = digits(join(directory, 'mnist'), 't10k');
    if (training.labels.length <= VALIDATION)
      throw new EngineError(
        'damaged-file',
        phrase('{0} is damaged: expected {1}, found {2}', training.path, `more than ${VALIDATION} labels`, training.labels.length),
      ); // prettier-ignore
    return {
      kind: 'image',
      steps: SIDE,
      features: SIDE,
      targetAxes: [],
      classes: DIGITS,
      classNames: Array.from({ length: DIGITS }, (_, digit) => String(digit)),
      train: split(training, VALIDATION, training.labels.length),
      validation: split(training, 0, VALIDATION),
      test: split(test, 0, test.labels.length),
    };
  },
};

interface Digits {
  readonly path: string;
  readonly labels: Uint8Array;
  /** Bytes `[n, 28, 28]`, unpacked at first use: who inspects a test digit need not wait for 47 MB of training images. */
  readonly pixels: () => Uint8Array;
}

function digits(directory: string, part: 'train' | 't10k'): Digits {
  const places = (name: string): string[] => [join(directory, `${name}.gz`), join(directory, name)];
  const labelFile = readFirstFile(places(`${part}-labels-idx1-ubyte`));
  const labels = readIdx(labelFile.bytes, labelFile.path, [null]).values;
  const wrong = labels.findIndex(label => label >= DIGITS);
  if (wrong >= 0)
    throw new EngineError(
      'damaged-file',
      phrase('{0} is damaged: expected {1}, found {2}', labelFile.path, 'labels from 0 to 9', labels[wrong]!),
    );
  const images = places(`${part}-images-idx3-ubyte`);
  if (!images.some(path => existsSync(path)))
    throw new EngineError('missing-file', phrase('Data file not found: {0}', images.join(', ')));
  let pixels: Uint8Array | undefined;
  return {
    path: labelFile.path,
    labels,
    pixels: () => {
      if (!pixels) {
        const file = readFirstFile(images);
        pixels = readIdx(file.bytes, file.path, [labels.length, SIDE, SIDE]).values;
      }
      return pixels;
    },
  };
}

/** What `mnist.train.images` holds: pixels / 255, rounded once to float32. */
const SHADES = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

function split(digits: Digits, first: number, end: number): Split {
  return {
    count: end - first,
    readInputs(rows, into) {
      const pixels = digits.pixels();
      for (let row = 0; row < rows.length; row++) {
        const from = (first + rows[row]!) * PIXELS;
        const to = row * PIXELS;
        for (let pixel = 0; pixel < PIXELS; pixel++) into[to + pixel] = SHADES[pixels[from + pixel]!]!;
      }
    },
    readTargets(rows, into) {
      for (let row = 0; row < rows.length; row++) into[row] = digits.labels[first + rows[row]!]!;
    },
  };
}
