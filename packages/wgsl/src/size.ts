// Dimensions in a plan. All names of a graph are bound when a plan is made, but for those that grow from run to run
// (the past of a KV cache), so a size is a number or, where it depends on the past, still a polynomial.
import { addDims, type Bindings, type Dim, dimTerms, evaluateDim, mulDims } from "@glimpsejs/graph";

/** `dim` with the names of `sizes` replaced by their numbers. */
export function bindDim(dim: Dim, sizes: Bindings): Dim {
  if (typeof dim === "number") return dim;
  let sum: Dim = 0;
  for (const { coefficient, names } of dimTerms(dim)) {
    const term = names.reduce((product: Dim, name) => mulDims(product, sizes[name] ?? name), coefficient);
    sum = addDims(sum, term);
  }
  return sum;
}

/** The largest value of a size: growing names are at most `capacity`. */
export function bound(dim: Dim, capacity: number): number {
  if (typeof dim === "number") return dim;
  const names = dimTerms(dim).flatMap((term) => term.names);
  return evaluateDim(dim, Object.fromEntries(names.map((name) => [name, capacity])));
}

/** The product of sizes. */
export function product(dims: readonly Dim[]): Dim {
  return dims.reduce(mulDims, 1);
}

/** ⌈a / b⌉ */
export function ceilDivide(a: number, b: number): number {
  return Math.floor((a + b - 1) / b);
}
