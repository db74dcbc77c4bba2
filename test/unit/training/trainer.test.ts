import assert from 'node:assert/strict';
import type { Network } from '../../../engine/backends/backend.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { EngineError } from '../../../engine/errors.ts';
import type { Progress, RunEnd } from '../../../engine/protocol/engine.ts';
import { epochLine } from '../../../engine/runs/epochLine.ts';
import type { MeasureId } from '../../../engine/model/measures.ts';
import type { MetricRow, RunSettings } from '../../../engine/runs/format.ts';
import { epochOrder } from '../../../engine/training/batches.ts';
import { Pace } from '../../../engine/training/pace.ts';
import { Trainer, type TrainingState, UNTRAINED } from '../../../engine/training/trainer.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { loadNow } from '../data/loadNow.ts';
import { lstmClassifier } from '../model/specs.ts';

const spec = lstmClassifier({ steps: 6, features: 3, units: [5, 4], classes: 3 });
const backend = createWasmBackend(KERNEL_BYTES, { tile: 0 });
const dataset = loadNow('delayed-recall', spec, 1);
const SETTINGS: RunSettings = { epochs: 2, batchSize: 20, learningRate: 0.01, seed: 3, examples: 410 };

interface Session {
  readonly trainer: Trainer;
  readonly network: Network;
  readonly rows: MetricRow[];
  readonly progress: Omit<Progress, 'run'>[];
  readonly checkpoints: { readonly state: TrainingState; readonly weights: Snapshot }[];
  end: RunEnd;
}

interface Snapshot {
  readonly weights: ReturnType<Network['getParameters']>;
  readonly slots: ReturnType<Network['getParameters']>;
}

const snapshot = (network: Network): Snapshot => ({
  weights: network.getParameters(),
  slots: network.getOptimizerState(),
});

interface Start {
  readonly settings?: Partial<RunSettings>;
  readonly from?: TrainingState;
  readonly weights?: Snapshot;
  /** Between two steps, as messages come in. */
  readonly breathe?: (trainer: Trainer, network: Network, steps: number) => Promise<void> | void;
  readonly now?: () => number;
}

async function train({ settings, from = UNTRAINED, weights, breathe, now = () => 0 }: Start = {}): Promise<Session> {
  const network = backend.createNetwork(spec, { seed: 5, batchSize: 20 });
  if (weights) {
    network.setParameters(weights.weights);
    network.setOptimizerState(weights.slots);
  }
  const session: Omit<Session, 'trainer' | 'end'> = { network, rows: [], progress: [], checkpoints: [] };
  let breaths = 0;
  const trainer: Trainer = new Trainer({
    network,
    dataset,
    settings: { ...SETTINGS, ...settings },
    measure: 'accuracy',
    from,
    events: {
      row: row => session.rows.push(row),
      progress: progress => session.progress.push(progress),
      checkpoint: state => session.checkpoints.push({ state, weights: snapshot(network) }),
    },
    breathe: async () => breathe?.(trainer, network, ++breaths),
    now,
  });
  return { ...session, trainer, end: await trainer.run() };
}

const stepsOf = (rows: readonly MetricRow[]): number[] =>
  rows.filter(({ kind }) => kind === 'step').map(({ step }) => step);
const epochsOf = (rows: readonly MetricRow[]): MetricRow[] => rows.flatMap(row => row.kind === 'epoch' ? [{ ...row, seconds: 0 }] : []); // prettier-ignore

describe('training loop', () => {
  let whole: Session;
  before(async () => {
    whole = await train();
  });

  it('runs num_examples // batch_size steps an epoch and tells loss and accuracy of every step', () => {
    assert.deepEqual(whole.end, { status: 'finished', epoch: 2, step: 40 });
    assert.deepEqual(
      stepsOf(whole.rows),
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    for (const row of whole.rows)
      if (row.kind === 'step') {
        assert.equal(row.epoch, row.step <= 20 ? 0 : 1);
        assert.ok(row.value >= 0 && row.value <= 1 && row.loss > 0);
      }
  });

  it('learns', () => {
    const losses = whole.rows.flatMap(row => (row.kind === 'step' ? [row.loss] : []));
    const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;
    assert.ok(mean(losses.slice(-5)) < 0.9 * mean(losses.slice(0, 5)), losses.join(' '));
  });

  it('ends an epoch with the accuracy of its last batch after the update, and of all test rows', () => {
    const last = whole.rows.at(-1);
    assert.ok(last?.kind === 'epoch');
    assert.deepEqual([last.epoch, last.step], [1, 40]);
    const { count } = dataset.test;
    const accuracy = (split: 'train' | 'test', rows: ArrayLike<number>): number => {
      const inputs = new Float32Array(rows.length * 18);
      const targets = new Int32Array(rows.length);
      dataset[split].readInputs(rows, inputs);
      dataset[split].readTargets(rows, targets);
      const { correct } = whole.network.evaluate({ size: rows.length, steps: 6, inputs, targets });
      return correct! / rows.length;
    };
    assert.equal(last.train, accuracy('train', epochOrder(410, SETTINGS.seed, 1).slice(19 * 20, 400)));
    assert.equal(
      last.test,
      accuracy(
        'test',
        Array.from({ length: count }, (_, row) => row),
      ),
    );
  });

  it('looks at a slice of the test rows during the first epoch, marked as such', () => {
    const looks = whole.rows.filter(row => row.kind === 'test');
    assert.deepEqual(looks.map(({ step }) => step), [2, 4, 6, 8, 10, 12, 14, 16, 18]);
    for (const look of looks) assert.equal(look.slice, 10);
  }); // prettier-ignore

  it('gives the same rows and bits for the same seed, others for another', async () => {
    const again = await train();
    assert.deepEqual(again.rows, whole.rows);
    assert.deepEqual(snapshot(again.network), snapshot(whole.network));
    assert.notDeepEqual((await train({ settings: { seed: 4 } })).rows, whole.rows);
  });

  it('gives the same bits whatever is traced meanwhile', async () => {
    const inputs = new Float32Array(30 * 18).map((_, place) => Math.sin(place));
    const traced = await train({
      breathe: (_trainer, network) => {
        network.trace({ size: 1, steps: 6, inputs: inputs.slice(0, 18) });
        network.contributions({ size: 1, steps: 6, inputs: inputs.slice(0, 18) }, 1);
        network.hiddenStates({ size: 30, steps: 6, inputs }, 1);
      },
    });
    assert.deepEqual(traced.rows, whole.rows);
    assert.deepEqual(snapshot(traced.network), snapshot(whole.network));
  });

  it('stores a checkpoint at the end of each epoch, from which it goes on to the same bits', async () => {
    assert.deepEqual(whole.checkpoints.map(({ state }) => state), [
      { epoch: 1, step: 20, evaluated: true },
      { epoch: 2, step: 40, evaluated: true },
    ]);
    const { state, weights } = whole.checkpoints[0]!;
    const resumed = await train({ from: state, weights });
    assert.deepEqual(resumed.rows, whole.rows.filter(({ step }) => step > 20));
    assert.deepEqual(snapshot(resumed.network), snapshot(whole.network));
  }); // prettier-ignore

  for (const [where, breaths] of [
    ['in the middle of an epoch', 7],
    ['at the end of an epoch', 29],
    ['during its evaluation', 35],
  ] as const)
    // prettier-ignore
    it(`stops ${where} with a checkpoint, from which it goes on to the same bits`, async () => {
      const stopped = await train({
        breathe: (trainer, _network, count) => {
          if (count === breaths) trainer.stop();
        },
      });
      assert.equal(stopped.end.status, 'stopped');
      const { state, weights } = stopped.checkpoints.at(-1)!;
      assert.deepEqual([state.epoch, state.step], [stopped.end.epoch, stopped.end.step]);
      const resumed = await train({ from: state, weights });
      assert.deepEqual(epochsOf([...stopped.rows, ...resumed.rows]), epochsOf(whole.rows));
      assert.deepEqual(stepsOf([...stopped.rows, ...resumed.rows]), stepsOf(whole.rows));
      assert.deepEqual(snapshot(resumed.network), snapshot(whole.network));
    });

  it('pauses after the step under way and does not count that time', async () => {
    let clock = 0;
    const paused: boolean[] = [];
    const session = await train({
      now: () => (clock += 1),
      breathe: (trainer, _network, count) => {
        if (count !== 3) return;
        trainer.pause();
        setTimeout(() => {
          paused.push(trainer.paused);
          clock += 1_000_000;
          trainer.resume();
        }, 20);
      },
    });
    assert.deepEqual(paused, [true]);
    assert.deepEqual(snapshot(session.network), snapshot(whole.network));
    assert.ok(session.progress.some(progress => progress.paused));
    const first = session.rows.find(row => row.kind === 'epoch');
    assert.ok(first?.kind === 'epoch' && first.seconds > 0 && first.seconds < 1, JSON.stringify(first));
  });

  it('can be stopped while it is paused', async () => {
    const { end } = await train({
      breathe: (trainer, _network, count) => {
        if (count !== 3) return;
        trainer.pause();
        setTimeout(() => {
          trainer.stop();
        }, 10);
      },
    });
    assert.equal(end.status, 'stopped');
  });

  it('stops at the first loss that is not finite, names the step, and keeps the weights before it', async () => {
    const diverged = await train({ settings: { learningRate: 1e38 } });
    assert.equal(diverged.end.status, 'diverged');
    assert.equal(diverged.end.layer, undefined, 'h of this cell stays within 1: it began behind the layers');
    assert.ok(diverged.end.step > 1);
    assert.deepEqual(stepsOf(diverged.rows).length, diverged.end.step - 1);
    for (const row of diverged.rows) assert.ok(row.kind !== 'step' || Number.isFinite(row.loss));
    assert.equal(diverged.checkpoints.at(-1)!.state.step, diverged.end.step - 1);
  });

  it('refuses a batch larger than the examples, and a checkpoint of other settings', async () => {
    const refuses = (start: Start): Promise<void> =>
      assert.rejects(train(start), (error: unknown) => error instanceof EngineError && error.code === 'invalid-shape');
    await refuses({ settings: { examples: 10 } });
    await refuses({ from: { epoch: 1, step: 100, evaluated: true } });
  });

  it('tells how far it is', () => {
    const last = whole.progress.at(-1)!;
    assert.deepEqual([last.epoch, last.epochs, last.step, last.steps], [1, 2, 40, 40]);
  });
});

describe('pace', () => {
  it('gives samples a second and the seconds left, and forgets old times', () => {
    const pace = new Pace();
    assert.deepEqual([pace.samplesPerSecond, pace.secondsFor(100, 100)], [0, 0]);
    for (let step = 0; step < 10; step++) pace.trained(150, 300);
    assert.equal(pace.samplesPerSecond.toFixed(6), '500.000000');
    assert.equal(pace.secondsFor(1000, 1500).toFixed(6), '3.000000'); // evaluation is taken for three times as fast
    pace.evaluated(1000, 1000);
    assert.equal(pace.secondsFor(1000, 1500).toFixed(6), '3.500000');
    for (let step = 0; step < 100; step++) pace.trained(150, 150);
    assert.ok(Math.abs(pace.samplesPerSecond - 1000) < 20, String(pace.samplesPerSecond));
  });
});

describe('epochOrder', () => {
  it('is a permutation that depends on seed and epoch alone', () => {
    const order = epochOrder(1000, 42, 3);
    assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: 1000 }, (_, row) => row));
    assert.deepEqual(epochOrder(1000, 42, 3), order);
    assert.notDeepEqual(epochOrder(1000, 42, 4), order);
    assert.notDeepEqual(epochOrder(1000, 43, 3), order);
  }); // prettier-ignore
});

describe('epochLine', () => {
  it("is what the notes' program prints, float32 as numpy shows it", () => {
    const line = (train: number, test: number, measure: MeasureId = 'accuracy'): string =>
      epochLine({ kind: 'epoch', epoch: 0, step: 366, train, test, seconds: 1 }, measure);
    assert.equal(line(143 / 150, 0.9544), 'Epoch 0 Train accuracy = 0.9533333 Test accuracy = 0.9544');
    assert.equal(line(1, 0), 'Epoch 0 Train accuracy = 1.0 Test accuracy = 0.0');
    assert.equal(line(0.5, 0.25, 'mean_squared_error'), 'Epoch 0 Train MSE = 0.5 Test MSE = 0.25');
  });
});
