/** A plain float64 forward pass of the notes' network (TensorFlow's `BasicLSTMCell`), for real numbers in the gallery. */

/** Float tensors of a safetensors file by name. */
export function readSafetensors(file: ArrayBuffer): Map<string, Float32Array> {
  const length = Number(new DataView(file).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, length))) as Record<
    string,
    { data_offsets?: [number, number] }
  >;
  return new Map(
    Object.entries(header).flatMap(([name, { data_offsets: span }]) =>
      span ? [[name, new Float32Array(file.slice(8 + length + span[0], 8 + length + span[1]))] as const] : [],
    ),
  );
}

/** What one layer computed for one sample: `[T, U]` each. */
export type LayerTrace = Readonly<Record<'i' | 'j' | 'f' | 'o' | 'c' | 'h', Float32Array>>;

export interface NetworkTrace {
  readonly layers: readonly LayerTrace[];
  readonly logits: Float64Array;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** @param scale multiplies all weights: less than 1 looks like a network that has learned less. */
export class Network {
  readonly units: number;
  readonly layers: readonly { readonly kernel: Float32Array; readonly bias: Float32Array }[];
  readonly head: { readonly kernel: Float32Array; readonly bias: Float32Array };

  constructor(weights: ReadonlyMap<string, Float32Array>, scale = 1) {
    const tensor = (name: string): Float32Array => weights.get(name)!.map(value => value * scale);
    const names = [...weights.keys()].filter(name => /cell_\d+\/basic_lstm_cell\/kernel$/.test(name)).sort();
    this.layers = names.map(name => ({ kernel: tensor(name), bias: tensor(name.replace('kernel', 'bias')) }));
    this.head = { kernel: tensor('softmax/kernel'), bias: tensor('softmax/bias') };
    this.units = this.layers[0]!.bias.length / 4;
  }

  /** @param input float32 `[T, D]`. */
  run(input: Float32Array, steps: number): NetworkTrace {
    let below = input;
    const { units } = this;
    const layers = this.layers.map(({ kernel, bias }): LayerTrace => {
      const width = below.length / steps;
      const make = (): Float32Array => new Float32Array(steps * units);
      const trace = { i: make(), j: make(), f: make(), o: make(), c: make(), h: make() };
      const c = new Float64Array(units);
      const h = new Float64Array(units);
      const pre = new Float64Array(4 * units);
      for (let step = 0; step < steps; step++) {
        for (let k = 0; k < 4 * units; k++) pre[k] = bias[k]!;
        const add = (x: number, row: number): void => {
          if (x !== 0) for (let k = 0; k < 4 * units; k++) pre[k]! += x * kernel[row * 4 * units + k]!;
        };
        for (let d = 0; d < width; d++) add(below[step * width + d]!, d);
        for (let d = 0; d < units; d++) add(h[d]!, width + d);
        for (let u = 0; u < units; u++) {
          const [i, j, f, o] = [
            sigmoid(pre[u]!),
            Math.tanh(pre[units + u]!),
            sigmoid(pre[2 * units + u]! + 1),
            sigmoid(pre[3 * units + u]!),
          ];
          const cell = f * c[u]! + i * j;
          c[u] = cell;
          const hidden = o * Math.tanh(cell);
          h[u] = hidden;
          for (const [id, value] of Object.entries({ i, j, f, o, c: cell, h: hidden }))
            trace[id as keyof LayerTrace][step * units + u] = value;
        }
      }
      below = trace.h;
      return trace;
    });
    const last = layers.at(-1)!.h.subarray((steps - 1) * units);
    const { kernel, bias } = this.head;
    const logits = Float64Array.from(bias, (b, k) =>
      last.reduce((sum, h, u) => sum + h * kernel[u * bias.length + k]!, b),
    );
    return { layers, logits };
  }
}

export function softmax(logits: Float64Array): number[] {
  const highest = Math.max(...logits);
  const powers = [...logits].map(logit => Math.exp(logit - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map(power => power / sum);
}

/**
 * Orders units so that alike ones stand together: starts anywhere and goes on to the nearest that is left. Simpler than
 * the engine's own order, and enough to look at pages.
 * @param series one row of numbers per unit.
 */
export function similarityOrder(series: readonly Float64Array[]): number[] {
  const left = new Set(series.keys());
  const order = [0];
  left.delete(0);
  while (left.size > 0) {
    const from = series[order.at(-1)!]!;
    let [nearest, best] = [-1, Number.POSITIVE_INFINITY];
    for (const unit of left) {
      let distance = 0;
      for (let k = 0; k < from.length; k++) distance += (from[k]! - series[unit]![k]!) ** 2;
      if (distance < best) [nearest, best] = [unit, distance];
    }
    order.push(nearest);
    left.delete(nearest);
  }
  return order;
}
