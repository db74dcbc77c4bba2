/**
 * The stand-in for the extension host: it runs in the document around a page, as VS Code's own does, and answers the
 * page's requests with real numbers: TensorFlow's trained weights, real digits, an LSTM in float64.
 */
import { notationOf } from '../../../engine/cells/notation.ts';
import { CELLS } from '../../../engine/cells/table.ts';
import { Channel, type Side } from '../../../engine/protocol/channel.ts';
import { PAGE_STRINGS } from '../../../engine/protocol/pageStrings.ts';
import type {
  Curve,
  DataHostSide,
  DataPicture,
  GatesHostSide,
  InspectorSubject,
  PageSide,
  RunHead,
  TensorsHostSide,
  TrainingHostSide,
  TrainingSnapshot,
} from '../../../engine/protocol/pages.ts';
import type { GateTrace, Sample, TensorTile, TensorTrace } from '../../../engine/protocol/trace.ts';
import { Network, readSafetensors, similarityOrder, softmax } from './lstm.ts';
import { THEMES, type ThemeName } from './themes.ts';

const query = new URLSearchParams(location.search);
const pageName = query.get('page') ?? 'gates';
/** What the page finds: see `SCENARIOS` in server.ts. */
const scenario = query.get('scenario') ?? 'trained';
const frame = document.querySelector('iframe')!;

const STEPS = 28;
const model = { headline: 'LSTM 3×150', parameters: 470_110, source: 'mnist_lstm.py', line: 24 };

interface Loaded {
  readonly network: Network;
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}
const bytes = async (path: string): Promise<ArrayBuffer> => (await fetch(path)).arrayBuffer();
const loaded: Promise<Loaded> = (async () => ({
  network: new Network(readSafetensors(await bytes('/data/weights'))),
  images: new Uint8Array(await bytes('/data/images')).subarray(16),
  labels: new Uint8Array(await bytes('/data/labels')).subarray(8),
}))();

const run = (id: number, status: RunHead['status'], extra: Partial<RunHead> = {}): RunHead => ({
  id: `run-${id}`,
  title: `mnist_lstm.py · run ${id}`,
  status,
  created: '2026-11-23T12:00:00Z',
  model: { ...model, headline: ['', 'RNN 3×150', 'GRU 3×150'][id] ?? model.headline },
  reason: undefined,
  sourceChanged: false,
  open: true,
  resumable: false,
  ...extra,
});

const digit = ({ images, labels }: Loaded, index: number): Sample & { readonly pixels: Float32Array } => {
  const pixels = Float32Array.from(images.subarray(index * 784, (index + 1) * 784), pixel => pixel / 255);
  return {
    index,
    kind: 'image',
    steps: STEPS,
    features: 28,
    values: pixels.slice().buffer,
    label: labels[index],
    pixels,
  };
};

const orders = new Map<number, number[]>();
function byLikeness(data: Loaded, layer: number): number[] {
  const known = orders.get(layer);
  if (known) return known;
  const traces = Array.from(
    { length: 6 },
    (_, index) => data.network.run(digit(data, index).pixels, STEPS).layers[layer]!.h,
  );
  const order = similarityOrder(
    Array.from({ length: data.network.units }, (_, unit) =>
      Float64Array.from(
        traces.flatMap(h => Array.from({ length: STEPS }, (_, t) => h[t * data.network.units + unit]!)),
      ),
    ),
  );
  orders.set(layer, order);
  return order;
}

const bounds = (scale: TensorTile['scale']): readonly [number, number] =>
  scale === 'unit' ? [0, 1] : scale === 'signed' ? [-15, 15] : [-1, 1];
const tile = (
  id: string,
  title: string,
  meaning: string,
  scale: TensorTile['scale'],
  values: Float32Array,
  rows: number,
): TensorTile => ({
  id,
  title,
  meaning,
  scale,
  bounds: bounds(scale),
  rows: { name: rows === 1 ? 'sample' : 'steps', count: rows },
  columns: { name: 'units', count: values.length / rows },
  values: values.slice().buffer,
});

let stepNow = scenario === 'live' ? 1200 : 3660;

async function trace({
  sample,
  layer: asked,
  order,
}: {
  sample: number;
  layer: number;
  order: string;
}): Promise<GateTrace> {
  const data = await loaded;
  // A live run goes from weak to full weights, so that its gates move.
  const network =
    scenario === 'live'
      ? new Network(readSafetensors(await bytes('/data/weights')), 0.4 + (0.6 * stepNow) / 3660)
      : data.network;
  const { pixels, ...read } = digit(data, sample);
  const { layers, logits } = network.run(pixels, STEPS);
  const probabilities = softmax(logits);
  const winner = probabilities.indexOf(Math.max(...probabilities));
  const layer = asked < 0 ? layers.length - 1 : asked;
  const top = layer === layers.length - 1;
  const last = layers[layer]!.h.subarray((STEPS - 1) * network.units);
  const contributions = top ? Array.from(last, (h, unit) => h * network.head.kernel[unit * 10 + winner]!) : undefined;
  const units = Array.from({ length: network.units }, (_, unit) => unit);
  return {
    sample: read,
    classNames: undefined,
    sampleCount: 10_000,
    probabilities,
    layers: layers.map((_, index) => ({
      index,
      title: `LSTM · layer ${index + 1}`,
      number: index + 1,
      cell: 'lstm',
      units: network.units,
      direction: 'forward',
      letters: {},
      equations: notationOf({ cell: 'lstm', className: 'BasicLSTMCell', units: 150 }, 'tensorflow1').equations,
    })),
    layer,
    tensors: CELLS.lstm.tensors.map(({ id, title, meaning, scale }) =>
      tile(id, title, meaning, scale, layers[layer]![id as 'i'], STEPS),
    ),
    order:
      order === 'index'
        ? units
        : order === 'decision' && contributions
          ? units.sort((a, b) => contributions[b]! - contributions[a]!)
          : byLikeness(data, layer),
    contributions,
    step: stepNow,
    epoch: Math.floor(stepNow / 366),
  };
}

const LETTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');

/** A window of the book's curve, and a prediction that is a little off. */
function seriesSample(index: number, off = 0.6): Sample {
  const curve = (t: number): number => (t * Math.sin(t)) / 3 + 2 * Math.sin(5 * t);
  const at = (step: number): number => curve(0.37 + index * 1.7 + step * 0.1);
  const row = (of: (step: number) => number): ArrayBuffer =>
    Float32Array.from({ length: 40 }, (_, step) => of(step)).buffer;
  return {
    index,
    kind: 'series',
    steps: 40,
    features: 1,
    values: row(at),
    label: undefined,
    answer: {
      of: 'values',
      everyStep: true,
      width: 1,
      wanted: row(step => at(step + 1)),
      given: row(step => at(step + 1) + off * Math.sin(step * 2.1) * Math.exp(-step / 12)),
    },
  };
}

/** A small GRU or RNN with random weights, run on a series or on tokens: other cells and samples than the notes'. */
function traceOfOther(cell: 'gru' | 'rnn', { sample, order }: { sample: number; order: string }): GateTrace {
  const [steps, units, kind] = cell === 'gru' ? [40, 30, 'series' as const] : [18, 64, 'tokens' as const];
  let seed = 7;
  const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
  const matrix = (): Float64Array =>
    Float64Array.from({ length: units * (units + 1) }, () => (3 * random()) / Math.sqrt(units));
  const ids = CELLS[cell].tensors.map(({ id }) => id);
  const weights = ids.map(matrix);
  const values = Float32Array.from({ length: steps }, (_, t) =>
    kind === 'series'
      ? ((t + sample) * Math.sin((t + sample) / 3)) / 20 + Math.sin((t + sample) * 1.7) / 2
      : Math.floor(26 * (random() + 0.5)),
  );
  const traces = new Map(ids.map(id => [id, new Float32Array(steps * units)]));
  let h = new Float64Array(units);
  for (let t = 0; t < steps; t++) {
    const x = kind === 'series' ? values[t]! : values[t]! / 13 - 1;
    const product = (which: number, state: Float64Array, unit: number): number => {
      const w = weights[which]!;
      let sum = 2 * x * w[unit * (units + 1)]!;
      for (let k = 0; k < units; k++) sum += w[unit * (units + 1) + 1 + k]! * state[k]!;
      return sum;
    };
    const put = (id: string, unit: number, value: number): number => (traces.get(id)![t * units + unit] = value);
    const logistic = (v: number): number => 1 / (1 + Math.exp(-v));
    const next = new Float64Array(units);
    const r = Float64Array.from(h, (_, unit) =>
      cell === 'gru' ? put('r', unit, logistic(1 + product(0, h, unit))) : 1,
    );
    const gated = h.map((value, unit) => value * r[unit]!);
    for (let unit = 0; unit < units; unit++) {
      const u = cell === 'gru' ? put('u', unit, logistic(1 + product(1, h, unit))) : 0;
      const n = Math.tanh(product(ids.length - 2 < 0 ? 0 : ids.length - 2, gated, unit));
      if (cell === 'gru') put('n', unit, n);
      next[unit] = put('h', unit, u * h[unit]! + (1 - u) * n);
    }
    h = next;
  }
  const all = Array.from({ length: units }, (_, unit) => unit);
  const states = traces.get('h')!;
  return {
    sample:
      kind === 'series'
        ? seriesSample(sample)
        : { index: sample, kind, steps, features: 1, values: values.buffer, label: undefined, tokenNames: LETTERS },
    classNames: undefined,
    sampleCount: 500,
    probabilities: undefined,
    layers: [
      {
        index: 0,
        title: CELLS[cell].title,
        number: 1,
        cell,
        units,
        direction: 'forward',
        letters: {},
        equations: notationOf({ cell, className: '', units }, 'tensorflow1').equations,
      },
    ],
    layer: 0,
    tensors: CELLS[cell].tensors.map(({ id, title, meaning, scale }) =>
      tile(id, title, meaning, scale, traces.get(id)!, steps),
    ),
    order:
      order === 'index'
        ? all
        : similarityOrder(all.map(unit => Float64Array.from({ length: steps }, (_, t) => states[t * units + unit]!))),
    contributions: undefined,
    step: 900,
    epoch: 4,
  };
}

async function tensors(sample: number): Promise<TensorTrace> {
  const data = await loaded;
  const { pixels, ...read } = digit(data, sample);
  const { layers, logits } = data.network.run(pixels, STEPS);
  const last = (values: Float32Array): Float32Array => values.subarray((STEPS - 1) * data.network.units);
  const top = layers.length - 1;
  return {
    sample: read,
    classNames: undefined,
    sampleCount: 10_000,
    probabilities: softmax(logits),
    tensors: [
      tile('outputs', 'outputs', 'h of the top layer at every step', 'signed-unit', layers[top]!.h, STEPS),
      ...layers.flatMap((layer, index) => [
        tile(`c[${index}]`, 'cell state', `c of layer ${index + 1} at every step`, 'signed', layer.c, STEPS),
        tile(`h[${index}]`, 'hidden state', `h of layer ${index + 1} at every step`, 'signed-unit', layer.h, STEPS),
      ]),
    ],
    states: layers.flatMap((layer, index) => [
      tile(`states[${index}].c`, 'cell state', `c of layer ${index + 1} at the last step`, 'signed', last(layer.c), 1),
      tile(
        `states[${index}].h`,
        'hidden state',
        `h of layer ${index + 1} at the last step`,
        'signed-unit',
        last(layer.h),
        1,
      ),
    ]),
    proofs: [
      {
        left: 'outputs[-1]',
        right: 'states[-1].h',
        maxDifference: 0,
        leftAt: { tensor: 'outputs', row: -1 },
        rightAt: { tensor: `states[${top}].h`, row: 0 },
      },
    ],
    step: stepNow,
    epoch: 10,
  };
}

const subject: InspectorSubject | undefined =
  scenario === 'empty'
    ? undefined
    : {
        run: run(3, scenario === 'live' ? 'running' : 'finished'),
        model,
        runs: [run(3, 'finished'), run(2, 'stopped'), run(1, 'diverged')],
        live: scenario === 'live',
        weights: undefined,
      };

/** Curves of a run of so many steps: TensorFlow's own losses of epoch 0, then a decay that is made up. */
async function curves(steps: number): Promise<{ curves: Curve[]; lines: string[] }> {
  const real = (await (await fetch('/data/run')).json()) as {
    losses_of_epoch_0: number[];
    curve: { epoch: number; train_accuracy_of_last_batch: number; test_accuracy: number }[];
  };
  const noise = (k: number): number => Math.sin(k * 12.9898) * 0.5 + Math.sin(k * 78.233) * 0.5;
  const loss = (k: number): number =>
    real.losses_of_epoch_0[k] ?? (0.02 + 0.2 * Math.exp(-(k - 366) / 900)) * Math.exp(0.9 * noise(k));
  const curve = (id: Curve['id'], points: readonly (readonly [number, number])[]): Curve => ({
    id,
    points: Float64Array.from(points.flat()).buffer,
  });
  const ks = Array.from({ length: steps }, (_, k) => k);
  const done = real.curve.filter(({ epoch }) => (epoch + 1) * 366 <= steps);
  return {
    curves: [
      curve(
        'loss',
        ks.map(k => [k + 1, loss(k)]),
      ),
      curve(
        'train',
        ks.filter(k => k % 5 === 4).map(k => [k + 1, Math.min(1, Math.max(0.1, 1 - loss(k) * 0.33))]),
      ),
      curve(
        'test',
        done.map(({ epoch, test_accuracy: value }) => [(epoch + 1) * 366, value]),
      ),
      curve(
        'testSlice',
        ks.filter(k => k < 366 && k % 61 === 60).map(k => [k + 1, Math.max(0.1, 0.9 - loss(k) * 0.33)]),
      ),
    ],
    lines: done.map(
      ({ epoch, train_accuracy_of_last_batch: train, test_accuracy: test }) =>
        `Epoch ${epoch} Train accuracy = ${train} Test accuracy = ${test}`,
    ),
  };
}

const ACCURACY = { id: 'accuracy', title: 'accuracy', short: 'accuracy' } as const;

/** Curves of a run that is measured by its loss: the test runs a little above the batches. */
function asErrors(curve: Curve): Curve {
  if (curve.id === 'loss') return curve;
  return {
    ...curve,
    points: new Float64Array(curve.points).map((value, k) => (k % 2 === 0 ? value : 1.05 - value)).buffer,
  };
}

const STEPS_OF: Readonly<Record<string, number>> = {
  empty: 0,
  fresh: 0,
  first: 210,
  live: 1200,
  series: 1500,
  paused: 1200,
  failed: 1200,
  diverged: 700,
  interrupted: 1464,
};
let sequence = 0;

async function snapshot(): Promise<TrainingSnapshot> {
  const steps = STEPS_OF[scenario] ?? 3660;
  const made = await curves(steps);
  const last = (id: Curve['id']): number | undefined => {
    const points = new Float64Array(made.curves.find(curve => curve.id === id)!.points);
    return points.length > 0 ? points.at(-1) : undefined;
  };
  const running = scenario === 'live' || scenario === 'paused' || scenario === 'first';
  const head: Readonly<Record<string, RunHead>> = {
    live: run(3, 'running'),
    first: run(3, 'running'),
    paused: run(3, 'paused'),
    failed: run(3, 'failed', {
      reason: 'The engine stopped working at step 1,200: the worker ended with code 1',
      resumable: true,
    }),
    diverged: run(3, 'diverged', { reason: 'Loss became NaN at step 700' }),
    interrupted: run(3, 'interrupted', { resumable: true, sourceChanged: true }),
  };
  return {
    run: scenario === 'empty' || scenario === 'fresh' ? undefined : (head[scenario] ?? run(3, 'finished')),
    model: scenario === 'empty' ? undefined : model,
    runs: scenario === 'empty' || scenario === 'fresh' ? [] : [run(2, 'stopped'), run(1, 'diverged')],
    settings: { epochs: 10, batchSize: 150, learningRate: 0.001, seed: 42, examples: null },
    measure: scenario === 'series' ? { id: 'mean_squared_error', title: 'mean squared error', short: 'MSE' } : ACCURACY,
    exampleCount: 55_000,
    sizes: [],
    data: 'MNIST rows, 28 × 28',
    engine: 'WebAssembly SIMD, 1 thread',
    progress: running
      ? {
          run: 'run-3',
          epoch: Math.floor(steps / 366),
          epochs: 10,
          step: steps,
          steps: 3660,
          samplesPerSecond: 1338,
          secondsLeft: ((3660 - steps) * 150) / 1338,
          paused: scenario === 'paused',
        }
      : undefined,
    latest: {
      loss: last('loss'),
      train: last('train'),
      test: last('test') ?? last('testSlice'),
      sliceRows: steps > 0 && last('test') === undefined ? 1000 : undefined,
    },
    curves: scenario === 'series' ? made.curves.map(asErrors) : made.curves,
    lines: made.lines,
    stepsPerEpoch: steps > 0 ? 366 : undefined,
    sequence,
  };
}

/** A table of two columns, cut into windows. */
function picture(): DataPicture {
  const rows = Array.from({ length: 8 }, (_, row) => [String(row % 3), (Math.sin(row) * 4).toFixed(2)]);
  return {
    model: { headline: 'GRU 32', parameters: 3_500, source: 'forecast.py', line: 9 },
    file: 'readings.csv',
    folder: '/data',
    choices: {},
    preview: {
      path: '/data/readings.csv',
      format: 'table',
      bytes: 4000,
      size: '4 kB',
      columns: [
        { name: 'hour', kind: 'numbers' },
        { name: 'temperature', kind: 'numbers' },
      ],
      rows,
      dialect: { delimiter: ',', decimal: '.', header: true },
      arrays: undefined,
      text: undefined,
      file: {
        path: '/data/readings.csv',
        arrangement: {
          kind: 'windows',
          inputs: ['hour', 'temperature'],
          targets: ['temperature'],
          window: 6,
          horizon: 1,
          stride: 1,
          scaling: 'standardise',
        },
        validation: 0,
        test: 0.2,
        stamp: { bytes: 4000, modified: 0 },
      },
      steps: 6,
      features: 2,
      targetAxes: [],
      classes: undefined,
      classNames: undefined,
      tokenNames: undefined,
      sizes: undefined,
      counts: { train: 320, validation: 0, test: 80, estimated: false },
      sample: {
        kind: 'series',
        steps: 6,
        features: 2,
        values: Float32Array.from(rows.slice(0, 6).flat(), Number).buffer,
        targets: [Number(rows[6]![1])],
        featureNames: ['hour', 'temperature'],
      },
    },
    demand: '6 steps of 2 values',
    problem: undefined,
    notes: [],
    reading: false,
  };
}

/** What a page asked that only the host can do, for tests. */
const asked: string[] = [];
const noted =
  (name: string) =>
  (params: unknown): null => {
    asked.push(`${name} ${JSON.stringify(params)}`);
    document.body.dataset['asked'] = asked.join('\n');
    return null;
  };
const strings = PAGE_STRINGS;

function open<Host extends Side>(
  handlers: ConstructorParameters<typeof Channel<Host, PageSide>>[1],
): Channel<Host, PageSide> {
  const channel = new Channel<Host, PageSide>(
    {
      post: message => {
        frame.contentWindow!.postMessage(message, '*');
      },
      listen: listener => {
        const receive = (event: MessageEvent): void => {
          if (event.source === frame.contentWindow) listener(event.data);
        };
        window.addEventListener('message', receive);
        return () => {
          window.removeEventListener('message', receive);
        };
      },
    },
    handlers,
  );
  channel.on('error', (fault: PageSide['events']['error']) => {
    document.body.dataset['fault'] = `${fault.message}\n${fault.stack}`;
  });
  return channel;
}

if (pageName === 'gates') {
  const host = open<GatesHostSide>({
    hydrate: () => ({ strings, subject }),
    trace: params => (scenario === 'gru' || scenario === 'rnn' ? traceOfOther(scenario, params) : trace(params)),
    showRun: noted('showRun'),
    openSamples: noted('openSamples'),
    trainActiveFile: noted('trainActiveFile'),
    openTensors: noted('openTensors'),
    openTraining: noted('openTraining'),
  });
  if (scenario === 'live')
    setInterval(() => {
      stepNow = Math.min(3660, stepNow + 40);
      host.emit('stale', { step: stepNow });
    }, 1000);
} else if (pageName === 'tensors')
  open<TensorsHostSide>({
    hydrate: () => ({ strings, subject, tensor: undefined }),
    tensors: ({ sample }) => tensors(sample),
    showRun: noted('showRun'),
    copy: noted('copy'),
    openGates: noted('openGates'),
  });
else if (pageName === 'data')
  open<DataHostSide>({
    hydrate: () => ({ strings, picture: picture() }),
    choose: noted('choose'),
    use: noted('use'),
    otherFile: noted('otherFile'),
    targetsFile: noted('targetsFile'),
  });
else {
  const host = open<TrainingHostSide>({
    hydrate: async () => ({ strings, snapshot: await snapshot() }),
    start: noted('start'),
    chooseSizes: noted('chooseSizes'),
    sample: async ({ sample }) => {
      if (scenario === 'series')
        return {
          sample: seriesSample(sample),
          classNames: undefined,
          sampleCount: 1000,
          probabilities: undefined,
          step: 1500,
          epoch: 4,
        };
      const {
        sample: read,
        probabilities,
        classNames,
        sampleCount,
        step,
        epoch,
      } = await trace({ sample, layer: -1, order: 'index' });
      return { sample: read, classNames, sampleCount, probabilities, step, epoch };
    },
    curves: async ({ run: id }) => {
      const other = run(Number(id.at(-1)), 'finished');
      const factor = id === 'run-2' ? 0.8 : 1.9;
      const { curves: made } = await curves(3660);
      const worse = made.map(({ id: curve, points }) => ({
        id: curve,
        points: new Float64Array(points).map((value, k) =>
          k % 2 === 0 ? value : curve === 'loss' ? value * factor : 1 - (1 - value) * factor,
        ).buffer,
      }));
      return { run: other, measure: ACCURACY, curves: worse };
    },
    pause: noted('pause'),
    resume: noted('resume'),
    stop: noted('stop'),
    resumeFromCheckpoint: noted('resumeFromCheckpoint'),
    showRun: noted('showRun'),
    revealSource: noted('revealSource'),
    chooseData: noted('chooseData'),
    openGates: noted('openGates'),
    openTensors: noted('openTensors'),
  });
  if (scenario === 'live')
    void (async () => {
      const all = await curves(3660);
      const loss = new Float64Array(all.curves[0]!.points);
      let step = 1200;
      setInterval(() => {
        step = Math.min(3660, step + 1);
        const value = loss[2 * step - 1]!;
        sequence++;
        host.emit('change', {
          sequence,
          run: run(3, 'running'),
          progress: {
            run: 'run-3',
            epoch: Math.floor(step / 366),
            epochs: 10,
            step,
            steps: 3660,
            samplesPerSecond: 1338,
            secondsLeft: ((3660 - step) * 150) / 1338,
            paused: false,
          },
          latest: { loss: value, train: 1 - value * 0.33, test: 0.9791, sliceRows: undefined },
          append: [{ id: 'loss', points: Float64Array.of(step, value).buffer }],
          newLines: [],
        });
      }, 110);
    })();
}

/** Puts a theme on the page, as VS Code does: variables on the root element, classes on the body. */
function wear(name: ThemeName): void {
  frame.contentWindow!.postMessage({ theme: THEMES[name] }, '*');
}
window.addEventListener('message', event => {
  const message = event.data as { ready?: true; wear?: ThemeName } | undefined;
  if (message?.ready) wear((query.get('theme') as ThemeName | null) ?? 'dark');
  if (message?.wear) wear(message.wear);
});
frame.src = `/frame?page=${pageName}&theme=${query.get('theme') ?? 'dark'}`;
