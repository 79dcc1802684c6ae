// Comparison of tensors whose failure says enough to start looking.
import type { HostTensor } from "@glimpsejs/graph";
import { exact, type Tolerance, type Tolerances } from "./tolerances.ts";

/**
 * Throws unless the tensors have the same dtype and shape and all elements are within `tolerance`. The message tells
 * how many elements differ, the largest error, its index and both values there. NaN is close to NaN only.
 */
export function expectClose(actual: HostTensor, expected: HostTensor, tolerance: Tolerance, what = "tensor"): void {
  const [got, wanted] = [actual, expected].map(({ dtype, shape }) => `${dtype}[${shape.join(", ")}]`);
  if (got !== wanted) throw new Error(`${what}: the type differs, expected ${wanted}, got ${got}.`);
  if (actual.data.length !== expected.data.length) {
    throw new Error(`${what}: expected ${expected.data.length} elements, got ${actual.data.length}.`);
  }
  let count = 0;
  let worst = { index: 0, error: -1 };
  for (let i = 0; i < expected.data.length; i++) {
    const [a, e] = [Number(actual.data[i]), Number(expected.data[i])];
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    const difference = Math.abs(a - e);
    const error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    if (error <= tolerance.absolute + tolerance.relative * Math.abs(e) && Number.isFinite(error)) continue;
    count++;
    if (error > worst.error) worst = { index: i, error };
  }
  if (count === 0) return;
  throw new Error(
    `${what}: ${count} of ${expected.data.length} elements differ by more than ${tolerance.absolute} + ` +
      `${tolerance.relative}·|expected|, max error ${worst.error} at [${position(worst.index, expected.shape).join(", ")}]: ` +
      `got ${actual.data[worst.index]}, expected ${expected.data[worst.index]}.`,
  );
}

/** {@link expectClose} for all outputs of a run; there must be the expected ones and no others. */
export function expectOutputs(
  actual: Readonly<Record<string, HostTensor>>,
  expected: Readonly<Record<string, HostTensor>>,
  tolerances: Tolerances,
): void {
  const [got, wanted] = [actual, expected].map((outputs) => Object.keys(outputs).sort().join(", "));
  if (got !== wanted) throw new Error(`the outputs differ, expected ${wanted}, got ${got}.`);
  for (const [name, value] of Object.entries(expected)) {
    const tolerance = value.dtype === "int32" ? exact : tolerances.float32;
    expectClose(actual[name] ?? value, value, tolerance, `output "${name}"`);
  }
}

function position(index: number, shape: readonly number[]): readonly number[] {
  let rest = index;
  return shape.map((_, axis) => {
    const step = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    const at = Math.floor(rest / step);
    rest -= at * step;
    return at;
  });
}
