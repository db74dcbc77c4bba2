/** What looks at the steps of a sequence: which of them count, and which has the greatest value. */

/** A byte for each row: 1 where any of its values is another than `besides`. */
export function markRows(x: usize, besides: f32, marks: usize, rows: i32, width: i32): void {
  for (let row = 0; row < rows; ++row) {
    let differs: u8 = 0;
    for (let k = 0; k < width; ++k) {
      if (load<f32>(x + (<usize>k << 2)) != besides) {
        differs = 1;
        break;
      }
    }
    store<u8>(marks + row, differs);
    x += <usize>width << 2;
  }
}

/** Marks `[steps, batch]` become as many of a row's first steps as were marked, for rows from `marks` on. */
export function countMarks(marks: usize, batch: i32, steps: i32, rows: i32): void {
  for (let row = 0; row < rows; ++row) {
    let count = 0;
    for (let t = 0; t < steps; ++t) count += load<u8>(marks + <usize>(t * batch + row));
    for (let t = 0; t < steps; ++t) store<u8>(marks + <usize>(t * batch + row), t < count ? 1 : 0);
  }
}

/** Rows of x divided by the number of marked steps of each, of marks `[steps, batch]` from `marks` on. */
export function divideByMarked(x: usize, stride: usize, marks: usize, batch: i32, steps: i32, rows: i32, width: i32): void {
  for (let row = 0; row < rows; ++row) {
    let count = 0;
    for (let t = 0; t < steps; ++t) count += load<u8>(marks + <usize>(t * batch + row));
    for (let k = 0; k < width; ++k) {
      const at = x + (<usize>k << 2);
      store<f32>(at, load<f32>(at) / <f32>count);
    }
    x += stride;
  }
}

/** greatest = max(greatest, source), and `chosen` becomes `step` where source is the greater one; step 0 is always chosen. */
export function greaterOf(source: usize, greatest: usize, chosen: usize, n: i32, step: i32): void {
  for (let k = 0; k < n; ++k) {
    const at = <usize>k << 2;
    const value = load<f32>(source + at);
    if (step > 0 && !(value > load<f32>(greatest + at))) continue;
    store<f32>(greatest + at, value);
    store<i32>(chosen + at, step);
  }
}

/** target += slopes where `chosen` is this step. */
export function slopesOfChosen(slopes: usize, stride: usize, chosen: usize, step: i32, target: usize, targetStride: usize, rows: i32, width: i32): void {
  for (let row = 0; row < rows; ++row) {
    for (let k = 0; k < width; ++k) {
      const at = <usize>k << 2;
      if (load<i32>(chosen + at) == step) store<f32>(target + at, load<f32>(target + at) + load<f32>(slopes + at));
    }
    slopes += stride;
    target += targetStride;
    chosen += <usize>width << 2;
  }
}

/**
 * Steps `[steps, batch, width]` of rows from `marks` on, of which those that count stand the other way round; the rest stay.
 * @param add 1: onto what is there.
 */
export function reverseMarked(target: usize, targetStride: usize, source: usize, sourceStride: usize, marks: usize, batch: i32, steps: i32, rows: i32, width: i32, add: i32): void {
  for (let row = 0; row < rows; ++row) {
    let count = 0;
    for (let t = 0; t < steps; ++t) count += load<u8>(marks + <usize>(t * batch + row));
    for (let t = 0; t < steps; ++t) {
      const from = source + <usize>((t < count ? count - 1 - t : t) * batch + row) * sourceStride;
      const to = target + <usize>(t * batch + row) * targetStride;
      for (let k = 0; k < width; ++k) {
        const at = <usize>k << 2;
        const value = load<f32>(from + at);
        store<f32>(to + at, add ? load<f32>(to + at) + value : value);
      }
    }
  }
}
